/* Templates to tokens: delimiters, whitespace control, literals. */
#include "template/syntax.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/number.h"
#include "base/text.h"
#include "template/engine.h"

/* What may open in template data. Ties in length go to the later one. */
enum { OPEN_NONE, OPEN_BLOCK, OPEN_COMMENT, OPEN_LINE_COMMENT, OPEN_LINE_STATEMENT, OPEN_VARIABLE, OPEN_RAW };

typedef struct opener {
    int       what;
    cf_t_text start;
} opener;

typedef struct lexer {
    cf_templates          *env;
    const cf_t_syntax     *syntax;
    cf_arena              *arena;
    cf_error              *error;
    const char            *file;
    const char            *s; /* the source with its newlines made one */
    size_t                 size, at;
    int                    line;
    bool                   line_starting;
    opener                 openers[5];
    size_t                 opener_count;
    bool                   opens[256]; /* may an opener begin with this byte? */
    cf_t_tokens           *out;
} lexer;

static const char *const token_names[] = {
    [T_EOF] = "end of template", [T_DATA] = "template data / text", [T_VARIABLE_BEGIN] = "begin of print statement",
    [T_VARIABLE_END] = "end of print statement", [T_BLOCK_BEGIN] = "begin of statement block",
    [T_BLOCK_END] = "end of statement block", [T_NAME] = "name", [T_STRING] = "string", [T_INTEGER] = "integer",
    [T_FLOAT] = "float", [T_ADD] = "+", [T_SUB] = "-", [T_MUL] = "*", [T_DIV] = "/", [T_FLOORDIV] = "//",
    [T_MOD] = "%", [T_POW] = "**", [T_TILDE] = "~", [T_EQ] = "==", [T_NE] = "!=", [T_GT] = ">", [T_GTEQ] = ">=",
    [T_LT] = "<", [T_LTEQ] = "<=", [T_ASSIGN] = "=", [T_DOT] = ".", [T_COLON] = ":", [T_PIPE] = "|",
    [T_COMMA] = ",", [T_SEMICOLON] = ";", [T_LPAREN] = "(", [T_RPAREN] = ")", [T_LBRACKET] = "[",
    [T_RBRACKET] = "]", [T_LBRACE] = "{", [T_RBRACE] = "}",
};

const char *cf_t_token_name(cf_t_token_type type)
{
    return token_names[type];
}

bool cf_t_syntax_error(cf_error *error, const char *file, int line, const char *format, ...)
{
    if (error && error->code == CF_OK) {
        error->type = "TemplateSyntaxError";
        error->file = file;
        error->line = line;
        va_list arguments;
        va_start(arguments, format);
        cf_fail_v(error, CF_ERR_SYNTAX, format, arguments);
        va_end(arguments);
    }
    return false;
}

static bool fail_memory(lexer *x)
{
    return cf_fail(x->error, CF_ERR_MEMORY, "out of memory while reading template %s", x->file);
}

static bool add(lexer *x, cf_t_token token)
{
    cf_t_tokens *t = x->out;
    if (t->count == t->capacity) {
        size_t capacity = t->capacity ? t->capacity * 2 : 64;
        cf_t_token *items = cf_arena_array(x->arena, capacity, sizeof *items);
        if (!items) return fail_memory(x);
        if (t->count) memcpy(items, t->items, t->count * sizeof *items);
        t->items = items;
        t->capacity = capacity;
    }
    t->items[t->count++] = token;
    return true;
}

static bool add_plain(lexer *x, cf_t_token_type type)
{
    return add(x, (cf_t_token){.type = type, .line = x->line});
}

static int count_lines(const char *s, size_t size)
{
    int n = 0;
    for (size_t i = 0; i < size; i++) n += s[i] == '\n';
    return n;
}

static void move(lexer *x, size_t to)
{
    x->line += count_lines(x->s + x->at, to - x->at);
    x->at = to;
}

static bool here(const lexer *x, size_t at, cf_t_text text)
{
    return text.size && x->size - at >= text.size && memcmp(x->s + at, text.text, text.size) == 0;
}

