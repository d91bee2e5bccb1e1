/* The language's own objects: ranges, loops, namespaces, cyclers, views. */
#include <stdio.h>

#include "template/machine.h"

/* ---- range ---------------------------------------------------------------------------------- */

cf_value cf_t_range_at(const cf_t_range *r, size_t index)
{
    return cf_value_int((int64_t)((uint64_t)r->start + (uint64_t)r->step * index));
}

bool cf_t_range_new(cf_vm *vm, int64_t start, int64_t stop, int64_t step, cf_value *out)
{
    cf_t_range *r = cf_arena_alloc(vm->arena, sizeof *r);
    if (!r) return cf_t_no_memory(vm);
    *r = (cf_t_range){{&cf_t_range_class}, start, stop, step, 0};
    if (step > 0 && stop > start) r->length = (size_t)(((uint64_t)stop - (uint64_t)start - 1) / (uint64_t)step + 1);
    else if (step < 0 && stop < start)
        r->length = (size_t)(((uint64_t)start - (uint64_t)stop - 1) / (0 - (uint64_t)step) + 1);
    *out = cf_value_object(&r->object);
    return true;
}

static size_t range_length(cf_call *call, cf_object *self)
{
    (void)call;
    return ((cf_t_range *)self)->length;
}

static bool range_repr(cf_call *call, cf_object *self, cf_buffer *out)
{
    (void)call;
    const cf_t_range *r = (cf_t_range *)self;
    cf_buffer_printf(out, "range(%lld, %lld", (long long)r->start, (long long)r->stop);
    if (r->step != 1) cf_buffer_printf(out, ", %lld", (long long)r->step);
    cf_buffer_char(out, ')');
    return true;
}

static cf_answer range_equals(cf_call *call, cf_object *self, cf_value other)
{
    (void)call;
    if (!CF_T_IS(other, cf_t_range_class)) return CF_NO;
    const cf_t_range *a = (cf_t_range *)self, *b = (cf_t_range *)other.as.object;
    if (a->length != b->length) return CF_NO;
    return a->length == 0 || (a->start == b->start && (a->length == 1 || a->step == b->step)) ? CF_YES : CF_NO;
}

static cf_answer range_attribute(cf_call *call, cf_object *self, const char *name, size_t size, cf_value *out)
{
    (void)call;
    const cf_t_range *r = (cf_t_range *)self;
    if (size == 5 && !memcmp(name, "start", 5)) *out = cf_value_int(r->start);
    else if (size == 4 && !memcmp(name, "stop", 4)) *out = cf_value_int(r->stop);
    else if (size == 4 && !memcmp(name, "step", 4)) *out = cf_value_int(r->step);
    else return CF_NO;
    return CF_YES;
}

const cf_class cf_t_range_class = {.name = "range",
                                   .length = range_length,
                                   .print = range_repr,
                                   .repr = range_repr,
                                   .equals = range_equals,
                                   .attribute = range_attribute};

/* ---- generators ----------------------------------------------------------------------------- */

bool cf_t_generator_new(cf_vm *vm, const char *name, cf_list *list, cf_value *out)
{
    cf_t_generator *g = cf_arena_alloc(vm->arena, sizeof *g);
    if (!g) return cf_t_no_memory(vm);
    *g = (cf_t_generator){{&cf_t_generator_class}, list, 0, name};
    *out = cf_value_object(&g->object);
    return true;
}

static bool generator_repr(cf_call *call, cf_object *self, cf_buffer *out)
{
    (void)call;
    cf_buffer_printf(out, "<generator object %s at %p>", ((cf_t_generator *)self)->name, (void *)self);
    return true;
}

const cf_class cf_t_generator_class = {.name = "generator", .print = generator_repr, .repr = generator_repr};

/* ---- views of dictionaries ------------------------------------------------------------------ */

static size_t view_length(cf_call *call, cf_object *self)
{
    (void)call;
    return ((cf_t_view *)self)->dict->count;
}

