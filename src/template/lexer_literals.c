/* Numbers, names and strings. */
#include "template/lexer.h"

/* ---- numbers, names, strings ---------------------------------------------------------------- */

static bool digit(const cf_t_lexer *x, size_t at, int base)
{
    if (at >= x->size) return false;
    char c = x->s[at];
    if (base <= 10) return c >= '0' && c < '0' + base;
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

/* Digits with single underscores between them; `lead` allows one before the first. */
static size_t digits(const cf_t_lexer *x, size_t at, int base, bool lead)
{
    size_t end = at;
    for (;;) {
        size_t next = end;
        if ((lead || end > at) && next < x->size && x->s[next] == '_') next++;
        if (!digit(x, next, base)) return end;
        end = next + 1;
    }
}

static size_t float_end(const cf_t_lexer *x)
{
    if (x->at > 0 && x->s[x->at - 1] == '.') return 0;
    size_t end = digits(x, x->at, 10, false);
    if (end == x->at) return 0;
    size_t mantissa = end;
    if (end < x->size && x->s[end] == '.') {
        size_t fraction = digits(x, end + 1, 10, false);
        if (fraction > end + 1) mantissa = fraction;
    }
    if (mantissa < x->size && (x->s[mantissa] | 32) == 'e') {
        size_t exponent = mantissa + 1;
        if (exponent < x->size && (x->s[exponent] == '+' || x->s[exponent] == '-')) exponent++;
        size_t done = digits(x, exponent, 10, false);
        if (done > exponent) return done;
    }
    return mantissa > end ? mantissa : 0;
}

static size_t without_underscores(const cf_t_lexer *x, size_t from, size_t to, char *out)
{
    size_t n = 0;
    for (size_t i = from; i < to; i++)
        if (x->s[i] != '_') out[n++] = x->s[i];
    out[n] = '\0';
    return n;
}

static bool lex_integer(cf_t_lexer *x, size_t end, int base)
{
    cf_t_token token = {.type = T_INTEGER, .line = x->line};
    size_t     start = x->at + (base == 10 ? 0 : 2);
    char      *clean = cf_arena_alloc(x->arena, end - start + 1);
    if (!clean) return cf_t_lex_no_memory(x);
    size_t  n = without_underscores(x, start, end, clean);
    int64_t value = 0;
    bool    large = false;
    for (size_t i = 0; i < n; i++) {
        int d = clean[i] <= '9' ? clean[i] - '0' : (clean[i] | 32) - 'a' + 10;
        if (__builtin_mul_overflow(value, (int64_t)base, &value) || __builtin_add_overflow(value, (int64_t)d, &value))
            large = true;
        if (large) break;
    }
    token.value = cf_value_int(value);
    if (large) {
        token.value = cf_value_text_n(clean, n);
        token.value.aux = (uint16_t)base;
    }
    x->at = end;
    return cf_t_lex_add(x, token);
}

bool cf_t_lex_number(cf_t_lexer *x)
{
    size_t end = float_end(x);
    if (end) {
        cf_t_token token = {.type = T_FLOAT, .line = x->line};
        char      *clean = cf_arena_alloc(x->arena, end - x->at + 1);
        if (!clean) return cf_t_lex_no_memory(x);
        size_t n = without_underscores(x, x->at, end, clean);
        double number = 0;
        if (!cf_parse_double(clean, n, &number)) number = clean[0] == '0' ? 0 : HUGE_VAL;
        token.value = cf_value_double(number);
        x->at = end;
        return cf_t_lex_add(x, token);
    }
    if (x->s[x->at] == '0' && x->at + 1 < x->size) {
        int c = x->s[x->at + 1] | 32;
        int base = c == 'b' ? 2 : c == 'o' ? 8 : c == 'x' ? 16 : 0;
        if (base) {
            end = digits(x, x->at + 2, base, true);
            if (end > x->at + 2) return lex_integer(x, end, base);
        }
    }
    if (x->s[x->at] == '0') {
        end = x->at + 1;
        for (;;) {
            size_t next = end + (end < x->size && x->s[end] == '_');
            if (next >= x->size || x->s[next] != '0') break;
            end = next + 1;
        }
    } else {
        end = digits(x, x->at, 10, false);
    }
    return lex_integer(x, end, 10);
}

bool cf_t_lex_name(cf_t_lexer *x, size_t end)
{
    size_t at = x->at;
    bool   first = true;
    while (at < end) {
        uint32_t c = cf_utf8_next(x->s, end, &at);
        if (first ? !cf_t_is_identifier_start(c) : !cf_t_is_identifier_part(c))
            return cf_t_syntax_error(x->error, x->file, x->line, "Invalid character in identifier");
        first = false;
    }
    cf_t_token token = {.type = T_NAME, .line = x->line};
    token.name = cf_t_intern(x->env, x->s + x->at, end - x->at);
    if (!token.name) return cf_t_lex_no_memory(x);
    x->at = end;
    return cf_t_lex_add(x, token);
}

size_t cf_t_lex_name_end(const cf_t_lexer *x)
{
    size_t at = x->at;
    while (at < x->size) {
        size_t next = at;
        if (!cf_t_is_word(cf_utf8_next(x->s, x->size, &next))) break;
        at = next;
    }
    return at;
}

static int hex_value(const char *s, size_t n, uint32_t *out)
{
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        int c = (unsigned char)s[i], d;
        if (c >= '0' && c <= '9') d = c - '0';
        else if ((c | 32) >= 'a' && (c | 32) <= 'f') d = (c | 32) - 'a' + 10;
        else return 0;
        *out = *out << 4 | (uint32_t)d;
    }
    return 1;
}

