/* Classes, function objects, and the way from a bare pointer to an object. */
#include <carafe/value.h>

#include <string.h>

const cf_member *cf_class_member(const cf_class *cls, const char *name, size_t size)
{
    for (size_t i = 0; i < cls->member_count; i++) {
        const cf_member *m = &cls->members[i];
        if (strncmp(m->name, name, size) == 0 && strlen(m->name) == size) return m;
    }
    return NULL;
}

const cf_value *cf_call_named(const cf_call *call, const char *name)
{
    size_t size = strlen(name);
    for (size_t i = 0; i < call->named_count; i++)
        if (call->named[i].size == size && memcmp(call->named[i].name, name, size) == 0) return &call->named[i].value;
    return NULL;
}

typedef struct function_object {
    cf_object    object;
    const char  *name;
    cf_function *function;
    void        *context;
} function_object;

static bool call_function(cf_call *call, cf_object *self, cf_value *out)
{
    function_object *f = (function_object *)self;
    cf_call          inner = *call;
    inner.context = f->context;
    return f->function(&inner, out);
}

static bool print_function(cf_call *call, cf_object *self, cf_buffer *out)
{
    (void)call;
    cf_buffer_printf(out, "<function %s>", ((function_object *)self)->name);
    return !out->failed;
}

const cf_class cf_function_class = {
    .name = "function", .call = call_function, .print = print_function, .repr = print_function};

cf_object *cf_function_object(cf_arena *arena, const char *name, cf_function *function, void *context)
{
    function_object *f = cf_arena_alloc(arena, sizeof *f);
    if (!f) return NULL;
    *f = (function_object){{&cf_function_class}, name, function, context};
    return &f->object;
}

typedef struct method_object {
    cf_object   object;
    cf_object  *self;
    const char *name;
    size_t      size;
} method_object;

static bool call_method(cf_call *call, cf_object *self, cf_value *out)
{
    method_object  *m = (method_object *)self;
    const cf_class *cls = m->self->cls;
    cf_answer       answer = cls->method ? cls->method(call, m->self, m->name, m->size, out) : CF_NO;
    if (answer == CF_NO)
        return cf_fail(call->error, CF_ERR_NAME, "%s has no method '%.*s'", cls->name, (int)m->size, m->name);
    return answer == CF_YES;
}

static bool print_method(cf_call *call, cf_object *self, cf_buffer *out)
{
    (void)call;
    method_object *m = (method_object *)self;
    cf_buffer_printf(out, "<bound method %s.%.*s>", m->self->cls->name, (int)m->size, m->name);
    return !out->failed;
}

static const cf_class method_class = {
    .name = "method", .call = call_method, .print = print_method, .repr = print_method};

cf_object *cf_method_object(cf_arena *arena, cf_object *self, const char *name, size_t size)
{
    method_object *m = cf_arena_alloc(arena, sizeof *m);
    if (!m) return NULL;
    *m = (method_object){{&method_class}, self, name, size};
    return &m->object;
}

cf_value cf_value_pointer(const cf_arena *arena, const void *pointer)
{
    if (!pointer) return cf_value_null();
    if (!cf_arena_holds(arena, pointer)) return cf_value_undefined();
    return cf_value_object(cf_object_of(pointer));
}
