/* Failures, the names of their codes, and the version. */
#include <carafe/error.h>

#include "base/text.h"

#include <stdio.h>
#include <string.h>

const char *cf_version(void)
{
    return CF_VERSION;
}

static const char *const code_names[] = {
    [CF_OK] = "ok",
    [CF_ERR_MEMORY] = "memory",
    [CF_ERR_LIMIT] = "limit",
    [CF_ERR_MISUSE] = "misuse",
    [CF_ERR_SYNTAX] = "syntax",
    [CF_ERR_NAME] = "name",
    [CF_ERR_TYPE] = "type",
    [CF_ERR_RANGE] = "range",
    [CF_ERR_UNIQUE] = "unique",
    [CF_ERR_FOREIGN_KEY] = "foreign_key",
    [CF_ERR_NOT_NULL] = "not_null",
    [CF_ERR_CHECK] = "check",
    [CF_ERR_STALE] = "stale",
    [CF_ERR_NOT_FOUND] = "not_found",
    [CF_ERR_BUSY] = "busy",
    [CF_ERR_SERIALIZE] = "serialize",
    [CF_ERR_CONNECTION] = "connection",
    [CF_ERR_TIMEOUT] = "timeout",
    [CF_ERR_UNKNOWN_OUTCOME] = "unknown_outcome",
    [CF_ERR_SCHEMA] = "schema",
    [CF_ERR_UNSUPPORTED] = "unsupported",
    [CF_ERR_PERMISSION] = "permission",
    [CF_ERR_READ_ONLY] = "read_only",
    [CF_ERR_DATABASE] = "database",
    [CF_ERR_TEMPLATE] = "template",
    [CF_ERR_IO] = "io",
    [CF_ERR_FAILED] = "failed",
    [CF_ERR_CYCLE] = "cycle",
    [CF_ERR_NOT_LOADED] = "not_loaded",
    [CF_ERR_DETACHED] = "detached",
    [CF_ERR_INTERNAL] = "internal",
    [CF_ERR_SEVERAL] = "several",
};

const char *cf_code_name(cf_code code)
{
    size_t i = (size_t)code;
    return i < sizeof code_names / sizeof *code_names && code_names[i] ? code_names[i] : "unknown";
}

/* Removes the first bytes of a character that was cut off at the end. */
static void drop_cut_character(char *text, size_t size)
{
    size_t start = size;
    do start--;
    while (start && size - start < 4 && ((unsigned char)text[start] & 0xc0) == 0x80);
    if (!cf_utf8_valid(text + start, size - start)) text[start] = '\0';
}

bool cf_fail_v(cf_error *error, cf_code code, const char *format, va_list arguments)
{
    if (!error || error->code != CF_OK) return false;
    error->code = code == CF_OK ? CF_ERR_INTERNAL : code;
    int size = vsnprintf(error->message, sizeof error->message, format, arguments);
    if (size >= (int)sizeof error->message) drop_cut_character(error->message, sizeof error->message - 1);
    return false;
}

#undef cf_fail
bool cf_fail(cf_error *error, cf_code code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    cf_fail_v(error, code, format, arguments);
    va_end(arguments);
    return false;
}

void cf_error_clear(cf_error *error)
{
    if (error) memset(error, 0, sizeof *error);
}