/* Escapes that take a number: \x41 é \U0001f600. Returns bytes read after the letter, 0 on error. */
static size_t numeric_escape(const char *s, size_t left, char letter, uint32_t *out)
{
    size_t n = letter == 'x' ? 2 : letter == 'u' ? 4 : 8;
    return left >= n && hex_value(s, n, out) && *out <= 0x10ffff ? n : 0;
}

/* Undoes Python's string escapes in place; a message on failure. */
static const char *unescape(cf_value *v, char *s)
{
    static const char plain[] = "\\\\''\"\"a\ab\bf\fn\nr\rt\tv\v";
    size_t            n = v->size, used = 0;
    for (size_t i = 0; i < n;) {
        if (s[i] != '\\' || i + 1 >= n) {
            s[used++] = s[i++];
            continue;
        }
        char        c = s[i + 1];
        const char *known = NULL;
        for (const char *k = plain; *k; k += 2)
            if (*k == c) known = k;
        if (known) {
            s[used++] = known[1];
            i += 2;
        } else if (c == '\n') {
            i += 2;
        } else if (c >= '0' && c <= '7') {
            uint32_t code = 0;
            size_t   k = i + 1;
            while (k < n && k < i + 4 && s[k] >= '0' && s[k] <= '7') code = code * 8 + (uint32_t)(s[k++] - '0');
            used += cf_utf8_put(code, s + used);
            i = k;
        } else if (c == 'x' || c == 'u' || c == 'U') {
            uint32_t code;
            size_t   k = numeric_escape(s + i + 2, n - i - 2, c, &code);
            if (!k)
                return c == 'x'   ? "truncated \\xXX escape"
                       : c == 'u' ? "truncated \\uXXXX escape"
                                  : "truncated \\UXXXXXXXX escape";
            used += cf_utf8_put(code, s + used);
            i += 2 + k;
        } else if (c == 'N') {
            uint32_t    code;
            const char *close = i + 2 < n && s[i + 2] == '{' ? memchr(s + i + 3, '}', n - i - 3) : NULL;
            if (!close || close == s + i + 3) return "malformed \\N character escape";
            if (!cf_unicode_by_name(s + i + 3, (size_t)(close - s) - i - 3, &code))
                return "unknown Unicode character name";
            i = (size_t)(close - s) + 1;
            used += cf_utf8_put(code, s + used);
        } else {
            s[used++] = s[i++];
            s[used++] = s[i++];
        }
    }
    v->size = (uint32_t)used;
    return NULL;
}

bool cf_t_lex_string(cf_t_lexer *x, bool *matched)
{
    char   quote = x->s[x->at];
    size_t end = x->at + 1;
    while (end < x->size && x->s[end] != quote) end += x->s[end] == '\\' ? 2 : 1;
    *matched = end < x->size;
    if (!*matched) return true;
    cf_t_token token = {.type = T_STRING, .line = x->line};
    if (!cf_t_lex_newlines(x, x->s + x->at + 1, end - x->at - 1, &token.value)) return false;
    const char *problem = unescape(&token.value, (char *)(uintptr_t)token.value.as.text);
    if (problem) return cf_t_syntax_error(x->error, x->file, x->line, "%s", problem);
    if (!cf_t_lex_add(x, token)) return false;
    cf_t_lex_move(x, end + 1);
    return true;
}
