/* Forms of models ask the database: is what must be unique still free, is there what a key refers to? */
#include "web/model_form.h"

#include "orm/row.h"

#include <carafe/web.h>
#include <string.h>

/* One form being checked. */
typedef struct checking {
    void      *form;
    cf_db     *db;
    cf_mapper *mapper;
    void      *values; /* a structure of the model, as the row would be */
    void      *row;    /* the object being edited, or NULL */
} checking;

static const cf_field *find_field(const void *form, const char *name)
{
    const cf_form_class *cls = (const cf_form_class *)(const void *)cf_object_of(form)->cls;
    for (size_t i = 0; i < cls->field_count; i++)
        if (strcmp(cls->fields[i].name, name) == 0) return &cls->fields[i];
    return NULL;
}

/* The rule of a field that calls a function, or NULL. */
static const cf_rule *find_mark(const void *form, const char *name, cf_form_check *function)
{
    const cf_field *f = find_field(form, name);
    for (size_t i = 0; f && i <= CF_RULES_MAX; i++)
        if (f->rules[i].a_rule_must_stand_before_the_options == CF_RULE_CALL && f->rules[i].validate == function)
            return &f->rules[i];
    return NULL;
}

const char *cf_model_form_message(const void *form, const char *field, const char *otherwise)
{
    const cf_field *f = find_field(form, field);
    const cf_rule  *mark = find_mark(form, field, cf_model_form_ask_);
    bool            says =
        mark && mark < &f->rules[CF_RULES_MAX] && mark[1].a_rule_must_stand_before_the_options == CF_RULE_MESSAGE;
    return says ? mark[1].text : otherwise;
}

/* ---- one constraint ---------------------------------------------------------------------------- */

/*
 * The values of a constraint's columns and the field that an error goes to. False when nothing is to be asked: no
 * field has a part in it, one has an error already, the rest is not known, or NULL stands in it.
 */
static bool read_values(const checking *c, const uint16_t *columns, size_t count, cf_value *out, const char **field)
{
    *field = NULL;
    for (size_t i = 0; i < count; i++) {
        const cf_attribute *a = &c->mapper->columns[columns[i]];
        cf_error            local = {0};
        bool                in_form = find_field(c->form, a->name) != NULL;
        if (!in_form && !c->row) return false;
        if (in_form && (cf_form_error_count(c->form, a->name) || find_mark(c->form, a->name, cf_model_form_ask_not_)))
            return false;
        if (in_form && !*field) *field = a->name;
        if (a->options->encrypted || a->computed || (a->generated && cf_attribute_unset(a, c->values))) return false;
        out[i] = cf_attribute_read(a, c->values);
        if (out[i].kind == CF_NULL || !cf_limit_check(a, &out[i], c->db->dialect, c->db->arena, &local)) return false;
        if (a->special) out[i] = cf_value_text(cf_enum_text(a, out[i].as.integer));
    }
    return *field != NULL;
}

/* Has the row being edited these values already? Then they are its own. */
static bool unchanged(const checking *c, const uint16_t *columns, size_t count)
{
    for (size_t i = 0; c->row && i < count; i++)
        if (!cf_attribute_same(&c->mapper->columns[columns[i]], c->row, c->values)) return false;
    return c->row != NULL;
}

static void equals(cf_buffer *out, const cf_dialect *dialect, const cf_attribute *a, const char *before, int n)
{
    cf_buffer_text(out, before);
    cf_sql_name(out, dialect, a->column);
    cf_buffer_text(out, " = ");
    cf_sql_placeholder(out, dialect, n);
}