/* Length of the white space character at `at`, as Python's \s; 0: none. */
static size_t space_at(const char *s, size_t size, size_t at)
{
    if (at >= size) return 0;
    unsigned char c = (unsigned char)s[at];
    if (c < 0x80) return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x1f);
    size_t next = at;
    return cf_unicode_space(cf_utf8_next(s, size, &next)) ? next - at : 0;
}

static size_t skip_space(const lexer *x, size_t at)
{
    for (size_t n; (n = space_at(x->s, x->size, at)) != 0;) at += n;
    return at;
}

static size_t trim_end(const char *s, size_t from, size_t to)
{
    while (to > from) {
        size_t start = to - 1;
        while (start > from && ((unsigned char)s[start] & 0xc0) == 0x80) start--;
        if (space_at(s, to, start) != to - start) break;
        to = start;
    }
    return to;
}

/* Text with the newlines that the environment wants; false when out of memory. */
static bool newlines(lexer *x, const char *text, size_t size, cf_value *out)
{
    cf_t_text nl = x->syntax->newline;
    if (nl.size == 1 && nl.text[0] == '\n') {
        char *copy = cf_arena_text(x->arena, text, size);
        if (!copy) return fail_memory(x);
        *out = cf_value_text_n(copy, size);
        return true;
    }
    size_t n = (size_t)count_lines(text, size);
    char *copy = cf_arena_alloc(x->arena, size + n * (nl.size - 1) + 1);
    if (!copy) return fail_memory(x);
    size_t used = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] != '\n') {
            copy[used++] = text[i];
            continue;
        }
        memcpy(copy + used, nl.text, nl.size);
        used += nl.size;
    }
    *out = cf_value_text_n(copy, used);
    return true;
}

static bool add_data(lexer *x, size_t from, size_t to)
{
    if (to == from) return true;
    cf_t_token token = {.type = T_DATA, .line = x->line};
    return newlines(x, x->s + from, to - from, &token.value) && add(x, token);
}

/* ---- numbers, names, strings ---------------------------------------------------------------- */

