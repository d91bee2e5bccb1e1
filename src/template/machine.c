/* The machine: runs code with a stack of values and writes into a buffer. */
#include "template/engine.h"

#include <stdarg.h>
#include <time.h>

#include "template/machine.h"

/* ---- errors and limits ---------------------------------------------------------------------- */

static cf_code code_of(const char *type)
{
    if (!strcmp(type, "TypeError")) return CF_ERR_TYPE;
    if (!strcmp(type, "TemplateNotFound") || !strcmp(type, "TemplatesNotFound")) return CF_ERR_NOT_FOUND;
    return CF_ERR_TEMPLATE;
}

bool cf_t_raise(cf_vm *vm, const char *type, const char *format, ...)
{
    if (!vm || !vm->error || vm->error->code != CF_OK) return false;
    vm->error->type = type;
    va_list arguments;
    va_start(arguments, format);
    cf_fail_v(vm->error, code_of(type), format, arguments);
    va_end(arguments);
    return false;
}

static bool raise_limit(cf_vm *vm, const char *type, const char *what)
{
    if (vm->error && vm->error->code == CF_OK) {
        vm->error->type = type;
        cf_fail(vm->error, CF_ERR_LIMIT, "%s", what);
    }
    return false;
}

bool cf_t_no_memory(cf_vm *vm)
{
    if (!vm) return false;
    if (vm->error && vm->error->code == CF_OK) {
        vm->error->type = "MemoryError";
        cf_fail(vm->error, CF_ERR_MEMORY, "the template needs more memory than there is or than the limit allows");
    }
    return false;
}

bool cf_t_is_error(const cf_vm *vm, const char *type)
{
    return vm->error->type && strcmp(vm->error->type, type) == 0;
}

