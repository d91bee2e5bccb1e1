/* Rows of selected columns, and single values. */
#include "orm/rows.h"

/* All rows into db->found; how many, or SIZE_MAX on failure. */
static size_t read_rows(cf_run *r)
{
    cf_db    *db = r->db;
    size_t    n = 0;
    cf_answer answer;
    while ((answer = cf_stmt_next(r->stmt, &db->error)) == CF_YES) {
        void *row = cf_result_read(r->plan->result, r->stmt, db->arena, &db->error);
        if (!row || !cf_session_keep(db, n, row)) return SIZE_MAX;
        n++;
    }
    return answer == CF_NO ? n : SIZE_MAX;
}

void *cf_rows_(cf_db *db, cf_site *site, const cf_value *values)
{
    cf_run r = {.db = db, .site = site, .values = values};
    void **list = NULL;
    if (!cf_run_begin(&r)) return NULL;
    size_t n = cf_run_send(&r, CF_FORM_PLAIN) ? read_rows(&r) : SIZE_MAX;
    if (n != SIZE_MAX) list = cf_list_of(&r.plan->result->list_cls, r.db->arena, r.db->found, n);
    cf_run_end(&r, list != NULL);
    return list;
}

bool cf_scalar_(cf_db *db, cf_site *site, const cf_value *values, void *out)
{
    cf_run r = {.db = db, .site = site, .values = values};
    if (!cf_run_begin(&r)) return false;
    cf_answer answer = cf_run_send(&r, CF_FORM_PLAIN) ? cf_stmt_next(r.stmt, &r.db->error) : CF_FAILED;
    if (answer == CF_YES && !cf_result_read_into(r.plan->result, r.stmt, out, r.db->arena, &r.db->error))
        answer = CF_FAILED;
    cf_run_end(&r, answer != CF_FAILED);
    return answer == CF_YES;
}

char *cf_like_escape(cf_arena *arena, const char *text)
{
    size_t size = 0, n = 0;
    for (const char *p = text; p && *p; p++) size += strchr("%_!", *p) ? 2 : 1;
    char *copy = text ? cf_arena_alloc(arena, size + 1) : NULL;
    for (const char *p = text; copy && *p; p++) {
        if (strchr("%_!", *p)) copy[n++] = '!';
        copy[n++] = *p;
    }
    return copy;
}

/* ---- of texts made at run time ------------------------------------------------------------------- */

bool cf_table_add(cf_run *r, cf_value_table *table)
{
    const cf_result *result = r->plan->result;
    cf_arena        *arena = r->db->arena;
    if (table->count == table->capacity) {
        size_t    capacity = table->capacity ? table->capacity * 2 : 16;
        cf_value *values = cf_arena_array(arena, capacity * result->count, sizeof *values);
        if (!values) return cf_fail(&r->db->error, CF_ERR_MEMORY, "out of memory");
        if (table->count) memcpy(values, table->values, table->count * result->count * sizeof *values);
        table->values = values;
        table->capacity = capacity;
    }
    cf_value *row = table->values + table->count * result->count;
    for (size_t i = 0; i < result->count; i++)
        if (!cf_result_value(result, r->stmt, i, arena, &row[i], &r->db->error)) return false;
    table->count++;
    return true;
}

bool cf_session_table(cf_db *db, cf_site *site, const cf_value *values, cf_value_table *out)
{
    cf_run r = {.db = db, .site = site, .values = values};
    *out = (cf_value_table){0};
    if (!cf_run_begin(&r)) return false;
    cf_answer answer = cf_run_send(&r, CF_FORM_PLAIN) ? CF_YES : CF_FAILED;
    out->columns = r.plan->result->count;
    out->result = r.plan->result;
    while (answer == CF_YES && (answer = cf_stmt_next(r.stmt, &r.db->error)) == CF_YES)
        if (!cf_table_add(&r, out)) answer = CF_FAILED;
    cf_run_end(&r, answer == CF_NO);
    return answer == CF_NO;
}
