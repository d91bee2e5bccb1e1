/* Instructions, constants and functions of a template being compiled. */
#include "template/compiler.h"

#include <stdarg.h>

bool cf_t_fail(cf_t_compiler *c, const char *type, int line, const char *format, ...)
{
    if (c->error && c->error->code == CF_OK) {
        c->error->type = type;
        c->error->file = c->file;
        c->error->line = line;
        va_list arguments;
        va_start(arguments, format);
        cf_fail_v(c->error, CF_ERR_SYNTAX, format, arguments);
        va_end(arguments);
    }
    c->failed = true;
    return false;
}

void *cf_t_push(cf_t_compiler *c, cf_t_array *array, size_t size)
{
    if (array->count == array->capacity) {
        size_t capacity = array->capacity ? array->capacity * 2 : 16;
        void  *items = cf_arena_array(c->work, capacity, size);
        if (!items) {
            c->failed = true;
            return NULL;
        }
        if (array->count) memcpy(items, array->items, array->count * size);
        array->items = items;
        array->capacity = capacity;
    }
    return (char *)array->items + size * array->count++;
}

/* How many values an instruction adds to the stack. */
static int effect(cf_t_opcode op, int a, int b, int c)
{
    switch (op) {
    case I_CONST:
    case I_LOAD:
    case I_CAPTURED:
    case I_MACRO:
    case I_NO_ELSE:
    case I_UNKNOWN:
    case I_NEXT: return 1;
    case I_OUT:
    case I_OUT_ATTR:
    case I_WRITE:
    case I_STORE:
    case I_POP:
    case I_ITEM:
    case I_BINARY:
    case I_COMPARE:
    case I_COMPARE_JUMP:
    case I_JUMP_FALSE:
    case I_JUMP_FALSE_KEEP:
    case I_JUMP_TRUE_KEEP:
    case I_ITER:
    case I_APPEND:
    case I_EXTENDS:
    case I_INCLUDE:
    case I_AUTOESCAPE_BACK:
    case I_RECURSE: return -1;
    case I_SET_ATTR: return -2;
    case I_SLICE: return -3;
    case I_CALL:
    case I_METHOD: return -(a + c + (b & 1) + (b >> 1 & 1));
    case I_FILTER:
    case I_TEST: return 1 - (a + c + (b & 1) + (b >> 1 & 1));
    case I_LIST:
    case I_TUPLE:
    case I_CONCAT: return 1 - a;
    case I_DICT: return 1 - 2 * a;
    case I_UNPACK: return a - 1;
    case I_TRANS: return -c;
    default: return 0;
    }
}

size_t cf_t_emit(cf_t_builder *b, cf_t_opcode op, int a, int bb, int c)
{
    cf_t_op *o = cf_t_push(b->c, &b->ops, sizeof *o);
    int     *line = cf_t_push(b->c, &b->lines, sizeof *line);
    if (!o || !line) return 0;
    if (c > UINT16_MAX || bb > UINT8_MAX) cf_t_fail(b->c, "TemplateSyntaxError", b->line, "the template is too large");
    *o = (cf_t_op){(uint8_t)op, (uint8_t)bb, (uint16_t)c, a};
    *line = b->line;
    b->depth += effect(op, a, bb, c);
    if (b->depth > b->max_depth) b->max_depth = b->depth;
    if (b->max_depth > 30000) cf_t_fail(b->c, "TemplateSyntaxError", b->line, "an expression is too large");
    return b->ops.count - 1;
}

size_t cf_t_here(const cf_t_builder *b)
{
    return b->ops.count;
}

void cf_t_patch(cf_t_builder *b, size_t at)
{
    if (at < b->ops.count) ((cf_t_op *)b->ops.items)[at].a = (int32_t)b->ops.count;
}

/* Constants outlive the tree: texts and lists are copied into the template. */
static bool keep(cf_t_compiler *c, cf_value *v)
{
    if (v->kind == CF_TEXT || v->kind == CF_MARKUP) {
        v->as.text = cf_arena_text(c->arena, v->as.text, v->size);
        return v->as.text != NULL;
    }
    if (v->kind == CF_TUPLE) {
        cf_list *list = cf_list_new(c->arena, v->as.list->count);
        if (!list) return false;
        for (size_t i = 0; i < v->as.list->count; i++) {
            cf_value item = v->as.list->items[i];
            if (!keep(c, &item) || !cf_list_add(list, item)) return false;
        }
        v->as.list = list;
    }
    if (v->kind == CF_OBJECT) return cf_t_big_copy(c->arena, *v, v);
    return true;
}

