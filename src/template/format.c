/* Format specifications ("{:>8.2f}") for numbers and texts. */
#include <stdio.h>

#include "template/engine.h"
#include "template/format.h"

/* ---- digits of floats ----------------------------------------------------------------------- */

/* The `count` leading digits of |x| and the exponent of the first; x is finite. */
static void float_digits(double x, int count, char *digits, int *exponent)
{
    char text[CF_T_LARGEST_PRECISION + 40];
    snprintf(text, sizeof text, "%.*e", count - 1, fabs(x));
    int         n = 0;
    const char *p = text;
    /* The decimal point is whatever the locale has. */
    for (; *p && *p != 'e'; p++)
        if (*p >= '0' && *p <= '9') digits[n++] = *p;
    digits[n] = '\0';
    *exponent = 0;
    if (*p == 'e') {
        bool negative = p[1] == '-';
        for (p += 2; *p >= '0' && *p <= '9'; p++) *exponent = *exponent * 10 + (*p - '0');
        if (negative) *exponent = -*exponent;
    }
}

static void put_exponent(cf_buffer *out, int exponent, bool upper)
{
    cf_buffer_printf(out, "%c%c%02d", upper ? 'E' : 'e', exponent < 0 ? '-' : '+', exponent < 0 ? -exponent : exponent);
}

static void format_e(double x, int precision, bool alternate, bool upper, cf_buffer *out)
{
    char digits[CF_T_LARGEST_PRECISION + 40];
    int  exponent;
    float_digits(x, precision + 1, digits, &exponent);
    cf_buffer_char(out, digits[0]);
    if (precision > 0 || alternate) cf_buffer_char(out, '.');
    cf_buffer_text(out, digits + 1);
    put_exponent(out, exponent, upper);
}

/* %g and the default: `keep_point` adds ".0" to whole numbers. */
static void format_g(double x, int precision, bool alternate, bool upper, bool keep_point, cf_buffer *out)
{
    char digits[CF_T_LARGEST_PRECISION + 40];
    int  exponent;
    if (precision == 0) precision = 1;
    float_digits(x, precision, digits, &exponent);
    int n = (int)strlen(digits);
    if (!alternate)
        while (n > 1 && digits[n - 1] == '0') n--;
    int limit = keep_point ? precision - 1 : precision;
    if (exponent < -4 || exponent >= (limit > 0 || !keep_point ? limit : 1)) {
        cf_buffer_char(out, digits[0]);
        if (n > 1 || alternate) cf_buffer_char(out, '.');
        cf_buffer_add(out, digits + 1, (size_t)n - 1);
        put_exponent(out, exponent, upper);
        return;
    }
    if (exponent < 0) {
        cf_buffer_text(out, "0.");
        for (int i = -1; i > exponent; i--) cf_buffer_char(out, '0');
        cf_buffer_add(out, digits, (size_t)n);
        return;
    }
    for (int i = 0; i <= exponent; i++) cf_buffer_char(out, i < n ? digits[i] : '0');
    if (n > exponent + 1 || alternate) {
        cf_buffer_char(out, '.');
        if (n > exponent + 1) cf_buffer_add(out, digits + exponent + 1, (size_t)(n - exponent - 1));
    } else if (keep_point) {
        cf_buffer_text(out, ".0");
    }
}

static void format_f(double x, int precision, bool alternate, cf_buffer *out)
{
    char   text[CF_T_LARGEST_PRECISION + 400];
    size_t n = cf_format_fixed(fabs(x), precision, text, sizeof text);
    cf_buffer_add(out, text, n < sizeof text ? n : sizeof text - 1);
    if (alternate && precision == 0) cf_buffer_char(out, '.');
}

