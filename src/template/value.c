/* Values as Python shows them: truth, str(), repr(), escaping. */
#include <stdio.h>

#include "template/machine.h"

/* How deep lists may nest when they are printed or compared. */
enum { MAX_NESTING = 100 };

static bool enter(cf_vm *vm)
{
    if (!vm) return true;
    if (vm->recursion >= MAX_NESTING) return cf_t_raise(vm, "RecursionError", "values are nested too deeply");
    vm->recursion++;
    return true;
}

static void leave(cf_vm *vm)
{
    if (vm) vm->recursion--;
}

/* ---- making values -------------------------------------------------------------------------- */

bool cf_t_new_text(cf_vm *vm, const char *text, size_t size, cf_value *out)
{
    if (size > UINT32_MAX) return cf_t_no_memory(vm);
    const char *copy = cf_arena_text(vm->arena, text, size);
    if (!copy) return cf_t_no_memory(vm);
    *out = cf_value_text_n(copy, size);
    return true;
}

bool cf_t_new_markup(cf_vm *vm, const char *text, size_t size, cf_value *out)
{
    if (!cf_t_new_text(vm, text, size, out)) return false;
    out->kind = CF_MARKUP;
    return true;
}

cf_buffer cf_t_buffer(cf_vm *vm)
{
    return (cf_buffer){.limit = cf_t_options(vm->env)->output_limit};
}

bool cf_t_take(cf_vm *vm, cf_buffer *b, bool markup, cf_value *out)
{
    bool ok = b->failed ? cf_t_no_memory(vm) : cf_t_new_text(vm, b->data ? b->data : "", b->size, out);
    if (ok && markup) out->kind = CF_MARKUP;
    cf_buffer_free(b);
    return ok;
}

cf_list *cf_t_list_new(cf_vm *vm, size_t capacity)
{
    cf_list *l = cf_list_new(vm->arena, capacity);
    if (!l) cf_t_no_memory(vm);
    return l;
}

bool cf_t_list_add(cf_vm *vm, cf_list *list, cf_value v)
{
    return cf_list_add(list, v) || cf_t_no_memory(vm);
}

bool cf_t_list_value(cf_vm *vm, cf_list *list, cf_value *out)
{
    (void)vm;
    *out = cf_value_list(list);
    return true;
}

bool cf_t_pair(cf_vm *vm, cf_value a, cf_value b, cf_value *out)
{
    cf_list *l = cf_t_list_new(vm, 2);
    if (!l) return false;
    l->items[0] = a;
    l->items[1] = b;
    l->count = 2;
    *out = cf_value_list(l);
    out->kind = CF_TUPLE;
    return true;
}

bool cf_t_hashable(cf_vm *vm, cf_value v)
{
    if (v.kind == CF_SEQUENCE || v.kind == CF_MAPPING)
        return cf_t_raise(vm, "TypeError", "unhashable type: '%s'", cf_t_type_name(v));
    if (v.kind == CF_UNDEFINED && cf_t_undefined_kind_of(vm, v) == CF_UNDEFINED_STRICT)
        return cf_t_undefined_fail(vm, v);
    for (size_t i = 0; v.kind == CF_TUPLE && i < v.as.list->count; i++) {
        if (!enter(vm)) return false;
        bool ok = cf_t_hashable(vm, v.as.list->items[i]);
        leave(vm);
        if (!ok) return false;
    }
    return true;
}

bool cf_t_dict_set(cf_vm *vm, cf_dict *dict, cf_value key, cf_value value)
{
    return cf_t_hashable(vm, key) && (cf_dict_set(dict, key, value) || cf_t_no_memory(vm));
}

