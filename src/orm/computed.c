/* Columns that the database computes, read back after a row was written. */
#include "orm/row.h"

#include <string.h>

#define CHUNK 256 /* rows that are asked for with a statement */

bool cf_row_read_computed(cf_db *db, cf_state *s, cf_stmt *stmt)
{
    const cf_mapper *m = s->mapper;
    cf_slot          slots[CF_MOST_COLUMNS];
    size_t           n = 0;
    for (size_t i = 0; i < m->column_count; i++) {
        if (!m->columns[i].computed) continue;
        slots[n] = m->slots[i];
        slots[n].column = (uint16_t)n;
        n++;
    }
    return cf_stmt_read(stmt, slots, n, s->object, db->arena, &db->error);
}

/* ---- where an UPDATE returns nothing ---------------------------------------------------------------------- */

/* Where the computed columns stand in a row of all columns. */
static size_t computed_slots(const cf_mapper *m, cf_slot *slots)
{
    size_t n = 0;
    for (size_t i = 0; i < m->column_count; i++)
        if (m->columns[i].computed) slots[n++] = m->slots[i];
    return n;
}

/* The object of the row that stands ready: rows come in the order of their keys, mostly that of the objects. */
static bool find(cf_db *db, cf_state *const *states, size_t count, cf_stmt *stmt, size_t *at)
{
    const cf_mapper *m = states[0]->mapper;
    cf_value         key[CF_MOST_KEYS], other[CF_MOST_KEYS];
    for (size_t i = 0; i < m->key_count; i++) {
        const cf_attribute *a = &m->columns[m->key[i]];
        if (!cf_stmt_value(stmt, a->index, a->kind, db->arena, &key[i], &db->error)) return false;
    }
    for (size_t tries = 0; tries < count; tries++, ++*at) {
        bool same = true;
        if (*at >= count) *at = 0;
        cf_identity_key(m, states[*at]->object, other);
        for (size_t i = 0; same && i < m->key_count; i++) same = cf_value_same(key[i], other[i]);
        if (same) return true;
    }
    return cf_fail(&db->error, CF_ERR_INTERNAL, "%s: a row was asked for, another came", m->name);
}

static bool read_chunk(cf_db *db, cf_state *const *states, size_t count, cf_stmt *stmt)
{
    cf_slot   slots[CF_MOST_COLUMNS];
    size_t    n = computed_slots(states[0]->mapper, slots), at = 0, rows = 0;
    cf_answer answer;
    while ((answer = cf_stmt_next(stmt, &db->error)) == CF_YES) {
        if (!find(db, states, count, stmt, &at)) return false;
        if (!cf_stmt_read(stmt, slots, n, states[at]->object, db->arena, &db->error)) return false;
        at++;
        rows++;
    }
    if (answer == CF_FAILED || rows == count) return answer == CF_NO;
    return cf_fail(&db->error, CF_ERR_STALE, "the row of a %s that was updated is gone", states[0]->mapper->name);
}

static bool refresh(cf_db *db, cf_state *const *states, size_t count)
{
    const cf_mapper *m = states[0]->mapper;
    cf_value        *keys = cf_arena_array(db->arena, count * m->key_count, sizeof *keys);
    cf_buffer        text = {0};
    cf_select_keys_text(&text, m, db->dialect, count);
    for (size_t i = 0; keys && i < count; i++) cf_identity_key(m, states[i]->object, keys + i * m->key_count);
    cf_sql   sql = {text.data, text.size, 0, true};
    bool     ok = (keys && !text.failed) || cf_fail(&db->error, CF_ERR_MEMORY, "out of memory");
    cf_stmt *stmt = ok ? cf_conn_prepare(db->conn, &sql, &db->error) : NULL;
    db->statements++;
    ok = stmt && cf_stmt_run(stmt, keys, count * m->key_count, &db->error) && read_chunk(db, states, count, stmt);
    cf_stmt_done(stmt);
    cf_buffer_free(&text);
    return ok;
}

bool cf_rows_refresh(cf_db *db, cf_state *const *states, size_t count)
{
    bool   ok = true;
    size_t most = CHUNK / states[0]->mapper->key_count;
    for (size_t i = 0; ok && i < count; i += most) ok = refresh(db, states + i, count - i < most ? count - i : most);
    return ok;
}