/* |x| by conversion character; precision -1: not given. */
void cf_t_float_text(double x, char type, int precision, bool alternate, cf_buffer *out)
{
    bool upper = type == 'E' || type == 'F' || type == 'G';
    if (!isfinite(x)) {
        cf_buffer_text(out, isnan(x) ? (upper ? "NAN" : "nan") : upper ? "INF" : "inf");
        return;
    }
    if (type == '%') x *= 100;
    switch (type) {
    case 'e':
    case 'E': format_e(x, precision < 0 ? 6 : precision, alternate, upper, out); break;
    case 'f':
    case 'F':
    case '%': format_f(x, precision < 0 ? 6 : precision, alternate, out); break;
    case 'g':
    case 'G':
    case 'n': format_g(x, precision < 0 ? 6 : precision, alternate, upper, false, out); break;
    default:
        if (precision < 0) cf_buffer_double(out, fabs(x));
        else format_g(x, precision, alternate, false, true, out);
    }
    if (type == '%') cf_buffer_char(out, '%');
}

/* ---- specifications ------------------------------------------------------------------------- */

typedef struct spec {
    char    fill[4];
    size_t  fill_size;
    char    align, sign, grouping, type;
    bool    alternate, zero, align_given, fill_given;
    int64_t width;
    int     precision; /* -1: none */
} spec;

static bool bad_spec(cf_vm *vm, cf_value v)
{
    return cf_t_raise(vm, "ValueError", "Invalid format specifier for object of type '%s'", cf_t_type_name(v));
}

static bool is_align(char c)
{
    return c == '<' || c == '>' || c == '=' || c == '^';
}

static bool parse_number(cf_vm *vm, const char *s, size_t size, size_t *at, int64_t *out)
{
    int64_t n = 0;
    while (*at < size && s[*at] >= '0' && s[*at] <= '9') {
        n = n * 10 + (s[(*at)++] - '0');
        if (n > INT32_MAX) return cf_t_raise(vm, "ValueError", "Too many decimal digits in format string");
    }
    *out = n;
    return true;
}

static bool parse_spec(cf_vm *vm, cf_value v, const char *s, size_t size, spec *p)
{
    size_t at = 0, first = 0;
    *p = (spec){.fill = " ", .fill_size = 1, .precision = -1};
    if (size) cf_utf8_next(s, size, &first);
    if (first < size && is_align(s[first])) {
        memcpy(p->fill, s, first);
        p->fill_size = first;
        p->align = s[first];
        p->align_given = p->fill_given = true;
        at = first + 1;
    } else if (size && is_align(s[0])) {
        p->align = s[0];
        p->align_given = true;
        at = 1;
    }
    if (at < size && (s[at] == '+' || s[at] == '-' || s[at] == ' ')) p->sign = s[at++];
    if (at < size && s[at] == 'z') at++;
    if (at < size && s[at] == '#') {
        p->alternate = true;
        at++;
    }
    if (at < size && s[at] == '0' && !p->fill_given) {
        p->zero = true;
        if (!p->fill_given) p->fill[0] = '0';
        if (!p->align_given) p->align = '=';
        at++;
    }
    if (!parse_number(vm, s, size, &at, &p->width)) return false;
    if (at < size && (s[at] == ',' || s[at] == '_')) p->grouping = s[at++];
    if (at < size && (s[at] == ',' || s[at] == '_'))
        return cf_t_raise(vm, "ValueError",
                          s[at] == p->grouping ? "Cannot specify '%c' with '%c'."
                                               : "Cannot specify both '%c' and '%c'.",
                          p->grouping, s[at]);
    if (at < size && s[at] == '.') {
        int64_t precision = 0;
        size_t  from = ++at;
        if (!parse_number(vm, s, size, &at, &precision)) return false;
        if (at == from) return cf_t_raise(vm, "ValueError", "Format specifier missing precision");
        p->precision = (int)precision;
    }
    if (size - at > 1) return bad_spec(vm, v);
    if (at < size) p->type = s[at];
    return true;
}

static bool unknown_type(cf_vm *vm, char type, cf_value v)
{
    return cf_t_raise(vm, "ValueError", "Unknown format code '%c' for object of type '%s'", type, cf_t_type_name(v));
}

static void pad(cf_buffer *out, const spec *p, int64_t n)
{
    for (int64_t i = 0; i < n && !out->failed; i++) cf_buffer_add(out, p->fill, p->fill_size);
}

static bool too_wide(cf_vm *vm, const spec *p)
{
    if ((uint64_t)p->width > cf_t_options(vm->env)->output_limit) return !cf_t_no_memory(vm);
    return !cf_t_step(vm, (uint64_t)p->width / 16 + 1);
}

