/* Values as Python treats them. */
#include "data.h"

#include "base/number.h"
#include "base/text.h"

#include <math.h>
#include <string.h>
#include <utf8proc.h>

/* What int(text) refuses to read, so that a long text costs no quadratic time. */
enum { INT_DIGITS_MAX = 4300 };

/* ---- text ---- */

void cf_text_strip(const char **text, size_t *size)
{
    const char *start = *text, *end = start + *size;
    for (size_t at = 0; at < *size;) {
        if (!cf_unicode_space(cf_utf8_next(*text, *size, &at))) break;
        start = *text + at;
    }
    while (end > start) {
        const char *last = end - 1;
        while (last > start && ((unsigned char)*last & 0xC0) == 0x80) last--;
        size_t at = 0;
        if (!cf_unicode_space(cf_utf8_next(last, (size_t)(end - last), &at)) || at != (size_t)(end - last)) break;
        end = last;
    }
    *text = start;
    *size = (size_t)(end - start);
}

int cf_unicode_digit(uint32_t c)
{
    if (c < 128) return c >= '0' && c <= '9' ? (int)(c - '0') : -1;
    if (c > 0x10FFFF || utf8proc_category((utf8proc_int32_t)c) != UTF8PROC_CATEGORY_ND) return -1;
    /* Unicode's decimal digits stand in runs of ten, 0 first; the longest series of runs is fifty. */
    uint32_t start = c;
    while (c - start < 50 && utf8proc_category((utf8proc_int32_t)(start - 1)) == UTF8PROC_CATEGORY_ND) start--;
    return (int)((c - start) % 10);
}

/* Characters whose other case is several characters. */
static const struct special_case {
    uint32_t    from;
    const char *to;
} upper_cases[] = {{0xDF, "SS"},
                   {0x149, "\xCA\xBCN"},
                   {0x1F0, "J\xCC\x8C"},
                   {0x390, "\xCE\x99\xCC\x88\xCC\x81"},
                   {0x3B0, "\xCE\xA5\xCC\x88\xCC\x81"},
                   {0x587, "\xD4\xB5\xD5\x92"},
                   {0x1E96, "H\xCC\xB1"},
                   {0x1E97, "T\xCC\x88"},
                   {0x1E98, "W\xCC\x8A"},
                   {0x1E99, "Y\xCC\x8A"},
                   {0x1E9A, "A\xCA\xBE"},
                   {0xFB00, "FF"},
                   {0xFB01, "FI"},
                   {0xFB02, "FL"},
                   {0xFB03, "FFI"},
                   {0xFB04, "FFL"},
                   {0xFB05, "ST"},
                   {0xFB06, "ST"}},
  lower_cases[] = {{0x130, "i\xCC\x87"}};

static const char *special_case_of(uint32_t c, bool upper)
{
    const struct special_case *table = upper ? upper_cases : lower_cases;
    size_t count = upper ? sizeof upper_cases / sizeof *upper_cases : sizeof lower_cases / sizeof *lower_cases;
    for (size_t i = 0; i < count; i++)
        if (table[i].from == c) return table[i].to;
    return NULL;
}

static bool is_cased(uint32_t c)
{
    utf8proc_int32_t x = (utf8proc_int32_t)c;
    return utf8proc_tolower(x) != x || utf8proc_toupper(x) != x;
}

/* Unicode's final sigma: a cased letter before it, none after. */
static bool is_final_sigma(const char *text, size_t size, size_t start, size_t end)
{
    bool before = false;
    for (size_t at = 0; at < start;) before = is_cased(cf_utf8_next(text, start, &at));
    if (!before) return false;
    return end >= size || !is_cased(cf_utf8_next(text, size, &end));
}

bool cf_text_case(cf_arena *arena, const char *text, size_t size, bool upper, cf_value *out)
{
    cf_buffer buffer = {0};
    for (size_t at = 0; at < size;) {
        size_t      start = at;
        uint32_t    c = cf_utf8_next(text, size, &at);
        const char *special = c < 128 ? NULL : special_case_of(c, upper);
        if (special) cf_buffer_text(&buffer, special);
        else if (!upper && c == 0x3A3 && is_final_sigma(text, size, start, at)) cf_buffer_code_point(&buffer, 0x3C2);
        else
            cf_buffer_code_point(&buffer, (uint32_t)(upper ? utf8proc_toupper((utf8proc_int32_t)c)
                                                           : utf8proc_tolower((utf8proc_int32_t)c)));
    }
    char *copy = buffer.failed ? NULL : cf_arena_text(arena, buffer.data ? buffer.data : "", buffer.size);
    if (copy) *out = cf_value_text_n(copy, buffer.size);
    cf_buffer_free(&buffer);
    return copy != NULL;
}

