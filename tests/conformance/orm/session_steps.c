/* Steps on objects: making, adding, changing, reading; flush, commit and rollback. */
#include "session_steps.h"

#include <stdlib.h>
#include <string.h>

const char *step_text(const json_t *step, const char *key)
{
    return json_string_value(json_object_get(step, key));
}

const cf_mapper *step_mapper(scenario *s, const json_t *step)
{
    const char      *name = step_text(step, "model");
    const cf_mapper *m = cf_registry_by_name(s->database->registry, name ? name : "");
    if (!m) cf_fail(&s->rq->error, CF_ERR_NAME, "there is no model %s", name);
    return m;
}

thing *step_thing(scenario *s, const char *name)
{
    thing *t = variable_get(s, name);
    if (!t) cf_fail(&s->rq->error, CF_ERR_MISUSE, "%s is no object", name ? name : "nothing");
    return t;
}

static void *memory_of(const thing *t)
{
    return t->object ? t->object : t->values;
}

static const cf_attribute *attribute(const thing *t, const char *name)
{
    for (size_t i = 0; name && i < t->mapper->column_count; i++)
        if (strcmp(t->mapper->columns[i].name, name) == 0) return &t->mapper->columns[i];
    for (size_t i = 0; name && i < t->mapper->column_count; i++)
        if (strcmp(t->mapper->columns[i].column, name) == 0) return &t->mapper->columns[i];
    return NULL;
}

/* The things of {"ref": name}, {"refs": [names]} or null; how many, or -1 with the error. */
static int referred(scenario *s, const json_t *value, thing ***out)
{
    const json_t *names = json_object_get(value, "refs");
    const char   *name = step_text(value, "ref");
    size_t        count = name ? 1 : json_array_size(names);
    *out = cf_arena_array(s->rq->arena, count + 1, sizeof **out);
    for (size_t i = 0; *out && i < count; i++) {
        (*out)[i] = step_thing(s, name ? name : json_string_value(json_array_get(names, i)));
        if (!(*out)[i]) return -1;
    }
    return *out ? (int)count : -1;
}

static bool assign(scenario *s, thing *t, const char *name, const json_t *value)
{
    cf_side            *side = thing_side(t, name);
    const cf_attribute *a = side ? NULL : attribute(t, name);
    thing             **others;
    if (!side && !a) return cf_fail(&s->rq->error, CF_ERR_NAME, "%s has no %s", t->mapper->name, name ? name : "?");
    if (a) cf_mask_set(&t->set, a->index);
    if (a) return member_set_json(s->rq, a, value, memory_of(t));
    int count = referred(s, value, &others);
    if (count >= 0) thing_replace(s, t, side, others, (size_t)count);
    return count >= 0;
}

static bool step_new(scenario *s, const json_t *step, json_t **value)
{
    (void)value;
    const cf_mapper *m = step_mapper(s, step);
    thing           *t = m ? thing_new(s, m) : NULL;
    const char      *name;
    json_t          *v;
    if (!t) return false;
    variable_set(s, step_text(step, "as"), t);
    json_object_foreach(json_object_get(step, "values"), name, v) if (!assign(s, t, name, v)) return false;
    return true;
}

static bool step_add(scenario *s, const json_t *step, json_t **value)
{
    size_t  i;
    json_t *name;
    (void)value;
    json_array_foreach(json_object_get(step, "objs"), i, name)
    {
        thing *t = step_thing(s, json_string_value(name));
        if (!t) return false;
        if (thing_in_session(t)) cf_take_back(s->db, t->object);
        else thing_add(s, t);
    }
    return true;
}

static bool step_delete(scenario *s, const json_t *step, json_t **value)
{
    thing *t = step_thing(s, step_text(step, "obj"));
    (void)value;
    if (t && strcmp(thing_state(t), "transient") == 0)
        return cf_fail(&s->rq->error, CF_ERR_MISUSE, "%s is not of the session", step_text(step, "obj"));
    if (t) cf_delete_(s->db, t->object, "case", 1);
    return t != NULL;
}

static bool step_set(scenario *s, const json_t *step, json_t **value)
{
    thing *t = step_thing(s, step_text(step, "obj"));
    (void)value;
    return t && assign(s, t, step_text(step, "attr"), json_object_get(step, "value"));
}