static bool view_repr(cf_call *call, cf_object *self, cf_buffer *out)
{
    cf_vm   *vm = call->machine;
    cf_list *list;
    cf_value v = cf_value_object(self);
    if (!cf_t_collect(vm, v, &list)) return false;
    cf_buffer_text(out, cf_t_type_name(v));
    cf_buffer_char(out, '(');
    bool ok = cf_t_repr(vm, cf_value_list(list), out);
    cf_buffer_char(out, ')');
    return ok;
}

const cf_class cf_t_view_class = {.name = "dict_view", .length = view_length, .print = view_repr, .repr = view_repr};

/* ---- namespace ------------------------------------------------------------------------------ */

static cf_answer namespace_attribute(cf_call *call, cf_object *self, const char *name, size_t size, cf_value *out)
{
    (void)call;
    const cf_value *v = cf_dict_get_text(((cf_t_namespace *)self)->dict, name, size);
    if (!v) return CF_NO;
    *out = *v;
    return CF_YES;
}

static bool namespace_repr(cf_call *call, cf_object *self, cf_buffer *out)
{
    cf_buffer_text(out, "<Namespace ");
    bool ok = cf_t_repr(call->machine, cf_value_dict(((cf_t_namespace *)self)->dict), out);
    cf_buffer_char(out, '>');
    return ok;
}

const cf_class cf_t_namespace_class = {
    .name = "Namespace", .attribute = namespace_attribute, .print = namespace_repr, .repr = namespace_repr};

/* ---- cycler and joiner ---------------------------------------------------------------------- */

typedef struct cycler {
    cf_object object;
    cf_list  *items;
    size_t    at;
} cycler;

typedef struct joiner {
    cf_object object;
    cf_value  separator;
    bool      used;
} joiner;

static cf_answer cycler_method(cf_call *call, cf_object *self, const char *name, size_t size, cf_value *out)
{
    (void)call;
    cycler *c = (cycler *)self;
    if (size == 4 && !memcmp(name, "next", 4)) {
        *out = c->items->items[c->at];
        c->at = (c->at + 1) % c->items->count;
    } else if (size == 5 && !memcmp(name, "reset", 5)) {
        c->at = 0;
        *out = cf_value_null();
    } else {
        return CF_NO;
    }
    return CF_YES;
}

static cf_answer cycler_attribute(cf_call *call, cf_object *self, const char *name, size_t size, cf_value *out)
{
    cycler *c = (cycler *)self;
    if (size == 7 && !memcmp(name, "current", 7)) {
        *out = c->items->items[c->at];
        return CF_YES;
    }
    if (size == 5 && !memcmp(name, "items", 5)) {
        *out = cf_value_list(c->items);
        out->kind = CF_TUPLE;
        return CF_YES;
    }
    if (size == 3 && !memcmp(name, "pos", 3)) {
        *out = cf_value_int((int64_t)c->at);
        return CF_YES;
    }
    if ((size == 4 && !memcmp(name, "next", 4)) || (size == 5 && !memcmp(name, "reset", 5))) {
        *out = cf_value_object(cf_method_object(call->arena, self, name, size));
        return out->kind == CF_OBJECT ? CF_YES : CF_FAILED;
    }
    return CF_NO;
}

const cf_class cf_t_cycler_class = {.name = "Cycler", .method = cycler_method, .attribute = cycler_attribute};

static bool joiner_call(cf_call *call, cf_object *self, cf_value *out)
{
    (void)call;
    joiner *j = (joiner *)self;
    *out = j->used ? j->separator : cf_value_text("");
    j->used = true;
    return true;
}

const cf_class cf_t_joiner_class = {.name = "Joiner", .call = joiner_call};

/* ---- loop ----------------------------------------------------------------------------------- */

enum {
    LOOP_INDEX,
    LOOP_INDEX0,
    LOOP_REVINDEX,
    LOOP_REVINDEX0,
    LOOP_FIRST,
    LOOP_LAST,
    LOOP_LENGTH,
    LOOP_DEPTH,
    LOOP_DEPTH0,
    LOOP_PREVIOUS,
    LOOP_NEXT
};