/* Is there a row with these values in the columns, other than the one with the key? CF_FAILED: the session has the error. */
static cf_answer ask(const checking *c, const cf_mapper *m, const uint16_t *columns, cf_value *values, size_t count,
                     bool other)
{
    cf_db    *db = c->db;
    cf_buffer text = {0};
    int       n = 0;
    cf_buffer_text(&text, "SELECT 1 FROM ");
    cf_sql_name(&text, db->dialect, m->table);
    for (size_t i = 0; i < count; i++)
        equals(&text, db->dialect, &m->columns[columns[i]], i ? " AND " : " WHERE ", ++n);
    for (size_t i = 0; other && i < m->key_count; i++) {
        const cf_attribute *a = &m->columns[m->key[i]];
        equals(&text, db->dialect, a, i ? " AND " : " AND NOT (", ++n);
        values[n - 1] = cf_attribute_read(a, c->row);
        if (a->special) values[n - 1] = cf_value_text(cf_enum_text(a, values[n - 1].as.integer));
    }
    cf_buffer_text(&text, other ? ") LIMIT 1" : " LIMIT 1");
    cf_sql    sql = {text.data, text.size, 0, true};
    cf_conn  *conn = text.failed ? NULL : cf_session_read(db, NULL, 0);
    cf_stmt  *stmt = conn ? cf_conn_prepare(conn, &sql, &db->error) : NULL;
    bool      ran = stmt && cf_stmt_run(stmt, values, (size_t)n, &db->error);
    cf_answer answer = ran ? cf_stmt_next(stmt, &db->error) : CF_FAILED;
    db->statements++;
    cf_stmt_done(stmt);
    cf_session_unread(db, conn);
    cf_buffer_free(&text);
    if (answer == CF_FAILED) cf_session_failed(db, NULL, NULL, 0);
    return answer;
}

static void check_unique(const checking *c, const uint16_t *columns, size_t count)
{
    cf_value    values[2 * CF_MOST_KEYS];
    const char *field;
    if (unchanged(c, columns, count) || !read_values(c, columns, count, values, &field)) return;
    if (ask(c, c->mapper, columns, values, count, c->row != NULL) == CF_YES)
        cf_form_add_error(c->form, field, cf_model_form_message(c->form, field, "Already in use."));
}

static void check_reference(const checking *c, const cf_foreign_key *key)
{
    cf_value    values[2 * CF_MOST_KEYS];
    const char *field;
    if (unchanged(c, key->columns, key->count) || !read_values(c, key->columns, key->count, values, &field)) return;
    if (cf_session_dirty(c->db, key->target) && !cf_session_flush(c->db)) return;
    if (ask(c, key->target, key->target_columns, values, key->count, false) == CF_NO)
        cf_form_add_error(c->form, field, cf_model_form_message(c->form, field, "There is no such entry."));
}

/* ---- all of them ------------------------------------------------------------------------------- */

static void check_all(const checking *c)
{
    const cf_mapper *m = c->mapper;
    if (!m->generated) check_unique(c, m->key, m->key_count);
    for (size_t i = 0; i < m->constraint_count && cf_session_ok(c->db); i++) {
        const cf_constraint *k = &m->constraints[i];
        bool                 unique = k->kind == CF_PART_UNIQUE || (k->kind == CF_PART_INDEX && k->unique);
        if (unique && !k->where && !k->text) check_unique(c, k->columns, k->count);
    }
    for (size_t i = 0; i < m->foreign_key_count && cf_session_ok(c->db); i++) check_reference(c, &m->foreign_keys[i]);
}

void cf_model_form_rule_(void *form, const char *field)
{
    const cf_form_class *cls = (const cf_form_class *)(const void *)cf_object_of(form)->cls;
    const cf_model_form *model = cf_model_form_of(cls);
    cf_request          *rq = cf_form_context(form);
    (void)field;
    /* A form inside another is called with the outer one: the outer form's model is what is asked for. */
    if (!model || !rq || !rq->db || !cf_session_ok(rq->db)) return;
    checking c = {.form = form, .mapper = cf_registry_mapper(rq->db->database->registry, model->model)};
    c.db = c.mapper ? cf_session_route(rq->db, c.mapper, NULL, 0) : NULL;
    c.values = c.db ? cf_arena_object(rq->arena, &c.mapper->cls, c.mapper->model->size) : NULL;
    if (!c.values) return;
    const void *row = cf_form_row(form);
    if (row && cf_object_of(row)->cls == &c.mapper->cls) {
        c.row = (void *)(uintptr_t)row;
        memcpy(c.values, row, c.mapper->model->size);
    }
    cf_form_populate(form, c.values);
    check_all(&c);
    if (!cf_session_ok(c.db)) cf_form_add_error(form, NULL, "This could not be checked. Please try again.");
}

bool cf_field_of_column(cf_db *db, const void *form, char *name, size_t size)
{
    const cf_mapper *m = cf_registry_by_table(db->database->registry, cf_error(db)->table);
    for (size_t i = 0; m && i < m->column_count; i++) {
        const cf_attribute *a = &m->columns[i];
        if (strcmp(a->column, name) != 0 || strlen(a->name) >= size) continue;
        memcpy(name, a->name, strlen(a->name) + 1);
        break;
    }
    return cf_form_has_field(form, name);
}
