#!/usr/bin/env node
/*
 * Every type of field in Chromium: refused, announced, corrected, accepted; once by keyboard alone. TAP on standard output.
 *
 *     node fields.js BINARY-OF-FIELDS
 */
'use strict';

const fs = require('fs');
const os = require('os');
const path = require('path');
const { chromium } = require('playwright-core');
const { FLAGS, result, equal, start, finish } = require('./run.js');

/* Label, role in the accessibility tree, how a person fills it in, and what the program then has. */
const FIELDS = [
    ['Text', 'textbox', (l) => l.fill('some words'), 'some words'],
    ['Area', 'textbox', (l) => l.fill('more words'), 'more words'],
    ['Secret', 'textbox', (l) => l.fill('open sesame'), 'open sesame'],
    ['Mail', 'textbox', (l) => l.fill('ada@example.com'), 'ada@example.com'],
    ['Address', 'textbox', (l) => l.fill('https://example.com/a'), 'https://example.com/a'],
    ['Phone', 'textbox', (l) => l.fill('+49 731 1'), '+49 731 1'],
    ['Search', 'searchbox', (l) => l.fill('needle'), 'needle'],
    ['Color', 'ColorWell', (l) => l.fill('#12ab34'), '#12ab34'],
    ['Week', 'DateTime', (l) => l.fill('2026-W07'), '2026-W07'],
    ['Whole', 'spinbutton', (l) => l.fill('7'), '7'],
    ['Slider', 'slider', (l) => l.fill('60'), '60'],
    ['Real', 'textbox', (l) => l.fill('2.5'), '2.5'],
    ['Exact', 'textbox', (l) => l.fill('1.25'), '1.25'],
    ['Agreed', 'checkbox', (l) => l.check(), 'True'],
    ['Day', 'Date', (l) => l.fill('2026-11-22'), '2026-11-22'],
    ['Month', 'DateTime', (l) => l.fill('2026-11'), '2026-11-01'],
    ['Clock', 'InputTime', (l) => l.fill('15:30'), '15:30:00'],
    ['Moment', 'DateTime', (l) => l.fill('2026-11-22T15:30'), '2026-11-22 15:30:00'],
    ['Size', 'combobox', (l) => l.selectOption('Large'), 'l'],
    ['Plan', 'group', (l) => l.getByLabel('Paid').check(), 'p'],
    ['Colours', 'listbox', (l) => l.selectOption(['Red', 'Green']), 'r+g'],
    ['Picture', 'button', (l, file) => l.setInputFiles(file), 'picture.txt'],
];

function control(page, label) {
    return label === 'Plan' ? page.getByRole('group', { name: 'Plan' }) : page.getByLabel(label, { exact: true });
}

/** What assistive technology is told of each control: by its name, role, whether it is wrong, and the description. */
async function announced(page) {
    const session = await page.context().newCDPSession(page);
    const { nodes } = await session.send('Accessibility.getFullAXTree');
    const found = {};
    for (const node of nodes) {
        if (node.ignored || !node.name || !FIELDS.some(([label]) => label === node.name.value.split(':')[0].trim())) continue;
        const invalid = (node.properties || []).find((p) => p.name === 'invalid');
        const role = node.role.value;
        if (['LabelText', 'StaticText', 'InlineTextBox', 'Legend', 'option'].includes(role)) continue;
        found[node.name.value.split(':')[0].trim()] = { role, invalid: invalid ? invalid.value.value : 'false',
            description: node.description ? node.description.value : '' };
    }
    await session.detach();
    return found;
}

/* Browsers call empty required controls invalid by themselves; the attribute is the page's own word. */
async function marked(page) {
    return page.$$eval('[aria-invalid="true"]', (list) => list.map((e) => e.name));
}

async function send(page) {
    await page.getByRole('button', { name: 'Send' }).click();
    await page.waitForLoadState();
}

async function accepted(page) {
    return page.$$eval('dd', (list) => list.map((dd) => dd.textContent.trim()));
}