/* Items there are in all, without those a generator gave before. */
static size_t loop_length_of(const cf_t_loop *l)
{
    const cf_t_iter *it = l->iter;
    if (it->kind == ITER_LIST && it->length == it->source.as.list->count) return it->source.as.list->count;
    return it->length;
}

static bool loop_next(cf_vm *vm, const cf_t_loop *l, cf_value *out)
{
    cf_t_iter peek = *l->iter;
    peek.loop = NULL;
    cf_answer answer = peek.kind == ITER_OBJECT ? CF_NO : cf_t_iter_next(vm, &peek, out);
    if (answer == CF_NO) *out = cf_t_undefined_hint(vm, "there is no next item");
    return answer != CF_FAILED;
}

static bool loop_get(cf_call *call, cf_object *self, const cf_member *member, cf_value *out)
{
    cf_vm           *vm = call->machine;
    const cf_t_loop *l = (cf_t_loop *)self;
    int64_t          index = (int64_t)l->index0, length = (int64_t)loop_length_of(l);
    switch (member->size) {
    case LOOP_INDEX: *out = cf_value_int(index + 1); break;
    case LOOP_INDEX0: *out = cf_value_int(index); break;
    case LOOP_REVINDEX: *out = cf_value_int(length - index); break;
    case LOOP_REVINDEX0: *out = cf_value_int(length - index - 1); break;
    case LOOP_FIRST: *out = cf_value_bool(index == 0); break;
    case LOOP_LAST: *out = cf_value_bool(index + 1 >= length); break;
    case LOOP_LENGTH: *out = cf_value_int(length); break;
    case LOOP_DEPTH: *out = cf_value_int((int64_t)l->depth0 + 1); break;
    case LOOP_DEPTH0: *out = cf_value_int((int64_t)l->depth0); break;
    case LOOP_PREVIOUS:
        *out = cf_t_missing(l->previous) ? cf_t_undefined_hint(vm, "there is no previous item") : l->previous;
        break;
    default: return loop_next(vm, l, out);
    }
    return true;
}

#define LOOP_MEMBER(name_, which_)                     \
    {                                                  \
        .name = name_, .size = which_, .get = loop_get \
    }
static const cf_member loop_members[] = {
    LOOP_MEMBER("index", LOOP_INDEX),       LOOP_MEMBER("index0", LOOP_INDEX0),
    LOOP_MEMBER("revindex", LOOP_REVINDEX), LOOP_MEMBER("revindex0", LOOP_REVINDEX0),
    LOOP_MEMBER("first", LOOP_FIRST),       LOOP_MEMBER("last", LOOP_LAST),
    LOOP_MEMBER("length", LOOP_LENGTH),     LOOP_MEMBER("depth", LOOP_DEPTH),
    LOOP_MEMBER("depth0", LOOP_DEPTH0),     LOOP_MEMBER("previtem", LOOP_PREVIOUS),
    LOOP_MEMBER("nextitem", LOOP_NEXT)};

static bool loop_cycle(cf_vm *vm, const cf_t_loop *l, const cf_call *call, cf_value *out)
{
    if (!call->argument_count) return cf_t_raise(vm, "TypeError", "no items for cycling given");
    *out = call->arguments[l->index0 % call->argument_count];
    return true;
}

static bool loop_changed(cf_vm *vm, cf_t_loop *l, const cf_call *call, cf_value *out)
{
    cf_list *now = cf_t_list_new(vm, call->argument_count);
    if (!now) return false;
    for (size_t i = 0; i < call->argument_count; i++) now->items[now->count++] = call->arguments[i];
    cf_value v = cf_value_list(now);
    bool     same = false;
    v.kind = CF_TUPLE;
    if (l->has_changed && !cf_t_equal(vm, l->changed, v, &same)) return false;
    l->has_changed = true;
    l->changed = v;
    *out = cf_value_bool(!same);
    return true;
}

