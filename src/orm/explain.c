/* How the database would run a query: its own plan, as text. */
#include "orm/run.h"

#include <string.h>

/* ---- what servers answer ------------------------------------------------------------------------ */

/* A row of EXPLAIN QUERY PLAN; `parent` is the id of another, or 0. */
typedef struct step {
    int64_t id, depth;
} step;

enum { MOST_STEPS = 200 };

static bool read_text(cf_run *r, int column, cf_value *out)
{
    return cf_stmt_value(r->stmt, column, CF_TEXT, r->db->arena, out, &r->db->error);
}

/* id, parent, unused, detail: indented by their parents. */
static bool put_sqlite(cf_run *r, cf_buffer *out)
{
    step      steps[MOST_STEPS];
    size_t    count = 0;
    cf_answer answer;
    while ((answer = cf_stmt_next(r->stmt, &r->db->error)) == CF_YES) {
        cf_value id, parent, detail;
        if (!cf_stmt_value(r->stmt, 0, CF_INT, r->db->arena, &id, &r->db->error) ||
            !cf_stmt_value(r->stmt, 1, CF_INT, r->db->arena, &parent, &r->db->error) || !read_text(r, 3, &detail))
            return false;
        int64_t depth = 1;
        for (size_t i = 0; i < count; i++)
            if (steps[i].id == parent.as.integer) depth = steps[i].depth + 1;
        if (count < MOST_STEPS) steps[count++] = (step){id.as.integer, depth};
        cf_buffer_printf(out, "%*s%.*s\n", (int)(2 * depth), "", (int)detail.size, detail.as.text);
    }
    return answer == CF_NO;
}

/* One column of lines. */
static bool put_postgres(cf_run *r, cf_buffer *out)
{
    cf_answer answer;
    while ((answer = cf_stmt_next(r->stmt, &r->db->error)) == CF_YES) {
        cf_value line;
        if (!read_text(r, 0, &line)) return false;
        cf_buffer_printf(out, "  %.*s\n", (int)line.size, line.as.text);
    }
    return answer == CF_NO;
}

/* "table t0, type ref, key ix_name, rows 3": the columns that say something. */
static bool put_mariadb(cf_run *r, cf_buffer *out)
{
    cf_answer answer;
    while ((answer = cf_stmt_next(r->stmt, &r->db->error)) == CF_YES) {
        const char *before = "  ";
        for (int i = 0; i < cf_stmt_columns(r->stmt); i++) {
            cf_value v;
            if (!cf_stmt_value(r->stmt, i, CF_UNDEFINED, r->db->arena, &v, &r->db->error)) return false;
            if (v.kind == CF_INT)
                cf_buffer_printf(out, "%s%s %lld", before, cf_stmt_name(r->stmt, i), (long long)v.as.integer);
            else if (cf_value_is_text(v) && v.size)
                cf_buffer_printf(out, "%s%s %.*s", before, cf_stmt_name(r->stmt, i), (int)v.size, v.as.text);
            else continue;
            before = ", ";
        }
        cf_buffer_char(out, '\n');
    }
    return answer == CF_NO;
}

/* ---- explaining --------------------------------------------------------------------------------- */

static const struct {
    const char *prefix;
    bool (*put)(cf_run *r, cf_buffer *out);
} ways[CF_DIALECTS] = {
    [CF_SQLITE] = {"EXPLAIN QUERY PLAN ", put_sqlite},
    [CF_POSTGRESQL] = {"EXPLAIN ", put_postgres},
    [CF_MARIADB] = {"EXPLAIN ", put_mariadb},
};

bool cf_explain_run(cf_run *r, uint32_t form, cf_buffer *out)
{
    if (!cf_run_begin(r)) return false;
    cf_variant *v = cf_plan_variant(r->plan, r->db->dialect, form, r->values, &r->db->error);
    r->prefix = ways[r->db->dialect->id].prefix;
    if (v) cf_buffer_printf(out, "%s\n", v->sql.text);
    bool ok = cf_run_send(r, form) && ways[r->db->dialect->id].put(r, out);
    if (ok && out->failed) ok = cf_fail(&r->db->error, CF_ERR_MEMORY, "out of memory");
    cf_run_end(r, ok);
    return ok;
}

const char *cf_explain_(cf_db *db, cf_site *site, const cf_value *values)
{
    cf_run    r = {.db = db, .site = site, .values = values};
    cf_buffer out = {0};
    char     *text = NULL;
    if (cf_explain_run(&r, CF_FORM_PLAIN, &out) && !(text = cf_arena_text(r.db->arena, out.data, out.size)))
        cf_session_failed(r.db, NULL, site->file, site->line);
    cf_buffer_free(&out);
    return text;
}
