/* Objects of a session case, under construction or of the session. */
#include "things.h"

#include <string.h>

thing *thing_new(scenario *s, const cf_mapper *mapper)
{
    thing *t = cf_arena_alloc(s->rq->arena, sizeof *t);
    if (!t) return NULL;
    t->mapper = mapper;
    t->values = cf_arena_alloc(s->rq->arena, mapper->model->size ? mapper->model->size : 1);
    t->held = cf_arena_array(s->rq->arena, mapper->side_count + 1, sizeof *t->held);
    if (!t->values || !t->held) return NULL;
    thing **end = &s->things;
    while (*end) end = &(*end)->next;
    return *end = t;
}

thing *thing_of(scenario *s, void *object)
{
    if (!object) return NULL;
    for (thing *t = s->things; t; t = t->next)
        if (t->object == object) return t;
    thing *t = thing_new(s, cf_state_of(object)->mapper);
    if (t) t->object = object;
    return t;
}

static variable *find(const scenario *s, const char *name)
{
    for (variable *v = s->variables; v; v = v->next)
        if (name && strcmp(v->name, name) == 0) return v;
    return NULL;
}

variable *variable_of(scenario *s, const char *name)
{
    variable *v = find(s, name);
    if (!name) return NULL;
    if (!v && (v = cf_arena_alloc(s->rq->arena, sizeof *v))) {
        v->name = cf_arena_copy(s->rq->arena, name);
        v->next = s->variables;
        s->variables = v;
    }
    return v;
}

void variable_set(scenario *s, const char *name, thing *t)
{
    variable *v = variable_of(s, name);
    if (v) v->thing = t;
}

thing *variable_get(const scenario *s, const char *name)
{
    const variable *v = find(s, name);
    return v ? v->thing : NULL;
}

bool variable_known(const scenario *s, const char *name)
{
    return find(s, name) != NULL;
}

const char *thing_state(const thing *t)
{
    return cf_state_name(t->object ? cf_state_in(cf_state_of(t->object)->db, t->object) : CF_TRANSIENT);
}

bool thing_in_session(const thing *t)
{
    return t->object && cf_state_in(cf_state_of(t->object)->db, t->object) != CF_TRANSIENT;
}

json_t *thing_describe(const thing *t)
{
    if (!t) return json_null();
    const cf_state *state = thing_in_session(t) ? cf_state_of(t->object) : NULL;
    cf_buffer       text = {0};
    cf_buffer_printf(&text, "%s(", t->mapper->name);
    if (!state || state->status == CF_STATUS_PENDING) cf_buffer_text(&text, "new");
    else
        for (size_t i = 0; i < t->mapper->key_count; i++) {
            json_t *v = plain_value(cf_attribute_read(&t->mapper->columns[t->mapper->key[i]], state->snapshot));
            if (i) cf_buffer_text(&text, ", ");
            if (json_is_integer(v)) cf_buffer_int(&text, json_integer_value(v));
            else if (json_is_string(v)) cf_buffer_text(&text, json_string_value(v));
            else if (json_is_object(v)) cf_buffer_text(&text, json_string_value(json_object_get(v, "decimal")));
            json_decref(v);
        }
    cf_buffer_text(&text, ")");
    json_t *out = json_string(text.data);
    cf_buffer_free(&text);
    return out;
}

cf_side *thing_side(const thing *t, const char *name)
{
    size_t size = name ? strlen(name) : 0;
    for (size_t i = 0; name && i < t->mapper->side_count; i++)
        if (strcmp(t->mapper->sides[i]->name, name) == 0) return t->mapper->sides[i];
    for (size_t i = 0; name && i < t->mapper->side_count; i++) { /* see spec_side() */
        const char *own = t->mapper->sides[i]->name;
        if (strncmp(own, name, size) == 0 && strcmp(own + size, "_") == 0) return t->mapper->sides[i];
    }
    return NULL;
}

/* ---- under construction ------------------------------------------------------------------------------- */

static bool is_list(const cf_side *side)
{
    return side->kind == CF_SIDE_LIST || side->kind == CF_SIDE_THROUGH;
}

static void take_out(held *h, const thing *other)
{
    for (size_t i = 0; i < h->count; i++)
        if (h->items[i] == other) {
            memmove(&h->items[i], &h->items[i + 1], (h->count - i - 1) * sizeof *h->items);
            h->count--;
            return;
        }
}

static void put_in(scenario *s, held *h, thing *other)
{
    for (size_t i = 0; i < h->count; i++)
        if (h->items[i] == other) return;
    if (h->count == h->capacity) {
        thing **items = cf_arena_array(s->rq->arena, h->capacity * 2 + 4, sizeof *items);
        if (!items) return;
        if (h->count) memcpy(items, h->items, h->count * sizeof *items);
        h->items = items;
        h->capacity = h->capacity * 2 + 4;
    }
    h->items[h->count++] = other;
    h->set = true;
}

/* One direction of letting go, and of taking. */
static void forget(thing *t, const cf_side *side, const thing *other)
{
    if (!thing_in_session(t)) take_out(&t->held[side->index], other);
}

static void hold(scenario *s, thing *t, cf_side *side, thing *other)
{
    held *h = &t->held[side->index];
    if (thing_in_session(t)) return;
    if (!is_list(side) && h->count && h->items[0] != other) {
        forget(h->items[0], side->other, t);
        h->count = 0;
    }
    put_in(s, h, other);
}

