/* Templates to tokens: delimiters, whitespace control, literals. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/number.h"
#include "base/text.h"
#include "template/lexer.h"

static const char *const token_names[] = {
    [T_EOF] = "end of template",
    [T_DATA] = "template data / text",
    [T_VARIABLE_BEGIN] = "begin of print statement",
    [T_VARIABLE_END] = "end of print statement",
    [T_BLOCK_BEGIN] = "begin of statement block",
    [T_BLOCK_END] = "end of statement block",
    [T_NAME] = "name",
    [T_STRING] = "string",
    [T_INTEGER] = "integer",
    [T_FLOAT] = "float",
    [T_ADD] = "+",
    [T_SUB] = "-",
    [T_MUL] = "*",
    [T_DIV] = "/",
    [T_FLOORDIV] = "//",
    [T_MOD] = "%",
    [T_POW] = "**",
    [T_TILDE] = "~",
    [T_EQ] = "==",
    [T_NE] = "!=",
    [T_GT] = ">",
    [T_GTEQ] = ">=",
    [T_LT] = "<",
    [T_LTEQ] = "<=",
    [T_ASSIGN] = "=",
    [T_DOT] = ".",
    [T_COLON] = ":",
    [T_PIPE] = "|",
    [T_COMMA] = ",",
    [T_SEMICOLON] = ";",
    [T_LPAREN] = "(",
    [T_RPAREN] = ")",
    [T_LBRACKET] = "[",
    [T_RBRACKET] = "]",
    [T_LBRACE] = "{",
    [T_RBRACE] = "}",
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

bool cf_t_lex_no_memory(cf_t_lexer *x)
{
    return cf_fail(x->error, CF_ERR_MEMORY, "out of memory while reading template %s", x->file);
}

bool cf_t_lex_add(cf_t_lexer *x, cf_t_token token)
{
    cf_t_tokens *t = x->out;
    if (t->count == t->capacity) {
        size_t      capacity = t->capacity ? t->capacity * 2 : 64;
        cf_t_token *items = cf_arena_array(x->arena, capacity, sizeof *items);
        if (!items) return cf_t_lex_no_memory(x);
        if (t->count) memcpy(items, t->items, t->count * sizeof *items);
        t->items = items;
        t->capacity = capacity;
    }
    t->items[t->count++] = token;
    return true;
}

static bool add_plain(cf_t_lexer *x, cf_t_token_type type)
{
    return cf_t_lex_add(x, (cf_t_token){.type = type, .line = x->line});
}

static int count_lines(const char *s, size_t size)
{
    int n = 0;
    for (size_t i = 0; i < size; i++) n += s[i] == '\n';
    return n;
}

void cf_t_lex_move(cf_t_lexer *x, size_t to)
{
    x->line += count_lines(x->s + x->at, to - x->at);
    x->at = to;
}

static bool here(const cf_t_lexer *x, size_t at, cf_t_text text)
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

static size_t skip_space(const cf_t_lexer *x, size_t at)
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
bool cf_t_lex_newlines(cf_t_lexer *x, const char *text, size_t size, cf_value *out)
{
    cf_t_text nl = x->syntax->newline;
    if (nl.size == 1 && nl.text[0] == '\n') {
        char *copy = cf_arena_text(x->arena, text, size);
        if (!copy) return cf_t_lex_no_memory(x);
        *out = cf_value_text_n(copy, size);
        return true;
    }
    size_t n = (size_t)count_lines(text, size);
    char  *copy = cf_arena_alloc(x->arena, size + n * (nl.size - 1) + 1);
    if (!copy) return cf_t_lex_no_memory(x);
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

static bool add_data(cf_t_lexer *x, size_t from, size_t to)
{
    if (to == from) return true;
    cf_t_token token = {.type = T_DATA, .line = x->line};
    return cf_t_lex_newlines(x, x->s + from, to - from, &token.value) && cf_t_lex_add(x, token);
}

/* ---- inside tags ---------------------------------------------------------------------------- */

typedef struct operator_row {
    char            text[3];
    cf_t_token_type type;
} operator_row;

/* Longer ones first. */
static const operator_row operators[] = {
    {"//", T_FLOORDIV}, {"**", T_POW},      {"==", T_EQ},    {"!=", T_NE},    {">=", T_GTEQ},  {"<=", T_LTEQ},
    {"+", T_ADD},       {"-", T_SUB},       {"/", T_DIV},    {"*", T_MUL},    {"%", T_MOD},    {"~", T_TILDE},
    {"[", T_LBRACKET},  {"]", T_RBRACKET},  {"(", T_LPAREN}, {")", T_RPAREN}, {"{", T_LBRACE}, {"}", T_RBRACE},
    {">", T_GT},        {"<", T_LT},        {"=", T_ASSIGN}, {".", T_DOT},    {":", T_COLON},  {"|", T_PIPE},
    {",", T_COMMA},     {";", T_SEMICOLON},
};