/* ---- numbers from text ---- */

/* ASCII of a number: blanks at the ends gone, digits of all scripts as ASCII, underscores between digits gone. 0: it is none. */
static size_t number_text(const char *text, size_t size, char *out, size_t room)
{
    size_t length = 0;
    bool   digit_before = false;
    cf_text_strip(&text, &size);
    for (size_t at = 0; at < size;) {
        uint32_t c = cf_utf8_next(text, size, &at);
        if (c == '_') {
            size_t next = at;
            if (!digit_before || at >= size || cf_unicode_digit(cf_utf8_next(text, size, &next)) < 0) return 0;
            digit_before = false;
            continue;
        }
        int digit = cf_unicode_digit(c);
        if ((c >= 128 && digit < 0) || c == 0 || length + 1 >= room) return 0;
        digit_before = digit >= 0;
        out[length++] = digit >= 0 ? (char)('0' + digit) : (char)c;
    }
    out[length] = '\0';
    return length;
}

cf_reading cf_read_int(cf_arena *arena, const char *text, size_t size, cf_value *out)
{
    char    plain[INT_DIGITS_MAX + 8];
    int64_t number;
    size_t  length = number_text(text, size, plain, sizeof plain);
    if (!length) return CF_READ_BAD;
    size_t sign = plain[0] == '-' || plain[0] == '+';
    if (length == sign || length - sign > INT_DIGITS_MAX) return CF_READ_BAD;
    for (size_t i = sign; i < length; i++)
        if (plain[i] < '0' || plain[i] > '9') return CF_READ_BAD;
    if (cf_parse_int(plain, length, &number)) {
        *out = cf_value_int(number);
        return CF_READ_OK;
    }
    cf_exact *x = (cf_exact *)(uintptr_t)cf_exact_parse(arena, plain, length);
    if (!x) return CF_READ_MEMORY;
    x->integer = true;
    *out = cf_exact_value(x);
    return CF_READ_OK;
}

cf_reading cf_read_float(const char *text, size_t size, double *out)
{
    enum { ROOM = 2048 };
    char   plain[ROOM];
    size_t length = number_text(text, size, plain, sizeof plain);
    if (!length) return CF_READ_BAD;
    size_t      sign = plain[0] == '-' || plain[0] == '+';
    const char *rest = plain + sign;
    if (cf_equal_nocase(rest, length - sign, "inf", 3) || cf_equal_nocase(rest, length - sign, "infinity", 8))
        *out = INFINITY;
    else if (cf_equal_nocase(rest, length - sign, "nan", 3)) *out = NAN;
    else return cf_parse_double(plain, length, out) ? CF_READ_OK : CF_READ_BAD;
    if (plain[0] == '-') *out = -*out;
    return CF_READ_OK;
}

/* ---- truth, text ---- */

bool cf_data_truth(cf_value v)
{
    switch (v.kind) {
    case CF_UNDEFINED:
    case CF_NULL: return false;
    case CF_BOOL: return v.as.boolean;
    case CF_INT: return v.as.integer != 0;
    case CF_FLOAT: return v.as.number != 0;
    case CF_TEXT:
    case CF_MARKUP:
    case CF_BYTES: return v.size != 0;
    case CF_INTERVAL: return v.as.interval.usec != 0;
    case CF_DECIMAL: return v.as.decimal->high || v.as.decimal->low;
    case CF_SEQUENCE:
    case CF_TUPLE: return v.as.list->count != 0;
    case CF_MAPPING: return v.as.dict->count != 0;
    default: break;
    }
    const cf_exact *x = cf_value_exact(v);
    return !x || x->special || x->count > 1 || x->digits[0] != '0';
}

const char *cf_data_type_name(cf_value v)
{
    static const char *const names[] = {[CF_UNDEFINED] = "NoneType",
                                        [CF_NULL] = "NoneType",
                                        [CF_BOOL] = "bool",
                                        [CF_INT] = "int",
                                        [CF_FLOAT] = "float",
                                        [CF_TEXT] = "str",
                                        [CF_MARKUP] = "Markup",
                                        [CF_BYTES] = "bytes",
                                        [CF_DATE] = "datetime.date",
                                        [CF_TIME] = "datetime.time",
                                        [CF_DATETIME] = "datetime.datetime",
                                        [CF_INTERVAL] = "datetime.timedelta",
                                        [CF_DECIMAL] = "decimal.Decimal",
                                        [CF_UUID] = "UUID",
                                        [CF_JSON] = "str",
                                        [CF_SEQUENCE] = "list",
                                        [CF_TUPLE] = "tuple",
                                        [CF_MAPPING] = "dict",
                                        [CF_OBJECT] = "object"};
    const cf_exact          *x = cf_value_exact(v);
    if (x) return x->integer ? "int" : "decimal.Decimal";
    return v.kind <= CF_OBJECT ? names[v.kind] : "object";
}

