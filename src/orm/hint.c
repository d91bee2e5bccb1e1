/* What is written in other languages, and how it is said in a query. */
#include "orm/ast.h"

#include "base/text.h"

#include <string.h>

/* Signs that mean nothing here. */
static const struct {
    const char *sign, *hint;
} signs[] = {
    {"==", "write '='"},
    {"=>", "write '>='"},
    {"=<", "write '<='"},
    {"=!", "write '!='"},
    {"&&", "write 'and'"},
    {"**", "there is no power; multiply"},
    {"<<", "there are no operators on bits"},
    {">>", "there are no operators on bits"},
    {"&", "there are no operators on bits"},
    {"^", "there are no operators on bits, and no power"},
    {"::", "write cast(... as ...)"},
    {"--", "there are no comments in a query"},
    {"/*", "there are no comments in a query"},
    {"//", "there are no comments in a query"},
    {"#", "there are no comments in a query"},
    {"`", "names are not quoted here"},
    {"[", "names are not quoted here"},
    {"@", "a value is written '?'"},
    {":", "a value is written '?'"},
    {"$", "a value is written '?'"},
    {"{", "a value is written '?'"},
    {"~", "write 'like', 'starts with' or 'contains'"},
    {"!", "write 'not'"},
};

const char *cf_hint_sign(const char *text, size_t size, size_t *sign)
{
    if (size > 1 && text[0] == '!' && text[1] == '=') return NULL;
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        *sign = strlen(signs[i].sign);
        if (*sign <= size && memcmp(text, signs[i].sign, *sign) == 0) return signs[i].hint;
    }
    return NULL;
}

/* Words of other languages, and ways to misspell two words as one. */
static const struct {
    const char *word, *said;
} synonyms[] = {
    {"startswith", "starts with"},
    {"endswith", "ends with"},
    {"isnull", "is null"},
    {"notnull", "is not null"},
    {"orderby", "order by"},
    {"groupby", "group by"},
    {"ascending", "asc"},
    {"descending", "desc"},
    {"top", "limit"},
    {"skip", "offset"},
    {"nil", "null"},
    {"none", "null"},
    {"rlike", "like"},
    {"regexp", "like"},
    {"glob", "like"},
    {"matches", "like"},
    {"similar", "like"},
    {"len", "length"},
    {"char_length", "length"},
    {"substring", "substr"},
    {"ifnull", "coalesce"},
    {"nvl", "coalesce"},
    {"lcase", "lower"},
    {"ucase", "upper"},
};

const char *cf_hint_synonym(const char *word, size_t size)
{
    for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms; i++)
        if (cf_equal_nocase(word, size, synonyms[i].word, strlen(synonyms[i].word))) return synonyms[i].said;
    return NULL;
}

const char *cf_hint_word(const char *word, size_t size)
{
    static const char *const words[] = {"and",    "or",    "not", "order", "group",  "where",  "limit",   "offset",
                                        "having", "desc",  "asc", "like",  "ilike",  "null",   "nulls",   "between",
                                        "select", "union", "is",  "in",    "exists", "escape", "distinct"};
    char                     copy[32];
    const char              *said = cf_hint_synonym(word, size);
    if (said || size < 3 || size >= sizeof copy) return said;
    for (size_t i = 0; i < size; i++) copy[i] = (char)(word[i] >= 'A' && word[i] <= 'Z' ? word[i] + 32 : word[i]);
    copy[size] = '\0';
    const char *nearest = cf_nearest_name(copy, words, sizeof words / sizeof *words);
    if (!nearest || strcmp(nearest, copy) == 0) return NULL;
    return strcmp(nearest, "order") == 0 ? "order by" : strcmp(nearest, "group") == 0 ? "group by" : nearest;
}

/* The word before byte `at`; its size, 0 when there is none. */
static size_t word_before(const char *text, size_t at, const char **word)
{
    while (at && strchr(" \t\r\n", text[at - 1])) at--;
    size_t end = at;
    while (at && ((text[at - 1] | 32) >= 'a') && ((text[at - 1] | 32) <= 'z')) at--;
    *word = text + at;
    return end - at;
}

/* Does what stands before byte `at` look like the end of a value? */
static bool value_before(const char *text, size_t at)
{
    while (at && strchr(" \t\r\n", text[at - 1])) at--;
    return at && !strchr("=<>!(,+-*/%|", text[at - 1]);
}

const char *cf_hint_unexpected(const cf_compiler *c, const char **said)
{
    const cf_token *t = &c->token;
    const char     *before;
    size_t          size = word_before(c->text, t->at, &before);
    *said = NULL;
    if (t->at && c->text[t->at - 1] == '\'' && t->kind != CF_TOKEN_SYMBOL)
        return "; a quote within a text is written twice: 'it''s'";
    if (t->word == CF_WORD_BY) *said = cf_hint_word(before, size);
    else if (t->kind == CF_TOKEN_NAME || t->kind == CF_TOKEN_WORD) *said = cf_hint_word(t->text, t->size);
    else if (t->kind == CF_TOKEN_SYMBOL && strchr("=<>!", t->symbol[0]) && value_before(c->text, t->at))
        return "; comparisons are joined by 'and', or said with 'between'";
    else if (t->kind == CF_TOKEN_SYMBOL && t->symbol[0] == '*' && cf_equal_nocase(before, size, "select", 6))
        return "; without a select list a query gives whole objects";
    if (!*said) *said = cf_hint_synonym(before, size);
    return "";
}