static const operator_row *operator_here(const cf_t_lexer *x)
{
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        cf_t_text text = {operators[i].text, strlen(operators[i].text)};
        if (here(x, x->at, text)) return &operators[i];
    }
    return NULL;
}

/* The end of the tag at x->at, or 0. */
static size_t tag_end(const cf_t_lexer *x, int what)
{
    const cf_t_syntax *y = x->syntax;
    if (what == OPEN_LINE_STATEMENT) {
        size_t end = skip_space(x, x->at);
        if (end >= x->size) return end ? end : 0;
        while (end > x->at && x->s[end - 1] != '\n') end--;
        return end > x->at ? end : 0;
    }
    cf_t_text close = what == OPEN_VARIABLE ? y->variable_end : y->block_end;
    char      c = x->s[x->at];
    if (c == '-' && here(x, x->at + 1, close)) return skip_space(x, x->at + 1 + close.size);
    if (c == '+' && what == OPEN_BLOCK && here(x, x->at + 1, close)) return x->at + 1 + close.size;
    if (!here(x, x->at, close)) return 0;
    size_t end = x->at + close.size;
    return end + (what == OPEN_BLOCK && y->trim_blocks && end < x->size && x->s[end] == '\n');
}

static bool unexpected_char(cf_t_lexer *x)
{
    size_t next = x->at;
    cf_utf8_next(x->s, x->size, &next);
    return cf_t_syntax_error(x->error, x->file, x->line, "unexpected char '%.*s' at %zu", (int)(next - x->at),
                             x->s + x->at, cf_utf8_length(x->s, x->at));
}

static bool close_bracket(cf_t_lexer *x, cf_t_token_type type, cf_t_token_type *stack, size_t *depth)
{
    if (*depth == 0) return cf_t_syntax_error(x->error, x->file, x->line, "unexpected '%s'", token_names[type]);
    cf_t_token_type expected = stack[--*depth];
    if (expected == type) return true;
    return cf_t_syntax_error(x->error, x->file, x->line, "unexpected '%s', expected '%s'", token_names[type],
                             token_names[expected]);
}

enum { MAX_BRACKETS = 250 };

static bool lex_operator(cf_t_lexer *x, const operator_row *row, cf_t_token_type *stack, size_t *depth)
{
    cf_t_token_type t = row->type;
    if (t == T_LPAREN || t == T_LBRACKET || t == T_LBRACE) {
        if (*depth == MAX_BRACKETS) return cf_t_syntax_error(x->error, x->file, x->line, "too many nested parentheses");
        stack[(*depth)++] = t == T_LPAREN ? T_RPAREN : t == T_LBRACKET ? T_RBRACKET : T_RBRACE;
    } else if (t == T_RPAREN || t == T_RBRACKET || t == T_RBRACE) {
        if (!close_bracket(x, t, stack, depth)) return false;
    }
    if (!add_plain(x, t)) return false;
    x->at += strlen(row->text);
    return true;
}

/* One token of an expression; *done when there is none left. */
static bool lex_one(cf_t_lexer *x, cf_t_token_type *stack, size_t *depth)
{
    size_t space = skip_space(x, x->at);
    if (space > x->at) {
        cf_t_lex_move(x, space);
        return true;
    }
    unsigned char c = (unsigned char)x->s[x->at];
    if (c >= '0' && c <= '9') return cf_t_lex_number(x);
    size_t end = cf_t_lex_name_end(x);
    if (end > x->at) return cf_t_lex_name(x, end);
    if (c == '"' || c == '\'') {
        bool matched;
        if (!cf_t_lex_string(x, &matched)) return false;
        return matched || unexpected_char(x);
    }
    const operator_row *row = operator_here(x);
    return row ? lex_operator(x, row, stack, depth) : unexpected_char(x);
}

static bool lex_tag(cf_t_lexer *x, int what)
{
    cf_t_token_type stack[MAX_BRACKETS];
    size_t          depth = 0;
    for (;;) {
        size_t end = 0;
        if (depth == 0 && (x->at < x->size || what == OPEN_LINE_STATEMENT)) end = tag_end(x, what);
        if (end || (what == OPEN_LINE_STATEMENT && x->at >= x->size && depth == 0)) {
            if (!add_plain(x, what == OPEN_VARIABLE ? T_VARIABLE_END : T_BLOCK_END)) return false;
            if (end > x->at) {
                x->line_starting = x->s[end - 1] == '\n';
                cf_t_lex_move(x, end);
            }
            return true;
        }
        if (x->at >= x->size) return true;
        if (!lex_one(x, stack, &depth)) return false;
    }
}

