/* Steps on rows: by key, by query, in bulk, raw. */
#include "session_steps.h"
#include "site.h"

#include <string.h>

bool step_get(scenario *s, const json_t *step, json_t **value)
{
    const cf_mapper *m = step_mapper(s, step);
    const json_t    *pk = json_object_get(step, "pk");
    size_t           count = json_is_array(pk) ? json_array_size(pk) : 1;
    cf_value         key[CF_MOST_KEYS];
    if (!m || count > CF_MOST_KEYS) return false;
    for (size_t i = 0; i < count; i++)
        if (!value_of_json(s->rq, json_is_array(pk) ? json_array_get(pk, i) : pk,
                           i < m->key_count ? m->columns[m->key[i]].kind : CF_UNDEFINED, &key[i]))
            return false;
    thing *t = thing_of(s, cf_get_(s->db, m->function, key, count, "case", 1));
    variable_set(s, step_text(step, "as"), t);
    *value = thing_describe(t);
    return true;
}

/* ---- queries ------------------------------------------------------------------------------------------------- */

static const cf_attribute *attribute(scenario *s, const cf_mapper *m, const char *name)
{
    for (size_t i = 0; name && i < m->column_count; i++)
        if (strcmp(m->columns[i].name, name) == 0 || strcmp(m->columns[i].column, name) == 0) return &m->columns[i];
    cf_fail(&s->rq->error, CF_ERR_NAME, "%s has no column %s", m->name, name ? name : "?");
    return NULL;
}

/* "name = ?" or, for a relationship to one, its key's column. */
static bool add_equal(scenario *s, site_text *text, const cf_mapper *m, const char *name, const json_t *given)
{
    const char         *ref = step_text(given, "ref");
    const cf_attribute *a;
    cf_value            v = cf_value_null();
    if (ref) {
        thing   *other = step_thing(s, ref);
        thing    asked = {.mapper = m};
        cf_side *side = thing_side(&asked, name);
        if (!other || !side || side->kind != CF_SIDE_KEY || side->own.count != 1)
            return cf_fail(&s->rq->error, CF_ERR_UNSUPPORTED, "a condition on the relationship %s", name);
        a = side->own.left[0];
        if (other->object) v = cf_attribute_read(side->own.right[0], other->object);
    } else if (!(a = attribute(s, m, name)) || !value_of_json(s->rq, given, a->kind, &v)) {
        return false;
    }
    site_name(text, a->name);
    site_add(text, v.kind == CF_NULL ? " is null" : " = ");
    if (v.kind != CF_NULL) site_value(text, v);
    return true;
}

static bool add_where(scenario *s, site_text *text, const cf_mapper *m, const json_t *step)
{
    const char *name;
    json_t     *given;
    size_t      i, n = 0;
    json_object_foreach(json_object_get(step, "where"), name, given)
    {
        if (n++) site_add(text, " and ");
        if (!add_equal(s, text, m, name, given)) return false;
    }
    json_array_foreach(json_object_get(step, "join"), i, given)
    {
        site_add(text, n++ ? " and any(" : "any(");
        site_name(text, spec_side(s->rq, json_string_value(given)));
        site_add(text, ")");
    }
    return true;
}

static bool add_order(scenario *s, site_text *text, const cf_mapper *m, const json_t *step)
{
    size_t  i;
    json_t *by, *limit = json_object_get(step, "limit");
    json_array_foreach(json_object_get(step, "order_by"), i, by)
    {
        const char         *name = json_string_value(by);
        bool                descending = name && *name == '-';
        const cf_attribute *a = attribute(s, m, name + descending);
        if (!a) return false;
        site_add(text, i ? ", " : " order by ");
        site_name(text, a->name);
        if (descending) site_add(text, " desc");
    }
    if (limit) {
        site_add(text, " limit ");
        site_value(text, cf_value_int(json_integer_value(limit)));
    }
    return true;
}

static void add_lock(site_text *text, const json_t *lock)
{
    if (!json_is_object(lock)) return;
    site_add(text, json_is_true(json_object_get(lock, "read")) ? " for share" : " for update");
    if (json_is_true(json_object_get(lock, "nowait"))) site_add(text, " nowait");
    if (json_is_true(json_object_get(lock, "skip_locked"))) site_add(text, " skip locked");
}

