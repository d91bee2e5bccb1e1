/* Raw SQL: literal texts, bound values. */
#include <carafe/sql.h>

#include "orm/raw.h"

#include "orm/session.h"

#include "base/text.h"

#include <string.h>

/* A site's text for each dialect, and what its rows are read into. */
typedef struct raw_plan {
    cf_sql   sql[CF_DIALECTS];
    cf_class row_class, list_class;
} raw_plan;

/* ---- texts ------------------------------------------------------------------------------------------- */

/* Where the quoted text, the name or comment that begins at `at` ends; `at` when none does. */
static size_t skip(const char *text, size_t at)
{
    char        c = text[at];
    const char *end;
    if (c == '-' && text[at + 1] == '-') return at + strcspn(text + at, "\n");
    if (c == '/' && text[at + 1] == '*') {
        end = strstr(text + at + 2, "*/");
        return end ? (size_t)(end - text) + 2 : strlen(text);
    }
    if (c == '$') { /* $tag$ ... $tag$ */
        size_t size = 1 + strspn(text + at + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
        char   tag[64];
        if (text[at + size] != '$' || size + 2 > sizeof tag) return at;
        memcpy(tag, text + at, size + 1);
        tag[size + 1] = '\0';
        end = strstr(text + at + size + 1, tag);
        return end ? (size_t)(end - text) + size + 1 : strlen(text);
    }
    if (c != '\'' && c != '"' && c != '`') return at;
    for (at++; text[at] && text[at] != c;) at++;
    return text[at] ? at + 1 : at; /* a doubled quote begins the next one */
}

/* Writes the text as a dialect has it (NULL: nowhere); the number of `?` in it, or -1 with what is wrong. */
static int translate(const char *text, const cf_dialect *dialect, cf_buffer *out, const char **wrong)
{
    int count = 0;
    for (size_t at = 0, end; text[at]; at = end) {
        bool quoted = (end = skip(text, at)) > at;
        if (!quoted) end = at + 1;
        for (size_t i = at; quoted && text[at] == '\'' && i + 1 < end; i++)
            if (text[i] == '\\')
                *wrong = "a backslash in quotes means other things on other databases: bind the text as a value";
        if (*wrong) return -1;
        if (quoted || text[at] != '?') {
            if (out) cf_buffer_add(out, text + at, end - at);
        } else if (text[end] == '?') {
            if (out) cf_buffer_char(out, '?');
            end++;
        } else {
            count++;
            if (out) cf_sql_placeholder(out, dialect, count);
        }
    }
    return count;
}

bool cf_raw_check(const cf_site *site, cf_report *report)
{
    const char *wrong = NULL;
    int         count = translate(site->text, NULL, NULL, &wrong);
    bool        array = false;
    for (size_t i = 0; i < site->argument_count; i++) array |= site->argument_kinds[i] == CF_SEQUENCE;
    if (array) wrong = "an array cannot be bound in raw SQL";
    if (!wrong && !site->text[strspn(site->text, " \t\r\n;")]) wrong = "there is no statement";
    if (wrong) cf_report_add(report, "%s:%d: %s\n  %.300s", site->file, site->line, wrong, site->text);
    else if (count != site->argument_count)
        cf_report_add(report, "%s:%d: the statement has %d '?', but %d value%s given\n  %.300s", site->file, site->line,
                      count, site->argument_count, site->argument_count == 1 ? " is" : "s are", site->text);
    return !wrong && count == site->argument_count;
}

/* Does it only read? Others, such as `with` before a change, are run in a transaction. */
static bool reads(const char *text)
{
    static const char *const words[] = {"select", "values", "explain", "show"};
    text += strspn(text, " \t\r\n(");
    size_t size = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (cf_equal_nocase(text, size, words[i], strlen(words[i]))) return true;
    return false;
}

/* ---- plans ------------------------------------------------------------------------------------------- */

static raw_plan *make(cf_registry *registry, const cf_site *site)
{
    raw_plan *plan = cf_arena_alloc(registry->arena, sizeof *plan);
    if (plan && site->row) {
        plan->row_class = cf_row_class(site->row());
        plan->list_class = cf_list_class(NULL);
    }
    return plan;
}

/* The plan of a site, with its text for the session's database; made at first use. NULL with the error. */
static const raw_plan *plan_of(cf_db *db, cf_site *site)
{
    cf_registry *registry = db->database->registry;
    cf_buffer    text = {0};
    const char  *wrong = NULL;
    size_t       id = db->dialect->id;
    raw_plan    *plan = __atomic_load_n(&site->plan, __ATOMIC_ACQUIRE);
    if (plan && __atomic_load_n(&plan->sql[id].text, __ATOMIC_ACQUIRE)) return plan;
    pthread_mutex_lock(&registry->lock);
    plan = site->plan;
    if (!plan && (plan = make(registry, site))) {
        site->next = registry->sites;
        registry->sites = site;
        __atomic_store_n(&site->plan, plan, __ATOMIC_RELEASE);
    }
    if (plan && !plan->sql[id].text) {
        int   count = translate(site->text, db->dialect, &text, &wrong);
        char *copy =
            text.failed || count < 0 ? NULL : cf_arena_text(registry->arena, text.data ? text.data : "", text.size);
        plan->sql[id].size = text.size;
        plan->sql[id].id = cf_sql_id();
        plan->sql[id].reads = reads(site->text);
        __atomic_store_n(&plan->sql[id].text, copy, __ATOMIC_RELEASE);
        if (!copy) plan = NULL;
    }
    pthread_mutex_unlock(&registry->lock);
    cf_buffer_free(&text);
    if (!plan) cf_fail(&db->error, CF_ERR_MEMORY, "out of memory");
    return plan;
}

/* ---- one use ------------------------------------------------------------------------------------------- */

typedef struct raw_run {
    cf_db          *db;
    cf_site        *site;
    const raw_plan *plan;
    cf_conn        *conn;
    cf_stmt        *stmt;
    bool            changes;
} raw_run;

static bool begin(raw_run *r, const cf_value *values)
{
    cf_db *db = r->db;
    if (!cf_session_ok(db)) return false;
    r->plan = plan_of(db, r->site);
    if (r->plan && !cf_session_flush(db)) return false;
    const cf_sql *sql = r->plan ? &r->plan->sql[db->dialect->id] : NULL;
    r->changes = r->changes || (sql && !sql->reads);
    if (sql)
        r->conn = r->changes ? cf_session_write(db, r->site->file, r->site->line)
                             : cf_session_read(db, r->site->file, r->site->line);
    if (r->conn && r->changes && !db->written) db->written = r->site;
    if (r->conn) r->stmt = cf_conn_prepare(r->conn, sql, &db->error);
    db->statements++;
    return r->stmt && cf_stmt_run(r->stmt, values, r->site->argument_count, &db->error);
}

static void end(raw_run *r, bool ok)
{
    cf_stmt_done(r->stmt);
    if (r->conn) cf_session_unread(r->db, r->conn);
    if (!ok && r->db && !r->db->error.file) cf_session_failed(r->db, NULL, r->site->file, r->site->line);
    if (ok && r->changes) cf_expire_all(r->db);
}

int64_t cf_sql_exec_(cf_db *db, cf_site *site, const cf_value *values)
{
    raw_run r = {.db = db, .site = site, .changes = true};
    if (!cf_session_ok(db)) return 0;
    bool    ok = begin(&r, values);
    int64_t n = ok ? cf_stmt_changes(r.stmt) : 0;
    end(&r, ok);
    return n;
}

/* The column of each field; false with the error when there is none. */
static bool find_columns(raw_run *r, const cf_row_type *row, cf_slot *slots)
{
    int count = cf_stmt_columns(r->stmt);
    for (size_t i = 0; i < row->field_count; i++) {
        const cf_member *f = &row->fields[i];
        int              column = 0, type = f->type;
        while (column < count && strcmp(cf_stmt_name(r->stmt, column), f->name) != 0) column++;
        if (column == count)
            return cf_fail(&r->db->error, CF_ERR_NAME, "%s:%d: the statement has no column '%s' for %s.%s",
                           r->site->file, r->site->line, f->name, row->name, f->name);
        if (type == CF_TYPE_TEXT || type == CF_TYPE_BYTES || type == CF_TYPE_JSON) type |= CF_TYPE_NULLABLE;
        slots[i] = (cf_slot){(uint16_t)column, (uint16_t)type, f->offset, f->size, f->name, row->name};
    }
    return true;
}

void *cf_sql_rows_(cf_db *db, cf_site *site, const cf_value *values)
{
    raw_run            r = {.db = db, .site = site};
    const cf_row_type *row = site->row();
    size_t             n = 0;
    void             **list = NULL;
    if (!cf_session_ok(db)) return NULL;
    bool      ok = begin(&r, values);
    cf_slot  *slots = cf_arena_array(db->arena, row->field_count, sizeof *slots);
    cf_answer answer = ok && slots && find_columns(&r, row, slots) ? CF_YES : CF_FAILED;
    while (answer == CF_YES && (answer = cf_stmt_next(r.stmt, &db->error)) == CF_YES) {
        void *object = cf_arena_object(db->arena, &r.plan->row_class, row->size);
        if (!object || !cf_stmt_read(r.stmt, slots, row->field_count, object, db->arena, &db->error) ||
            !cf_session_keep(db, n++, object))
            answer = CF_FAILED;
    }
    if (answer == CF_NO) list = cf_list_of(&r.plan->list_class, db->arena, db->found, n);
    end(&r, list != NULL);
    return list;
}

static cf_dict *read_dict(raw_run *r)
{
    int      count = cf_stmt_columns(r->stmt);
    cf_dict *dict = cf_dict_new(r->db->arena, (size_t)count);
    for (int i = 0; dict && i < count; i++) {
        cf_value v;
        char    *name = cf_arena_copy(r->db->arena, cf_stmt_name(r->stmt, i));
        if (!name || !cf_stmt_value(r->stmt, i, CF_UNDEFINED, r->db->arena, &v, &r->db->error) ||
            !cf_dict_set_text(dict, name, v))
            return NULL;
    }
    return dict;
}

cf_list *cf_sql_list_(cf_db *db, cf_site *site, const cf_value *values)
{
    raw_run r = {.db = db, .site = site};
    if (!cf_session_ok(db)) return NULL;
    bool      ok = begin(&r, values);
    cf_list  *list = ok ? cf_list_new(db->arena, 16) : NULL;
    cf_answer answer = list ? CF_YES : CF_FAILED;
    while (answer == CF_YES && (answer = cf_stmt_next(r.stmt, &db->error)) == CF_YES) {
        cf_dict *dict = read_dict(&r);
        if (!dict || !cf_list_add(list, cf_value_dict(dict))) answer = CF_FAILED;
    }
    end(&r, answer == CF_NO);
    return answer == CF_NO ? list : NULL;
}

cf_value cf_sql_value_(cf_db *db, cf_site *site, const cf_value *values)
{
    raw_run  r = {.db = db, .site = site};
    cf_value v = cf_value_undefined();
    if (!cf_session_ok(db)) return v;
    cf_answer answer = begin(&r, values) ? cf_stmt_next(r.stmt, &db->error) : CF_FAILED;
    if (answer == CF_YES && !cf_stmt_value(r.stmt, 0, CF_UNDEFINED, db->arena, &v, &db->error)) answer = CF_FAILED;
    end(&r, answer != CF_FAILED);
    return answer == CF_YES ? v : cf_value_undefined();
}