static cf_answer loop_method(cf_call *call, cf_object *self, const char *name, size_t size, cf_value *out)
{
    cf_t_loop *l = (cf_t_loop *)self;
    if (size == 5 && !memcmp(name, "cycle", 5)) return loop_cycle(call->machine, l, call, out) ? CF_YES : CF_FAILED;
    if (size == 7 && !memcmp(name, "changed", 7)) return loop_changed(call->machine, l, call, out) ? CF_YES : CF_FAILED;
    return CF_NO;
}

static cf_answer loop_attribute(cf_call *call, cf_object *self, const char *name, size_t size, cf_value *out)
{
    if ((size == 5 && !memcmp(name, "cycle", 5)) || (size == 7 && !memcmp(name, "changed", 7))) {
        *out = cf_value_object(cf_method_object(call->arena, self, name, size));
        return out->kind == CF_OBJECT ? CF_YES : CF_FAILED;
    }
    return CF_NO;
}

static bool loop_call(cf_call *call, cf_object *self, cf_value *out)
{
    cf_vm     *vm = call->machine;
    cf_t_loop *l = (cf_t_loop *)self;
    if (!l->code)
        return cf_t_raise(vm, "TypeError", "The loop must have the 'recursive' marker to be called recursively.");
    if (call->argument_count != 1 || call->named_count)
        return cf_t_raise(vm, "TypeError", "a recursive loop takes 1 positional argument but %zu were given",
                          call->argument_count + call->named_count);
    return cf_t_recurse(vm, l->code, l->parent, call->arguments[0], l->depth0 + 1, out);
}

static size_t loop_length(cf_call *call, cf_object *self)
{
    (void)call;
    return loop_length_of((cf_t_loop *)self);
}

static bool loop_repr(cf_call *call, cf_object *self, cf_buffer *out)
{
    (void)call;
    const cf_t_loop *l = (cf_t_loop *)self;
    cf_buffer_printf(out, "<LoopContext %zu/%zu>", l->index0 + 1, loop_length_of(l));
    return true;
}

/* Going over `loop` itself: each step gives the next item and the loop. */
static cf_answer loop_step(cf_call *call, cf_iterator *iterator, cf_value *out)
{
    cf_t_loop *l = iterator->state;
    cf_value   item;
    cf_answer  answer = cf_t_iter_next(call->machine, l->iter, &item);
    if (answer != CF_YES) return answer;
    l->index0 = l->iter->count - 1;
    l->previous = l->current;
    l->current = item;
    return cf_t_pair(call->machine, item, cf_value_object(&l->object), out) ? CF_YES : CF_FAILED;
}

static bool loop_iterate(cf_call *call, cf_object *self, cf_iterator *iterator)
{
    (void)call;
    iterator->next = loop_step;
    iterator->state = self;
    return true;
}

const cf_class cf_t_loop_class = {.name = "LoopContext",
                                  .members = loop_members,
                                  .member_count = sizeof loop_members / sizeof *loop_members,
                                  .method = loop_method,
                                  .attribute = loop_attribute,
                                  .call = loop_call,
                                  .length = loop_length,
                                  .print = loop_repr,
                                  .repr = loop_repr,
                                  .iterate = loop_iterate};

/* ---- globals -------------------------------------------------------------------------------- */

static bool global_range(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)a;
    int64_t n[3] = {0, 0, 1};
    size_t  count = call->argument_count;
    if (call->named_count) return cf_t_raise(vm, "TypeError", "range() takes no keyword arguments");
    if (count < 1) return cf_t_raise(vm, "TypeError", "range expected at least 1 argument, got 0");
    if (count > 3) return cf_t_raise(vm, "TypeError", "range expected at most 3 arguments, got %zu", count);
    for (size_t i = 0; i < count; i++)
        if (!cf_t_arg_int(vm, call->arguments[i], &n[count == 1 ? 1 : i])) return false;
    if (n[2] == 0) return cf_t_raise(vm, "ValueError", "range() arg 3 must not be zero");
    return cf_t_range_new(vm, n[0], n[1], n[2], out);
}