const char *cf_t_type_name(cf_value v)
{
    static const char *const names[] = {
        [CF_UNDEFINED] = "Undefined", [CF_NULL] = "NoneType", [CF_BOOL] = "bool",         [CF_INT] = "int",
        [CF_FLOAT] = "float",         [CF_TEXT] = "str",      [CF_MARKUP] = "Markup",     [CF_BYTES] = "bytes",
        [CF_DATE] = "date",           [CF_TIME] = "time",     [CF_DATETIME] = "datetime", [CF_INTERVAL] = "timedelta",
        [CF_DECIMAL] = "Decimal",     [CF_UUID] = "UUID",     [CF_JSON] = "json",         [CF_SEQUENCE] = "list",
        [CF_TUPLE] = "tuple",         [CF_MAPPING] = "dict"};
    static const char *const views[] = {"dict_keys", "dict_values", "dict_items"};
    if (v.kind != CF_OBJECT) return v.kind < CF_OBJECT ? names[v.kind] : "object";
    if (v.as.object->cls == &cf_t_view_class) return views[((cf_t_view *)v.as.object)->what];
    return v.as.object->cls->name;
}

bool cf_t_has_html(cf_value v)
{
    return v.kind == CF_MARKUP || (v.kind == CF_OBJECT && v.as.object->cls->html);
}

bool cf_t_resolve_value(cf_vm *vm, const cf_t_name *name, cf_value *v)
{
    cf_value real = cf_value_pointer(vm->request_arena, v->as.pointer);
    if (real.kind == CF_UNDEFINED) real = cf_value_pointer(vm->arena, v->as.pointer);
    if (real.kind == CF_UNDEFINED)
        return cf_t_raise(vm, "TypeError",
                          "%s%s%s is a pointer to a structure that did not come from this request's arena; "
                          "only rows, lists and forms of the library can be passed",
                          name ? "the variable '" : "a value", name ? name->text : "", name ? "'" : "");
    *v = real;
    return true;
}

/* ---- truth ---------------------------------------------------------------------------------- */

static bool object_truth(cf_vm *vm, cf_value v, bool *out)
{
    const cf_class *cls = v.as.object->cls;
    cf_call         call = cf_t_call_of(vm, NULL, 0);
    if (cls->truth) {
        cf_answer answer = cls->truth(&call, v.as.object);
        *out = answer == CF_YES;
        return answer != CF_FAILED;
    }
    if (cls->length) {
        size_t n = cls->length(&call, v.as.object);
        *out = n != 0;
        return n != SIZE_MAX || vm->error->code == CF_OK;
    }
    *out = true;
    return true;
}

bool cf_t_truth(cf_vm *vm, cf_value v, bool *out)
{
    switch (v.kind) {
    case CF_UNDEFINED:
        if (vm && v.as.pointer && cf_t_undefined_kind_of(vm, v) == CF_UNDEFINED_STRICT)
            return cf_t_undefined_fail(vm, v);
        *out = false;
        return true;
    case CF_NULL: *out = false; return true;
    case CF_BOOL: *out = v.as.boolean; return true;
    case CF_INT: *out = v.as.integer != 0; return true;
    case CF_FLOAT: *out = v.as.number != 0; return true;
    case CF_TEXT:
    case CF_MARKUP:
    case CF_BYTES: *out = v.size != 0; return true;
    case CF_SEQUENCE:
    case CF_TUPLE: *out = v.as.list->count != 0; return true;
    case CF_MAPPING: *out = v.as.dict->count != 0; return true;
    case CF_INTERVAL: *out = v.as.interval.usec != 0; return true;
    case CF_DECIMAL: *out = v.as.decimal->high || v.as.decimal->low; return true;
    case CF_JSON: {
        cf_value real;
        return cf_t_json_value(vm, v, &real) && cf_t_truth(vm, real, out);
    }
    case CF_OBJECT: return object_truth(vm, v, out);
    default: *out = true; return true;
    }
}

/* ---- repr ----------------------------------------------------------------------------------- */

