#!/usr/bin/env node
/*
 * Uses a running example in Chromium as a person would. TAP on standard output.
 *
 *     node run.js BINARY-OF-USERS                     the tests
 *     node run.js BINARY-OF-USERS --shot FILE.png     a picture of the list with a few users
 *
 * NODE_PATH names the folder that has playwright-core; CHROMIUM another browser than Debian's.
 */
'use strict';

const fs = require('fs');
const net = require('net');
const os = require('os');
const path = require('path');
const { spawn } = require('child_process');
const { chromium } = require('playwright-core');

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-quic',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'];

let count = 0;
let failed = 0;

function result(good, name, detail) {
    count += 1;
    console.log(`${good ? 'ok' : 'not ok'} ${count} - ${name}`);
    if (!good) {
        failed += 1;
        console.log(String(detail === undefined ? '' : detail).split('\n').slice(0, 20).map((l) => `#   ${l}`).join('\n'));
    }
}

function equal(actual, wanted, name) {
    const [a, b] = [JSON.stringify(actual), JSON.stringify(wanted)];
    result(a === b, name, `got    ${a}\nwanted ${b}`);
}

/** A free port below the range from which the kernel takes outgoing ones. */
async function freePort() {
    for (let port = 26000 + (process.pid % 3000); port < 32768; port += 1) {
        const free = await new Promise((resolve) => {
            const probe = net.createServer();
            probe.once('error', () => resolve(false));
            probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
        });
        if (free) return port;
    }
    throw new Error('no free port');
}