static bool change_list(scenario *s, const json_t *step, bool remove)
{
    thing   *t = step_thing(s, step_text(step, "obj")), *item = step_thing(s, step_text(step, "item"));
    cf_side *side = t ? thing_side(t, step_text(step, "rel")) : NULL;
    if (!t || !item) return false;
    if (!side) return cf_fail(&s->rq->error, CF_ERR_NAME, "%s has no %s", t->mapper->name, step_text(step, "rel"));
    if (remove) thing_unrelate(s, t, side, item);
    else thing_relate(s, t, side, item);
    return true;
}

static bool step_append(scenario *s, const json_t *step, json_t **value)
{
    (void)value;
    return change_list(s, step, false);
}

static bool step_remove(scenario *s, const json_t *step, json_t **value)
{
    (void)value;
    return change_list(s, step, true);
}

static bool step_json_set(scenario *s, const json_t *step, json_t **value)
{
    thing              *t = step_thing(s, step_text(step, "obj"));
    const cf_attribute *a = t ? attribute(t, step_text(step, "attr")) : NULL;
    (void)value;
    if (!a) return cf_fail(&s->rq->error, CF_ERR_NAME, "there is no such column");
    json_t *document = plain_value(cf_attribute_read(a, memory_of(t)));
    json_object_set(document, step_text(step, "key"), json_object_get(step, "value"));
    bool ok = member_set_json(s->rq, a, document, memory_of(t));
    json_decref(document);
    return ok;
}

/* ---- the session as a whole ------------------------------------------------------------------------------ */

static bool step_flush(scenario *s, const json_t *step, json_t **value)
{
    (void)step, (void)value;
    thing_add_reachable(s, NULL);
    return cf_flush(s->db);
}

static bool step_commit(scenario *s, const json_t *step, json_t **value)
{
    (void)step, (void)value;
    thing_add_reachable(s, NULL);
    return cf_commit(s->db);
}

static bool step_rollback(scenario *s, const json_t *step, json_t **value)
{
    (void)step, (void)value;
    return cf_rollback(s->db);
}

static bool step_close(scenario *s, const json_t *step, json_t **value)
{
    cf_expunge_all(s->db); /* the objects keep what they hold */
    return step_rollback(s, step, value);
}

static bool step_expunge_all(scenario *s, const json_t *step, json_t **value)
{
    (void)step, (void)value;
    cf_expunge_all(s->db);
    return true;
}

/* What may do nothing. */
static bool step_nothing(scenario *s, const json_t *step, json_t **value)
{
    (void)s, (void)step, (void)value;
    return true;
}

/* ---- looking ------------------------------------------------------------------------------------------------ */

/* The columns that are expired. */
static bool read_again(scenario *s, thing *t)
{
    size_t offsets[CF_MOST_COLUMNS + 1], n = 0;
    for (size_t i = 0; i < t->mapper->column_count; i++)
        if (cf_mask_has(&t->expired, i)) offsets[n++] = t->mapper->columns[i].offset;
    offsets[n] = SIZE_MAX;
    memset(&t->expired, 0, sizeof t->expired);
    return strcmp(thing_state(t), "persistent") != 0 || cf_refresh_(s->db, t->object, offsets);
}

static bool look(scenario *s, thing *t, const json_t *step, json_t **value, thing **one)
{
    const char         *name = step_text(step, "attr");
    const json_t       *index = json_object_get(step, "index");
    cf_side            *side = thing_side(t, name);
    const cf_attribute *a = side ? NULL : attribute(t, name);
    *one = NULL;
    if (side) return thing_related(s, t, side, value, one, index ? (size_t)json_integer_value(index) : 0);
    if (!a) return cf_fail(&s->rq->error, CF_ERR_NAME, "%s has no %s", t->mapper->name, name ? name : "?");
    if (cf_mask_has(&t->expired, a->index) && !read_again(s, t)) return false;
    cf_value v = cf_attribute_read(a, memory_of(t));
    bool     none = a->key && v.kind == CF_INT && v.as.integer == 0; /* not generated yet */
    *value = none ? json_null() : plain_value(v);
    return true;
}

static bool step_access(scenario *s, const json_t *step, json_t **value)
{
    thing *t = step_thing(s, step_text(step, "obj")), *one;
    return t && look(s, t, step, value, &one);
}