void cf_t_repr_text(const char *text, size_t size, cf_buffer *out)
{
    bool single = size && memchr(text, '\'', size), twice = size && memchr(text, '"', size);
    char quote = single && !twice ? '"' : '\'';
    cf_buffer_char(out, quote);
    for (size_t at = 0; at < size;) {
        size_t   from = at;
        uint32_t c = cf_utf8_next(text, size, &at);
        if (c == (uint32_t)quote || c == '\\') {
            cf_buffer_char(out, '\\');
            cf_buffer_char(out, (char)c);
        } else if (c == '\n') cf_buffer_text(out, "\\n");
        else if (c == '\r') cf_buffer_text(out, "\\r");
        else if (c == '\t') cf_buffer_text(out, "\\t");
        else if (c >= 0x20 && c < 0x7f) cf_buffer_char(out, (char)c);
        else if (c < 0x80 || (c < 0x100 && !cf_t_is_printable(c))) cf_buffer_printf(out, "\\x%02x", c);
        else if (cf_t_is_printable(c)) cf_buffer_add(out, text + from, at - from);
        else cf_buffer_printf(out, c > 0xffff ? "\\U%08x" : "\\u%04x", c);
    }
    cf_buffer_char(out, quote);
}

static void repr_bytes(cf_value v, cf_buffer *out)
{
    cf_buffer_text(out, "b'");
    for (uint32_t i = 0; i < v.size; i++) {
        unsigned char c = (unsigned char)v.as.text[i];
        if (c == '\'' || c == '\\') cf_buffer_printf(out, "\\%c", c);
        else if (c == '\n') cf_buffer_text(out, "\\n");
        else if (c == '\r') cf_buffer_text(out, "\\r");
        else if (c == '\t') cf_buffer_text(out, "\\t");
        else if (c < 0x20 || c >= 0x7f) cf_buffer_printf(out, "\\x%02x", c);
        else cf_buffer_char(out, (char)c);
    }
    cf_buffer_char(out, '\'');
}

static bool repr_list(cf_vm *vm, cf_value v, cf_buffer *out)
{
    const cf_list *l = v.as.list;
    cf_buffer_char(out, v.kind == CF_TUPLE ? '(' : '[');
    for (size_t i = 0; i < l->count; i++) {
        if (i) cf_buffer_add(out, ", ", 2);
        if (out->failed || !cf_t_step(vm, 1)) break;
        if (!cf_t_repr(vm, l->items[i], out)) return false;
    }
    if (v.kind == CF_TUPLE && l->count == 1) cf_buffer_char(out, ',');
    cf_buffer_char(out, v.kind == CF_TUPLE ? ')' : ']');
    return vm->error->code == CF_OK;
}

static bool repr_dict(cf_vm *vm, const cf_dict *d, cf_buffer *out)
{
    bool first = true;
    cf_buffer_char(out, '{');
    for (size_t i = 0; i < d->used; i++) {
        if (d->entries[i].removed) continue;
        if (!first) cf_buffer_add(out, ", ", 2);
        first = false;
        if (out->failed || !cf_t_step(vm, 1)) break;
        if (!cf_t_repr(vm, d->entries[i].key, out)) return false;
        cf_buffer_add(out, ": ", 2);
        if (!cf_t_repr(vm, d->entries[i].value, out)) return false;
    }
    cf_buffer_char(out, '}');
    return vm->error->code == CF_OK;
}

static bool repr_object(cf_vm *vm, cf_value v, cf_buffer *out)
{
    const cf_class *cls = v.as.object->cls;
    if (cls == &cf_t_big_class) return cf_t_big_print(vm, v, 10, false, out);
    cf_call call = cf_t_call_of(vm, NULL, 0);
    if (cls->repr) return cls->repr(&call, v.as.object, out);
    cf_buffer_printf(out, "<%s>", cls->name);
    return true;
}

static void repr_moment(cf_value v, cf_buffer *out)
{
    int64_t usec = v.kind == CF_DATE ? 0 : v.as.time.usec;
    int     year, month, day;
    int64_t days = v.kind == CF_DATE ? v.as.date.days : 0;
    if (v.kind == CF_DATETIME) {
        days = usec / 86400000000 - (usec % 86400000000 < 0);
        usec -= days * 86400000000;
    }
    cf_date_parts((cf_date){(int32_t)days}, &year, &month, &day);
    cf_buffer_printf(out, "datetime.%s(", cf_t_type_name(v));
    if (v.kind != CF_TIME) cf_buffer_printf(out, "%d, %d, %d", year, month, day);
    if (v.kind != CF_DATE) {
        int s = (int)(usec / 1000000), u = (int)(usec % 1000000);
        cf_buffer_printf(out, "%s%d, %d", v.kind == CF_TIME ? "" : ", ", s / 3600, s / 60 % 60);
        if (s % 60 || u) cf_buffer_printf(out, ", %d", s % 60);
        if (u) cf_buffer_printf(out, ", %d", u);
    }
    cf_buffer_char(out, ')');
}

