/* Words of the query language. */
#include "orm/ast.h"

#include "base/number.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* Words that are not reserved are names wherever the grammar has no place for them. */
static const struct {
    const char *text;
    cf_word     word;
    bool        reserved;
} words[] = {
    {"all", CF_WORD_ALL, true},
    {"and", CF_WORD_AND, true},
    {"as", CF_WORD_AS, true},
    {"asc", CF_WORD_ASC, true},
    {"between", CF_WORD_BETWEEN, true},
    {"by", CF_WORD_BY, true},
    {"case", CF_WORD_CASE, true},
    {"cast", CF_WORD_CAST, false},
    {"conflict", CF_WORD_CONFLICT, false},
    {"contains", CF_WORD_CONTAINS, false},
    {"current", CF_WORD_CURRENT, false},
    {"desc", CF_WORD_DESC, true},
    {"distinct", CF_WORD_DISTINCT, true},
    {"do", CF_WORD_DO, false},
    {"else", CF_WORD_ELSE, true},
    {"end", CF_WORD_END, true},
    {"ends", CF_WORD_ENDS, false},
    {"escape", CF_WORD_ESCAPE, false},
    {"except", CF_WORD_EXCEPT, true},
    {"excluded", CF_WORD_EXCLUDED, false},
    {"exists", CF_WORD_EXISTS, false},
    {"false", CF_WORD_FALSE, true},
    {"first", CF_WORD_FIRST, false},
    {"following", CF_WORD_FOLLOWING, false},
    {"for", CF_WORD_FOR, false},
    {"from", CF_WORD_FROM, true},
    {"group", CF_WORD_GROUP, true},
    {"having", CF_WORD_HAVING, true},
    {"ilike", CF_WORD_ILIKE, true},
    {"in", CF_WORD_IN, true},
    {"inner", CF_WORD_INNER, false},
    {"intersect", CF_WORD_INTERSECT, true},
    {"is", CF_WORD_IS, true},
    {"join", CF_WORD_JOIN, false},
    {"last", CF_WORD_LAST, false},
    {"left", CF_WORD_LEFT, false},
    {"like", CF_WORD_LIKE, true},
    {"limit", CF_WORD_LIMIT, true},
    {"load", CF_WORD_LOAD, false},
    {"locked", CF_WORD_LOCKED, false},
    {"not", CF_WORD_NOT, true},
    {"nothing", CF_WORD_NOTHING, false},
    {"nowait", CF_WORD_NOWAIT, false},
    {"null", CF_WORD_NULL, true},
    {"nulls", CF_WORD_NULLS, false},
    {"of", CF_WORD_OF, false},
    {"offset", CF_WORD_OFFSET, true},
    {"on", CF_WORD_ON, false},
    {"or", CF_WORD_OR, true},
    {"order", CF_WORD_ORDER, true},
    {"outer", CF_WORD_OUTER, false},
    {"over", CF_WORD_OVER, false},
    {"partition", CF_WORD_PARTITION, false},
    {"preceding", CF_WORD_PRECEDING, false},
    {"raise", CF_WORD_RAISE, false},
    {"range", CF_WORD_RANGE, false},
    {"recursive", CF_WORD_RECURSIVE, false},
    {"returning", CF_WORD_RETURNING, false},
    {"row", CF_WORD_ROW, false},
    {"rows", CF_WORD_ROWS, false},
    {"select", CF_WORD_SELECT, true},
    {"set", CF_WORD_SET, false},
    {"share", CF_WORD_SHARE, false},
    {"skip", CF_WORD_SKIP, false},
    {"starts", CF_WORD_STARTS, false},
    {"then", CF_WORD_THEN, true},
    {"true", CF_WORD_TRUE, true},
    {"unbounded", CF_WORD_UNBOUNDED, false},
    {"union", CF_WORD_UNION, true},
    {"update", CF_WORD_UPDATE, false},
    {"when", CF_WORD_WHEN, true},
    {"where", CF_WORD_WHERE, true},
    {"with", CF_WORD_WITH, false},
};

bool cf_word_reserved(const char *name)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].reserved && strcmp(words[i].text, name) == 0) return true;
    return false;
}

void *cf_compiler_fail(cf_compiler *c, cf_code code, size_t at, const char *format, ...)
{
    if (c->code != CF_OK) return NULL;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(c->message, sizeof c->message, format, arguments);
    va_end(arguments);
    c->code = code;
    c->message_at = at;
    return NULL;
}

void cf_compiler_explain(const cf_compiler *c, char *out, size_t size)
{
    size_t from = c->message_at > 60 ? c->message_at - 60 : 0, column = 0;
    while (from && ((unsigned char)c->text[from] & 0xc0) == 0x80) from--;
    int shown = (int)(c->size - from > 100 ? 100 : c->size - from);
    column = cf_utf8_length(c->text + from, c->message_at - from);
    if (c->site) snprintf(out, size, "%s:%d: ", c->site->file, c->site->line);
    else if (size) out[0] = '\0';
    size_t n = strlen(out);
    snprintf(out + n, size - n, "%s\n  %.*s\n  %*s^", c->message, shown, c->text + from, (int)column, "");
}

static bool name_start(unsigned char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_';
}

static bool digit(unsigned char ch)
{
    return ch >= '0' && ch <= '9';
}