static bool format_text(cf_vm *vm, cf_value v, const spec *p, cf_buffer *out)
{
    if (p->type && p->type != 's') return unknown_type(vm, p->type, v);
    if (p->sign) return cf_t_raise(vm, "ValueError", "Sign not allowed in string format specifier");
    if (p->alternate) return cf_t_raise(vm, "ValueError", "Alternate form (#) not allowed in string format specifier");
    if (p->grouping) return cf_t_raise(vm, "ValueError", "Cannot specify '%c' with 's'.", p->grouping);
    char align = p->align;
    if (align == '=') {
        if (!p->zero || p->align_given)
            return cf_t_raise(vm, "ValueError", "'=' alignment not allowed in string format specifier");
        align = '<';
    }
    size_t bytes = v.size;
    if (p->precision >= 0) bytes = cf_utf8_offset(v.as.text, v.size, (size_t)p->precision);
    int64_t room = p->width - (int64_t)cf_utf8_length(v.as.text, bytes);
    if (too_wide(vm, p)) return false;
    int64_t left = room <= 0 ? 0 : align == '>' ? room : align == '^' ? room / 2 : 0;
    pad(out, p, left);
    cf_buffer_add(out, v.as.text, bytes);
    pad(out, p, room - left);
    return true;
}

static void put_grouped(cf_buffer *out, const char *digits, size_t n, char separator, size_t group)
{
    for (size_t i = 0; i < n; i++) {
        if (i && (n - i) % group == 0) cf_buffer_char(out, separator);
        cf_buffer_char(out, digits[i]);
    }
}

/* Zeros between sign and digits are grouped like digits. */
static void put_number(cf_buffer *out, const spec *p, const char *prefix, const char *body, size_t size, size_t group,
                       bool decimal)
{
    size_t whole = decimal ? 0 : size, extra = 0;
    while (decimal && whole < size && body[whole] >= '0' && body[whole] <= '9') whole++;
    size_t  rest = size - whole;
    int64_t head = (int64_t)strlen(prefix);
    bool    zeros = p->align == '=' && p->fill_size == 1 && p->fill[0] == '0';
    size_t  commas = p->grouping && whole ? (whole - 1) / group : 0;
    int64_t length = head + (int64_t)(whole + commas + rest);
    if (zeros && p->grouping && p->width > length && whole) {
        /* As many zeros as fit, with their separators; the first character is a digit. */
        int64_t target = p->width - head - (int64_t)rest;
        size_t  n = whole;
        while ((int64_t)(n + (n - 1) / group) < target) n++;
        extra = n - whole;
        cf_buffer_text(out, prefix);
        cf_buffer all = {0};
        for (size_t i = 0; i < extra; i++) cf_buffer_char(&all, '0');
        cf_buffer_add(&all, body, whole);
        if (all.failed) out->failed = true;
        else put_grouped(out, all.data, all.size, p->grouping, group);
        cf_buffer_free(&all);
        cf_buffer_add(out, body + whole, rest);
        return;
    }
    int64_t room = p->width > length ? p->width - length : 0;
    char    align = p->align ? p->align : '>';
    int64_t left = align == '>' ? room : align == '^' ? room / 2 : 0;
    pad(out, p, left);
    cf_buffer_text(out, prefix);
    if (align == '=') pad(out, p, room);
    if (p->grouping) put_grouped(out, body, whole, p->grouping, group);
    else cf_buffer_add(out, body, whole);
    cf_buffer_add(out, body + whole, rest);
    if (align != '=') pad(out, p, room - left);
}

static const char *sign_text(bool negative, char sign)
{
    return negative ? "-" : sign == '+' ? "+" : sign == ' ' ? " " : "";
}

static bool format_float(cf_vm *vm, cf_value v, double x, const spec *p, cf_buffer *out)
{
    if (p->type && !strchr("eEfFgGn%", p->type)) return unknown_type(vm, p->type, v);
    if (p->precision > CF_T_LARGEST_PRECISION) return cf_t_raise(vm, "ValueError", "precision too big");
    if (too_wide(vm, p)) return false;
    cf_buffer body = {0};
    cf_t_float_text(x, p->type, p->precision, p->alternate, &body);
    bool negative = signbit(x) && !isnan(x);
    if (body.data) put_number(out, p, sign_text(negative, p->sign), body.data, body.size, 3, true);
    bool ok = !body.failed || cf_t_no_memory(vm);
    cf_buffer_free(&body);
    return ok;
}

