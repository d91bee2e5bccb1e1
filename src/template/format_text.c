/* "%s" % value and "{}".format(value). */
#include <stdio.h>

#include "template/engine.h"
#include "template/format.h"

/* ---- percent -------------------------------------------------------------------------------- */

typedef struct percent {
    cf_vm          *vm;
    cf_buffer       out;
    bool            markup;
    cf_value        arguments;
    const cf_value *items;
    size_t          count, at;
    bool            map; /* keys may be used, left-over arguments are no error */
    /* of the present directive */
    bool    left, plus, blank, alternate, zero;
    int64_t width;
    int     precision;
} percent;

static bool next_argument(percent *p, cf_value *out)
{
    if (p->at >= p->count) return cf_t_raise(p->vm, "TypeError", "not enough arguments for format string");
    *out = p->items[p->at++];
    return true;
}

static bool read_number(percent *p, const char *s, size_t size, size_t *i, int64_t *out)
{
    *out = 0;
    if (*i < size && s[*i] == '*') {
        cf_value v;
        (*i)++;
        if (!next_argument(p, &v)) return false;
        if (!cf_t_is_int(v)) return cf_t_raise(p->vm, "TypeError", "* wants int");
        return cf_t_arg_int(p->vm, v, out);
    }
    while (*i < size && s[*i] >= '0' && s[*i] <= '9') {
        *out = *out * 10 + (s[(*i)++] - '0');
        if (*out > INT32_MAX) return cf_t_raise(p->vm, "ValueError", "width too big");
    }
    return true;
}

static bool read_key(percent *p, const char *s, size_t size, size_t *i, cf_value *out)
{
    size_t from = ++*i, depth = 1;
    for (; *i < size && depth; (*i)++) depth += s[*i] == '(' ? 1 : s[*i] == ')' ? (size_t)-1 : 0;
    if (depth) return cf_t_raise(p->vm, "ValueError", "incomplete format key");
    cf_value key = cf_value_text_n(s + from, *i - from - 1);
    if (!p->map) return cf_t_raise(p->vm, "TypeError", "format requires a mapping");
    if (p->arguments.kind == CF_UNDEFINED) return cf_t_undefined_fail(p->vm, p->arguments);
    cf_answer answer = cf_t_item(p->vm, p->arguments, key, out);
    if (answer == CF_NO && p->arguments.kind != CF_MAPPING)
        return cf_t_raise(p->vm, "TypeError", "list indices must be integers or slices, not str");
    if (answer == CF_NO) return cf_t_raise(p->vm, "KeyError", "'%.*s'", (int)key.size, key.as.text);
    return answer == CF_YES;
}

/* A padded piece; `prefix` (sign, 0x) stands before zeros. */
static bool put(percent *p, const char *prefix, const char *text, size_t size, bool number)
{
    int64_t n = (int64_t)strlen(prefix) + (int64_t)cf_utf8_length(text, size), room = p->width > n ? p->width - n : 0;
    if ((uint64_t)room > cf_t_options(p->vm->env)->output_limit) return cf_t_no_memory(p->vm);
    if (!cf_t_step(p->vm, (uint64_t)room / 16 + 1)) return false;
    bool zeros = number && p->zero && !p->left;
    for (int64_t i = 0; !p->left && !zeros && i < room; i++) cf_buffer_char(&p->out, ' ');
    cf_buffer_text(&p->out, prefix);
    for (int64_t i = 0; zeros && i < room; i++) cf_buffer_char(&p->out, '0');
    cf_buffer_add(&p->out, text, size);
    for (int64_t i = 0; p->left && i < room; i++) cf_buffer_char(&p->out, ' ');
    return true;
}