static void lex_name(cf_compiler *c, cf_token *t)
{
    while (c->at < c->size && (name_start((unsigned char)c->text[c->at]) || digit((unsigned char)c->text[c->at])))
        c->at++;
    t->size = c->at - t->at;
    t->kind = CF_TOKEN_NAME;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (cf_equal_nocase(t->text, t->size, words[i].text, strlen(words[i].text))) {
            if (words[i].reserved) t->kind = CF_TOKEN_WORD;
            t->word = words[i].word;
        }
    /* all(relationship, condition) is a call. */
    if (t->word == CF_WORD_ALL && c->at < c->size && c->text[c->at] == '(') {
        t->kind = CF_TOKEN_NAME;
        t->word = CF_WORD_NONE;
    }
}

static bool lex_number(cf_compiler *c, cf_token *t)
{
    const char *p = c->text;
    while (c->at < c->size && digit((unsigned char)p[c->at])) c->at++;
    if (c->at + 1 < c->size && p[c->at] == '.' && digit((unsigned char)p[c->at + 1]))
        for (c->at++; c->at < c->size && digit((unsigned char)p[c->at]); c->at++) {
        }
    if (c->at < c->size && (p[c->at] == 'e' || p[c->at] == 'E')) {
        size_t at = c->at + 1;
        if (at < c->size && (p[at] == '+' || p[at] == '-')) at++;
        if (at < c->size && digit((unsigned char)p[at]))
            for (c->at = at; c->at < c->size && digit((unsigned char)p[c->at]); c->at++) {
            }
    }
    t->size = c->at - t->at;
    t->kind = CF_TOKEN_NUMBER;
    if (c->at < c->size && name_start((unsigned char)p[c->at]))
        return cf_compiler_fail(c, CF_ERR_SYNTAX, t->at, "a name cannot begin with a digit") != NULL;
    if (t->size > 40) return cf_compiler_fail(c, CF_ERR_SYNTAX, t->at, "this number is too long") != NULL;
    int64_t integer;
    if (strspn(t->text, "0123456789") >= t->size && !cf_parse_int(t->text, t->size, &integer))
        return cf_compiler_fail(c, CF_ERR_RANGE, t->at, "no integer is as large as this") != NULL;
    return true;
}

/* 'text', where two quotes stand for one; the quotes inside are kept for the parser to halve. */
static bool lex_text(cf_compiler *c, cf_token *t)
{
    for (c->at++; c->at < c->size; c->at++) {
        if (c->text[c->at] != '\'') continue;
        if (c->at + 1 < c->size && c->text[c->at + 1] == '\'') {
            c->at++;
            continue;
        }
        t->kind = CF_TOKEN_TEXT;
        t->text++;
        t->size = c->at++ - t->at - 1;
        return true;
    }
    return cf_compiler_fail(c, CF_ERR_SYNTAX, t->at, "this text has no closing quote") != NULL;
}

static bool lex_symbol(cf_compiler *c, cf_token *t)
{
    static const char *const symbols[] = {"<=", ">=", "<>", "!=", "||", "=", "<", ">", "(",
                                          ")",  ",",  ".",  "+",  "-",  "*", "/", "%"};
    size_t                   sign;
    const char              *hint = cf_hint_sign(c->text + c->at, c->size - c->at, &sign);
    if (hint)
        return cf_compiler_fail(c, CF_ERR_SYNTAX, c->at, "'%.*s' cannot stand here; %s", (int)sign, c->text + c->at,
                                hint) != NULL;
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        size_t n = strlen(symbols[i]);
        if (c->size - c->at < n || memcmp(c->text + c->at, symbols[i], n) != 0) continue;
        t->kind = CF_TOKEN_SYMBOL;
        t->size = n;
        memcpy(t->symbol, symbols[i], n + 1);
        c->at += n;
        return true;
    }
    unsigned char ch = (unsigned char)c->text[c->at];
    if (ch == '"') cf_compiler_fail(c, CF_ERR_SYNTAX, c->at, "names are not quoted here; texts stand in single quotes");
    else if (ch == ';') cf_compiler_fail(c, CF_ERR_SYNTAX, c->at, "a query is one statement without ';'");
    else if (ch < 0x20 || ch >= 0x7f) cf_compiler_fail(c, CF_ERR_SYNTAX, c->at, "byte 0x%02x cannot stand here", ch);
    else cf_compiler_fail(c, CF_ERR_SYNTAX, c->at, "'%c' cannot stand here", ch);
    return false;
}

bool cf_lex(cf_compiler *c)
{
    cf_token *t = &c->token;
    while (c->at < c->size && strchr(" \t\r\n", c->text[c->at])) c->at++;
    *t = (cf_token){.text = c->text + c->at, .at = c->at};
    if (c->at >= c->size) return true;
    unsigned char ch = (unsigned char)c->text[c->at];
    if (name_start(ch)) {
        lex_name(c, t);
        return true;
    }
    if (digit(ch)) return lex_number(c, t);
    if (ch == '\'') return lex_text(c, t);
    if (ch == '?') {
        t->kind = CF_TOKEN_PARAMETER;
        t->size = 1;
        c->at++;
        return true;
    }
    return lex_symbol(c, t);
}