/* repr() of a text */
void cf_text_quote(const char *text, size_t size, cf_buffer *out)
{
    char quote = memchr(text, '\'', size) && !memchr(text, '"', size) ? '"' : '\'';
    cf_buffer_char(out, quote);
    for (size_t at = 0; at < size;) {
        size_t              start = at;
        uint32_t            c = cf_utf8_next(text, size, &at);
        utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
        bool                hidden = c > 127 && (category >= UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_CN);
        if (c == '\\' || c == (unsigned char)quote) cf_buffer_printf(out, "\\%c", (int)c);
        else if (c == '\n' || c == '\r' || c == '\t')
            cf_buffer_text(out, c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
        else if (c < 32 || c == 127 || (hidden && c < 256)) cf_buffer_printf(out, "\\x%02x", (unsigned)c);
        else if (hidden) cf_buffer_printf(out, c < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned)c);
        else cf_buffer_add(out, text + start, at - start);
    }
    cf_buffer_char(out, quote);
}

static void print_time(cf_time time, bool whole, cf_buffer *out)
{
    int64_t usec = time.usec;
    int     seconds = (int)(usec / 1000000), rest = (int)(usec % 1000000);
    cf_buffer_printf(out, "%02d:%02d", seconds / 3600, seconds / 60 % 60);
    if (whole || seconds % 60 || rest) cf_buffer_printf(out, ":%02d", seconds % 60);
    if (rest) cf_buffer_printf(out, ".%06d", rest);
}

static void print_repr(cf_value v, cf_buffer *out, int depth);

static void print_collection(cf_value v, cf_buffer *out, int depth)
{
    enum { DEPTH = 64 };
    bool mapping = v.kind == CF_MAPPING, first = true;
    if (depth > DEPTH) {
        out->failed = true;
        return;
    }
    cf_buffer_char(out, mapping ? '{' : v.kind == CF_TUPLE ? '(' : '[');
    size_t count = mapping ? v.as.dict->used : v.as.list->count;
    for (size_t i = 0; i < count; i++) {
        if (mapping && v.as.dict->entries[i].removed) continue;
        if (!first) cf_buffer_text(out, ", ");
        first = false;
        if (mapping) {
            print_repr(v.as.dict->entries[i].key, out, depth + 1);
            cf_buffer_text(out, ": ");
            print_repr(v.as.dict->entries[i].value, out, depth + 1);
        } else {
            print_repr(v.as.list->items[i], out, depth + 1);
        }
    }
    if (v.kind == CF_TUPLE && count == 1) cf_buffer_char(out, ',');
    cf_buffer_char(out, mapping ? '}' : v.kind == CF_TUPLE ? ')' : ']');
}

static void print_value(cf_value v, cf_buffer *out, int depth)
{
    char text[CF_DATETIME_SIZE + CF_DECIMAL_SIZE];
    switch (v.kind) {
    case CF_UNDEFINED: break;
    case CF_NULL: cf_buffer_text(out, "None"); break;
    case CF_BOOL: cf_buffer_text(out, v.as.boolean ? "True" : "False"); break;
    case CF_INT: cf_buffer_int(out, v.as.integer); break;
    case CF_FLOAT: cf_buffer_double(out, v.as.number); break;
    case CF_TEXT:
    case CF_MARKUP:
    case CF_BYTES:
    case CF_JSON: cf_buffer_add(out, v.as.text, v.size); break;
    case CF_DATE: cf_buffer_add(out, text, cf_date_format(v.as.date, text)); break;
    case CF_TIME: print_time(v.as.time, true, out); break;
    case CF_DATETIME: cf_buffer_add(out, text, cf_datetime_format(v.as.datetime, text)); break;
    case CF_DECIMAL: cf_buffer_add(out, text, cf_decimal_format(*v.as.decimal, text)); break;
    case CF_UUID: cf_buffer_add(out, text, cf_uuid_format(*v.as.uuid, text)); break;
    case CF_SEQUENCE:
    case CF_TUPLE:
    case CF_MAPPING: print_collection(v, out, depth); break;
    case CF_OBJECT: {
        cf_call call = {0};
        if (v.as.object->cls->print) v.as.object->cls->print(&call, v.as.object, out);
        else cf_buffer_printf(out, "<%s>", v.as.object->cls->name);
        break;
    }
    default: break;
    }
}

