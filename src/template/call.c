/* Calls: builtins with their parameters, macros, objects, methods. */
#include <stdio.h>

#include "template/machine.h"

cf_call cf_t_call_of(cf_vm *vm, const cf_value *arguments, size_t count)
{
    return (cf_call){.arena = vm->arena,
                     .error = vm->error,
                     .arguments = arguments,
                     .argument_count = count,
                     .request = vm->request,
                     .autoescape = vm->context && vm->context->autoescape,
                     .machine = vm};
}

/* ---- builtins ------------------------------------------------------------------------------- */

enum { MAX_PARAMS = 12 };

/* Position of a keyword among the parameter names, -1: none. */
static int param_index(const char *params, const char *name, size_t size)
{
    int index = 0;
    for (const char *p = params; *p; index++) {
        size_t n = strcspn(p, " ");
        if (n == size && memcmp(p, name, n) == 0) return index;
        p += n;
        while (*p == ' ') p++;
    }
    return -1;
}

static int param_count(const char *params)
{
    int n = *params != '\0';
    for (const char *p = params; *p; p++) n += *p == ' ';
    return n;
}

static bool bind(cf_vm *vm, const cf_t_builtin *b, const cf_call *call, cf_value *a)
{
    size_t max = (size_t)param_count(b->params);
    if (call->argument_count > max)
        return cf_t_raise(vm, "TypeError", "%s() takes at most %zu arguments but %zu were given", b->name, max,
                          call->argument_count);
    for (size_t i = 0; i < max; i++) a[i] = i < call->argument_count ? call->arguments[i] : cf_t_missing_value();
    for (size_t i = 0; i < call->named_count; i++) {
        const cf_named *named = &call->named[i];
        int             at = b->flags & CF_T_NO_NAMES ? -1 : param_index(b->params, named->name, named->size);
        if (at < 0)
            return cf_t_raise(vm, "TypeError", "%s() got an unexpected keyword argument '%.*s'", b->name,
                              (int)named->size, named->name);
        if ((size_t)at < call->argument_count)
            return cf_t_raise(vm, "TypeError", "%s() got multiple values for argument '%.*s'", b->name,
                              (int)named->size, named->name);
        a[at] = named->value;
    }
    for (int i = 0; i < b->required; i++)
        if (cf_t_missing(a[i]))
            return cf_t_raise(vm, "TypeError", "%s() is missing a required argument (number %d)", b->name, i + 1);
    return true;
}

bool cf_t_call_builtin(cf_vm *vm, const cf_t_builtin *b, cf_call *call, cf_value *out)
{
    if (b->flags & CF_T_RAW) return b->function(vm, call, NULL, out);
    cf_value a[MAX_PARAMS];
    return bind(vm, b, call, a) && b->function(vm, call, a, out);
}

bool cf_t_call_entry(cf_vm *vm, const cf_t_entry *entry, cf_call *call, cf_value *out)
{
    if (entry->builtin) return cf_t_call_builtin(vm, entry->builtin, call, out);
    call->context = entry->context;
    return entry->function(call, out);
}

/* Names of filters in arguments: a text. */
static const cf_t_entry *entry_named(cf_vm *vm, cf_value name, bool test)
{
    const char *what = test ? "test" : "filter";
    if (!cf_value_is_text(name)) {
        if (name.kind == CF_UNDEFINED) cf_t_undefined_fail(vm, name);
        cf_t_raise(vm, "TemplateRuntimeError", "the name of a %s must be a string", what);
        return NULL;
    }
    const cf_t_entry *e =
        test ? cf_t_find_test(vm->env, name.as.text, name.size) : cf_t_find_filter(vm->env, name.as.text, name.size);
    if (!e) cf_t_raise(vm, "TemplateRuntimeError", "No %s named '%.*s'.", what, (int)name.size, name.as.text);
    return e;
}

bool cf_t_apply_filter(cf_vm *vm, cf_value name, cf_call *call, cf_value *out)
{
    const cf_t_entry *e = entry_named(vm, name, false);
    return e && cf_t_step(vm, 1) && cf_t_call_entry(vm, e, call, out);
}