static bool add_pairs(cf_vm *vm, cf_dict *d, cf_value from)
{
    cf_list *items;
    if (!cf_t_collect(vm, from, &items)) return false;
    for (size_t i = 0; i < items->count; i++) {
        cf_list *pair;
        if (!cf_t_iterable(vm, items->items[i]))
            return cf_t_raise(vm, "TypeError", "cannot convert dictionary update sequence element #%zu to a sequence",
                              i);
        if (!cf_t_collect(vm, items->items[i], &pair)) return false;
        if (pair->count != 2)
            return cf_t_raise(vm, "ValueError", "dictionary update sequence element #%zu has length %zu; 2 is required",
                              i, pair->count);
        if (!cf_t_dict_set(vm, d, pair->items[0], pair->items[1])) return false;
    }
    return true;
}

/* dict(...) and the like: from a mapping or pairs, then keywords. */
bool cf_t_dict_from(cf_vm *vm, const cf_call *call, size_t first, cf_dict *d)
{
    if (call->argument_count > first + 1)
        return cf_t_raise(vm, "TypeError", "dict expected at most 1 argument, got %zu", call->argument_count - first);
    if (call->argument_count > first) {
        cf_value from = call->arguments[first];
        if (from.kind == CF_MAPPING) {
            for (size_t i = 0; i < from.as.dict->used; i++) {
                const cf_entry *e = &from.as.dict->entries[i];
                if (!e->removed && !cf_t_dict_set(vm, d, e->key, e->value)) return false;
            }
        } else if (!add_pairs(vm, d, from)) {
            return false;
        }
    }
    for (size_t i = 0; i < call->named_count; i++) {
        cf_value key;
        if (!cf_t_new_text(vm, call->named[i].name, call->named[i].size, &key)) return false;
        if (!cf_t_dict_set(vm, d, key, call->named[i].value)) return false;
    }
    return true;
}

static bool global_dict(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)a;
    cf_dict *d = cf_dict_new(vm->arena, 0);
    if (!d) return cf_t_no_memory(vm);
    *out = cf_value_dict(d);
    return cf_t_dict_from(vm, call, 0, d);
}

static bool global_namespace(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)a;
    cf_t_namespace *n = cf_arena_alloc(vm->arena, sizeof *n);
    cf_dict        *d = cf_dict_new(vm->arena, 0);
    if (!n || !d) return cf_t_no_memory(vm);
    *n = (cf_t_namespace){{&cf_t_namespace_class}, d};
    *out = cf_value_object(&n->object);
    return cf_t_dict_from(vm, call, 0, d);
}

static bool global_cycler(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)a;
    if (call->named_count) return cf_t_raise(vm, "TypeError", "Cycler.__init__() got an unexpected keyword argument");
    if (!call->argument_count) return cf_t_raise(vm, "RuntimeError", "at least one item has to be provided");
    cycler *c = cf_arena_alloc(vm->arena, sizeof *c);
    if (!c) return cf_t_no_memory(vm);
    *c = (cycler){{&cf_t_cycler_class}, cf_t_list_new(vm, call->argument_count), 0};
    if (!c->items) return false;
    for (size_t i = 0; i < call->argument_count; i++) c->items->items[c->items->count++] = call->arguments[i];
    *out = cf_value_object(&c->object);
    return true;
}

static bool global_joiner(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    joiner *j = cf_arena_alloc(vm->arena, sizeof *j);
    if (!j) return cf_t_no_memory(vm);
    *j = (joiner){{&cf_t_joiner_class}, cf_t_missing(a[0]) ? cf_value_text(", ") : a[0], false};
    *out = cf_value_object(&j->object);
    return true;
}

const cf_t_builtin cf_t_globals[] = {{"range", global_range, "", 0, CF_T_RAW},
                                     {"dict", global_dict, "", 0, CF_T_RAW},
                                     {"namespace", global_namespace, "", 0, CF_T_RAW},
                                     {"cycler", global_cycler, "", 0, CF_T_RAW},
                                     {"joiner", global_joiner, "sep", 0, 0},
                                     {"lipsum", cf_t_lipsum, "n html min max", 0, 0},
                                     {NULL, NULL, NULL, 0, 0}};