static bool step_bind(scenario *s, const json_t *step, json_t **value)
{
    thing *t = step_thing(s, step_text(step, "obj")), *one;
    if (!t || !look(s, t, step, value, &one)) return false;
    variable_set(s, step_text(step, "as"), one);
    if (!json_object_get(step, "index")) return true;
    json_decref(*value);
    *value = thing_describe(one);
    return true;
}

static bool step_access_each(scenario *s, const json_t *step, json_t **value)
{
    thing *t, *one;
    *value = json_array();
    for (int i = 0; (t = variable_get(s, cf_arena_printf(s->rq->arena, "%s%d", step_text(step, "prefix"), i))); i++) {
        json_t *seen = NULL;
        if (!look(s, t, step, &seen, &one)) return false;
        json_array_append_new(*value, seen);
    }
    return true;
}

/* ---- old values ------------------------------------------------------------------------------------------- */

/* Where the columns are that a step names, for cf_refresh_columns(); NULL: it names none. */
static size_t *columns_of(scenario *s, const thing *t, const json_t *step)
{
    const json_t *names = json_object_get(step, "attrs");
    size_t       *offsets = cf_arena_array(s->rq->arena, json_array_size(names) + 1, sizeof *offsets), n = 0;
    for (size_t i = 0; offsets && i < json_array_size(names); i++) {
        const cf_attribute *a = attribute(t, json_string_value(json_array_get(names, i)));
        if (a) offsets[n++] = a->offset;
    }
    if (offsets) offsets[n] = SIZE_MAX;
    return n ? offsets : NULL;
}

static bool step_refresh(scenario *s, const json_t *step, json_t **value)
{
    thing *t = step_thing(s, step_text(step, "obj"));
    (void)value;
    return t && cf_refresh_(s->db, t->object, columns_of(s, t, step));
}

/* An expired object is read again when somebody looks at a column of it. */
static bool step_expire(scenario *s, const json_t *step, json_t **value)
{
    thing *t = step_thing(s, step_text(step, "obj"));
    (void)value;
    if (!t) return false;
    cf_expire(s->db, t->object);
    const size_t *offsets = columns_of(s, t, step);
    bool          all = !json_array_size(json_object_get(step, "attrs"));
    for (size_t i = 0; i < t->mapper->column_count; i++) {
        bool named = all;
        for (size_t k = 0; offsets && offsets[k] != SIZE_MAX; k++) named |= offsets[k] == t->mapper->columns[i].offset;
        if (named) cf_mask_set(&t->expired, i);
    }
    return true;
}

static bool step_expunge(scenario *s, const json_t *step, json_t **value)
{
    thing *t = step_thing(s, step_text(step, "obj"));
    (void)value;
    if (t) cf_expunge(s->db, t->object);
    return t != NULL;
}

static bool step_merge(scenario *s, const json_t *step, json_t **value)
{
    thing *t = step_thing(s, step_text(step, "obj"));
    size_t offsets[CF_MOST_COLUMNS + 1], n = 0;
    (void)value;
    if (!t) return false;
    for (size_t i = 0; i < t->mapper->column_count; i++)
        if (t->object || cf_mask_has(&t->set, i)) offsets[n++] = t->mapper->columns[i].offset;
    offsets[n] = SIZE_MAX;
    void *merged = cf_merge_(s->db, t->mapper->function, memory_of(t), offsets, "case", 1);
    variable_set(s, step_text(step, "as"), thing_of(s, merged));
    return true;
}

/* ---- savepoints --------------------------------------------------------------------------------------------- */

static bool step_begin_nested(scenario *s, const json_t *step, json_t **value)
{
    variable *v = variable_of(s, step_text(step, "as"));
    (void)value;
    thing_add_reachable(s, NULL);
    if (v) v->savepoint = cf_savepoint(s->db);
    return v && v->savepoint;
}

static bool step_sp_commit(scenario *s, const json_t *step, json_t **value)
{
    variable *v = variable_of(s, step_text(step, "sp"));
    (void)value;
    thing_add_reachable(s, NULL);
    return v && cf_savepoint_release(s->db, v->savepoint);
}

static bool step_sp_rollback(scenario *s, const json_t *step, json_t **value)
{
    variable *v = variable_of(s, step_text(step, "sp"));
    (void)value;
    return v && cf_savepoint_rollback(s->db, v->savepoint);
}