bool cf_t_apply_test(cf_vm *vm, cf_value name, cf_call *call, bool *out)
{
    const cf_t_entry *e = entry_named(vm, name, true);
    cf_value          v = cf_value_null();
    return e && cf_t_step(vm, 1) && cf_t_call_entry(vm, e, call, &v) && cf_t_truth(vm, v, out);
}

/* ---- bound methods -------------------------------------------------------------------------- */

static bool with_self(cf_vm *vm, const cf_t_builtin *b, cf_value self, const cf_call *call, cf_value *out)
{
    cf_value small[8], *all = small;
    size_t   n = call->argument_count + 1;
    if (n > 8) all = cf_arena_array(vm->arena, n, sizeof *all);
    if (!all) return cf_t_no_memory(vm);
    all[0] = self;
    if (n > 1) memcpy(all + 1, call->arguments, (n - 1) * sizeof *all);
    cf_call inner = *call;
    inner.arguments = all;
    inner.argument_count = n;
    return cf_t_call_builtin(vm, b, &inner, out);
}

static bool method_call(cf_call *call, cf_object *self, cf_value *out)
{
    cf_t_method *m = (cf_t_method *)self;
    return with_self(call->machine, m->builtin, m->self, call, out);
}

static bool method_print(cf_call *call, cf_object *self, cf_buffer *out)
{
    (void)call;
    cf_t_method *m = (cf_t_method *)self;
    cf_buffer_printf(out, "<built-in method %s of %s object>", m->builtin->name, cf_t_type_name(m->self));
    return true;
}

const cf_class cf_t_method_class = {
    .name = "builtin_function_or_method", .call = method_call, .print = method_print, .repr = method_print};

static bool builtin_call(cf_call *call, cf_object *self, cf_value *out)
{
    return cf_t_call_builtin(call->machine, ((cf_t_method *)self)->builtin, call, out);
}

static bool builtin_print(cf_call *call, cf_object *self, cf_buffer *out)
{
    (void)call;
    const char *name = ((cf_t_method *)self)->builtin->name;
    bool        type = !strcmp(name, "range") || !strcmp(name, "dict");
    if (type) cf_buffer_printf(out, "<class '%s'>", name);
    else cf_buffer_printf(out, "<function %s>", name);
    return true;
}

const cf_class cf_t_builtin_class = {
    .name = "function", .call = builtin_call, .print = builtin_print, .repr = builtin_print};

bool cf_t_call_method(cf_vm *vm, cf_value self, const char *name, size_t size, cf_call *call, cf_value *out,
                      cf_t_cache *cache)
{
    bool direct = vm->direct;
    vm->direct = false;
    if (self.kind == CF_OBJECT) {
        const cf_class *cls = self.as.object->cls;
        if (cls->method) {
            cf_answer answer = cls->method(call, self.as.object, name, size, out);
            if (answer != CF_NO) return answer == CF_YES;
        }
    } else {
        const cf_t_builtin *b = cf_t_method_of(self, name, size);
        if (b) return with_self(vm, b, self, call, out);
    }
    cf_value callee;
    if (!cf_t_getattr(vm, self, name, size, &callee, cache)) return false;
    vm->direct = direct;
    return cf_t_call(vm, callee, call, out);
}

bool cf_t_call(cf_vm *vm, cf_value callee, const cf_call *call, cf_value *out)
{
    if (callee.kind == CF_OBJECT && callee.as.object->cls->call) {
        cf_call inner = *call;
        if (callee.as.object->cls != &cf_t_macro_class && callee.as.object->cls != &cf_t_block_class)
            vm->direct = false;
        inner.context = NULL;
        *out = cf_value_null();
        return callee.as.object->cls->call(&inner, callee.as.object, out);
    }
    if (callee.kind == CF_UNDEFINED) return cf_t_undefined_fail(vm, callee);
    return cf_t_raise(vm, "TypeError", "'%s' object is not callable", cf_t_type_name(callee));
}