static void print_repr(cf_value v, cf_buffer *out, int depth)
{
    if (v.kind == CF_TEXT) {
        cf_text_quote(v.as.text, v.size, out);
    } else if (v.kind == CF_MARKUP) {
        cf_buffer_text(out, "Markup(");
        cf_text_quote(v.as.text, v.size, out);
        cf_buffer_char(out, ')');
    } else if (v.kind == CF_DECIMAL || (cf_value_exact(v) && !cf_value_exact(v)->integer)) {
        cf_buffer_text(out, "Decimal('");
        print_value(v, out, depth);
        cf_buffer_text(out, "')");
    } else {
        print_value(v, out, depth);
    }
}

void cf_data_print(cf_value v, cf_buffer *out)
{
    print_value(v, out, 0);
}

cf_value cf_data_text(cf_arena *arena, cf_value v)
{
    if (cf_value_is_text(v)) return v;
    cf_buffer out = {0};
    cf_data_print(v, &out);
    char    *copy = out.failed ? NULL : cf_arena_text(arena, out.data ? out.data : "", out.size);
    cf_value text = copy ? cf_value_text_n(copy, out.size) : cf_value_undefined();
    cf_buffer_free(&out);
    return text;
}

/* ---- equality and order ---- */

bool cf_data_is_number(cf_value v)
{
    return v.kind == CF_BOOL || v.kind == CF_INT || v.kind == CF_FLOAT || v.kind == CF_DECIMAL || cf_value_exact(v);
}

static int compare_bytes(cf_value a, cf_value b)
{
    size_t size = a.size < b.size ? a.size : b.size;
    int    order = size ? memcmp(a.as.text, b.as.text, size) : 0;
    if (order) return order < 0 ? -1 : 1;
    return a.size == b.size ? 0 : a.size < b.size ? -1 : 1;
}

static int compare_int(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_numbers(cf_arena *arena, cf_value a, cf_value b)
{
    if (a.kind == CF_BOOL) a = cf_value_int(a.as.boolean);
    if (b.kind == CF_BOOL) b = cf_value_int(b.as.boolean);
    if (a.kind == CF_INT && b.kind == CF_INT) return compare_int(a.as.integer, b.as.integer);
    if (a.kind == CF_FLOAT && b.kind == CF_FLOAT) {
        if (isnan(a.as.number) || isnan(b.as.number)) return 2;
        return a.as.number < b.as.number ? -1 : a.as.number > b.as.number;
    }
    const cf_exact *x = cf_exact_of(arena, a), *y = cf_exact_of(arena, b);
    return x && y ? cf_exact_compare(x, y) : 2;
}

int cf_data_compare(cf_arena *arena, cf_value a, cf_value b)
{
    if (cf_data_is_number(a) && cf_data_is_number(b)) return compare_numbers(arena, a, b);
    if (cf_value_is_text(a) && cf_value_is_text(b)) return compare_bytes(a, b);
    if (a.kind != b.kind) return 3;
    switch (a.kind) {
    case CF_DATE: return compare_int(a.as.date.days, b.as.date.days);
    case CF_TIME: return compare_int(a.as.time.usec, b.as.time.usec);
    case CF_DATETIME: return compare_int(a.as.datetime.usec, b.as.datetime.usec);
    case CF_INTERVAL: return compare_int(a.as.interval.usec, b.as.interval.usec);
    default: return 3;
    }
}

static bool equal_lists(cf_arena *arena, const cf_list *a, const cf_list *b)
{
    if (a->count != b->count) return false;
    for (size_t i = 0; i < a->count; i++)
        if (!cf_data_equal(arena, a->items[i], b->items[i])) return false;
    return true;
}

static bool equal_dicts(cf_arena *arena, const cf_dict *a, const cf_dict *b)
{
    if (a->count != b->count) return false;
    for (size_t i = 0; i < a->used; i++) {
        if (a->entries[i].removed) continue;
        const cf_value *other = cf_dict_get(b, a->entries[i].key);
        if (!other || !cf_data_equal(arena, a->entries[i].value, *other)) return false;
    }
    return true;
}

bool cf_data_equal(cf_arena *arena, cf_value a, cf_value b)
{
    if (a.kind <= CF_NULL || b.kind <= CF_NULL) return a.kind <= CF_NULL && b.kind <= CF_NULL;
    int order = cf_data_compare(arena, a, b);
    if (order != 3) return order == 0;
    if (a.kind != b.kind) return false;
    switch (a.kind) {
    case CF_BYTES:
    case CF_JSON: return compare_bytes(a, b) == 0;
    case CF_UUID: return memcmp(a.as.uuid, b.as.uuid, sizeof *a.as.uuid) == 0;
    case CF_SEQUENCE:
    case CF_TUPLE: return equal_lists(arena, a.as.list, b.as.list);
    case CF_MAPPING: return equal_dicts(arena, a.as.dict, b.as.dict);
    case CF_OBJECT: return a.as.object == b.as.object;
    default: return false;
    }
}