/* Does a path lead over objects that there is but one of? Then it can come in the same row. */
static bool leads_to_one(const cf_mapper *m, const char *path)
{
    for (const char *dot = path; dot; path = dot + 1) {
        const cf_side *side = NULL;
        dot = strchr(path, '.');
        size_t size = dot ? (size_t)(dot - path) : strlen(path);
        for (size_t i = 0; i < m->side_count; i++)
            if (strncmp(m->sides[i]->name, path, size) == 0 && !m->sides[i]->name[size]) side = m->sides[i];
        if (!side || !cf_side_single(side)) return false;
        m = side->target;
    }
    return true;
}

/* "order.lines" with the relationships' names. */
static const char *spec_path(request *rq, const char *path)
{
    const char *out = NULL;
    for (const char *dot = path; dot; path = dot + 1) {
        dot = strchr(path, '.');
        const char *name = cf_arena_text(rq->arena, path, dot ? (size_t)(dot - path) : strlen(path));
        out = out ? cf_arena_printf(rq->arena, "%s.%s", out, spec_side(rq, name)) : spec_side(rq, name);
    }
    return out;
}

/* What the options are called in the language: `load`, `join`, `raise`; NULL: nothing is to be said. */
static const char *option_word(request *rq, const cf_mapper *m, const json_t *option)
{
    const char *load = step_text(option, "load"), *path = step_text(option, "path");
    path = path ? spec_path(rq, path) : NULL;
    if (!load || !path) return NULL;
    if (strcmp(load, "joinedload") == 0) return leads_to_one(m, path) ? "join" : "load";
    if (strcmp(load, "selectinload") == 0 || strcmp(load, "subqueryload") == 0) return "load";
    return strcmp(load, "raiseload") == 0 ? "raise" : NULL;
}

static void add_options(site_text *text, const cf_mapper *m, const json_t *options)
{
    static const char *const words[] = {"load", "join", "raise"};
    bool                     any = false;
    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        size_t  i, n = 0;
        json_t *option;
        json_array_foreach(options, i, option)
        {
            const char *word = option_word(text->rq, m, option);
            if (!word || strcmp(word, words[w]) != 0) continue;
            site_add(text, n ? ", " : any ? ", " : " with ");
            if (!n++) {
                site_add(text, word);
                site_add(text, "(");
            }
            site_add(text, spec_path(text->rq, step_text(option, "path")));
            any = true;
        }
        if (n) site_add(text, ")");
    }
}

static bool run_query(scenario *s, const cf_mapper *m, const json_t *step, json_t **value)
{
    site_text text = {.rq = s->rq};
    if (!add_where(s, &text, m, step) || !add_order(s, &text, m, step)) return false;
    add_lock(&text, json_object_get(step, "for_update"));
    add_options(&text, m, json_object_get(step, "options"));
    cf_site *site = site_make(&text, m->function, CF_VERB_ALL);
    void   **list = site ? cf_all_(s->db, site, text.values) : NULL;
    if (!list) return false;
    *value = json_array();
    for (size_t i = 0; list[i]; i++) {
        thing *t = thing_of(s, list[i]);
        if (step_text(step, "as")) variable_set(s, cf_arena_printf(s->rq->arena, "%s%zu", step_text(step, "as"), i), t);
        json_array_append_new(*value, thing_describe(t));
    }
    return true;
}

/* "id in (select KEY from ASSOCIATION where KEY = ?)", or "KEY = ?" */
void **thing_queried(scenario *s, thing *t, cf_side *side)
{
    site_text text = {.rq = s->rq};
    if (side->through) {
        site_name(&text, side->pass.right[0]->name);
        site_add(&text, " in (select ");
        site_name(&text, side->pass.left[0]->name);
        site_add(&text, " from ");
        site_name(&text, side->through->name);
        site_add(&text, " where ");
    }
    bool autoflush = cf_autoflush(s->db, false); /* the key of a new owner is made by its flush */
    cf_autoflush(s->db, autoflush);
    if (autoflush && !cf_flush(s->db)) return NULL;
    site_name(&text, side->own.right[0]->name);
    site_add(&text, " = ");
    site_value(&text, cf_attribute_read(side->own.left[0], t->object));
    if (side->through) site_add(&text, ")");
    const char *order = side->direction ? side->relation->other_order_by : side->relation->order_by;
    if (order) site_add(&text, " order by ");
    if (order) site_add(&text, order);
    cf_site *site = site_make(&text, side->target->function, CF_VERB_ALL);
    return site ? cf_all_(s->db, site, text.values) : NULL;
}

bool step_query(scenario *s, const json_t *step, json_t **value)
{
    const cf_mapper *m = step_mapper(s, step);
    if (!m) return false;
    if (json_is_true(json_object_get(step, "populate_existing"))) cf_expire_all(s->db);
    return run_query(s, m, step, value);
}