bool cf_t_call_simple(cf_vm *vm, cf_value callee, const cf_value *arguments, size_t count, cf_value *out)
{
    cf_call call = cf_t_call_of(vm, arguments, count);
    return cf_t_call(vm, callee, &call, out);
}

/* ---- macros --------------------------------------------------------------------------------- */

bool cf_t_macro_new(cf_vm *vm, const cf_t_code *code, cf_t_frame *frame, cf_value *out)
{
    cf_t_macro *m = cf_arena_alloc(vm->arena, sizeof *m);
    if (!m) return cf_t_no_memory(vm);
    *m = (cf_t_macro){{&cf_t_macro_class}, code, frame, frame->context, frame->context->autoescape};
    *out = cf_value_object(&m->object);
    return true;
}

static bool is_name(const cf_named *named, const cf_t_name *name)
{
    return named->size == name->size && memcmp(named->name, name->text, name->size) == 0;
}

static bool is_text(const cf_named *named, const char *text)
{
    return named->size == strlen(text) && memcmp(named->name, text, named->size) == 0;
}

static cf_value no_caller(cf_vm *vm)
{
    static const cf_t_undefined none = {.name = {"caller", 6}, .hint = {"No caller defined", 17}};
    return cf_t_undefined_new(vm, &none);
}

/* The keyword arguments that no parameter took. */
static bool rest_named(cf_vm *vm, const cf_t_macro *m, cf_t_frame *f, const cf_call *call, const bool *used)
{
    const cf_t_code *code = m->code;
    cf_dict         *rest = code->takes_kwargs ? cf_dict_new(vm->arena, call->named_count) : NULL;
    if (code->takes_kwargs && !rest) return cf_t_no_memory(vm);
    for (size_t i = 0; i < call->named_count; i++) {
        const cf_named *named = &call->named[i];
        if (used[i]) continue;
        if (rest) {
            if (!cf_dict_set(rest, cf_value_text_n(named->name, named->size), named->value)) return cf_t_no_memory(vm);
        } else if (is_text(named, "caller")) {
            return cf_t_raise(vm, "TypeError",
                              "macro '%s' was invoked with two values for the special caller argument. "
                              "This is most likely a bug.",
                              code->name->text);
        } else {
            return cf_t_raise(vm, "TypeError", "macro '%s' takes no keyword argument '%.*s'", code->name->text,
                              (int)named->size, named->name);
        }
    }
    if (rest) f->slots[code->kwargs_slot] = cf_value_dict(rest);
    return true;
}

static bool rest_positional(cf_vm *vm, const cf_t_macro *m, cf_t_frame *f, const cf_call *call)
{
    const cf_t_code *code = m->code;
    size_t           n = code->param_count;
    if (!code->takes_varargs) {
        if (call->argument_count <= n) return true;
        return cf_t_raise(vm, "TypeError", "macro '%s' takes not more than %zu argument(s)", code->name->text, n);
    }
    cf_list *rest = cf_t_list_new(vm, call->argument_count > n ? call->argument_count - n : 0);
    if (!rest) return false;
    for (size_t i = n; i < call->argument_count; i++)
        if (!cf_t_list_add(vm, rest, call->arguments[i])) return false;
    f->slots[code->varargs_slot] = cf_value_list(rest);
    f->slots[code->varargs_slot].kind = CF_TUPLE;
    return true;
}