int cf_t_add_const(cf_t_compiler *c, cf_value v)
{
    cf_value *slot = cf_t_push(c, &c->consts, sizeof *slot);
    if (!slot) return 0;
    if (!keep(c, &v)) c->failed = true;
    *slot = v;
    return (int)c->consts.count - 1;
}

int cf_t_add_name(cf_t_compiler *c, const cf_t_name *name)
{
    const cf_t_name **names = c->names.items;
    size_t            from = c->names.count > 64 ? c->names.count - 64 : 0;
    for (size_t i = from; i < c->names.count; i++)
        if (names[i] == name) return (int)i;
    const cf_t_name **slot = cf_t_push(c, &c->names, sizeof *slot);
    if (slot) *slot = name;
    return (int)c->names.count - 1;
}

cf_t_builder *cf_t_builder_new(cf_t_compiler *c, cf_t_builder *parent, int kind)
{
    cf_t_builder     *b = cf_arena_alloc(c->work, sizeof *b);
    cf_t_code        *code = cf_arena_alloc(c->arena, sizeof *code);
    const cf_t_code **slot = cf_t_push(c, &c->codes, sizeof *slot);
    if (!b || !code || !slot) {
        c->failed = true;
        return NULL;
    }
    *slot = code;
    code->kind = kind;
    code->template = c->template;
    code->varargs_slot = code->kwargs_slot = code->caller_slot = -1;
    b->c = c;
    b->parent = parent;
    b->code = code;
    b->line = 1;
    return b;
}

static void *move(cf_t_compiler *c, const cf_t_array *array, size_t size)
{
    void *items = cf_arena_array(c->arena, array->count + 1, size);
    if (!items) c->failed = true;
    else if (array->count) memcpy(items, array->items, array->count * size);
    return items;
}

/* The slots' names, and what reading an unset one gives. */
static void name_slots(cf_t_builder *b)
{
    cf_t_compiler    *c = b->c;
    size_t            n = b->slots.count;
    const cf_t_slot  *slots = b->slots.items;
    const cf_t_name **names = cf_arena_array(c->arena, n + 1, sizeof *names);
    cf_t_undefined   *undefined = cf_arena_array(c->arena, n + 1, sizeof *undefined);
    if (!names || !undefined) {
        c->failed = true;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        names[i] = slots[i].name;
        if (slots[i].name) undefined[i].name = (cf_t_text){slots[i].name->text, slots[i].name->size};
    }
    b->code->slot_names = names;
    b->code->slot_undefined = undefined;
}

cf_t_code *cf_t_builder_done(cf_t_builder *b)
{
    cf_t_code *code = b->code;
    cf_t_emit(b, I_RETURN, 0, 0, 0);
    code->ops = move(b->c, &b->ops, sizeof(cf_t_op));
    code->lines = move(b->c, &b->lines, sizeof(int));
    code->op_count = b->ops.count;
    code->slot_count = (uint16_t)b->slots.count;
    code->stack_size = (uint16_t)(b->max_depth + 4);
    code->iterator_count = (uint16_t)b->iterators;
    name_slots(b);
    return code;
}

int cf_t_hops(const cf_t_builder *b, const cf_t_builder *owner)
{
    int hops = 0;
    for (; b && b != owner; b = b->parent) hops++;
    return hops;
}

/* Fills the slots of a scope that is entered. */
void cf_t_enter_scope(cf_t_builder *b, const cf_t_symbols *s)
{
    for (size_t i = 0; i < s->count; i++) {
        const cf_t_ref *r = &s->refs[i];
        if (r->owner != b) continue;
        switch (r->load) {
        case LOAD_RESOLVE: cf_t_emit(b, I_RESOLVE, cf_t_add_name(b->c, r->name), 0, r->slot); break;
        case LOAD_ALIAS: cf_t_emit(b, I_ALIAS, r->alias_slot, cf_t_hops(b, r->alias_owner), r->slot); break;
        case LOAD_UNDEFINED: cf_t_emit(b, I_CLEAR, r->slot, 0, 0); break;
        default: break;
        }
    }
}

cf_t_scope cf_t_inner(cf_t_builder *b, const cf_t_scope *s)
{
    cf_t_scope inner = {.symbols = cf_t_symbols_new(b->c, s->symbols, b), .output_check = s->output_check};
    return inner;
}