/* ---- both --------------------------------------------------------------------------------------------------- */

static void *list_of(const thing *t, const cf_side *side)
{
    return cf_related_list_(t->object, side->relation, side->direction);
}

void thing_relate(scenario *s, thing *t, cf_side *side, thing *other)
{
    if (!thing_in_session(t)) {
        hold(s, t, side, other);
        hold(s, other, side->other, t);
        return;
    }
    thing_add(s, other);
    if (!thing_in_session(other)) return;
    if (side->load == CF_LOAD_NEVER)
        cf_related_change_(t->object, side->relation, side->direction, other->object, false);
    else if (is_list(side)) cf_append_(list_of(t, side), other->object);
    else cf_relate_(t->object, side->relation, side->direction, other->object);
}

void thing_unrelate(scenario *s, thing *t, cf_side *side, thing *other)
{
    (void)s;
    if (!thing_in_session(t)) {
        forget(t, side, other);
        forget(other, side->other, t);
    } else if (!thing_in_session(other)) {
        forget(other, side->other, t);
    } else if (side->load == CF_LOAD_NEVER) {
        cf_related_change_(t->object, side->relation, side->direction, other->object, true);
    } else if (is_list(side)) {
        cf_remove_(list_of(t, side), other->object);
    } else {
        cf_relate_(t->object, side->relation, side->direction, NULL);
    }
}

static bool among(const thing *t, thing *const *others, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (others[i] == t) return true;
    return false;
}

static bool among_objects(const thing *t, void *const *objects, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (t->object && objects[i] == t->object) return true;
    return false;
}

void thing_replace(scenario *s, thing *t, cf_side *side, thing *const *others, size_t count)
{
    void **before = NULL;
    size_t n = 0;
    if (!thing_in_session(t)) {
        held *h = &t->held[side->index];
        while (h->count) thing_unrelate(s, t, side, h->items[h->count - 1]);
        h->set = true;
    } else if (is_list(side)) {
        void **items = side->load == CF_LOAD_NEVER ? thing_queried(s, t, side) : list_of(t, side);
        n = cf_list_count(items);
        before = cf_arena_array(s->rq->arena, n + 1, sizeof *before);
        if (!before) return;
        if (n) memcpy(before, items, n * sizeof *before);
        for (size_t i = 0; i < n; i++) {
            thing *item = thing_of(s, before[i]);
            if (!among(item, others, count)) thing_unrelate(s, t, side, item);
        }
    } else if (!count) {
        cf_relate_(t->object, side->relation, side->direction, NULL);
    }
    for (size_t i = 0; i < count; i++)
        if (side->load != CF_LOAD_NEVER || !among_objects(others[i], before, n)) thing_relate(s, t, side, others[i]);
}

/* ---- reading -------------------------------------------------------------------------------------------------- */

bool thing_related(scenario *s, thing *t, cf_side *side, json_t **out, thing **one, size_t index)
{
    *one = NULL;
    if (!thing_in_session(t)) {
        const held *h = &t->held[side->index];
        *out = is_list(side) ? json_array() : NULL;
        for (size_t i = 0; i < h->count && *out; i++) json_array_append_new(*out, thing_describe(h->items[i]));
        if (index < h->count) *one = h->items[index];
    } else if (is_list(side)) {
        thing_add_reachable(s, t);
        void **items = side->load == CF_LOAD_NEVER ? thing_queried(s, t, side) : list_of(t, side);
        if (!items) return false;
        *out = json_array();
        for (size_t i = 0; items[i]; i++) {
            thing *item = thing_of(s, items[i]);
            if (i == index) *one = item;
            json_array_append_new(*out, thing_describe(item));
        }
    } else {
        thing_add_reachable(s, t);
        *one = thing_of(s, cf_related_one_(t->object, side->relation, side->direction));
        if (!*one && cf_error(s->db)->code) return false;
        *out = NULL;
    }
    if (!*out) *out = thing_describe(*one);
    return true;
}

/* ---- adding ------------------------------------------------------------------------------------------------------ */

void thing_add(scenario *s, thing *t)
{
    if (thing_in_session(t) && strcmp(thing_state(t), "detached") != 0) return;
    if (t->object) cf_take_back(s->db, t->object); /* a rollback undid its adding, or the session let it go */
    else t->object = cf_add_(s->db, t->mapper->function, t->values, "case", 1);
    if (!thing_in_session(t)) return;
    for (size_t i = 0; i < t->mapper->side_count; i++) {
        held *h = &t->held[i];
        for (size_t k = 0; k < h->count; k++) thing_relate(s, t, t->mapper->sides[i], h->items[k]);
        h->count = 0;
    }
}

void thing_add_reachable(scenario *s, const thing *only)
{
    for (bool more = true; more;) {
        more = false;
        for (thing *t = s->things; t && !more; t = t->next) {
            if (thing_in_session(t)) continue;
            for (size_t i = 0; i < t->mapper->side_count; i++)
                for (size_t k = 0; k < t->held[i].count; k++)
                    more |= only ? t->held[i].items[k] == only : thing_in_session(t->held[i].items[k]);
            if (more) thing_add(s, t);
            if (more && !thing_in_session(t)) return; /* it failed */
        }
    }
}