static bool bind_macro(cf_vm *vm, const cf_t_macro *m, cf_t_frame *f, const cf_call *call)
{
    const cf_t_code *code = m->code;
    bool             few[32] = {false}, *used = few;
    if (call->named_count > 32) used = cf_arena_array(vm->arena, call->named_count, sizeof *used);
    if (!used) return cf_t_no_memory(vm);
    size_t n = code->param_count, given = call->argument_count < n ? call->argument_count : n;
    bool   found_caller = given == n && code->explicit_caller;
    for (size_t i = 0; i < given; i++) f->slots[i] = call->arguments[i];
    for (size_t i = given; i < n; i++) {
        for (size_t k = 0; k < call->named_count; k++) {
            if (used[k] || !is_name(&call->named[k], code->slot_names[i])) continue;
            f->slots[i] = call->named[k].value;
            used[k] = true;
        }
        if (strcmp(code->slot_names[i]->text, "caller") == 0) found_caller = true;
    }
    if (code->takes_caller && !found_caller && code->caller_slot >= 0) {
        cf_value caller = cf_value_null();
        for (size_t k = 0; k < call->named_count; k++) {
            if (used[k] || !is_text(&call->named[k], "caller")) continue;
            caller = call->named[k].value;
            used[k] = true;
        }
        f->slots[code->caller_slot] = caller.kind == CF_NULL ? no_caller(vm) : caller;
    }
    return rest_named(vm, m, f, call, used) && rest_positional(vm, m, f, call);
}

static bool macro_call(cf_call *call, cf_object *self, cf_value *out)
{
    cf_vm      *vm = call->machine;
    cf_t_macro *m = (cf_t_macro *)self;
    bool        direct = vm->direct;
    vm->direct = false;
    if (!cf_t_step(vm, 1)) return false;
    cf_t_frame *f = cf_t_frame_new(vm, m->code, m->frame, m->context);
    if (!f || !bind_macro(vm, m, f, call)) return false;
    bool escape = call->autoescape;
    *out = cf_value_text("");
    if (direct ? !cf_t_run(vm, f) : !cf_t_capture(vm) || !cf_t_run(vm, f) || !cf_t_captured(vm, out)) return false;
    cf_t_frame_done(vm, f);
    if (escape) out->kind = CF_MARKUP;
    return true;
}

static bool macro_repr(cf_call *call, cf_object *self, cf_buffer *out)
{
    (void)call;
    cf_buffer_printf(out, "<Macro '%s'>", ((cf_t_macro *)self)->code->name->text);
    return true;
}

static cf_answer macro_attribute(cf_call *call, cf_object *self, const char *name, size_t size, cf_value *out)
{
    cf_vm           *vm = call->machine;
    const cf_t_code *code = ((cf_t_macro *)self)->code;
    cf_t_text        n = {name, size};
#define IS(literal) (n.size == sizeof literal - 1 && memcmp(n.text, literal, n.size) == 0)
    if (IS("name")) *out = cf_value_text_n(code->name->text, code->name->size);
    else if (IS("catch_kwargs")) *out = cf_value_bool(code->takes_kwargs);
    else if (IS("catch_varargs")) *out = cf_value_bool(code->takes_varargs);
    else if (IS("caller")) *out = cf_value_bool(code->takes_caller);
    else if (IS("explicit_caller")) *out = cf_value_bool(code->explicit_caller);
    else if (IS("arguments")) {
        cf_list *list = cf_t_list_new(vm, code->param_count);
        if (!list) return CF_FAILED;
        for (uint16_t i = 0; i < code->param_count; i++)
            list->items[list->count++] = cf_value_text_n(code->slot_names[i]->text, code->slot_names[i]->size);
        *out = cf_value_list(list);
        out->kind = CF_TUPLE;
    } else {
        return CF_NO;
    }
#undef IS
    return CF_YES;
}

const cf_class cf_t_macro_class = {
    .name = "Macro", .attribute = macro_attribute, .call = macro_call, .print = macro_repr, .repr = macro_repr};

/* ---- recursive loops ------------------------------------------------------------------------ */

bool cf_t_recurse(cf_vm *vm, const cf_t_code *code, cf_t_frame *parent, cf_value iterable, size_t depth, cf_value *out)
{
    if (!cf_t_step(vm, 1)) return false;
    cf_t_frame *f = cf_t_frame_new(vm, code, parent, parent->context);
    if (!f) return false;
    f->parent_template = parent->parent_template;
    f->slots[0] = iterable;
    f->loop_depth = depth;
    if (!cf_t_capture(vm) || !cf_t_run(vm, f) || !cf_t_captured(vm, out)) return false;
    cf_t_frame_done(vm, f);
    if (parent->context->autoescape) out->kind = CF_MARKUP;
    return true;
}
