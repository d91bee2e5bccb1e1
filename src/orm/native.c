/* Types as servers spell them, read back into neutral ones. */
#include "orm/reflect.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* First words of types; where a dialect means something else by a word, see cf_native_parse(). */
static const struct {
    const char *word;
    int         type;
} words[] = {
    {"bool", CF_TYPE_BOOL},         {"boolean", CF_TYPE_BOOL},       {"smallint", CF_TYPE_INT16},
    {"int2", CF_TYPE_INT16},        {"tinyint", CF_TYPE_INT16},      {"integer", CF_TYPE_INT32},
    {"int", CF_TYPE_INT32},         {"int4", CF_TYPE_INT32},         {"mediumint", CF_TYPE_INT32},
    {"bigint", CF_TYPE_INT64},      {"int8", CF_TYPE_INT64},         {"real", CF_TYPE_FLOAT},
    {"float4", CF_TYPE_FLOAT},      {"float", CF_TYPE_DOUBLE},       {"double", CF_TYPE_DOUBLE},
    {"float8", CF_TYPE_DOUBLE},     {"numeric", CF_TYPE_DECIMAL},    {"decimal", CF_TYPE_DECIMAL},
    {"dec", CF_TYPE_DECIMAL},       {"varchar", CF_TYPE_TEXT},       {"character", CF_TYPE_TEXT},
    {"char", CF_TYPE_TEXT},         {"nchar", CF_TYPE_TEXT},         {"nvarchar", CF_TYPE_TEXT},
    {"text", CF_TYPE_TEXT},         {"tinytext", CF_TYPE_TEXT},      {"mediumtext", CF_TYPE_TEXT},
    {"longtext", CF_TYPE_TEXT},     {"clob", CF_TYPE_TEXT},          {"enum", CF_TYPE_TEXT},
    {"blob", CF_TYPE_BYTES},        {"tinyblob", CF_TYPE_BYTES},     {"mediumblob", CF_TYPE_BYTES},
    {"longblob", CF_TYPE_BYTES},    {"bytea", CF_TYPE_BYTES},        {"binary", CF_TYPE_BYTES},
    {"varbinary", CF_TYPE_BYTES},   {"date", CF_TYPE_DATE},          {"time", CF_TYPE_TIME},
    {"datetime", CF_TYPE_DATETIME}, {"timestamp", CF_TYPE_DATETIME}, {"timestamptz", CF_TYPE_DATETIME},
    {"interval", CF_TYPE_INTERVAL}, {"uuid", CF_TYPE_UUID},          {"json", CF_TYPE_JSON},
    {"jsonb", CF_TYPE_JSON},
};

static int find_word(const char *word)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].word, word) == 0) return words[i].type;
    return CF_TYPE_NONE;
}

/* "numeric(10,2)": the numbers in brackets. */
static void read_numbers(const char *native, int32_t *first, int32_t *second)
{
    const char *open = strchr(native, '('), *comma;
    *first = *second = 0;
    if (!open) return;
    *first = (int32_t)atoi(open + 1);
    comma = strchr(open, ',');
    if (comma) *second = (int32_t)atoi(comma + 1);
}

void cf_native_parse(cf_table_column *c, const cf_dialect *d)
{
    char    word[32] = "", lower[128] = "";
    int32_t first, second;
    size_t  n = 0;
    for (size_t i = 0; c->native && c->native[i] && i + 1 < sizeof lower; i++)
        lower[i] = (char)tolower((unsigned char)c->native[i]);
    while (n + 1 < sizeof word && (isalnum((unsigned char)lower[n]) || lower[n] == '_')) word[n] = lower[n], n++;
    read_numbers(lower, &first, &second);
    c->type = find_word(word);
    if (d->id == CF_MARIADB && strcmp(word, "tinyint") == 0 && first == 1) c->type = CF_TYPE_BOOL;
    if (d->id == CF_MARIADB && strcmp(word, "float") == 0) c->type = CF_TYPE_FLOAT;
    if (d->id == CF_SQLITE && strcmp(word, "real") == 0) c->type = CF_TYPE_DOUBLE;
    if (d->id == CF_SQLITE && (strcmp(word, "integer") == 0 || strcmp(word, "int") == 0)) c->type = CF_TYPE_INT64;
    if (strcmp(word, "enum") != 0 && (c->type == CF_TYPE_TEXT || c->type == CF_TYPE_BYTES)) c->length = first;
    if (c->type == CF_TYPE_DATETIME || c->type == CF_TYPE_TIME) c->precision = first; /* digits of seconds */
    if (c->type == CF_TYPE_DECIMAL) c->precision = first, c->scale = second;
    c->timezone = strstr(lower, "with time zone") || strcmp(word, "timestamptz") == 0;
    c->binary = strcmp(word, "jsonb") == 0;
}