/* ---- template data -------------------------------------------------------------------------- */

/* Length of the raw tag at `at` ({% raw %}, {%- raw -%}), 0: none. `sign` is the one after the start. */
static size_t raw_tag(const cf_t_lexer *x, size_t at, const char *word, bool end_tag, char *sign)
{
    const cf_t_syntax *y = x->syntax;
    size_t             i = at, n = strlen(word);
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
static size_t line_opener(const cf_t_lexer *x, size_t at, cf_t_opener o)
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
static int open_at(const cf_t_lexer *x, size_t at, size_t *content, char *sign)
{
    size_t n = raw_tag(x, at, "raw", false, sign);
    if (n) {
        *content = at + n;
        return OPEN_RAW;
    }
    for (size_t i = 0; i < x->opener_count; i++) {
        cf_t_opener o = x->openers[i];
        size_t      end;
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
static size_t data_end(const cf_t_lexer *x, size_t from, size_t to, char sign, int what)
{
    if (sign == '-') return trim_end(x->s, from, to);
    if (sign == '+' || !x->syntax->lstrip_blocks || what == OPEN_VARIABLE) return to;
    size_t line = to;
    while (line > from && x->s[line - 1] != '\n') line--;
    if (line == from && !x->line_starting) return to;
    return trim_end(x->s, line, to) == line ? line : to;
}

static bool lex_comment(cf_t_lexer *x)
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
        cf_t_lex_move(x, end);
        return true;
    }
    return x->at >= x->size || cf_t_syntax_error(x->error, x->file, x->line, "Missing end of comment tag");
}

static bool lex_raw(cf_t_lexer *x)
{
    for (size_t i = x->at; i < x->size; i++) {
        char   sign;
        size_t n = raw_tag(x, i, "endraw", true, &sign);
        if (!n) continue;
        if (!add_data(x, x->at, data_end(x, x->at, i, sign, OPEN_RAW))) return false;
        x->line_starting = x->s[i + n - 1] == '\n';
        cf_t_lex_move(x, i + n);
        return true;
    }
    return x->at >= x->size || cf_t_syntax_error(x->error, x->file, x->line, "Missing end of raw directive");
}

static bool lex_opened(cf_t_lexer *x, int what)
{
    switch (what) {
    case OPEN_RAW: return lex_raw(x);
    case OPEN_COMMENT: return lex_comment(x);
    case OPEN_LINE_COMMENT: {
        size_t end = x->at;
        while (end < x->size && x->s[end] != '\n') end++;
        if (end > x->at) x->line_starting = false;
        cf_t_lex_move(x, end);
        return true;
    }
    default:
        if (!add_plain(x, what == OPEN_VARIABLE ? T_VARIABLE_BEGIN : T_BLOCK_BEGIN)) return false;
        return lex_tag(x, what);
    }
}

/* May something open at `at`? Line statements and comments may begin with white space. */
static bool may_open(const cf_t_lexer *x, size_t at)
{
    return x->opens[(unsigned char)x->s[at]];
}

static bool lex_root(cf_t_lexer *x)
{
    while (x->at < x->size) {
        size_t i = x->at, content = 0;
        char   sign = 0;
        int    what = OPEN_NONE;
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
        cf_t_lex_move(x, content);
        if (!lex_opened(x, what)) return false;
    }
    return true;
}

/* ---- start ---------------------------------------------------------------------------------- */

static void add_opener(cf_t_lexer *x, int what, cf_t_text start)
{
    if (!start.size) return;
    size_t i = x->opener_count++;
    while (i > 0 && (x->openers[i - 1].start.size < start.size ||
                     (x->openers[i - 1].start.size == start.size && x->openers[i - 1].what < what))) {
        x->openers[i] = x->openers[i - 1];
        i--;
    }
    x->openers[i] = (cf_t_opener){what, start};
    x->opens[(unsigned char)start.text[0]] = true;
    if (what == OPEN_LINE_STATEMENT || what == OPEN_LINE_COMMENT)
        for (int c = 0; c < 256; c++)
            if (c >= 0x80 || c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x1f)) x->opens[c] = true;
}

/* The source with \r\n and \r as \n, and without its last newline unless that is kept. */
static bool normalise(cf_t_lexer *x, const char *source, size_t size)
{
    char *copy = cf_arena_alloc(x->arena, size + 1);
    if (!copy) return cf_t_lex_no_memory(x);
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
    cf_t_lexer         x = {.env = env,
                            .syntax = y,
                            .arena = arena,
                            .error = error,
                            .file = name,
                            .line = 1,
                            .line_starting = true,
                            .out = out};
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
    return cf_t_lex_add(&x, (cf_t_token){.type = T_EOF, .line = last});
}