static bool format_character(cf_vm *vm, cf_value v, const spec *p, cf_buffer *out)
{
    int64_t c;
    char    text[4];
    if (!cf_t_arg_int(vm, v, &c)) return false;
    if (p->sign) return cf_t_raise(vm, "ValueError", "Sign not allowed with integer format specifier 'c'");
    if (c < 0 || c > 0x10ffff) return cf_t_raise(vm, "OverflowError", "%%c arg not in range(0x110000)");
    spec plain = *p;
    plain.type = 0;
    if (!plain.align) plain.align = '>';
    if (plain.align == '=') plain.align = '>';
    plain.align_given = true;
    return format_text(vm, cf_value_text_n(text, cf_utf8_put((uint32_t)c, text)), &plain, out);
}

static bool format_int(cf_vm *vm, cf_value v, const spec *p, cf_buffer *out)
{
    char type = p->type ? p->type : 'd';
    if (strchr("eEfFgG%", type)) {
        double x;
        return cf_t_to_double(vm, v, &x) && format_float(vm, v, x, p, out);
    }
    if (!strchr("bcdnoxX", type)) return unknown_type(vm, type, v);
    if (p->precision >= 0) return cf_t_raise(vm, "ValueError", "Precision not allowed in integer format specifier");
    if (type == 'c') return format_character(vm, v, p, out);
    if (p->grouping == ',' && type != 'd') return cf_t_raise(vm, "ValueError", "Cannot specify ',' with '%c'.", type);
    if (too_wide(vm, p)) return false;
    int       base = type == 'b' ? 2 : type == 'o' ? 8 : type == 'x' || type == 'X' ? 16 : 10;
    cf_buffer body = {0};
    bool      ok = cf_t_big_print(vm, v, base, type == 'X', &body);
    if (ok && body.data) {
        bool negative = body.data[0] == '-';
        char prefix[8];
        snprintf(prefix, sizeof prefix, "%s%s", sign_text(negative, p->sign),
                 !p->alternate || base == 10 ? ""
                 : type == 'b'               ? "0b"
                 : type == 'o'               ? "0o"
                 : type == 'x'               ? "0x"
                                             : "0X");
        put_number(out, p, prefix, body.data + negative, body.size - negative, base == 10 ? 3 : 4, false);
    }
    if (ok && body.failed) ok = cf_t_no_memory(vm);
    cf_buffer_free(&body);
    return ok;
}

static bool format_moment(cf_vm *vm, cf_value v, const char *s, size_t size, cf_buffer *out)
{
    cf_value argument = cf_value_text_n(s, size), text;
    cf_call  call = cf_t_call_of(vm, &argument, 1);
    if (!cf_t_call_method(vm, v, "strftime", 8, &call, &text, NULL)) return false;
    cf_buffer_add(out, text.as.text, text.size);
    return true;
}

bool cf_t_format_spec(cf_vm *vm, cf_value v, const char *s, size_t size, cf_buffer *out)
{
    if (!size) return cf_t_print(vm, v, out);
    if (v.kind == CF_DATE || v.kind == CF_TIME || v.kind == CF_DATETIME) return format_moment(vm, v, s, size, out);
    cf_value number = v;
    if (v.kind == CF_DECIMAL && !cf_t_binary(vm, OP_MUL, v, cf_value_int(1), &number)) return false;
    if (!cf_value_is_text(v) && !cf_t_is_number(number))
        return cf_t_raise(vm, "TypeError", "unsupported format string passed to %s.__format__", cf_t_type_name(v));
    spec p;
    if (!parse_spec(vm, v, s, size, &p)) return false;
    if (cf_value_is_text(v)) return format_text(vm, v, &p, out);
    if (number.kind == CF_FLOAT) return format_float(vm, v, number.as.number, &p, out);
    return format_int(vm, v, &p, out);
}