/* Characters beyond ASCII as escapes. */
static bool ascii(cf_vm *vm, cf_value text, cf_value *out)
{
    cf_buffer b = cf_t_buffer(vm);
    for (size_t at = 0; at < text.size;) {
        uint32_t c = cf_utf8_next(text.as.text, text.size, &at);
        if (c < 0x80) cf_buffer_char(&b, (char)c);
        else cf_buffer_printf(&b, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
    }
    return cf_t_take(vm, &b, false, out);
}

static bool put_text(percent *p, cf_value v, char type)
{
    cf_buffer b = cf_t_buffer(p->vm);
    bool ok = type == 's' ? p->markup ? cf_t_escape(p->vm, v, &b) : cf_t_print(p->vm, v, &b) : cf_t_repr(p->vm, v, &b);
    cf_value text = cf_value_text("");
    ok = ok && cf_t_take(p->vm, &b, false, &text);
    if (!ok) {
        cf_buffer_free(&b);
        return false;
    }
    if (type == 'a' && !ascii(p->vm, text, &text)) return false;
    if (p->markup && type != 's' && !cf_t_str_escaped(p->vm, text, &text)) return false;
    size_t bytes = p->precision >= 0 ? cf_utf8_offset(text.as.text, text.size, (size_t)p->precision) : text.size;
    return put(p, "", text.as.text, bytes, false);
}

static const char *sign_of(const percent *p, bool negative)
{
    return negative ? "-" : p->plus ? "+" : p->blank ? " " : "";
}

static bool put_int(percent *p, cf_value v, char type)
{
    if (v.kind == CF_UNDEFINED && type == 'd') return cf_t_undefined_fail(p->vm, v);
    if (type != 'd' && !cf_t_is_int(v))
        return cf_t_raise(p->vm, "TypeError", "%%%c format: an integer is required, not %s", type, cf_t_type_name(v));
    if (v.kind == CF_FLOAT) {
        double x = v.as.number;
        if (isnan(x)) return cf_t_raise(p->vm, "ValueError", "cannot convert float NaN to integer");
        if (isinf(x)) return cf_t_raise(p->vm, "OverflowError", "cannot convert float infinity to integer");
        if (!cf_t_big_from_double(p->vm, trunc(x), &v)) return false;
    }
    if (!cf_t_is_int(v))
        return cf_t_raise(p->vm, "TypeError", "%%%c format: a real number is required, not %s", type,
                          cf_t_type_name(v));
    int       base = type == 'o' ? 8 : type == 'x' || type == 'X' ? 16 : 10;
    cf_buffer b = {0};
    if (!cf_t_big_print(p->vm, v, base, type == 'X', &b)) return false;
    bool negative = b.data && b.data[0] == '-', ok = !b.failed;
    char prefix[8];
    snprintf(prefix, sizeof prefix, "%s%s", sign_of(p, negative),
             !p->alternate || base == 10 ? ""
             : base == 8                 ? "0o"
             : type == 'x'               ? "0x"
                                         : "0X");
    if (p->precision > 100000) ok = cf_t_raise(p->vm, "ValueError", "precision too large");
    if (ok) {
        cf_buffer digits = {0};
        for (int64_t i = (int64_t)(b.size - negative); i < p->precision; i++) cf_buffer_char(&digits, '0');
        cf_buffer_add(&digits, b.data + negative, b.size - negative);
        ok = !digits.failed && put(p, prefix, digits.data, digits.size, true);
        cf_buffer_free(&digits);
    }
    cf_buffer_free(&b);
    return ok || cf_t_no_memory(p->vm);
}

static bool put_float(percent *p, cf_value v, char type)
{
    double x;
    if (v.kind == CF_UNDEFINED) return cf_t_undefined_fail(p->vm, v);
    if (v.kind == CF_DECIMAL && !cf_t_binary(p->vm, OP_MUL, v, cf_value_int(1), &v)) return false;
    if (!cf_t_is_number(v)) return cf_t_raise(p->vm, "TypeError", "must be real number, not %s", cf_t_type_name(v));
    if (!cf_t_to_double(p->vm, v, &x)) return false;
    if (p->precision > CF_T_LARGEST_PRECISION) return cf_t_raise(p->vm, "ValueError", "precision too large");
    cf_buffer b = {0};
    cf_t_float_text(x, type, p->precision, p->alternate, &b);
    bool ok = !b.failed && b.data && put(p, sign_of(p, signbit(x) && !isnan(x)), b.data, b.size, true);
    cf_buffer_free(&b);
    return ok || cf_t_no_memory(p->vm);
}

static bool put_character(percent *p, cf_value v)
{
    char text[4];
    if (cf_value_is_text(v)) {
        if (cf_utf8_length(v.as.text, v.size) != 1) return cf_t_raise(p->vm, "TypeError", "%%c requires int or char");
        return put(p, "", v.as.text, v.size, false);
    }
    if (!cf_t_is_int(v)) return cf_t_raise(p->vm, "TypeError", "%%c requires int or char");
    int64_t c;
    if (!cf_t_arg_int(p->vm, v, &c)) return false;
    if (c < 0 || c > 0x10ffff) return cf_t_raise(p->vm, "OverflowError", "%%c arg not in range(0x110000)");
    return put(p, "", text, cf_utf8_put((uint32_t)c, text), false);
}

static bool directive(percent *p, const char *s, size_t size, size_t *at)
{
    size_t   i = *at;
    cf_value v = cf_value_undefined();
    bool     keyed = false;
    p->left = p->plus = p->blank = p->alternate = p->zero = false;
    p->width = 0;
    p->precision = -1;
    if (i < size && s[i] == '(') {
        if (!read_key(p, s, size, &i, &v)) return false;
        keyed = true;
    }
    for (; i < size; i++) {
        if (s[i] == '-') p->left = true;
        else if (s[i] == '+') p->plus = true;
        else if (s[i] == ' ') p->blank = true;
        else if (s[i] == '#') p->alternate = true;
        else if (s[i] == '0') p->zero = true;
        else break;
    }
    if (!read_number(p, s, size, &i, &p->width)) return false;
    if (p->width < 0) {
        p->left = true;
        p->width = -p->width;
    }
    if (i < size && s[i] == '.') {
        int64_t precision;
        i++;
        if (!read_number(p, s, size, &i, &precision)) return false;
        p->precision = precision < 0 ? 0 : (int)(precision > INT32_MAX ? INT32_MAX : precision);
    }
    if (i < size && (s[i] == 'h' || s[i] == 'l' || s[i] == 'L')) i++;
    if (i >= size) return cf_t_raise(p->vm, "ValueError", "incomplete format");
    char type = s[i++];
    *at = i;
    if (type == '%') {
        cf_buffer_char(&p->out, '%');
        return true;
    }
    if (!keyed && !next_argument(p, &v)) return false;
    switch (type) {
    case 's':
    case 'r':
    case 'a': return put_text(p, v, type);
    case 'd':
    case 'i':
    case 'u': return put_int(p, v, 'd');
    case 'o':
    case 'x':
    case 'X': return put_int(p, v, type);
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G': return put_float(p, v, type);
    case 'c': return put_character(p, v);
    default:
        return cf_t_raise(p->vm, "ValueError", "unsupported format character '%c' (0x%x) at index %zu", type,
                          (unsigned char)type, cf_utf8_length(s, i - 1));
    }
}

bool cf_t_percent(cf_vm *vm, cf_value format, cf_value arguments, cf_value *out)
{
    percent p = {.vm = vm, .out = cf_t_buffer(vm), .markup = format.kind == CF_MARKUP, .arguments = arguments};
    bool    tuple = arguments.kind == CF_TUPLE;
    p.items = tuple ? arguments.as.list->items : &p.arguments;
    p.count = tuple ? arguments.as.list->count : 1;
    p.map = arguments.kind == CF_MAPPING || arguments.kind == CF_SEQUENCE || arguments.kind == CF_UNDEFINED ||
            CF_T_IS(arguments, cf_t_range_class);
    bool ok = true;
    for (size_t i = 0; i < format.size && ok;) {
        const char *percent_at = memchr(format.as.text + i, '%', format.size - i);
        size_t      n = percent_at ? (size_t)(percent_at - format.as.text) - i : format.size - i;
        cf_buffer_add(&p.out, format.as.text + i, n);
        i += n;
        if (!percent_at) break;
        i++;
        ok = directive(&p, format.as.text, format.size, &i);
    }
    if (ok && p.at < p.count && !p.map)
        ok = cf_t_raise(vm, "TypeError", "not all arguments converted during string formatting");
    if (ok) return cf_t_take(vm, &p.out, p.markup, out);
    cf_buffer_free(&p.out);
    return false;
}

/* ---- str.format ----------------------------------------------------------------------------- */

typedef struct braces {
    cf_vm         *vm;
    const cf_call *call;
    const cf_dict *map;
    bool           markup;
    int64_t        automatic; /* next number; -1: numbers are given */
    bool           started;
} braces;

static bool expand(braces *f, const char *s, size_t size, int depth, cf_buffer *out);

static bool first_value(braces *f, const char *name, size_t size, cf_value *out)
{
    int64_t index = 0;
    bool    number = true;
    for (size_t i = 0; i < size; i++) number = number && name[i] >= '0' && name[i] <= '9';
    if (number) {
        if (f->map) return cf_t_raise(f->vm, "ValueError", "Format string contains positional fields");
        bool automatic = size == 0;
        if (f->started && automatic != (f->automatic >= 0))
            return cf_t_raise(f->vm, "ValueError",
                              automatic ? "cannot switch from manual field specification to automatic field numbering"
                                        : "cannot switch from automatic field numbering to manual field specification");
        if (automatic) index = f->automatic++;
        else if (!cf_parse_int(name, size, &index))
            return cf_t_raise(f->vm, "ValueError", "Too many decimal digits in format string");
        if (!automatic) f->automatic = -1;
        f->started = true;
        if ((uint64_t)index >= f->call->argument_count)
            return cf_t_raise(f->vm, "IndexError", "Replacement index %lld out of range for positional args tuple",
                              (long long)index);
        *out = f->call->arguments[index];
        return true;
    }
    const cf_value *found = NULL;
    if (f->map) found = cf_dict_get_text(f->map, name, size);
    for (size_t i = 0; !f->map && i < f->call->named_count; i++)
        if (f->call->named[i].size == size && !memcmp(f->call->named[i].name, name, size))
            found = &f->call->named[i].value;
    if (!found) return cf_t_raise(f->vm, "KeyError", "'%.*s'", (int)size, name);
    *out = *found;
    return true;
}

static bool item_of(braces *f, cf_value v, const char *key, size_t size, cf_value *out)
{
    int64_t index;
    bool    number = size > 0;
    for (size_t i = 0; i < size; i++) number = number && key[i] >= '0' && key[i] <= '9';
    cf_value k = number && cf_parse_int(key, size, &index) ? cf_value_int(index) : cf_value_text_n(key, size);
    if (v.kind == CF_UNDEFINED) return cf_t_undefined_fail(f->vm, v);
    cf_answer answer = cf_t_item(f->vm, v, k, out);
    if (answer != CF_NO) return answer == CF_YES;
    if (v.kind == CF_MAPPING) return cf_t_raise(f->vm, "KeyError", number ? "%.*s" : "'%.*s'", (int)size, key);
    bool sequence = cf_value_is_text(v) || v.kind == CF_SEQUENCE || v.kind == CF_TUPLE;
    if (sequence && number) return cf_t_raise(f->vm, "IndexError", "%s index out of range", cf_t_type_name(v));
    return cf_t_raise(f->vm, "TypeError", "'%s' object is not subscriptable by '%.*s'", cf_t_type_name(v), (int)size,
                      key);
}

static bool follow(braces *f, const char *s, size_t size, cf_value *v)
{
    for (size_t i = 0; i < size;) {
        size_t from = i + 1;
        if (s[i] == '.') {
            for (i = from; i < size && s[i] != '.' && s[i] != '[';) i++;
            if (i == from) return cf_t_raise(f->vm, "ValueError", "Empty attribute in format string");
            if (v->kind == CF_UNDEFINED) return cf_t_undefined_fail(f->vm, *v);
            cf_answer answer = cf_t_attribute(f->vm, *v, s + from, i - from, v, NULL);
            if (answer == CF_NO)
                return cf_t_raise(f->vm, "AttributeError", "'%s' object has no attribute '%.*s'", cf_t_type_name(*v),
                                  (int)(i - from), s + from);
            if (answer == CF_FAILED) return false;
        } else if (s[i] == '[') {
            for (i = from; i < size && s[i] != ']';) i++;
            if (i == size) return cf_t_raise(f->vm, "ValueError", "Missing ']' in format string");
            if (i == from) return cf_t_raise(f->vm, "ValueError", "Empty attribute in format string");
            if (!item_of(f, *v, s + from, i - from, v)) return false;
            i++;
        } else {
            return cf_t_raise(f->vm, "ValueError", "Only '.' or '[' may follow ']' in format field specifier");
        }
    }
    return true;
}

/* The value as the specification says; safe HTML and escaping when the format is Markup. */
static bool put_field(braces *f, cf_value v, const char *s, size_t size, cf_buffer *out)
{
    if (!f->markup) return cf_t_format_spec(f->vm, v, s, size, out);
    if (cf_t_has_html(v)) {
        if (size) return cf_t_raise(f->vm, "ValueError", "Unsupported format specification for Markup.");
        return cf_t_escape(f->vm, v, out);
    }
    cf_buffer plain = cf_t_buffer(f->vm);
    bool      ok = cf_t_format_spec(f->vm, v, s, size, &plain);
    if (ok && plain.failed) ok = cf_t_no_memory(f->vm);
    if (ok && plain.size) cf_buffer_html(out, plain.data, plain.size);
    cf_buffer_free(&plain);
    return ok;
}

static bool convert(braces *f, char how, cf_value *v)
{
    cf_buffer b = cf_t_buffer(f->vm);
    if (how == 's') {
        cf_buffer_free(&b);
        if (v->kind == CF_MARKUP) return true;
        return cf_t_str(f->vm, *v, v);
    }
    if (how != 'r' && how != 'a') return cf_t_raise(f->vm, "ValueError", "Unknown conversion specifier '%c'", how);
    if (cf_t_repr(f->vm, *v, &b)) return cf_t_take(f->vm, &b, false, v) && (how == 'r' || ascii(f->vm, *v, v));
    cf_buffer_free(&b);
    return false;
}

/* A field between braces: name, !conversion, :specification. */
static bool field(braces *f, const char *s, size_t size, int depth, cf_buffer *out)
{
    size_t name = 0, bracket = 0;
    while (name < size && (bracket || (s[name] != '!' && s[name] != ':'))) {
        if (s[name] == '[') bracket = 1;
        else if (s[name] == ']') bracket = 0;
        else if (s[name] == '{') return cf_t_raise(f->vm, "ValueError", "unexpected '{' in field name");
        name++;
    }
    size_t first = 0, at = name;
    while (first < name && s[first] != '.' && s[first] != '[') first++;
    char conversion = 0;
    if (at < size && s[at] == '!') {
        if (at + 1 >= size)
            return cf_t_raise(f->vm, "ValueError", "end of string while looking for conversion specifier");
        conversion = s[at + 1];
        at += 2;
        if (at < size && s[at] != ':')
            return cf_t_raise(f->vm, "ValueError", "expected ':' after conversion specifier");
    }
    cf_value v;
    if (!first_value(f, s, first, &v) || !follow(f, s + first, name - first, &v)) return false;
    if (conversion && !convert(f, conversion, &v)) return false;
    cf_buffer specification = cf_t_buffer(f->vm);
    bool      ok = true;
    if (at < size) ok = expand(f, s + at + 1, size - at - 1, depth + 1, &specification);
    if (specification.failed) ok = cf_t_no_memory(f->vm);
    ok = ok && put_field(f, v, specification.data ? specification.data : "", specification.size, out);
    cf_buffer_free(&specification);
    return ok;
}

static bool expand(braces *f, const char *s, size_t size, int depth, cf_buffer *out)
{
    if (depth > 2) return cf_t_raise(f->vm, "ValueError", "Max string recursion exceeded");
    for (size_t i = 0; i < size;) {
        if (s[i] != '{' && s[i] != '}') {
            cf_buffer_char(out, s[i++]);
            continue;
        }
        if (depth == 1 && i + 1 < size && s[i + 1] == s[i]) {
            cf_buffer_char(out, s[i]);
            i += 2;
            continue;
        }
        if (s[i] == '}') return cf_t_raise(f->vm, "ValueError", "Single '}' encountered in format string");
        size_t from = ++i, open = 1;
        if (i >= size) return cf_t_raise(f->vm, "ValueError", "Single '{' encountered in format string");
        for (; i < size; i++) {
            if (s[i] == '{') open++;
            else if (s[i] == '}' && --open == 0) break;
        }
        if (open) return cf_t_raise(f->vm, "ValueError", "expected '}' before end of string");
        if (!cf_t_step(f->vm, 1) || !field(f, s + from, i - from, depth, out)) return false;
        i++;
    }
    return true;
}

bool cf_t_format(cf_vm *vm, cf_value format, const cf_call *call, const cf_dict *map, cf_value *out)
{
    braces    f = {.vm = vm, .call = call, .map = map, .markup = format.kind == CF_MARKUP};
    cf_buffer b = cf_t_buffer(vm);
    if (expand(&f, format.as.text, format.size, 1, &b)) return cf_t_take(vm, &b, f.markup, out);
    cf_buffer_free(&b);
    return false;
}
