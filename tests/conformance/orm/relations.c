/* Relationships of a spec as the cf_relations that CF_ONE_TO_MANY and its kin make. */
#include "adapter.h"

#include "base/naming.h"
#include "orm/ast.h"
#include "orm/side.h"

#include <stdio.h>
#include <string.h>

const char *spec_side(request *rq, const char *name)
{
    return name && cf_word_reserved(name) ? cf_arena_printf(rq->arena, "%s_", name) : name;
}

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* The models of a spec and what was made of its relationships so far. */
typedef struct maker {
    request       *rq;
    const json_t  *models;
    const spec    *spec;
    cf_relation   *relations;
    const json_t **done; /* descriptions that are part of one */
    size_t         count, done_count;
} maker;

static const json_t *class_of(const maker *m, const char *name, size_t *index)
{
    for (*index = 0; *index < json_array_size(m->models); ++*index) {
        const json_t *model = json_array_get(m->models, *index);
        if (name && text_of(model, "class") && strcmp(text_of(model, "class"), name) == 0) return model;
    }
    return NULL;
}

static cf_model_fn *function_of(const maker *m, const char *name)
{
    for (size_t i = 0; name && i < m->spec->count; i++)
        if (strcmp(m->spec->models[i].name, name) == 0) return spec_function(i);
    return NULL;
}

/* ---- which way a relationship goes ----------------------------------------------------------------- */

/* The table of a model. */
static const char *table_of(const maker *m, size_t index)
{
    const cf_model *model = &m->spec->models[index];
    for (size_t i = 0; i < model->part_count; i++)
        if (model->parts[i].kind == CF_PART_TABLE) return model->parts[i].table.text;
    return model->name;
}

/* Does a foreign key of `from`, of that column if one is named, refer to `to`? */
static bool refers(const maker *m, size_t from, size_t to, const char *column)
{
    const cf_model *model = &m->spec->models[from];
    const char     *table = table_of(m, to);
    size_t          size = strlen(table);
    for (size_t i = 0; i < model->part_count; i++) {
        const cf_part *p = &model->parts[i];
        if (p->kind != CF_PART_FOREIGN_KEY || strncmp(p->table.text, table, size) != 0 || p->table.text[size] != '(')
            continue;
        for (size_t k = 0; k < 16 && p->table.columns[k]; k++)
            if (!column || strcmp(p->table.columns[k], column) == 0) return true;
    }
    return false;
}

/* "Class.column" of `foreign_keys`, or the first of a list of them; its class and column. */
static const char *named_key(const json_t *relationship, char *class_name, size_t size)
{
    const json_t *keys = json_object_get(relationship, "foreign_keys");
    const char   *text = json_string_value(json_is_array(keys) ? json_array_get(keys, 0) : keys);
    const char   *dot = text ? strchr(text, '.') : NULL;
    if (!dot) return NULL;
    snprintf(class_name, size, "%.*s", (int)(dot - text), text);
    return dot + 1;
}

/* Is the key on the owner's side, so that there is at most one? */
static bool to_one(const maker *m, const json_t *relationship, size_t owner, size_t target)
{
    char        holder[64] = "";
    const char *key = named_key(relationship, holder, sizeof holder);
    if (owner == target) return json_object_get(relationship, "remote_side") != NULL;
    if (key && strcmp(holder, m->spec->models[owner].name) == 0) return true;
    return refers(m, owner, target, NULL) && !refers(m, target, owner, key);
}

/* ---- making them ------------------------------------------------------------------------------------- */

/* "Dataset.id.desc()" as an order: "id desc". */
static const char *order_of(request *rq, const json_t *relationship)
{
    const json_t *given = json_object_get(relationship, "order_by");
    const char   *text = json_string_value(json_is_array(given) ? json_array_get(given, 0) : given);
    const char   *dot = text ? strchr(text, '.') : NULL, *end = dot ? strchr(dot + 1, '.') : NULL;
    if (!dot) return NULL;
    bool descending = end && strncmp(end, ".desc", 5) == 0;
    return cf_arena_printf(rq->arena, "%.*s%s", (int)(end ? (size_t)(end - dot - 1) : strlen(dot + 1)), dot + 1,
                           descending ? " desc" : "");
}

static bool has_word(const json_t *relationship, const char *key, const char *word)
{
    const char *text = text_of(relationship, key);
    return text && strstr(text, word);
}

/* The relationship as seen from the other side: described there, or by `backref` here. */
static const json_t *other_side(maker *m, const json_t *relationship, size_t target, const char **name)
{
    const json_t *backref = json_object_get(relationship, "backref");
    *name = text_of(relationship, "back_populates");
    if (*name) return json_object_get(json_object_get(json_array_get(m->models, target), "relationships"), *name);
    *name = json_is_object(backref) ? text_of(backref, "name") : json_string_value(backref);
    return json_is_object(backref) ? backref : NULL;
}

/* The columns of `foreign_keys` with commas between them, or NULL. */
static const char *named_keys(request *rq, const json_t *relationship)
{
    const json_t *keys = json_object_get(relationship, "foreign_keys");
    size_t        count = json_is_array(keys) ? json_array_size(keys) : json_is_string(keys) ? 1 : 0;
    const char   *out = NULL;
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_is_array(keys) ? json_array_get(keys, i) : keys);
        const char *dot = text ? strchr(text, '.') : NULL;
        if (!dot) return NULL;
        out = out ? cf_arena_printf(rq->arena, "%s, %s", out, dot + 1) : cf_arena_copy(rq->arena, dot + 1);
    }
    return out;
}

static bool is_word(const json_t *relationship, const char *key, const char *word)
{
    const char *text = text_of(relationship, key);
    return text && strcmp(text, word) == 0;
}