static int64_t clock_usec(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void cf_t_start_clock(cf_vm *vm, unsigned milliseconds)
{
    vm->deadline = milliseconds ? clock_usec() + (int64_t)milliseconds * 1000 : 0;
}

bool cf_t_step(cf_vm *vm, uint64_t n)
{
    if (!vm) return true;
    if (vm->steps < n) {
        vm->steps = 0;
        return raise_limit(vm, "TemplateRuntimeError", "the template takes more steps than the limit allows");
    }
    uint64_t before = vm->steps >> 10;
    vm->steps -= n;
    if (vm->deadline && before != vm->steps >> 10 && clock_usec() > vm->deadline)
        return raise_limit(vm, "TemplateRuntimeError", "the template takes longer than the limit allows");
    return true;
}

static bool output_failed(cf_vm *vm)
{
    cf_buffer *out = vm->out;
    if (out->limit && out->size + 1 >= out->limit / 2)
        return raise_limit(vm, "TemplateRuntimeError", "the template writes more than the limit allows");
    return cf_t_no_memory(vm);
}

/* ---- frames --------------------------------------------------------------------------------- */

/* Frames of one size class that may be used again. */
struct cf_t_spare {
    struct cf_t_spare *next;
};

static size_t frame_size(const cf_t_code *code)
{
    size_t values = (size_t)code->slot_count + code->stack_size;
    return sizeof(cf_t_frame) + values * sizeof(cf_value) + code->iterator_count * sizeof(cf_t_iter);
}

/* Which list of spare frames a size belongs to; FRAME_CLASSES: none, it is too large. */
static size_t frame_class(size_t size)
{
    size_t rank = (size + 63) / 64;
    return rank < FRAME_CLASSES ? rank : FRAME_CLASSES;
}

cf_t_frame *cf_t_frame_new(cf_vm *vm, const cf_t_code *code, cf_t_frame *parent, cf_t_context *context)
{
    size_t size = frame_size(code), rank = frame_class(size);
    cf_t_frame *f = NULL;
    if (rank < FRAME_CLASSES && vm->spare[rank]) {
        f = (cf_t_frame *)vm->spare[rank];
        vm->spare[rank] = vm->spare[rank]->next;
        /* Stack and iterators are written before they are read. */
        memset(f, 0, sizeof *f + code->slot_count * sizeof(cf_value));
    } else {
        f = cf_arena_alloc(vm->arena, rank < FRAME_CLASSES ? rank * 64 : size);
    }
    if (!f) {
        cf_t_no_memory(vm);
        return NULL;
    }
    f->code = code;
    f->parent = parent;
    f->context = context;
    f->iterators = (cf_t_iter *)(f->slots + code->slot_count + code->stack_size);
    return f;
}

void cf_t_frame_done(cf_vm *vm, cf_t_frame *f)
{
    if (f->code->captures) return; /* a macro may still see it */
    size_t rank = frame_class(frame_size(f->code));
    if (rank == FRAME_CLASSES) return;
    struct cf_t_spare *s = (struct cf_t_spare *)f;
    s->next = vm->spare[rank];
    vm->spare[rank] = s;
}

static cf_t_frame *outer(cf_t_frame *f, int hops)
{
    while (hops-- > 0) f = f->parent;
    return f;
}

/* ---- captured output ------------------------------------------------------------------------ */

struct cf_t_capture {
    struct cf_t_capture *next;
    cf_buffer            buffer;
    cf_buffer           *before;
};

bool cf_t_capture(cf_vm *vm)
{
    struct cf_t_capture *c = vm->spare_captures;
    if (c) {
        vm->spare_captures = c->next;
        cf_buffer_clear(&c->buffer);
    } else {
        c = cf_arena_alloc(vm->arena, sizeof *c);
        if (!c) return cf_t_no_memory(vm);
        c->buffer.limit = cf_t_options(vm->env)->output_limit;
    }
    c->next = vm->captures;
    c->before = vm->out;
    vm->captures = c;
    vm->out = &c->buffer;
    return true;
}

void cf_t_capture_drop(cf_vm *vm)
{
    struct cf_t_capture *c = vm->captures;
    vm->out = c->before;
    vm->captures = c->next;
    c->next = vm->spare_captures;
    vm->spare_captures = c;
}

bool cf_t_captured(cf_vm *vm, cf_value *out)
{
    cf_buffer *b = vm->out;
    if (b->failed) return output_failed(vm);
    bool ok = cf_t_new_text(vm, b->data ? b->data : "", b->size, out);
    cf_t_capture_drop(vm);
    return ok;
}

void cf_t_free_captures(cf_vm *vm)
{
    for (struct cf_t_capture *c = vm->captures; c; c = c->next) cf_buffer_free(&c->buffer);
    for (struct cf_t_capture *c = vm->spare_captures; c; c = c->next) cf_buffer_free(&c->buffer);
    vm->captures = vm->spare_captures = NULL;
}

/* ---- output --------------------------------------------------------------------------------- */

static bool write_value(cf_vm *vm, cf_value v, int mode)
{
    cf_buffer *out = vm->out;
    bool escape = mode == 1 || (mode == 2 && vm->context->autoescape);
    switch (v.kind) {
    case CF_TEXT:
        if (escape) cf_buffer_html(out, v.as.text, v.size);
        else cf_buffer_add(out, v.as.text, v.size);
        return true;
    case CF_MARKUP: cf_buffer_add(out, v.as.text, v.size); return true;
    case CF_INT: cf_buffer_int(out, v.as.integer); return true;
    case CF_DATETIME: {
        char text[CF_DATETIME_SIZE];
        cf_buffer_add(out, text, cf_datetime_format(v.as.datetime, text));
        return true;
    }
    default: return escape ? cf_t_escape(vm, v, out) : cf_t_print(vm, v, out);
    }
}

/* What a filter or call block made must be text, as in Python's "".join(). */
static bool write_text(cf_vm *vm, cf_value v)
{
    if (!cf_value_is_text(v))
        return cf_t_raise(vm, "TypeError", "sequence item 0: expected str instance, %s found", cf_t_type_name(v));
    cf_buffer_add(vm->out, v.as.text, v.size);
    return true;
}

/* An address that CF_ANY_VALUE() left in a value becomes the object at it. */
static bool resolved(cf_vm *vm, const cf_t_name *name, cf_value *v)
{
    return v->kind != CF_OBJECT || v->flags != 1 || cf_t_resolve_value(vm, name, v);
}

/* ---- calls ---------------------------------------------------------------------------------- */

enum { SMALL_CALL = 12 };

static bool add_star(cf_vm *vm, cf_call *call, cf_value star)
{
    if (!cf_t_iterable(vm, star))
        return cf_t_raise(vm, "TypeError", "argument after * must be an iterable, not %s", cf_t_type_name(star));
    cf_list *all = cf_t_list_new(vm, call->argument_count + 8), *more;
    if (!all || !cf_t_collect(vm, star, &more)) return false;
    for (size_t i = 0; i < call->argument_count; i++)
        if (!cf_t_list_add(vm, all, call->arguments[i])) return false;
    for (size_t i = 0; i < more->count; i++)
        if (!cf_t_list_add(vm, all, more->items[i])) return false;
    call->arguments = all->items;
    call->argument_count = all->count;
    return true;
}

static bool add_double_star(cf_vm *vm, cf_call *call, cf_value map)
{
    if (map.kind != CF_MAPPING)
        return cf_t_raise(vm, "TypeError", "argument after ** must be a mapping, not %s", cf_t_type_name(map));
    cf_named *all = cf_arena_array(vm->arena, call->named_count + map.as.dict->count + 1, sizeof *all);
    if (!all) return cf_t_no_memory(vm);
    size_t n = call->named_count;
    if (n) memcpy(all, call->named, n * sizeof *all);
    for (size_t i = 0; i < map.as.dict->used; i++) {
        const cf_entry *e = &map.as.dict->entries[i];
        if (e->removed) continue;
        if (!cf_value_is_text(e->key)) return cf_t_raise(vm, "TypeError", "keywords must be strings");
        for (size_t k = 0; k < n; k++)
            if (all[k].size == e->key.size && memcmp(all[k].name, e->key.as.text, e->key.size) == 0)
                return cf_t_raise(vm, "TypeError", "got multiple values for keyword argument '%.*s'", (int)e->key.size,
                                  e->key.as.text);
        all[n++] = (cf_named){e->key.as.text, e->key.size, e->value};
    }
    call->named = all;
    call->named_count = n;
    return true;
}

/* Makes a call from the values on the stack that begin at `base`. */
static bool prepare(cf_vm *vm, const cf_t_code *code, const cf_t_op *op, const cf_value *base, cf_named *small,
                    cf_call *call)
{
    *call = cf_t_call_of(vm, base, (size_t)op->a);
    const cf_value *at = base + op->a;
    if (op->c) {
        cf_named *named = op->c <= SMALL_CALL ? small : cf_arena_array(vm->arena, op->c, sizeof *named);
        if (!named) return cf_t_no_memory(vm);
        const cf_t_name *const *names = code->names + op[1].a;
        for (uint16_t i = 0; i < op->c; i++) named[i] = (cf_named){names[i]->text, names[i]->size, *at++};
        call->named = named;
        call->named_count = op->c;
    }
    if ((op->b & 1) && !add_star(vm, call, *at++)) return false;
    return !(op->b & 2) || add_double_star(vm, call, *at);
}

static bool do_call(cf_vm *vm, cf_t_frame *f, const cf_t_op *op, cf_value *base)
{
    cf_named small[SMALL_CALL];
    cf_call call;
    if (!cf_t_step(vm, 1)) return false;
    if (!prepare(vm, f->code, op, base + 1, small, &call)) return false;
    cf_value out = cf_value_null();
    vm->direct = op[3].op == I_OUT && (op[3].b == 1 || (op[3].b == 2 && f->context->autoescape)) == f->context->autoescape;
    if (op->op == I_CALL) {
        if (!cf_t_call(vm, base[0], &call, &out)) return false;
    } else {
        const cf_t_name *name = f->code->names[op[2].c];
        if (!cf_t_call_method(vm, base[0], name->text, name->size, &call, &out, &f->code->caches[op[2].a])) return false;
    }
    vm->direct = false;
    base[0] = out;
    return resolved(vm, NULL, base);
}

static bool do_filter(cf_vm *vm, cf_t_frame *f, const cf_t_op *op, cf_value *base)
{
    cf_named small[SMALL_CALL];
    cf_call call;
    if (!cf_t_step(vm, 1)) return false;
    if (!prepare(vm, f->code, op, base, small, &call)) return false;
    cf_value out = cf_value_null();
    if (!cf_t_call_entry(vm, f->code->entries[op[2].a], &call, &out) || !resolved(vm, NULL, &out)) return false;
    if (op->op == I_TEST) {
        bool truth = out.kind == CF_BOOL ? out.as.boolean : false;
        if (out.kind != CF_BOOL && !cf_t_truth(vm, out, &truth)) return false;
        out = cf_value_bool(truth);
    }
    base[0] = out;
    return true;
}

/* ---- values --------------------------------------------------------------------------------- */

static bool do_dict(cf_vm *vm, cf_value *base, int count, cf_value *out)
{
    cf_dict *dict = cf_dict_new(vm->arena, (size_t)count);
    if (!dict) return cf_t_no_memory(vm);
    for (int i = 0; i < count; i++)
        if (!cf_t_dict_set(vm, dict, base[2 * i], base[2 * i + 1])) return false;
    *out = cf_value_dict(dict);
    return true;
}

static bool do_list(cf_vm *vm, cf_value *base, int count, int kind, cf_value *out)
{
    cf_list *list = cf_t_list_new(vm, (size_t)count);
    if (!list) return false;
    if (count) memcpy(list->items, base, (size_t)count * sizeof *base);
    list->count = (size_t)count;
    *out = cf_value_list(list);
    out->kind = (uint8_t)kind;
    return true;
}

/* The ~ operator: texts, or safe HTML when escaping and one part is safe already. */
static bool do_concat(cf_vm *vm, cf_value *base, int count, int mode, cf_value *out)
{
    bool escape = mode == 1 || (mode == 2 && vm->context->autoescape), markup = false;
    for (int i = 0; i < count && escape; i++) markup |= cf_t_has_html(base[i]);
    cf_buffer b = cf_t_buffer(vm);
    for (int i = 0; i < count; i++)
        if (!(markup ? cf_t_escape(vm, base[i], &b) : cf_t_print(vm, base[i], &b))) {
            cf_buffer_free(&b);
            return false;
        }
    return cf_t_take(vm, &b, markup, out);
}

static bool do_unpack(cf_vm *vm, cf_value v, int count, cf_value *base)
{
    if (v.kind == CF_TUPLE || v.kind == CF_SEQUENCE) {
        const cf_list *l = v.as.list;
        if (l->count == (size_t)count) {
            for (int i = 0; i < count; i++) base[count - 1 - i] = l->items[i];
            return true;
        }
    }
    if (v.kind == CF_UNDEFINED && cf_t_undefined_kind_of(vm, v) == CF_UNDEFINED_STRICT)
        return cf_t_undefined_fail(vm, v);
    if (!cf_t_iterable(vm, v))
        return cf_t_raise(vm, "TypeError", "cannot unpack non-iterable %s object", cf_t_type_name(v));
    cf_list *items;
    if (!cf_t_collect(vm, v, &items)) return false;
    if (items->count < (size_t)count)
        return cf_t_raise(vm, "ValueError", "not enough values to unpack (expected %d, got %zu)", count, items->count);
    if (items->count > (size_t)count)
        return cf_t_raise(vm, "ValueError", "too many values to unpack (expected %d)", count);
    for (int i = 0; i < count; i++) base[count - 1 - i] = items->items[i];
    return true;
}

static bool do_set_attr(cf_vm *vm, cf_value object, const cf_t_name *name, cf_value value)
{
    if (CF_T_IS(object, cf_t_namespace_class)) {
        char *copy = cf_arena_text(vm->arena, name->text, name->size);
        if (!copy) return cf_t_no_memory(vm);
        cf_dict *dict = ((cf_t_namespace *)object.as.object)->dict;
        return cf_t_dict_set(vm, dict, cf_value_text_n(copy, name->size), value);
    }
    if (object.kind == CF_OBJECT && object.as.object->cls->assign) {
        cf_call call = cf_t_call_of(vm, NULL, 0);
        return object.as.object->cls->assign(&call, object.as.object, name->text, name->size, value);
    }
    return cf_t_raise(vm, "TemplateRuntimeError", "cannot assign attribute on non-namespace object");
}

/* ---- loops ---------------------------------------------------------------------------------- */

static bool do_iter(cf_vm *vm, cf_t_frame *f, const cf_t_op *op, cf_value v)
{
    cf_t_iter *it = &f->iterators[op->a];
    struct cf_t_loop *loop;
    if (op->b && v.kind == CF_OBJECT && v.as.object->cls->iterate) {
        /* `loop` knows its length and its next item. */
        cf_list *list;
        if (!cf_t_collect(vm, v, &list)) return false;
        v = cf_value_list(list);
    }
    if (!cf_t_iter_begin(vm, v, it)) return false;
    if (!op->b) return true;
    loop = cf_arena_alloc(vm->arena, sizeof *loop);
    if (!loop) return cf_t_no_memory(vm);
    loop->object.cls = &cf_t_loop_class;
    loop->iter = it;
    if (op->b == 2) {
        loop->code = f->code;
        loop->parent = f->parent;
        loop->depth0 = f->loop_depth;
    }
    it->loop = loop;
    f->slots[op->c] = cf_value_object(&loop->object);
    return true;
}

static cf_answer next_item(cf_vm *vm, cf_t_iter *it, cf_value *out)
{
    if (vm->out->failed) return output_failed(vm) ? CF_FAILED : CF_FAILED;
    cf_answer answer = cf_t_iter_next(vm, it, out);
    if (answer == CF_YES && !resolved(vm, NULL, out)) return CF_FAILED;
    if (it->loop && answer == CF_YES) {
        it->loop->index0 = it->count - 1;
        it->loop->previous = it->count > 1 ? it->loop->current : cf_t_missing_value();
        it->loop->current = *out;
    }
    return answer;
}

/* ---- the machine ---------------------------------------------------------------------------- */

static bool undefined_slot(cf_vm *vm, const cf_t_frame *f, int slot, cf_value *out)
{
    *out = cf_t_undefined_new(vm, &f->code->slot_undefined[slot]);
    return true;
}

static bool out_attr(cf_vm *vm, const cf_t_code *code, const cf_t_op *op, cf_value v)
{
    const cf_t_name *name = code->names[op->c];
    if (v.kind == CF_OBJECT) {
        const cf_class *cls = v.as.object->cls;
        const cf_member *m = atomic_load_explicit(&code->caches[op->a], memory_order_relaxed);
        if (m && m >= cls->members && m < cls->members + cls->member_count && !m->get)
            return write_value(vm, cf_value_read((char *)cf_object_data(v.as.object) + m->offset, m->type, m->size),
                               op->b);
    }
    cf_value out;
    return cf_t_getattr(vm, v, name->text, name->size, &out, &code->caches[op->a]) && resolved(vm, name, &out) &&
           write_value(vm, out, op->b);
}

static bool missing_argument(cf_vm *vm, cf_t_frame *f, const cf_t_op *op)
{
    cf_t_undefined *u = cf_arena_alloc(vm->arena, sizeof *u);
    const cf_t_name *name = f->code->names[op->a];
    char *hint = cf_arena_printf(vm->arena, "parameter '%s' was not provided", name->text);
    if (!u || !hint) return cf_t_no_memory(vm);
    u->name = (cf_t_text){name->text, name->size};
    u->hint = (cf_t_text){hint, strlen(hint)};
    f->slots[op->c] = cf_t_undefined_new(vm, u);
    return true;
}

static bool export_variable(cf_vm *vm, cf_t_frame *f, const cf_t_op *op)
{
    const cf_t_name *name = f->code->names[op->a];
    return cf_t_context_set(vm, f->context, name, f->slots[op->c]) && cf_t_export(vm, f->context, name, op->b);
}

static bool do_recurse(cf_vm *vm, cf_t_frame *f, const cf_t_op *op, cf_value v)
{
    cf_value out;
    return cf_t_recurse(vm, f->code->codes[op->a], f, v, 0, &out) && write_text(vm, out);
}

static bool unknown(cf_vm *vm, const cf_t_code *code, const cf_t_op *op)
{
    return cf_t_raise(vm, "TemplateRuntimeError", "No %s named '%s' found.", op->b ? "test" : "filter",
                      code->names[op->a]->text);
}

#define FAIL_IF(condition)                                                                                             \
    if (condition) goto failed

/* Instructions that are rare or long; the machine's loop keeps the frequent ones. */
static bool run_rare(cf_vm *vm, cf_t_frame *f, const cf_t_op *op, cf_value **stack)
{
    cf_value *sp = *stack;
    const cf_t_code *code = f->code;
    switch (op->op) {
    case I_WRITE: return write_text(vm, *--*stack);
    case I_SLICE:
        *stack -= 3;
        return cf_t_slice(vm, sp[-4], sp[-3], sp[-2], sp[-1], &sp[-4]);
    case I_LIST:
    case I_TUPLE:
        *stack = sp - op->a + 1;
        return do_list(vm, sp - op->a, op->a, op->op == I_LIST ? CF_SEQUENCE : CF_TUPLE, sp - op->a);
    case I_DICT:
        *stack = sp - 2 * op->a + 1;
        return do_dict(vm, sp - 2 * op->a, op->a, sp - 2 * op->a);
    case I_CONCAT:
        *stack = sp - op->a + 1;
        return do_concat(vm, sp - op->a, op->a, op->b, sp - op->a);
    case I_MARKUP:
        if (op->b == 2 && !f->context->autoescape) return true;
        if (sp[-1].kind == CF_TEXT) sp[-1].kind = CF_MARKUP;
        else if (!cf_value_is_text(sp[-1]) && (!cf_t_str(vm, sp[-1], &sp[-1]))) return false;
        sp[-1].kind = CF_MARKUP;
        return true;
    case I_UNPACK:
        *stack = sp + op->a - 1;
        return do_unpack(vm, sp[-1], op->a, sp - 1);
    case I_APPEND:
        *stack = sp - 1;
        return cf_t_list_add(vm, sp[-2].as.list, sp[-1]);
    case I_CAPTURE: return cf_t_capture(vm);
    case I_CAPTURED:
        if (!cf_t_captured(vm, sp)) return false;
        if (op->b == 1 || (op->b == 2 && f->context->autoescape)) sp->kind = CF_MARKUP;
        *stack = sp + 1;
        return true;
    case I_CAPTURE_DROP: cf_t_capture_drop(vm); return true;
    case I_MACRO:
        *stack = sp + 1;
        return cf_t_macro_new(vm, code->codes[op->a], f, sp);
    case I_MISSING_ARG: return missing_argument(vm, f, op);
    case I_BLOCK: return cf_t_do_block(vm, f, op);
    case I_SUPER: f->slots[op->c] = cf_t_super(vm, f, code->names[op->a]); return vm->error->code == CF_OK;
    case I_SELF: f->slots[op->c] = cf_t_self(vm, f); return vm->error->code == CF_OK;
    case I_EXTENDS:
        *stack = sp - 1;
        if (op->b == 2 || (op->b && f->parent_template))
            return cf_t_raise(vm, "TemplateRuntimeError", "extended multiple times");
        return cf_t_do_extends(vm, f, op, sp[-1]);
    case I_PARENT: return !f->parent_template || cf_t_render_template(vm, f->parent_template, f->context);
    case I_INCLUDE:
        *stack = sp - 1;
        return cf_t_do_include(vm, f, op, sp[-1]);
    case I_IMPORT: return cf_t_do_import(vm, f, op, sp[-1], &sp[-1]);
    case I_FROM: return cf_t_do_from(vm, f, op, sp[-1]);
    case I_AUTOESCAPE: {
        bool on;
        if (!cf_t_truth(vm, sp[-1], &on)) return false;
        sp[-1] = cf_value_bool(f->context->autoescape);
        f->context->autoescape = on;
        return true;
    }
    case I_AUTOESCAPE_BACK:
        *stack = sp - 1;
        f->context->autoescape = sp[-1].as.boolean;
        return true;
    case I_SET_ATTR:
        *stack = sp - 2;
        return do_set_attr(vm, sp[-1], code->names[op->a], sp[-2]);
    case I_RECURSE:
        *stack = sp - 1;
        return do_recurse(vm, f, op, sp[-1]);
    case I_NO_ELSE:
        *stack = sp + 1;
        *sp = cf_t_undefined_no_else(vm, op->a);
        return true;
    case I_UNKNOWN: return unknown(vm, code, op);
    case I_TRANS:
        *stack = sp - op->c;
        return cf_t_do_trans(vm, f, op, sp - op->c);
    case I_EXPORT: return export_variable(vm, f, op);
    default: return cf_t_raise(vm, "RuntimeError", "unknown instruction %d", op->op);
    }
}

static bool located(cf_vm *vm, const cf_t_code *code, const cf_t_op *op)
{
    if (vm->error->code == CF_OK) cf_t_raise(vm, "RuntimeError", "a function failed without saying why");
    if (!vm->error->line) {
        vm->error->line = code->lines[op - code->ops];
        vm->error->file = code->template->name;
    }
    return false;
}

static bool run(cf_vm *vm, cf_t_frame *f)
{
    const cf_t_code *code = f->code;
    const cf_t_op *ops = code->ops, *op = ops;
    cf_value *slots = f->slots, *sp = slots + code->slot_count;
    const cf_value *consts = code->consts;
    bool truth = false;
    for (;; op++) {
        switch (op->op) {
        case I_TEXT: cf_buffer_add(vm->out, consts[op->a].as.text, consts[op->a].size); break;
        case I_OUT: FAIL_IF(!write_value(vm, *--sp, op->b)); break;
        case I_OUT_ATTR: FAIL_IF(!out_attr(vm, code, op, *--sp)); break;
        case I_CONST: *sp++ = consts[op->a]; break;
        case I_LOAD: {
            cf_t_frame *from = outer(f, op->b);
            *sp = from->slots[op->a];
            if (cf_t_missing(*sp)) undefined_slot(vm, from, op->a, sp);
            sp++;
            break;
        }
        case I_LOAD_RAW: *sp++ = outer(f, op->b)->slots[op->a]; break;
        case I_STORE: slots[op->a] = *--sp; break;
        case I_RESOLVE:
            slots[op->c] = cf_t_context_get(vm, f->context, code->names[op->a]);
            FAIL_IF(!resolved(vm, code->names[op->a], &slots[op->c]));
            break;
        case I_CLEAR: slots[op->a] = cf_t_missing_value(); break;
        case I_ALIAS: slots[op->c] = outer(f, op->b)->slots[op->a]; break;
        case I_POP: sp--; break;
        case I_DUP:
            *sp = sp[-1];
            sp++;
            break;
        case I_ATTR: {
            const cf_t_name *name = code->names[op->c];
            FAIL_IF(!cf_t_getattr(vm, sp[-1], name->text, name->size, &sp[-1], &code->caches[op->a]));
            FAIL_IF(!resolved(vm, name, &sp[-1]));
            break;
        }
        case I_ITEM:
            sp--;
            FAIL_IF(!cf_t_getitem(vm, sp[-1], sp[0], &sp[-1]) || !resolved(vm, NULL, &sp[-1]));
            break;
        case I_CALL:
        case I_METHOD:
            sp -= op->a + op->c + (op->b & 1) + (op->b >> 1 & 1);
            FAIL_IF(!do_call(vm, f, op, sp - 1));
            op += 2;
            break;
        case I_FILTER:
        case I_TEST:
            sp -= op->a + op->c + (op->b & 1) + (op->b >> 1 & 1) - 1;
            FAIL_IF(!do_filter(vm, f, op, sp - 1));
            op += 2;
            break;
        case I_BINARY:
            sp--;
            FAIL_IF(!cf_t_binary(vm, op->b, sp[-1], sp[0], &sp[-1]));
            break;
        case I_UNARY: FAIL_IF(!cf_t_unary(vm, op->b, sp[-1], &sp[-1])); break;
        case I_NOT:
            FAIL_IF(!cf_t_truth(vm, sp[-1], &truth));
            sp[-1] = cf_value_bool(!truth);
            break;
        case I_COMPARE:
            sp--;
            FAIL_IF(!cf_t_compare(vm, op->b, sp[-1], sp[0], &truth));
            sp[-1] = cf_value_bool(truth);
            break;
        case I_COMPARE_JUMP:
            sp--;
            FAIL_IF(!cf_t_compare(vm, op->b, sp[-1], sp[0], &truth));
            sp[-1] = truth ? sp[0] : cf_value_bool(false);
            if (!truth) op = ops + op->a - 1;
            break;
        case I_JUMP: op = ops + op->a - 1; break;
        case I_JUMP_FALSE:
            sp--;
            FAIL_IF(!cf_t_truth(vm, *sp, &truth));
            if (!truth) op = ops + op->a - 1;
            break;
        case I_JUMP_FALSE_KEEP:
        case I_JUMP_TRUE_KEEP:
            FAIL_IF(!cf_t_truth(vm, sp[-1], &truth));
            if (truth == (op->op == I_JUMP_TRUE_KEEP)) op = ops + op->a - 1;
            else sp--;
            break;
        case I_ITER: FAIL_IF(!do_iter(vm, f, op, *--sp)); break;
        case I_NEXT:
        case I_NEXT_STORE: {
            cf_answer answer = next_item(vm, &f->iterators[op->b], op->op == I_NEXT ? sp : &slots[op->c]);
            FAIL_IF(answer == CF_FAILED);
            if (answer == CF_NO) op = ops + op->a - 1;
            else sp += op->op == I_NEXT;
            break;
        }
        case I_DEFAULT:
            if (!cf_t_missing(slots[op->c])) op = ops + op->a - 1;
            break;
        case I_JUMP_CHILD:
            if (f->parent_template) op = ops + op->a - 1;
            break;
        case I_NAMES: break;
        case I_RETURN: return !vm->out->failed || located(vm, code, output_failed(vm) ? op : op);
        default: FAIL_IF(!run_rare(vm, f, op, &sp));
        }
    }
failed:
    return located(vm, code, op);
}

bool cf_t_run(cf_vm *vm, cf_t_frame *f)
{
    if (vm->depth == 0) return raise_limit(vm, "RecursionError", "maximum recursion depth exceeded");
    cf_t_context *context = vm->context;
    vm->context = f->context;
    vm->depth--;
    bool ok = run(vm, f);
    vm->depth++;
    vm->context = context;
    return ok;
}