/* ---- comparing ------------------------------------------------------------------------------------------------ */

static bool step_state(scenario *s, const json_t *step, json_t **value)
{
    size_t  i;
    json_t *name;
    *value = json_object();
    json_array_foreach(json_object_get(step, "objs"), i, name)
    {
        thing *t = step_thing(s, json_string_value(name));
        if (!t) return false;
        json_object_set_new(*value, json_string_value(name), json_string(thing_state(t)));
    }
    return true;
}

static bool step_same(scenario *s, const json_t *step, json_t **value)
{
    *value = json_boolean(variable_get(s, step_text(step, "a")) == variable_get(s, step_text(step, "b")));
    return true;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(json_string_value(*(json_t *const *)a), json_string_value(*(json_t *const *)b));
}

static bool step_identity_map(scenario *s, const json_t *step, json_t **value)
{
    size_t count = 0;
    (void)step;
    for (const cf_state *o = s->db->first; o; o = o->next) count++;
    json_t **list = cf_arena_array(s->rq->arena, count + 1, sizeof *list);
    count = 0;
    for (cf_state *o = s->db->first; list && o; o = o->next)
        if (o->status == CF_STATUS_PERSISTENT) list[count++] = thing_describe(thing_of(s, o->object));
    if (list) qsort(list, count, sizeof *list, compare_texts);
    *value = json_array();
    for (size_t i = 0; i < count; i++) json_array_append_new(*value, list[i]);
    return list != NULL;
}

/* ---- all of them ---------------------------------------------------------------------------------------------- */

static const struct {
    const char    *name;
    step_function *function;
    bool           local; /* works in a session that has failed */
} steps[] = {
    {"new", step_new, true},
    {"add", step_add, false},
    {"delete", step_delete, false},
    {"set", step_set, true},
    {"append", step_append, false},
    {"remove", step_remove, false},
    {"json_set", step_json_set, true},
    {"flush", step_flush, false},
    {"commit", step_commit, false},
    {"rollback", step_rollback, true},
    {"close", step_close, true},
    {"expunge_all", step_expunge_all, true},
    {"get", step_get, false},
    {"query", step_query, false},
    {"no_autoflush_query", step_no_autoflush_query, false},
    {"update_where", step_update_where, false},
    {"delete_where", step_delete_where, false},
    {"bulk_insert", step_bulk_insert, false},
    {"bulk_update", step_bulk_update, false},
    {"exec", step_exec, false},
    {"exec_outside", step_exec_outside, false},
    {"access", step_access, true},
    {"bind", step_bind, true},
    {"access_each", step_access_each, true},
    {"refresh", step_refresh, false},
    {"state", step_state, true},
    {"same", step_same, true},
    {"identity_map", step_identity_map, true},
    {"expire", step_expire, true},
    {"expunge", step_expunge, false},
    {"merge", step_merge, false},
    {"begin_nested", step_begin_nested, false},
    {"sp_commit", step_sp_commit, false},
    {"sp_rollback", step_sp_rollback, true},
    {"loaded", step_nothing, true},
    {"sets", step_nothing, true},
    {"history", step_nothing, true},
    {"is_modified", step_nothing, true},
};

bool session_step(scenario *s, const json_t *step, json_t **value)
{
    const char *op = step_text(step, "op");
    size_t      i = 0, count = sizeof steps / sizeof *steps;
    while (i < count && (!op || strcmp(steps[i].name, op) != 0)) i++;
    if (i == count) return cf_fail(&s->rq->error, CF_ERR_UNSUPPORTED, "the step %s", op ? op : "?");
    bool failed = cf_error(s->db)->code != CF_OK;
    if (failed && !steps[i].local)
        return cf_fail(&s->rq->error, CF_ERR_FAILED, "an earlier failure was not rolled back: %s",
                       cf_error(s->db)->message);
    bool ok = steps[i].function(s, step, value);
    if (cf_error(s->db)->code != CF_OK && !failed && !s->rq->error.code) s->rq->error = *cf_error(s->db);
    if (ok && !s->rq->error.code) return true;
    json_decref(*value);
    *value = NULL;
    return cf_fail(&s->rq->error, failed ? CF_ERR_FAILED : CF_ERR_INTERNAL, "the step %s failed without a reason", op);
}