static cf_load_mode load_of(const json_t *relationship)
{
    if (is_word(relationship, "lazy", "raise_on_sql")) return CF_LOAD_RAISE_SQL;
    if (is_word(relationship, "lazy", "raise")) return CF_LOAD_RAISE;
    if (is_word(relationship, "lazy", "dynamic")) return CF_LOAD_NEVER;
    if (is_word(relationship, "lazy", "selectin") || is_word(relationship, "lazy", "subquery")) return CF_LOAD_EAGER;
    return CF_LOAD_TOGETHER; /* "joined" is a hint, as good as this */
}

/* Has a key of the model an action of its own? It may be NULL then, too. */
static bool has_action(const json_t *model)
{
    size_t  i;
    json_t *column;
    json_array_foreach(json_object_get(model, "columns"), i, column)
    {
        bool nullable = !json_is_false(json_object_get(column, "nullable")) && !json_object_get(column, "pk");
        if (nullable && json_object_get(json_object_get(column, "fk"), "ondelete")) return true;
    }
    return false;
}

/* Nothing is said of what deleting means: the key becomes NULL, whatever the database would do. */
static bool empties_key(const json_t *relationship, const json_t *model, const cf_relation *r)
{
    return !r->through && !r->on_delete && !r->delete_orphans && !json_object_get(relationship, "passive_deletes") &&
           has_action(model);
}

/* `model`: the right one. */
static void set_options(maker *m, const json_t *left, const json_t *right, const json_t *model, cf_relation *r)
{
    const char *key = named_keys(m->rq, left);
    if (!key) key = named_keys(m->rq, right);
    r->key = r->through ? NULL : key;
    r->order_by = order_of(m->rq, left);
    if (r->through) r->other_order_by = order_of(m->rq, right);
    r->delete_orphans = !r->through && has_word(left, "cascade", "delete-orphan");
    if (is_word(left, "cascade", "all") || has_word(left, "cascade", "delete")) r->on_delete = CF_CASCADE;
    if (!r->through && is_word(left, "passive_deletes", "all")) r->on_delete = CF_RESTRICT;
    if (empties_key(left, model, r)) r->on_delete = CF_SET_NULL;
    r->load = load_of(left);
    r->other_load = load_of(right);
}

/* One relationship, with the description of its other side; `left` is the one that lists. */
static bool make(maker *m, const char *name, const json_t *d, size_t owner)
{
    size_t        target;
    const char   *other_name, *secondary = text_of(d, "secondary");
    cf_relation  *r = &m->relations[m->count++];
    const json_t *model = class_of(m, text_of(d, "target"), &target);
    if (!model) return cf_fail(&m->rq->error, CF_ERR_NAME, "there is no class %s", text_of(d, "target"));
    const json_t *other = other_side(m, d, target, &other_name);
    bool          backwards = !secondary && to_one(m, d, owner, target);
    const json_t *left = backwards ? other : d, *right = backwards ? d : other;
    *r = (cf_relation){.file = "spec", .line = (int)m->count, .through = function_of(m, secondary)};
    r->kind = r->through                                        ? CF_RELATION_THROUGH
              : json_is_false(json_object_get(left, "uselist")) ? CF_RELATION_ONE
                                                                : CF_RELATION_MANY;
    r->left = spec_function(backwards ? target : owner);
    r->right = spec_function(backwards ? owner : target);
    r->left_name = cf_arena_copy(m->rq->arena, spec_side(m->rq, backwards ? other_name : name));
    r->right_name = cf_arena_copy(m->rq->arena, spec_side(m->rq, backwards ? name : other_name));
    set_options(m, left, right, json_array_get(m->models, backwards ? owner : target), r);
    if (!r->left_name) { /* only the key's side is known: the rows are the database's business */
        r->left_name = cf_arena_printf(m->rq->arena, "%s_of_%s", name, m->spec->models[owner].name);
        r->on_delete = CF_RESTRICT;
    }
    m->done[m->done_count++] = d;
    if (other) m->done[m->done_count++] = other;
    return !secondary || r->through || cf_fail(&m->rq->error, CF_ERR_NAME, "there is no table %s", secondary);
}

static bool is_done(const maker *m, const json_t *d)
{
    for (size_t i = 0; i < m->done_count; i++)
        if (m->done[i] == d) return true;
    return false;
}

bool spec_relate(request *rq, const json_t *description, spec *s)
{
    const json_t *models = json_object_get(description, "models");
    size_t        i, most = 0;
    json_t       *model, *d;
    const char   *name;
    json_array_foreach(models, i, model) most += json_object_size(json_object_get(model, "relationships"));
    maker m = {.rq = rq, .models = models, .spec = s};
    m.relations = cf_arena_array(rq->arena, most + 1, sizeof *m.relations);
    m.done = cf_arena_array(rq->arena, 2 * most + 1, sizeof *m.done);
    const cf_relation **list = cf_arena_array(rq->arena, most + 1, sizeof *list);
    if (!m.relations || !m.done || !list) return cf_fail(&rq->error, CF_ERR_MEMORY, "out of memory");
    json_array_foreach(models, i, model)
    {
        json_object_foreach(json_object_get(model, "relationships"), name,
                            d) if (!is_done(&m, d) && !make(&m, name, d, i)) return false;
    }
    for (i = 0; i < m.count; i++) list[i] = &m.relations[i];
    cf_report report = {0};
    if (cf_sides_build(s->registry, list, m.count, &report) && !report.count) return true;
    return report.count ? cf_fail(&rq->error, CF_ERR_NAME, "%s", report.first)
                        : cf_fail(&rq->error, CF_ERR_MEMORY, "out of memory");
}