static bool digit(const lexer *x, size_t at, int base)
{
    if (at >= x->size) return false;
    char c = x->s[at];
    if (base <= 10) return c >= '0' && c < '0' + base;
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

/* Digits with single underscores between them; `lead` allows one before the first. */
static size_t digits(const lexer *x, size_t at, int base, bool lead)
{
    size_t end = at;
    for (;;) {
        size_t next = end;
        if ((lead || end > at) && next < x->size && x->s[next] == '_') next++;
        if (!digit(x, next, base)) return end;
        end = next + 1;
    }
}

static size_t float_end(const lexer *x)
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

static size_t without_underscores(const lexer *x, size_t from, size_t to, char *out)
{
    size_t n = 0;
    for (size_t i = from; i < to; i++)
        if (x->s[i] != '_') out[n++] = x->s[i];
    out[n] = '\0';
    return n;
}

static bool lex_integer(lexer *x, size_t end, int base)
{
    cf_t_token token = {.type = T_INTEGER, .line = x->line};
    size_t start = x->at + (base == 10 ? 0 : 2);
    char *clean = cf_arena_alloc(x->arena, end - start + 1);
    if (!clean) return fail_memory(x);
    size_t n = without_underscores(x, start, end, clean);
    int64_t value = 0;
    bool large = false;
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
    return add(x, token);
}

static bool lex_number(lexer *x)
{
    size_t end = float_end(x);
    if (end) {
        cf_t_token token = {.type = T_FLOAT, .line = x->line};
        char *clean = cf_arena_alloc(x->arena, end - x->at + 1);
        if (!clean) return fail_memory(x);
        size_t n = without_underscores(x, x->at, end, clean);
        double number = 0;
        if (!cf_parse_double(clean, n, &number)) number = clean[0] == '0' ? 0 : HUGE_VAL;
        token.value = cf_value_double(number);
        x->at = end;
        return add(x, token);
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

static bool lex_name(lexer *x, size_t end)
{
    size_t at = x->at;
    bool first = true;
    while (at < end) {
        uint32_t c = cf_utf8_next(x->s, end, &at);
        if (first ? !cf_t_is_identifier_start(c) : !cf_t_is_identifier_part(c))
            return cf_t_syntax_error(x->error, x->file, x->line, "Invalid character in identifier");
        first = false;
    }
    cf_t_token token = {.type = T_NAME, .line = x->line};
    token.name = cf_t_intern(x->env, x->s + x->at, end - x->at);
    if (!token.name) return fail_memory(x);
    x->at = end;
    return add(x, token);
}

static size_t name_end(const lexer *x)
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
        int c = s[i], d;
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
    size_t n = v->size, used = 0;
    for (size_t i = 0; i < n;) {
        if (s[i] != '\\' || i + 1 >= n) {
            s[used++] = s[i++];
            continue;
        }
        char c = s[i + 1];
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
            size_t k = i + 1;
            while (k < n && k < i + 4 && s[k] >= '0' && s[k] <= '7') code = code * 8 + (uint32_t)(s[k++] - '0');
            used += cf_utf8_put(code, s + used);
            i = k;
        } else if (c == 'x' || c == 'u' || c == 'U') {
            uint32_t code;
            size_t k = numeric_escape(s + i + 2, n - i - 2, c, &code);
            if (!k)
                return c == 'x'   ? "truncated \\xXX escape"
                       : c == 'u' ? "truncated \\uXXXX escape"
                                  : "truncated \\UXXXXXXXX escape";
            used += cf_utf8_put(code, s + used);
            i += 2 + k;
        } else if (c == 'N') {
            uint32_t code;
            const char *close = i + 2 < n && s[i + 2] == '{' ? memchr(s + i + 3, '}', n - i - 3) : NULL;
            if (!close || close == s + i + 3) return "malformed \\N character escape";
            if (!cf_unicode_by_name(s + i + 3, (size_t)(close - s) - i - 3, &code)) return "unknown Unicode character name";
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

static bool lex_string(lexer *x, bool *matched)
{
    char quote = x->s[x->at];
    size_t end = x->at + 1;
    while (end < x->size && x->s[end] != quote) end += x->s[end] == '\\' ? 2 : 1;
    *matched = end < x->size;
    if (!*matched) return true;
    cf_t_token token = {.type = T_STRING, .line = x->line};
    if (!newlines(x, x->s + x->at + 1, end - x->at - 1, &token.value)) return false;
    const char *problem = unescape(&token.value, (char *)(uintptr_t)token.value.as.text);
    if (problem) return cf_t_syntax_error(x->error, x->file, x->line, "%s", problem);
    if (!add(x, token)) return false;
    move(x, end + 1);
    return true;
}

/* ---- inside tags ---------------------------------------------------------------------------- */

typedef struct operator_row {
    char            text[3];
    cf_t_token_type type;
} operator_row;

/* Longer ones first. */
static const operator_row operators[] = {
    {"//", T_FLOORDIV}, {"**", T_POW}, {"==", T_EQ}, {"!=", T_NE}, {">=", T_GTEQ}, {"<=", T_LTEQ},
    {"+", T_ADD}, {"-", T_SUB}, {"/", T_DIV}, {"*", T_MUL}, {"%", T_MOD}, {"~", T_TILDE},
    {"[", T_LBRACKET}, {"]", T_RBRACKET}, {"(", T_LPAREN}, {")", T_RPAREN}, {"{", T_LBRACE}, {"}", T_RBRACE},
    {">", T_GT}, {"<", T_LT}, {"=", T_ASSIGN}, {".", T_DOT}, {":", T_COLON}, {"|", T_PIPE}, {",", T_COMMA},
    {";", T_SEMICOLON},
};

static const operator_row *operator_here(const lexer *x)
{
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        cf_t_text text = {operators[i].text, strlen(operators[i].text)};
        if (here(x, x->at, text)) return &operators[i];
    }
    return NULL;
}

/* The end of the tag at x->at, or 0. */
static size_t tag_end(const lexer *x, int what)
{
    const cf_t_syntax *y = x->syntax;
    if (what == OPEN_LINE_STATEMENT) {
        size_t end = skip_space(x, x->at);
        if (end >= x->size) return end ? end : 0;
        while (end > x->at && x->s[end - 1] != '\n') end--;
        return end > x->at ? end : 0;
    }
    cf_t_text close = what == OPEN_VARIABLE ? y->variable_end : y->block_end;
    char c = x->s[x->at];
    if (c == '-' && here(x, x->at + 1, close)) return skip_space(x, x->at + 1 + close.size);
    if (c == '+' && what == OPEN_BLOCK && here(x, x->at + 1, close)) return x->at + 1 + close.size;
    if (!here(x, x->at, close)) return 0;
    size_t end = x->at + close.size;
    return end + (what == OPEN_BLOCK && y->trim_blocks && end < x->size && x->s[end] == '\n');
}

static bool unexpected_char(lexer *x)
{
    size_t next = x->at;
    cf_utf8_next(x->s, x->size, &next);
    return cf_t_syntax_error(x->error, x->file, x->line, "unexpected char '%.*s' at %zu", (int)(next - x->at),
                             x->s + x->at, cf_utf8_length(x->s, x->at));
}

static bool close_bracket(lexer *x, cf_t_token_type type, cf_t_token_type *stack, size_t *depth)
{
    if (*depth == 0)
        return cf_t_syntax_error(x->error, x->file, x->line, "unexpected '%s'", token_names[type]);
    cf_t_token_type expected = stack[--*depth];
    if (expected == type) return true;
    return cf_t_syntax_error(x->error, x->file, x->line, "unexpected '%s', expected '%s'", token_names[type],
                             token_names[expected]);
}

enum { MAX_BRACKETS = 250 };

static bool lex_operator(lexer *x, const operator_row *row, cf_t_token_type *stack, size_t *depth)
{
    cf_t_token_type t = row->type;
    if (t == T_LPAREN || t == T_LBRACKET || t == T_LBRACE) {
        if (*depth == MAX_BRACKETS)
            return cf_t_syntax_error(x->error, x->file, x->line, "too many nested parentheses");
        stack[(*depth)++] = t == T_LPAREN ? T_RPAREN : t == T_LBRACKET ? T_RBRACKET : T_RBRACE;
    } else if (t == T_RPAREN || t == T_RBRACKET || t == T_RBRACE) {
        if (!close_bracket(x, t, stack, depth)) return false;
    }
    if (!add_plain(x, t)) return false;
    x->at += strlen(row->text);
    return true;
}

/* One token of an expression; *done when there is none left. */
static bool lex_one(lexer *x, cf_t_token_type *stack, size_t *depth)
{
    size_t space = skip_space(x, x->at);
    if (space > x->at) {
        move(x, space);
        return true;
    }
    unsigned char c = (unsigned char)x->s[x->at];
    if (c >= '0' && c <= '9') return lex_number(x);
    size_t end = name_end(x);
    if (end > x->at) return lex_name(x, end);
    if (c == '"' || c == '\'') {
        bool matched;
        if (!lex_string(x, &matched)) return false;
        return matched || unexpected_char(x);
    }
    const operator_row *row = operator_here(x);
    return row ? lex_operator(x, row, stack, depth) : unexpected_char(x);
}

static bool lex_tag(lexer *x, int what)
{
    cf_t_token_type stack[MAX_BRACKETS];
    size_t depth = 0;
    for (;;) {
        size_t end = 0;
        if (depth == 0 && (x->at < x->size || what == OPEN_LINE_STATEMENT)) end = tag_end(x, what);
        if (end || (what == OPEN_LINE_STATEMENT && x->at >= x->size && depth == 0)) {
            if (!add_plain(x, what == OPEN_VARIABLE ? T_VARIABLE_END : T_BLOCK_END)) return false;
            if (end > x->at) {
                x->line_starting = x->s[end - 1] == '\n';
                move(x, end);
            }
            return true;
        }
        if (x->at >= x->size) return true;
        if (!lex_one(x, stack, &depth)) return false;
    }
}

/* ---- template data -------------------------------------------------------------------------- */

/* Length of the raw tag at `at` ({% raw %}, {%- raw -%}), 0: none. `sign` is the one after the start. */
static size_t raw_tag(const lexer *x, size_t at, const char *word, bool end_tag, char *sign)
{
    const cf_t_syntax *y = x->syntax;
    size_t i = at, n = strlen(word);
    if (!here(x, i, y->block_start)) return 0;
    i += y->block_start.size;
    *sign = 0;
    if (i < x->size && (x->s[i] == '-' || x->s[i] == '+')) *sign = x->s[i++];
    i = skip_space(x, i);
    if (x->size - i < n || memcmp(x->s + i, word, n) != 0) return 0;
    i = skip_space(x, i + n);
    if (i < x->size && x->s[i] == '-' && here(x, i + 1, y->block_end))
        return skip_space(x, i + 1 + y->block_end.size) - at;
    if (end_tag && i < x->size && x->s[i] == '+' && here(x, i + 1, y->block_end)) return i + 1 + y->block_end.size - at;
    if (!here(x, i, y->block_end)) return 0;
    i += y->block_end.size;
    return i + (end_tag && y->trim_blocks && i < x->size && x->s[i] == '\n') - at;
}

/* Start of a line statement's or comment's prefix, which includes white space before it; SIZE_MAX: not here. */
static size_t line_opener(const lexer *x, size_t at, opener o)
{
    size_t i = at;
    if (o.what == OPEN_LINE_STATEMENT) {
        if (at > 0 && x->s[at - 1] != '\n') return SIZE_MAX;
        while (i < x->size && (x->s[i] == ' ' || x->s[i] == '\t' || x->s[i] == '\v')) i++;
    } else {
        bool line_start = at == 0 || x->s[at - 1] == '\n';
        bool after_text = at > 0 && trim_end(x->s, 0, at) == at;
        if (!line_start && !after_text) return SIZE_MAX;
        for (size_t n; i < x->size && x->s[i] != '\n' && x->s[i] != '\r' && (n = space_at(x->s, x->size, i)) != 0;)
            i += n;
    }
    return here(x, i, o.start) ? i + o.start.size : SIZE_MAX;
}

/* What opens at `at`, and where its content starts. */
static int open_at(const lexer *x, size_t at, size_t *content, char *sign)
{
    size_t n = raw_tag(x, at, "raw", false, sign);
    if (n) {
        *content = at + n;
        return OPEN_RAW;
    }
    for (size_t i = 0; i < x->opener_count; i++) {
        opener o = x->openers[i];
        size_t end;
        if (o.what == OPEN_LINE_STATEMENT || o.what == OPEN_LINE_COMMENT) {
            end = line_opener(x, at, o);
            if (end == SIZE_MAX) continue;
        } else {
            if (!here(x, at, o.start)) continue;
            end = at + o.start.size;
        }
        *sign = 0;
        if (end < x->size && (x->s[end] == '-' || x->s[end] == '+')) *sign = x->s[end++];
        *content = end;
        return o.what;
    }
    return OPEN_NONE;
}

/* End of the data before a tag, after whitespace control. */
static size_t data_end(const lexer *x, size_t from, size_t to, char sign, int what)
{
    if (sign == '-') return trim_end(x->s, from, to);
    if (sign == '+' || !x->syntax->lstrip_blocks || what == OPEN_VARIABLE) return to;
    size_t line = to;
    while (line > from && x->s[line - 1] != '\n') line--;
    if (line == from && !x->line_starting) return to;
    return trim_end(x->s, line, to) == line ? line : to;
}

static bool lex_comment(lexer *x)
{
    const cf_t_syntax *y = x->syntax;
    for (size_t i = x->at; i < x->size; i++) {
        size_t end = 0;
        if (x->s[i] == '+' && here(x, i + 1, y->comment_end)) end = i + 1 + y->comment_end.size;
        else if (x->s[i] == '-' && here(x, i + 1, y->comment_end)) end = skip_space(x, i + 1 + y->comment_end.size);
        else if (here(x, i, y->comment_end)) {
            end = i + y->comment_end.size;
            end += y->trim_blocks && end < x->size && x->s[end] == '\n';
        }
        if (!end) continue;
        x->line_starting = x->s[end - 1] == '\n';
        move(x, end);
        return true;
    }
    return x->at >= x->size || cf_t_syntax_error(x->error, x->file, x->line, "Missing end of comment tag");
}

static bool lex_raw(lexer *x)
{
    for (size_t i = x->at; i < x->size; i++) {
        char sign;
        size_t n = raw_tag(x, i, "endraw", true, &sign);
        if (!n) continue;
        if (!add_data(x, x->at, data_end(x, x->at, i, sign, OPEN_RAW))) return false;
        x->line_starting = x->s[i + n - 1] == '\n';
        move(x, i + n);
        return true;
    }
    return x->at >= x->size || cf_t_syntax_error(x->error, x->file, x->line, "Missing end of raw directive");
}

static bool lex_opened(lexer *x, int what)
{
    switch (what) {
    case OPEN_RAW: return lex_raw(x);
    case OPEN_COMMENT: return lex_comment(x);
    case OPEN_LINE_COMMENT: {
        size_t end = x->at;
        while (end < x->size && x->s[end] != '\n') end++;
        if (end > x->at) x->line_starting = false;
        move(x, end);
        return true;
    }
    default:
        if (!add_plain(x, what == OPEN_VARIABLE ? T_VARIABLE_BEGIN : T_BLOCK_BEGIN)) return false;
        return lex_tag(x, what);
    }
}

/* May something open at `at`? Line statements and comments may begin with white space. */
static bool may_open(const lexer *x, size_t at)
{
    return x->opens[(unsigned char)x->s[at]];
}

static bool lex_root(lexer *x)
{
    while (x->at < x->size) {
        size_t i = x->at, content = 0;
        char sign = 0;
        int what = OPEN_NONE;
        for (; i < x->size; i++) {
            if (!may_open(x, i)) continue;
            what = open_at(x, i, &content, &sign);
            if (what != OPEN_NONE) break;
        }
        if (what == OPEN_NONE) {
            bool ok = add_data(x, x->at, x->size);
            x->at = x->size;
            return ok;
        }
        if (!add_data(x, x->at, data_end(x, x->at, i, sign, what))) return false;
        x->line_starting = content > 0 && x->s[content - 1] == '\n';
        move(x, content);
        if (!lex_opened(x, what)) return false;
    }
    return true;
}

/* ---- start ---------------------------------------------------------------------------------- */

static void add_opener(lexer *x, int what, cf_t_text start)
{
    if (!start.size) return;
    size_t i = x->opener_count++;
    while (i > 0 && (x->openers[i - 1].start.size < start.size ||
                     (x->openers[i - 1].start.size == start.size && x->openers[i - 1].what < what))) {
        x->openers[i] = x->openers[i - 1];
        i--;
    }
    x->openers[i] = (opener){what, start};
    x->opens[(unsigned char)start.text[0]] = true;
    if (what == OPEN_LINE_STATEMENT || what == OPEN_LINE_COMMENT)
        for (int c = 0; c < 256; c++)
            if (c >= 0x80 || c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x1f)) x->opens[c] = true;
}

/* The source with \r\n and \r as \n, and without its last newline unless that is kept. */
static bool normalise(lexer *x, const char *source, size_t size)
{
    char *copy = cf_arena_alloc(x->arena, size + 1);
    if (!copy) return fail_memory(x);
    size_t n = 0;
    for (size_t i = 0; i < size; i++) {
        if (source[i] == '\r') {
            if (i + 1 < size && source[i + 1] == '\n') i++;
            copy[n++] = '\n';
        } else {
            copy[n++] = source[i];
        }
    }
    if (n && copy[n - 1] == '\n' && !x->syntax->keep_trailing_newline) n--;
    x->s = copy;
    x->size = n;
    return true;
}

bool cf_t_lex(cf_templates *env, cf_arena *arena, const char *name, const char *source, size_t size, cf_t_tokens *out,
              cf_error *error)
{
    const cf_t_syntax *y = cf_t_syntax_of(env);
    lexer x = {.env = env, .syntax = y, .arena = arena, .error = error, .file = name, .line = 1,
               .line_starting = true, .out = out};
    add_opener(&x, OPEN_COMMENT, y->comment_start);
    add_opener(&x, OPEN_BLOCK, y->block_start);
    add_opener(&x, OPEN_VARIABLE, y->variable_start);
    add_opener(&x, OPEN_LINE_STATEMENT, y->line_statement_prefix);
    add_opener(&x, OPEN_LINE_COMMENT, y->line_comment_prefix);
    if (size > UINT32_MAX / 8)
        return cf_t_syntax_error(error, name, 1, "the template is longer than %u bytes", UINT32_MAX / 8);
    if (!normalise(&x, source, size)) return false;
    if (!lex_root(&x)) return false;
    int last = out->count ? out->items[out->count - 1].line : 1;
    return add(&x, (cf_t_token){.type = T_EOF, .line = last});
}
