/* Values that are undefined: what they print and what they refuse. */
#include <stdio.h>

#include "template/machine.h"

cf_value cf_t_undefined_new(cf_vm *vm, const cf_t_undefined *info)
{
    (void)vm;
    cf_value v = cf_value_undefined();
    v.as.pointer = info;
    return v;
}

static cf_value make(cf_vm *vm, cf_t_undefined info)
{
    static const cf_t_undefined nothing = {.name = {"value", 5}};
    cf_t_undefined             *u = cf_arena_alloc(vm->arena, sizeof *u);
    if (!u) {
        cf_t_no_memory(vm);
        return cf_t_undefined_new(vm, &nothing);
    }
    *u = info;
    return cf_t_undefined_new(vm, u);
}

cf_value cf_t_undefined_hint(cf_vm *vm, const char *hint)
{
    return make(vm, (cf_t_undefined){.hint = {hint, strlen(hint)}});
}

cf_value cf_t_undefined_no_else(cf_vm *vm, int line)
{
    char *hint = cf_arena_printf(vm->arena,
                                 "the inline if-expression on line %d in '%s' evaluated to false and no else "
                                 "section was defined.",
                                 line, vm->context && vm->context->template ? vm->context->template->name : "template");
    return make(vm, (cf_t_undefined){.hint = {hint ? hint : "", hint ? strlen(hint) : 0}, .plain = true});
}

cf_value cf_t_undefined_attr(cf_vm *vm, cf_value object, const char *name, size_t size)
{
    const char *copy = cf_arena_text(vm->arena, name, size);
    return make(vm, (cf_t_undefined){.name = {copy ? copy : "", copy ? size : 0}, .object = object});
}

cf_value cf_t_undefined_item(cf_vm *vm, cf_value object, cf_value key)
{
    if (cf_value_is_text(key)) return cf_t_undefined_attr(vm, object, key.as.text, key.size);
    return make(vm, (cf_t_undefined){.object = object, .key = key});
}

cf_undefined_kind cf_t_undefined_kind_of(const cf_vm *vm, cf_value v)
{
    const cf_t_undefined *u = v.as.pointer;
    return u && u->plain ? CF_UNDEFINED_DEFAULT : vm->undefined;
}

/* How Jinja names the type of an object in messages. */
static void type_text(cf_value v, cf_buffer *out)
{
    if (v.kind == CF_NULL) {
        cf_buffer_text(out, "None");
        return;
    }
    if (v.kind == CF_OBJECT && v.as.object->cls == &cf_t_namespace_class) cf_buffer_text(out, "jinja2.utils.");
    else if (v.kind == CF_OBJECT && v.as.object->cls == &cf_t_loop_class) cf_buffer_text(out, "jinja2.runtime.");
    else if (v.kind == CF_MARKUP) cf_buffer_text(out, "markupsafe.");
    cf_buffer_text(out, cf_t_type_name(v));
    cf_buffer_text(out, " object");
}

static void message(cf_vm *vm, const cf_t_undefined *u, cf_buffer *out)
{
    if (u->hint.size) {
        cf_buffer_add(out, u->hint.text, u->hint.size);
        return;
    }
    if (u->object.kind == CF_UNDEFINED) {
        cf_t_repr_text(u->name.text, u->name.size, out);
        cf_buffer_text(out, " is undefined");
    } else if (u->key.kind != CF_UNDEFINED) {
        type_text(u->object, out);
        cf_buffer_text(out, " has no element ");
        cf_t_repr(vm, u->key, out);
    } else {
        cf_buffer_char(out, '\'');
        type_text(u->object, out);
        cf_buffer_text(out, "' has no attribute ");
        cf_t_repr_text(u->name.text, u->name.size, out);
    }
}

#undef cf_t_undefined_fail
bool cf_t_undefined_fail(cf_vm *vm, cf_value v)
{
    const cf_t_undefined *u = v.as.pointer;
    cf_buffer             b = {.limit = 700};
    if (u) message(vm, u, &b);
    cf_t_raise(vm, "UndefinedError", "%s", b.data && !b.failed ? b.data : "a value is undefined");
    cf_buffer_free(&b);
    return false;
}

void cf_t_undefined_print(cf_vm *vm, cf_value v, cf_buffer *out)
{
    const cf_t_undefined *u = v.as.pointer;
    if (!u || cf_t_undefined_kind_of(vm, v) != CF_UNDEFINED_DEBUG) return;
    cf_buffer_text(out, "{{ ");
    if (u->hint.size) {
        cf_buffer_text(out, "undefined value printed: ");
        cf_buffer_add(out, u->hint.text, u->hint.size);
    } else if (u->object.kind == CF_UNDEFINED) {
        cf_buffer_add(out, u->name.text, u->name.size);
    } else {
        cf_buffer_text(out, "no such element: ");
        type_text(u->object, out);
        cf_buffer_char(out, '[');
        if (u->key.kind != CF_UNDEFINED) cf_t_repr(vm, u->key, out);
        else cf_t_repr_text(u->name.text, u->name.size, out);
        cf_buffer_char(out, ']');
    }
    cf_buffer_text(out, " }}");
}
