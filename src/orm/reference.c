/* Which foreign key it was, where the server does not say so (SQLite). Nobody is asked when there is but one. */
#include "orm/session.h"

#include <stdio.h>
#include <string.h>

/* Is there a row with these values in the columns? */
static cf_answer has_row(cf_db *db, const cf_mapper *m, const uint16_t *columns, const cf_value *values, size_t count)
{
    cf_error  ignored = {0};
    cf_buffer text = {0};
    cf_answer found = CF_FAILED;
    cf_buffer_text(&text, "SELECT 1 FROM ");
    cf_sql_name(&text, db->dialect, m->table);
    for (size_t i = 0; i < count; i++) {
        cf_buffer_text(&text, i ? " AND " : " WHERE ");
        cf_sql_name(&text, db->dialect, m->columns[columns[i]].column);
        cf_buffer_text(&text, " = ");
        cf_sql_placeholder(&text, db->dialect, (int)i + 1);
    }
    cf_buffer_text(&text, " LIMIT 1");
    cf_sql   sql = {text.data, text.size, 0, true};
    cf_conn *conn = text.failed ? NULL : db->conn ? db->conn : cf_pool_take(db->database->pool, NULL, &ignored);
    cf_stmt *stmt = conn ? cf_conn_prepare(conn, &sql, &ignored) : NULL;
    if (stmt && cf_stmt_run(stmt, values, count, &ignored)) found = cf_stmt_next(stmt, &ignored);
    cf_stmt_done(stmt);
    cf_session_unread(db, conn);
    cf_buffer_free(&text);
    return found;
}

/* The values that a row has in some columns; false when one is NULL. */
static bool values_of(const cf_mapper *m, const uint16_t *columns, size_t count, const void *row, cf_value *values)
{
    for (size_t i = 0; i < count; i++) {
        values[i] = cf_attribute_read(&m->columns[columns[i]], row);
        if (values[i].kind == CF_NULL) return false;
    }
    return true;
}

/* "package, version" */
static void name_columns(const cf_mapper *m, const cf_foreign_key *key, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < key->count && n < size; i++)
        n += (size_t)snprintf(out + n, size - n, "%s%s", i ? ", " : "", m->columns[key->columns[i]].column);
}

/* ---- a row that refers to nothing ---------------------------------------------------------------------- */

static bool refers_to_nothing(cf_db *db, const cf_mapper *m, const cf_foreign_key *key, const cf_state *s)
{
    cf_value values[CF_MOST_KEYS];
    return values_of(m, key->columns, key->count, s->object, values) &&
           has_row(db, key->target, key->target_columns, values, key->count) == CF_NO;
}

/* Does a change of the row write the key? */
static bool writes(const cf_foreign_key *key, const cf_mask *changed)
{
    bool any = false;
    for (size_t i = 0; i < key->count; i++) any |= cf_mask_has(changed, key->columns[i]);
    return any;
}

static void name_missing(cf_db *db, const cf_state *s)
{
    const cf_mapper      *m = s->mapper;
    const cf_foreign_key *found = NULL, *end = m->foreign_keys + m->foreign_key_count;
    cf_value              values[CF_MOST_KEYS];
    cf_mask               changed;
    size_t                count = 0;
    bool                  added = s->status == CF_STATUS_PENDING, updated = !added && cf_state_changes(s, &changed);
    for (const cf_foreign_key *key = m->foreign_keys; key < end; key++)
        if ((added || (updated && writes(key, &changed))) && values_of(m, key->columns, key->count, s->object, values))
            found = key, count++;
    if (count > 1 || (updated && cf_mask_meets(&changed, &m->referred))) found = NULL;
    for (const cf_foreign_key *key = m->foreign_keys; key < end && !found; key++)
        if (refers_to_nothing(db, m, key, s)) found = key;
    if (!found) return;
    name_columns(m, found, db->error.columns, sizeof db->error.columns);
    snprintf(db->error.message, sizeof db->error.message, "%s.%s refers to a %s that does not exist", m->name,
             db->error.columns, found->target->name);
}

/* ---- a row that others refer to ------------------------------------------------------------------------ */

/* May a key keep rows of the mapper from being deleted? */
static bool refuses(const cf_foreign_key *key, const cf_mapper *m)
{
    return key->target == m && (key->on_delete == CF_NO_ACTION || key->on_delete == CF_RESTRICT);
}

static bool is_referred_to(cf_db *db, const cf_mapper *from, const cf_foreign_key *key, const cf_state *s)
{
    cf_value values[CF_MOST_KEYS];
    return values_of(s->mapper, key->target_columns, key->count, s->snapshot, values) &&
           has_row(db, from, key->columns, values, key->count) == CF_YES;
}

/* How many keys of all tables refuse. */
static size_t refusing(const cf_mapper *m)
{
    const cf_registry *registry = m->registry;
    size_t             count = 0;
    for (size_t i = 0; i < registry->count; i++)
        for (size_t k = 0; k < registry->mappers[i]->foreign_key_count; k++)
            count += refuses(&registry->mappers[i]->foreign_keys[k], m);
    return count;
}

/* "Item.user_id, Note.author_id": rows may have been deleted before in the same flush, so all that may be meant are named. */
static void name_referring(cf_db *db, const cf_state *s)
{
    const cf_registry *registry = s->mapper->registry;
    char               names[300] = "", columns[sizeof db->error.columns];
    size_t             n = 0, count = 0;
    bool               only = refusing(s->mapper) == 1;
    for (size_t i = 0; i < registry->count; i++)
        for (size_t k = 0; k < registry->mappers[i]->foreign_key_count && n < sizeof names; k++) {
            const cf_mapper      *from = registry->mappers[i];
            const cf_foreign_key *key = &from->foreign_keys[k];
            if (!refuses(key, s->mapper) || (!only && !is_referred_to(db, from, key, s))) continue;
            name_columns(from, key, columns, sizeof columns);
            n += (size_t)snprintf(names + n, sizeof names - n, "%s%s.%s", count++ ? ", " : "", from->name, columns);
        }
    if (!count) return;
    if (count == 1) memcpy(db->error.columns, columns, sizeof columns);
    snprintf(db->error.message, sizeof db->error.message, "other rows refer to this %s: %s", s->mapper->name, names);
}

void cf_session_name_reference(cf_db *db, const cf_state *state)
{
    if (db->error.code != CF_ERR_FOREIGN_KEY || db->error.columns[0]) return;
    if (state->doomed) name_referring(db, state);
    else name_missing(db, state);
}
