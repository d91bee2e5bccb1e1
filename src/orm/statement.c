/* INSERT, UPDATE, DELETE and SELECT of one row, made once per set of columns. */
#include "orm/session.h"

#include <string.h>

static void name(cf_buffer *out, const cf_dialect *dialect, const cf_attribute *a)
{
    cf_sql_name(out, dialect, a->column);
}

/* The columns of the mask, `wanted` or not, separated by commas; returns how many. */
static int columns(cf_buffer *out, const cf_mapper *m, const cf_dialect *dialect, const cf_mask *mask, bool wanted)
{
    int n = 0;
    for (size_t i = 0; i < m->column_count; i++) {
        if (cf_mask_has(mask, i) != wanted) continue;
        if (n++) cf_buffer_text(out, ", ");
        name(out, dialect, &m->columns[i]);
    }
    return n;
}

static void where_key(cf_buffer *out, const cf_mapper *m, const cf_dialect *dialect, int n)
{
    for (size_t i = 0; i < m->key_count; i++) {
        cf_buffer_text(out, i ? " AND " : " WHERE ");
        name(out, dialect, &m->columns[m->key[i]]);
        cf_buffer_text(out, " = ");
        cf_sql_placeholder(out, dialect, ++n);
    }
}

/* The same, with the version that was read. */
static void where_row(cf_buffer *out, const cf_mapper *m, const cf_dialect *dialect, int n)
{
    where_key(out, m, dialect, n);
    if (!m->version) return;
    cf_buffer_text(out, " AND ");
    name(out, dialect, m->version);
    cf_buffer_text(out, " = ");
    cf_sql_placeholder(out, dialect, n + (int)m->key_count + 1);
}

static size_t named(const cf_mapper *m, const cf_mask *mask)
{
    size_t n = 0;
    for (size_t i = 0; i < m->column_count; i++) n += cf_mask_has(mask, i);
    return n;
}

bool cf_insert_tells_key(const cf_mapper *m, const cf_dialect *dialect, const cf_mask *mask)
{
    bool only_key = m->generated && !cf_mask_has(mask, m->key[0]) && named(m, mask) + 1 == m->column_count;
    return only_key && dialect->id != CF_POSTGRESQL;
}

bool cf_insert_returns(const cf_mapper *m, const cf_dialect *dialect, const cf_mask *mask)
{
    if (named(m, mask) == m->column_count) return false;
    bool array = dialect->id == CF_MARIADB && dialect->returning_insert;
    return array || !cf_insert_tells_key(m, dialect, mask);
}

void cf_insert_text(cf_buffer *out, const cf_mapper *m, const cf_dialect *dialect, const cf_mask *mask, bool returning)
{
    cf_buffer_text(out, "INSERT INTO ");
    cf_sql_name(out, dialect, m->table);
    size_t before = out->size;
    cf_buffer_text(out, " (");
    int n = columns(out, m, dialect, mask, true);
    if (n == 0) {
        out->size = before;
        cf_buffer_text(out, dialect->insert_default_values ? " DEFAULT VALUES" : " () VALUES ()");
    } else {
        cf_buffer_text(out, ") VALUES ");
        for (int i = 0; i < n; i++) {
            cf_buffer_text(out, i ? ", " : "(");
            cf_sql_placeholder(out, dialect, i + 1);
        }
        cf_buffer_char(out, ')');
    }
    if (!returning || n == (int)m->column_count) return;
    cf_buffer_text(out, " RETURNING ");
    columns(out, m, dialect, mask, false);
}

static void update(cf_buffer *out, const cf_mapper *m, const cf_dialect *dialect, const cf_mask *mask)
{
    int n = 0;
    cf_buffer_text(out, "UPDATE ");
    cf_sql_name(out, dialect, m->table);
    cf_buffer_text(out, " SET ");
    for (size_t i = 0; i < m->column_count; i++) {
        if (!cf_mask_has(mask, i)) continue;
        if (n) cf_buffer_text(out, ", ");
        name(out, dialect, &m->columns[i]);
        cf_buffer_text(out, " = ");
        cf_sql_placeholder(out, dialect, ++n);
    }
    where_row(out, m, dialect, n);
    if (!m->has_computed || !dialect->returning_update) return;
    n = 0;
    for (size_t i = 0; i < m->column_count; i++) {
        if (!m->columns[i].computed) continue;
        cf_buffer_text(out, n++ ? ", " : " RETURNING ");
        name(out, dialect, &m->columns[i]);
    }
}