bool step_no_autoflush_query(scenario *s, const json_t *step, json_t **value)
{
    bool before = cf_autoflush(s->db, false), ok = step_query(s, step, value);
    cf_autoflush(s->db, before);
    return ok;
}

/* ---- many rows at once ------------------------------------------------------------------------------------------ */

bool step_update_where(scenario *s, const json_t *step, json_t **value)
{
    const cf_mapper *m = step_mapper(s, step);
    site_text        text = {.rq = s->rq};
    const char      *name;
    json_t          *given;
    size_t           n = 0;
    if (!m) return false;
    json_object_foreach(json_object_get(step, "values"), name, given)
    {
        const cf_attribute *a = attribute(s, m, name);
        cf_value            v;
        if (!a || !value_of_json(s->rq, given, a->kind, &v)) return false;
        site_add(&text, n++ ? ", " : "set ");
        site_name(&text, a->name);
        site_add(&text, v.kind == CF_NULL ? " = null" : " = ");
        if (v.kind != CF_NULL) site_value(&text, v);
    }
    site_add(&text, json_object_size(json_object_get(step, "where")) ? " where " : " where all");
    if (!add_where(s, &text, m, step)) return false;
    cf_site *site = site_make(&text, m->function, CF_VERB_UPDATE_WHERE);
    if (!site) return false;
    *value = json_integer(cf_update_where_(s->db, site, text.values));
    return true;
}

bool step_delete_where(scenario *s, const json_t *step, json_t **value)
{
    const cf_mapper *m = step_mapper(s, step);
    site_text        text = {.rq = s->rq};
    if (!m || !add_where(s, &text, m, step)) return false;
    if (!json_object_size(json_object_get(step, "where"))) site_add(&text, "all");
    cf_site *site = site_make(&text, m->function, CF_VERB_DELETE_WHERE);
    if (!site) return false;
    *value = json_integer(cf_delete_where_(s->db, site, text.values));
    return true;
}

bool step_bulk_insert(scenario *s, const json_t *step, json_t **value)
{
    const cf_mapper *m = step_mapper(s, step);
    const json_t    *list = json_object_get(step, "rows");
    size_t           count = json_array_size(list), i;
    char            *rows = m ? cf_arena_array(s->rq->arena, count + 1, m->model->size) : NULL;
    json_t          *row, *given;
    const char      *name;
    (void)value;
    json_array_foreach(list, i, row)
    {
        json_object_foreach(row, name, given)
        {
            const cf_attribute *a = rows ? attribute(s, m, name) : NULL;
            if (!a || !member_set_json(s->rq, a, given, rows + i * m->model->size)) return false;
        }
    }
    return rows && cf_insert_many_(s->db, m->function, rows, count, NULL, "case", 1) == (int64_t)count;
}

/* Each row by its key. */
bool step_bulk_update(scenario *s, const json_t *step, json_t **value)
{
    const cf_mapper *m = step_mapper(s, step);
    size_t           i;
    json_t          *row;
    (void)value;
    json_array_foreach(json_object_get(step, "rows"), i, row)
    {
        json_t *values = json_copy(row), *where = json_object(), *changed = NULL;
        for (size_t k = 0; m && k < m->key_count; k++) {
            const char *name = m->columns[m->key[k]].name;
            json_object_set(where, name, json_object_get(row, name));
            json_object_del(values, name);
        }
        json_t *one =
            json_pack("{s:O,s:o,s:o}", "model", json_object_get(step, "model"), "where", where, "values", values);
        bool ok = m && one && step_update_where(s, one, &changed);
        if (ok && !json_integer_value(changed) && !cf_error(s->db)->code)
            ok = cf_fail(&s->rq->error, CF_ERR_STALE, "there is no row with that key");
        json_decref(changed);
        json_decref(one);
        if (!ok) return false;
    }
    return m != NULL;
}

/* ---- raw ------------------------------------------------------------------------------------------------------------ */

bool step_exec(scenario *s, const json_t *step, json_t **value)
{
    cf_conn *conn = cf_flush(s->db) ? cf_session_write(s->db, "case", 1) : NULL;
    return conn && raw_exec(s->rq, conn, step_text(step, "sql"), NULL, 0, value);
}

bool step_exec_outside(scenario *s, const json_t *step, json_t **value)
{
    json_t *trace = s->trace;
    s->trace = NULL;
    cf_conn *conn = cf_session_write(s->db, "case", 1);
    bool     ok = conn && raw_exec(s->rq, conn, step_text(step, "sql"), NULL, 0, value);
    s->trace = trace;
    return ok;
}