static bool repr_value(cf_vm *vm, cf_value v, cf_buffer *out)
{
    switch (v.kind) {
    case CF_TEXT: cf_t_repr_text(v.as.text, v.size, out); return true;
    case CF_MARKUP:
        cf_buffer_text(out, "Markup(");
        cf_t_repr_text(v.as.text, v.size, out);
        cf_buffer_char(out, ')');
        return true;
    case CF_UNDEFINED: cf_buffer_text(out, "Undefined"); return true;
    case CF_SEQUENCE:
    case CF_TUPLE: return repr_list(vm, v, out);
    case CF_MAPPING: return repr_dict(vm, v.as.dict, out);
    case CF_OBJECT: return repr_object(vm, v, out);
    case CF_DATE:
    case CF_TIME:
    case CF_DATETIME: repr_moment(v, out); return true;
    case CF_DECIMAL:
        cf_buffer_text(out, "Decimal('");
        cf_t_print(vm, v, out);
        cf_buffer_text(out, "')");
        return true;
    case CF_UUID:
        cf_buffer_text(out, "UUID('");
        cf_t_print(vm, v, out);
        cf_buffer_text(out, "')");
        return true;
    default: return cf_t_print(vm, v, out);
    }
}

bool cf_t_repr(cf_vm *vm, cf_value v, cf_buffer *out)
{
    if (!enter(vm)) return false;
    bool ok = repr_value(vm, v, out);
    leave(vm);
    return ok;
}

/* ---- str ------------------------------------------------------------------------------------ */