static void delete_rows(cf_buffer *out, const cf_mapper *m, const cf_dialect *dialect, const cf_mask *mask)
{
    int n = 0;
    cf_buffer_text(out, "DELETE FROM ");
    cf_sql_name(out, dialect, m->table);
    for (size_t i = 0; i < m->column_count; i++) {
        if (!cf_mask_has(mask, i)) continue;
        cf_buffer_text(out, n ? " AND " : " WHERE ");
        name(out, dialect, &m->columns[i]);
        cf_buffer_text(out, " = ");
        cf_sql_placeholder(out, dialect, ++n);
    }
}

void cf_select_text(cf_buffer *out, const cf_mapper *m, const cf_dialect *dialect)
{
    static const cf_mask none;
    cf_buffer_text(out, "SELECT ");
    columns(out, m, dialect, &none, false);
    cf_buffer_text(out, " FROM ");
    cf_sql_name(out, dialect, m->table);
}

/* (a = ? AND b = ?) OR (...), or a IN (...). */
void cf_select_keys_text(cf_buffer *out, const cf_mapper *m, const cf_dialect *d, size_t count)
{
    int n = 0;
    cf_select_text(out, m, d);
    cf_buffer_text(out, " WHERE ");
    if (m->key_count == 1) {
        cf_sql_name(out, d, m->columns[m->key[0]].column);
        cf_buffer_text(out, " IN (");
    }
    for (size_t i = 0; i < count; i++) {
        if (m->key_count == 1) cf_buffer_text(out, i ? ", " : "");
        else cf_buffer_text(out, i ? " OR (" : "(");
        for (size_t k = 0; k < m->key_count; k++) {
            if (m->key_count > 1) {
                cf_buffer_text(out, k ? " AND " : "");
                cf_sql_name(out, d, m->columns[m->key[k]].column);
                cf_buffer_text(out, " = ");
            }
            cf_sql_placeholder(out, d, ++n);
        }
        if (m->key_count > 1) cf_buffer_char(out, ')');
    }
    if (m->key_count == 1) cf_buffer_char(out, ')');
}

static void compose(cf_buffer *out, const cf_mapper *m, const cf_dialect *dialect, cf_statement_verb verb,
                    const cf_mask *mask)
{
    switch (verb) {
    /* Columns that are left out come back: the generated key, defaults of the server. */
    case CF_INSERT_ROW: cf_insert_text(out, m, dialect, mask, cf_insert_returns(m, dialect, mask)); break;
    case CF_INSERT_QUIET: cf_insert_text(out, m, dialect, mask, false); break;
    case CF_UPDATE_ROW: update(out, m, dialect, mask); break;
    case CF_DELETE_ROW:
        cf_buffer_text(out, "DELETE FROM ");
        cf_sql_name(out, dialect, m->table);
        where_row(out, m, dialect, 0);
        break;
    case CF_DELETE_ROWS: delete_rows(out, m, dialect, mask); break;
    case CF_SELECT_ROW:
        cf_select_text(out, m, dialect);
        where_key(out, m, dialect, 0);
        break;
    }
}

static cf_statement *find(cf_statement *s, cf_statement_verb verb, const cf_mask *mask)
{
    for (; s; s = s->next)
        if (s->verb == (int)verb && memcmp(&s->mask, mask, sizeof *mask) == 0) return s;
    return NULL;
}

static cf_statement *make(cf_mapper *m, const cf_dialect *dialect, cf_statement_verb verb, const cf_mask *mask)
{
    cf_buffer     text = {0};
    cf_statement *s = cf_arena_alloc(m->registry->arena, sizeof *s);
    compose(&text, m, dialect, verb, mask);
    if (s && !text.failed) {
        s->verb = (int)verb;
        s->mask = *mask;
        s->sql = (cf_sql){cf_arena_text(m->registry->arena, text.data, text.size), text.size, cf_sql_id(),
                          verb == CF_SELECT_ROW};
        s->next = atomic_load(&m->statements[dialect->id]);
        if (!s->sql.text) s = NULL;
    } else {
        s = NULL;
    }
    cf_buffer_free(&text);
    return s;
}

const cf_sql *cf_mapper_statement(cf_mapper *m, const cf_dialect *dialect, cf_statement_verb verb, const cf_mask *mask,
                                  cf_error *error)
{
    static const cf_mask none;
    if (!mask) mask = &none;
    cf_statement *s = find(atomic_load_explicit(&m->statements[dialect->id], memory_order_acquire), verb, mask);
    if (s) return &s->sql;
    pthread_mutex_lock(&m->registry->lock);
    s = find(atomic_load(&m->statements[dialect->id]), verb, mask);
    if (!s && (s = make(m, dialect, verb, mask)))
        atomic_store_explicit(&m->statements[dialect->id], s, memory_order_release);
    pthread_mutex_unlock(&m->registry->lock);
    if (!s) cf_fail(error, CF_ERR_MEMORY, "out of memory");
    return s ? &s->sql : NULL;
}