async function accepts(port, child, seconds) {
    for (const end = Date.now() + seconds * 1000; Date.now() < end && child.pid && child.exitCode === null;) {
        const open = await new Promise((resolve) => {
            const socket = net.connect(port, '127.0.0.1');
            socket.once('connect', () => { socket.destroy(); resolve(true); });
            socket.once('error', () => resolve(false));
        });
        if (open) return true;
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return false;
}

/** Start the example on an empty database in `folder`. */
async function start(binary, folder) {
    const port = await freePort();
    const log = fs.openSync(path.join(folder, 'log'), 'a');
    const child = spawn(binary, ['run', '--port', String(port), '--db', `sqlite:///${folder}/users.db`],
        { stdio: ['ignore', log, log], cwd: folder });
    child.on('error', (error) => fs.writeSync(log, `${error.message}\n`));
    if (!await accepts(port, child, 20)) {
        if (child.pid) child.kill('SIGKILL');
        throw new Error(`the example did not start:\n${fs.readFileSync(path.join(folder, 'log'), 'utf8')}`);
    }
    return { address: `http://127.0.0.1:${port}`, child };
}

async function rows(page) {
    return page.$$eval('table tbody tr', (list) => list.map((tr) => [...tr.cells].map((td) => td.textContent.trim())));
}

async function errors(page) {
    return page.$$eval('.error', (list) => list.map((span) => span.textContent.trim()));
}

/** Fill the form as somebody with a keyboard and a mouse does. */
async function addUser(page, address, name, email) {
    await page.goto(`${address}/`);
    await page.getByRole('link', { name: 'Add User' }).click();
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Email').fill(email);
    await page.getByRole('button', { name: 'Add User' }).click();
    await page.waitForLoadState();
}

async function listAndForm(page, address) {
    await page.goto(`${address}/`);
    equal(await page.title(), 'Users', 'the list has its title');
    equal(await rows(page), [['Nobody yet.']], 'an empty database shows that nobody is there');

    await addUser(page, address, 'Ada Lovelace', 'ada@example.com');
    equal(new URL(page.url()).pathname, '/', 'after adding, the list is shown');
    const [row = []] = await rows(page);
    equal(row.slice(0, 3), ['1', 'Ada Lovelace', 'ada@example.com'], 'the list shows the new user');
    result(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.test(row[3]), 'and when it was created', row[3]);
    await page.reload();
    equal((await rows(page)).length, 1, 'reloading the list adds nobody');
}

async function validation(page, address) {
    await addUser(page, address, '', '');
    equal(await errors(page), ['This field is required.', 'This field is required.'], 'empty fields are named');
    await addUser(page, address, 'Grace Hopper', 'no address');
    equal(await errors(page), ['Invalid email address.'], 'a wrong address is named');
    equal(await page.getByLabel('Name').inputValue(), 'Grace Hopper', 'what was typed is still there');
    await addUser(page, address, 'Somebody Else', 'ada@example.com');
    const messages = await errors(page);
    result(messages.length === 1 && /already|taken|exists/i.test(messages[0]), 'a taken address is named under its field',
        `${JSON.stringify(messages)}\n${await page.content()}`);
    await page.getByRole('link', { name: 'Back' }).click();
    equal((await rows(page)).length, 1, 'nothing of that was stored');
}

async function hostileText(page, address) {
    const name = '<script>document.title="owned"</script> & "quotes" \u00c4\u{1F36E}';
    await addUser(page, address, name, 'eve@example.com');
    const list = await rows(page);
    equal(list[1] && list[1][1], name, 'markup in a name is shown as text');
    equal(await page.title(), 'Users', 'and does not run');
}

async function keyboardOnly(page, address) {
    await page.goto(`${address}/`);
    const press = async (...keys) => { for (const key of keys) await page.keyboard.press(key); };
    const focused = () => page.evaluate(() => (document.activeElement.name || document.activeElement.textContent || '').trim());
    await press('Tab');
    for (let tries = 0; tries < 10 && await focused() !== 'Add User'; tries += 1) await press('Tab');
    await press('Enter');
    await page.waitForURL('**/add');
    for (let tries = 0; tries < 10 && await focused() !== 'name'; tries += 1) await press('Tab');
    await page.keyboard.type('Dennis Ritchie');
    await press('Tab');
    equal(await focused(), 'email', 'Tab goes from the name to the address');
    await page.keyboard.type('dennis@example.com');
    await press('Tab', 'Enter');
    await page.waitForURL(`${address}/`);
    result((await rows(page)).some((row) => row[1] === 'Dennis Ritchie'), 'a user can be added by keyboard alone',
        JSON.stringify(await rows(page)));
}

async function forgedForm(context, address) {
    const answer = await context.request.post(`${address}/add`, { form: { name: 'Mallory', email: 'm@example.com' } });
    const list = await (await context.request.get(`${address}/`)).text();
    result(!list.includes('Mallory'), 'a form without its token stores nothing', `${answer.status()}\n${list}`);
}

/** What the page itself complains about: script errors, refused resources, violations of its own policy. */
function watch(page, address, complaints) {
    const icon = `${address}/favicon.ico`;              /* asked for by the browser itself, not by the page */
    const say = (text) => { if (!complaints.includes(text)) complaints.push(text); };
    page.on('console', (m) => {
        if (['error', 'warning'].includes(m.type()) && m.location().url !== icon) say(`console: ${m.text()}`);
    });
    page.on('pageerror', (e) => say(`script: ${e.message}`));
    page.on('requestfailed', (r) => say(`request: ${r.url()} ${r.failure().errorText}`));
    page.on('request', (r) => { if (!r.url().startsWith(`${address}/`) && !r.url().startsWith('data:')) say(`foreign: ${r.url()}`); });
    page.on('response', (r) => { if (r.status() >= 400 && r.url() !== icon) say(`status: ${r.status()} ${r.url()}`); });
}

async function tests(context, address) {
    const page = await context.newPage();
    const complaints = [];
    watch(page, address, complaints);
    for (const part of [listAndForm, validation, hostileText, keyboardOnly]) {
        try {
            await part(page, address);
        } catch (error) {
            result(false, `${part.name} runs to its end`, error.stack);
        }
    }
    await forgedForm(context, address);
    equal(complaints, [], 'no error in the console, no violation of the content policy, nothing from elsewhere');
}

async function shot(context, address, file) {
    const page = await context.newPage();
    const people = [['Ada Lovelace', 'ada@example.com'], ['Grace Hopper', 'grace@example.com'],
        ['Dennis Ritchie', 'dennis@example.com'], ['Radia Perlman', 'radia@example.com']];
    for (const [name, email] of people) await addUser(page, address, name, email);
    await page.setViewportSize({ width: 960, height: 420 });
    await page.mouse.move(0, 0);
    await page.screenshot({ path: file });
}

async function main() {
    const [binary, option, file] = process.argv.slice(2);
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'carafe-browser.'));
    let server;
    let browser;
    try {
        server = await start(path.resolve(binary), folder);
        browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: FLAGS });
        const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'UTC' });
        context.setDefaultTimeout(10000);
        await (option === '--shot' ? shot(context, server.address, file) : tests(context, server.address));
    } catch (error) {
        result(false, 'the pages can be used at all', error.stack);
    } finally {
        if (browser) await browser.close();
        if (server && server.child.pid) server.child.kill('SIGTERM');
        fs.rmSync(folder, { recursive: true, force: true });
    }
    if (option !== '--shot') console.log(`1..${count}`);
    process.exitCode = failed ? 1 : 0;
}

/** The end of the report. */
function finish() {
    console.log(`1..${count}`);
    process.exitCode = failed ? 1 : 0;
}

module.exports = { FLAGS, result, equal, start, finish };

if (require.main === module) main();