async function refusedAndCorrected(page, address, file) {
    await page.goto(`${address}/`);
    const before = await announced(page);
    equal(FIELDS.filter(([label]) => !before[label]).map(([label]) => label), [], 'every field has its name');
    equal(FIELDS.filter(([label, role]) => before[label] && before[label].role !== role)
        .map(([label]) => `${label} ${before[label].role}`), [], 'and its role');
    equal(await marked(page), [], 'nothing is wrong yet');
    equal((before.Text || {}).description, 'Any words', 'a description is announced');
    await send(page);
    const after = await announced(page);
    equal((await marked(page)).length, FIELDS.length - 1, 'sent empty, every control is marked, groups of radio buttons apart');
    for (const [label] of FIELDS) {
        const told = after[label] || {};
        /* A group of radio buttons has no aria-invalid of its own: its description says what is wrong. */
        result((told.invalid === 'true' || told.role === 'group') && /\w+ \w+/.test((told.description || '').replace('Any words', '')),
            `${label}: left empty it is refused, and that is announced`, JSON.stringify(told));
    }
    for (const [label, , fill] of FIELDS) await fill(control(page, label), file);
    await page.getByLabel('Mail', { exact: true }).fill('nobody');
    await send(page);
    equal(await marked(page), ['email'], 'with one mistake left, that one alone is marked');
    result(/invalid/i.test(((await announced(page)).Mail || {}).description), 'and announced');
    equal(await page.getByLabel('Area', { exact: true }).inputValue(), 'more words', 'what was typed is still there');
    equal(await page.getByLabel('Secret', { exact: true }).inputValue(), '', 'but not the password');
    for (const label of ['Mail', 'Secret', 'Picture']) {
        await FIELDS.find(([name]) => name === label)[2](control(page, label), file);
    }
    await send(page);
    const values = await accepted(page);
    FIELDS.forEach(([label, , , wanted], i) => equal(values[i], wanted, `${label}: filled in it is accepted`));
}

/** Tab from control to control; dates are typed part by part, as their controls ask. */
async function keyboardOnly(page, address, file) {
    await page.goto(`${address}/`);
    const keys = { Text: 'some words', Area: 'more words', Secret: 'open sesame', Mail: 'ada@example.com',
        Address: 'https://example.com/a', Phone: '+49 731 1', Search: 'needle', Whole: '7', Real: '2.5', Exact: '1.25',
        Week: '072026', Day: '11112026', Size: 'L',
        /* Of several parts; dates and times whose order is the same everywhere. A: before noon, where that is asked. */
        Month: ['n', 'ArrowRight', '2026'], Clock: ['1111A'], Moment: ['11112026', 'ArrowRight', '1111A'] };
    const label = () => page.evaluate(() => {
        const e = document.activeElement;
        return e.type === 'radio' ? 'Plan' : e.type === 'submit' ? 'Send' : e.labels && e.labels[0] ? e.labels[0].textContent.trim() : '';
    });
    page.on('filechooser', () => {}); /* the browser takes a moment to hand over its dialogue: ask long before it opens */
    const visited = [];
    for (let tries = 0; tries < 80; tries += 1) {
        await page.keyboard.press('Tab');
        const name = await label();
        if (name === 'Send') break;
        if (visited.includes(name) || !name) continue;
        visited.push(name);
        if (keys[name]) {
            for (const part of [].concat(keys[name])) await (part.startsWith('Arrow') ? page.keyboard.press(part) : page.keyboard.type(part));
        }
        else if (name === 'Slider') await page.keyboard.press('ArrowRight');
        else if (name === 'Agreed') await page.keyboard.press('Space');
        else if (name === 'Plan') { await page.keyboard.press('Space'); await page.keyboard.press('ArrowDown'); }
        else if (name === 'Colours') { await page.keyboard.press('ArrowDown'); await page.keyboard.press('Shift+ArrowDown'); }
        else if (name === 'Picture') {
            const chosen = page.waitForEvent('filechooser', { timeout: 8000 });
            await page.keyboard.press('Space');
            await (await chosen).setFiles(file);
        } else if (name === 'Color') await page.evaluate(() => { document.activeElement.value = '#12ab34'; }); /* the system's dialogue */
    }
    equal(visited, FIELDS.map(([name]) => name), 'Tab reaches every field, in order');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Accepted' }).waitFor({ timeout: 5000 }).catch(() => {});
    const values = await accepted(page);
    const typed = { Slider: '6', Day: '2026-11-11', Clock: '11:11:00', Moment: '2026-11-11 11:11:00' };
    const wanted = FIELDS.map(([name, , , value]) => typed[name] || value);
    equal(values, wanted, 'filled in by keyboard alone, the form is accepted');
    if (!values.length) console.log(`# still marked: ${await marked(page)}`);
}

async function main() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'carafe-fields.'));
    const file = path.join(folder, 'picture.txt');
    let server;
    let browser;
    fs.writeFileSync(file, 'a picture in words');
    try {
        server = await start(path.resolve(process.argv[2]), folder);
        browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: FLAGS });
        const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'UTC' });
        context.setDefaultTimeout(10000);
        const page = await context.newPage();
        for (const part of [refusedAndCorrected, keyboardOnly]) {
            try {
                await part(page, server.address, file);
            } catch (error) {
                result(false, `${part.name} runs to its end`, error.stack);
            }
        }
    } catch (error) {
        result(false, 'the page can be used at all', error.stack);
    } finally {
        if (browser) await browser.close();
        if (server && server.child.pid) server.child.kill('SIGTERM');
        fs.rmSync(folder, { recursive: true, force: true });
    }
    finish();
}

main();
