/* Ties: which values of a row others wait for, so that a flush can tell what must be written before what. */
#include "orm/object.h"

#include "base/text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* ---- made once -------------------------------------------------------------------------------- */

static bool in_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

bool cf_text_names(const char *text, const char *column)
{
    size_t size = strlen(column);
    for (const char *p = text; p && *p; p++)
        if ((p == text || !in_word(p[-1])) && strncasecmp(p, column, size) == 0 && !in_word(p[size])) return true;
    return false;
}

static void mask_named(const cf_mapper *m, const char *text, cf_mask *mask)
{
    for (size_t i = 0; text && i < m->column_count; i++)
        if (cf_text_names(text, m->columns[i].column)) cf_mask_set(mask, i);
}

/* Adds a column where its target stands among those there are: targets ascend. */
static void add_column(cf_tie *tie, uint16_t *targets, uint16_t column, uint16_t target)
{
    size_t at = tie->count++;
    for (; at && targets[at - 1] > target; at--) {
        targets[at] = targets[at - 1];
        tie->columns[at] = tie->columns[at - 1];
    }
    targets[at] = target;
    tie->columns[at] = column;
    cf_mask_set(&tie->mask, column);
}

static void finish_tie(cf_mapper *m, cf_tie *tie, const uint16_t *targets, const void *apart)
{
    tie->salt =
        cf_hash(targets, tie->count * sizeof *targets) ^ (uint64_t)(uintptr_t)tie->target ^ (uint64_t)(uintptr_t)apart;
    for (size_t i = 0; i < CF_MOST_COLUMNS / 64; i++) m->tied.bits[i] |= tie->mask.bits[i];
}

static void tie_key(cf_mapper *m)
{
    uint16_t targets[CF_MOST_KEYS];
    cf_tie  *tie = &m->ties[m->tie_count++];
    tie->target = m;
    for (size_t i = 0; i < m->key_count; i++) add_column(tie, targets, m->key[i], m->key[i]);
    finish_tie(m, tie, targets, NULL);
}

static void tie_unique(cf_mapper *m, const cf_constraint *c)
{
    uint16_t targets[CF_MOST_KEYS];
    cf_tie  *tie = &m->ties[m->tie_count++];
    tie->target = m;
    tie->constraint = c;
    for (size_t i = 0; i < c->count; i++) {
        add_column(tie, targets, c->columns[i], c->columns[i]);
        tie->folded |= m->columns[c->columns[i]].options->collation != NULL;
    }
    if (c->kind == CF_PART_INDEX && c->text) {
        tie->folded = true;
        for (size_t i = 0; i < m->column_count && tie->count < CF_MOST_KEYS; i++)
            if (cf_text_names(c->text, m->columns[i].column)) add_column(tie, targets, (uint16_t)i, (uint16_t)i);
    }
    mask_named(m, c->where, &tie->mask);
    finish_tie(m, tie, targets, c->where || c->text ? c : NULL);
}

static void tie_foreign_key(cf_mapper *m, const cf_foreign_key *fk)
{
    uint16_t targets[CF_MOST_KEYS];
    cf_tie  *tie = &m->ties[m->tie_count++];
    tie->target = fk->target;
    tie->foreign_key = fk;
    for (size_t i = 0; i < fk->count; i++) {
        add_column(tie, targets, fk->columns[i], fk->target_columns[i]);
        cf_mask_set(&fk->target->referred, fk->target_columns[i]);
    }
    finish_tie(m, tie, targets, NULL);
    m->cyclic |= fk->target->rank >= m->rank;
}

static bool unique(const cf_constraint *c)
{
    return c->kind == CF_PART_UNIQUE || (c->kind == CF_PART_INDEX && c->unique);
}

bool cf_registry_make_ties(cf_registry *registry)
{
    for (size_t i = 0; i < registry->count; i++) {
        cf_mapper *m = registry->mappers[i];
        size_t     most = 1 + m->constraint_count + m->foreign_key_count;
        m->ties = cf_arena_array(registry->arena, most, sizeof *m->ties);
        if (!m->ties) return false;
        tie_key(m);
        for (size_t k = 0; k < m->constraint_count; k++)
            if (unique(&m->constraints[k])) tie_unique(m, &m->constraints[k]);
        for (size_t k = 0; k < m->foreign_key_count; k++) tie_foreign_key(m, &m->foreign_keys[k]);
    }
    for (size_t i = 0; i < registry->count; i++) {
        cf_mapper *m = registry->mappers[i];
        for (size_t k = 0; k < m->tie_count; k++)
            m->ties[k].referred = !m->ties[k].foreign_key && cf_mask_meets(&m->ties[k].mask, &m->referred);
    }
    return true;
}

/* ---- values ----------------------------------------------------------------------------------- */

/* Where a collation or an expression decides what is the same, letters and digits in lower case do here. */
static uint64_t folded(cf_value v)
{
    uint64_t h = 0;
    for (size_t i = 0; i < v.size; i++) {
        unsigned char c = (unsigned char)v.as.text[i];
        if (c < 128 && isalnum(c)) h = (h ^ (uint64_t)tolower(c)) * 0x100000001b3u;
    }
    return h;
}

uint64_t cf_tie_value(const cf_mapper *m, const cf_tie *tie, const void *object, const cf_mask *unknown)
{
    uint64_t h = tie->salt;
    for (size_t i = 0; i < tie->count; i++) {
        const cf_attribute *a = &m->columns[tie->columns[i]];
        if (unknown && cf_mask_has(unknown, a->index)) return 0;
        cf_value v = cf_attribute_read(a, object);
        if (v.kind == CF_NULL || (cf_value_is_text(v) && v.as.text == cf_null_text_)) return 0;
        if (a->generated && v.kind == CF_INT && v.as.integer == 0) return 0;
        h ^= tie->folded && v.kind == CF_TEXT ? folded(v) : cf_value_hash(v);
        h *= 0x9e3779b97f4a7c15u;
        h ^= h >> 32;
    }
    return h ? h : 1;
}

/* One term of a condition such as "deleted_at IS NULL". */
static cf_answer holds(const cf_mapper *m, const char *term, size_t size, const void *object)
{
    const char *end = term + size;
    while (term < end && (*term == ' ' || *term == '"' || *term == '`')) term++;
    const char *word = term;
    while (term < end && in_word(*term)) term++;
    const cf_attribute *a = cf_mapper_attribute(m, word, (size_t)(term - word));
    while (term < end && (*term == ' ' || *term == '"' || *term == '`')) term++;
    while (end > term && end[-1] == ' ') end--;
    bool is_null = end - term == 7 && strncasecmp(term, "is null", 7) == 0;
    bool is_not = end - term == 11 && strncasecmp(term, "is not null", 11) == 0;
    if (!a || (!is_null && !is_not)) return CF_FAILED;
    cf_value v = cf_attribute_read(a, object);
    bool     null = v.kind == CF_NULL || (cf_value_is_text(v) && v.as.text == cf_null_text_);
    return null == is_null ? CF_YES : CF_NO;
}

cf_answer cf_tie_covers(const cf_mapper *m, const cf_tie *tie, const void *object)
{
    const char *where = tie->constraint ? tie->constraint->where : NULL;
    cf_answer   all = CF_YES;
    while (where && *where) {
        const char *next = where;
        while (*next && strncasecmp(next, " and ", 5) != 0) next++;
        cf_answer one = holds(m, where, (size_t)(next - where), object);
        if (one == CF_NO && !strpbrk(tie->constraint->where, "()")) return CF_NO;
        if (one == CF_FAILED) all = CF_FAILED;
        where = *next ? next + 5 : next;
    }
    return all;
}