static void print_interval(int64_t usec, cf_buffer *out)
{
    int64_t days = usec / 86400000000;
    usec %= 86400000000;
    if (usec < 0) {
        usec += 86400000000;
        days--;
    }
    if (days) cf_buffer_printf(out, "%lld day%s, ", (long long)days, days == 1 || days == -1 ? "" : "s");
    int s = (int)(usec / 1000000);
    cf_buffer_printf(out, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
    if (usec % 1000000) cf_buffer_printf(out, ".%06d", (int)(usec % 1000000));
}

static bool print_object(cf_vm *vm, cf_value v, cf_buffer *out)
{
    const cf_class *cls = v.as.object->cls;
    cf_call         call = cf_t_call_of(vm, NULL, 0);
    if (cls->print) return cls->print(&call, v.as.object, out);
    if (cls->html && cls != &cf_t_module_class) return cls->html(&call, v.as.object, out);
    return repr_object(vm, v, out);
}

static bool print_json(cf_vm *vm, cf_value v, cf_buffer *out)
{
    cf_value real;
    return cf_t_json_value(vm, v, &real) && cf_t_print(vm, real, out);
}

bool cf_t_print(cf_vm *vm, cf_value v, cf_buffer *out)
{
    char text[CF_DECIMAL_SIZE + 16];
    switch (v.kind) {
    case CF_TEXT:
    case CF_MARKUP: cf_buffer_add(out, v.as.text, v.size); return true;
    case CF_NULL: cf_buffer_add(out, "None", 4); return true;
    case CF_BOOL: cf_buffer_text(out, v.as.boolean ? "True" : "False"); return true;
    case CF_INT: cf_buffer_int(out, v.as.integer); return true;
    case CF_FLOAT: cf_buffer_double(out, v.as.number); return true;
    case CF_UNDEFINED:
        if (!v.as.pointer) return true;
        if (cf_t_undefined_kind_of(vm, v) == CF_UNDEFINED_STRICT) return cf_t_undefined_fail(vm, v);
        cf_t_undefined_print(vm, v, out);
        return true;
    case CF_BYTES: repr_bytes(v, out); return true;
    case CF_DATE: cf_buffer_add(out, text, cf_date_format(v.as.date, text)); return true;
    case CF_TIME: cf_buffer_add(out, text, cf_time_format(v.as.time, text)); return true;
    case CF_DATETIME: cf_buffer_add(out, text, cf_datetime_format(v.as.datetime, text)); return true;
    case CF_INTERVAL: print_interval(v.as.interval.usec, out); return true;
    case CF_DECIMAL: cf_buffer_add(out, text, cf_decimal_format(*v.as.decimal, text)); return true;
    case CF_UUID: cf_buffer_add(out, text, cf_uuid_format(*v.as.uuid, text)); return true;
    case CF_JSON: return print_json(vm, v, out);
    case CF_OBJECT: {
        if (!enter(vm)) return false;
        bool ok = print_object(vm, v, out);
        leave(vm);
        return ok;
    }
    default: return cf_t_repr(vm, v, out);
    }
}

bool cf_t_escape(cf_vm *vm, cf_value v, cf_buffer *out)
{
    switch (v.kind) {
    case CF_MARKUP: cf_buffer_add(out, v.as.text, v.size); return true;
    case CF_TEXT: cf_buffer_html(out, v.as.text, v.size); return true;
    case CF_NULL:
    case CF_BOOL:
    case CF_INT:
    case CF_FLOAT:
    case CF_DATE:
    case CF_TIME:
    case CF_DATETIME:
    case CF_INTERVAL:
    case CF_DECIMAL:
    case CF_UUID: return cf_t_print(vm, v, out);
    case CF_UNDEFINED:
        /* A chainable Undefined has __html__: what it prints counts as safe. */
        if (cf_t_undefined_kind_of(vm, v) == CF_UNDEFINED_CHAINABLE) return cf_t_print(vm, v, out);
        break;
    case CF_OBJECT:
        if (v.as.object->cls->html) {
            cf_call call = cf_t_call_of(vm, NULL, 0);
            if (!enter(vm)) return false;
            bool ok = v.as.object->cls->html(&call, v.as.object, out);
            leave(vm);
            return ok;
        }
        break;
    default: break;
    }
    cf_buffer plain = cf_t_buffer(vm);
    bool      ok = cf_t_print(vm, v, &plain);
    if (ok && plain.size) cf_buffer_html(out, plain.data, plain.size);
    if (ok && plain.failed) ok = cf_t_no_memory(vm);
    cf_buffer_free(&plain);
    return ok;
}

bool cf_t_str(cf_vm *vm, cf_value v, cf_value *out)
{
    if (cf_value_is_text(v)) {
        *out = v;
        return true;
    }
    cf_buffer b = cf_t_buffer(vm);
    if (cf_t_print(vm, v, &b)) return cf_t_take(vm, &b, false, out);
    cf_buffer_free(&b);
    return false;
}

bool cf_t_str_escaped(cf_vm *vm, cf_value v, cf_value *out)
{
    if (v.kind == CF_MARKUP) {
        *out = v;
        return true;
    }
    cf_buffer b = cf_t_buffer(vm);
    if (cf_t_escape(vm, v, &b)) return cf_t_take(vm, &b, true, out);
    cf_buffer_free(&b);
    return false;
}

bool cf_t_escape_like(cf_vm *vm, cf_value like, cf_value v, cf_value *out)
{
    if (like.kind == CF_MARKUP && v.kind == CF_TEXT) return cf_t_str_escaped(vm, v, out);
    *out = v;
    return true;
}

/* A text argument; what: the message of the TypeError. */
bool cf_t_text_of(cf_vm *vm, cf_value v, const char *what, cf_t_text *out)
{
    if (!cf_value_is_text(v)) {
        if (v.kind == CF_UNDEFINED) return cf_t_raise(vm, "TypeError", "%s must be str, not Undefined", what);
        return cf_t_raise(vm, "TypeError", "%s must be str, not %s", what, cf_t_type_name(v));
    }
    *out = (cf_t_text){v.as.text, v.size};
    return true;
}
