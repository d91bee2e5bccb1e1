/* What failures of all drivers have in common. */
#include "sql/driver.h"

#include <string.h>

/* The longest prefix decides: five characters name a condition, two its class. */
static const struct {
    const char *prefix;
    cf_code     code;
} states[] = {
    {"08", CF_ERR_CONNECTION},     {"08P01", CF_ERR_MISUSE},
    {"22", CF_ERR_RANGE},          {"22P02", CF_ERR_TYPE},
    {"22P03", CF_ERR_TYPE},        {"22007", CF_ERR_TYPE},
    {"22018", CF_ERR_TYPE},        {"23502", CF_ERR_NOT_NULL},
    {"23503", CF_ERR_FOREIGN_KEY}, {"23001", CF_ERR_FOREIGN_KEY},
    {"23505", CF_ERR_UNIQUE},      {"23P01", CF_ERR_UNIQUE},
    {"23514", CF_ERR_CHECK},       {"25P02", CF_ERR_FAILED},
    {"25P03", CF_ERR_CONNECTION},  {"25006", CF_ERR_READ_ONLY},
    {"28", CF_ERR_PERMISSION},     {"3D000", CF_ERR_NOT_FOUND},
    {"3F000", CF_ERR_SCHEMA},      {"40001", CF_ERR_SERIALIZE},
    {"40P01", CF_ERR_SERIALIZE},   {"40003", CF_ERR_UNKNOWN_OUTCOME},
    {"42501", CF_ERR_PERMISSION},  {"42601", CF_ERR_SYNTAX},
    {"42703", CF_ERR_SCHEMA},      {"42P01", CF_ERR_SCHEMA},
    {"42883", CF_ERR_UNSUPPORTED}, {"42804", CF_ERR_TYPE},
    {"42P07", CF_ERR_SCHEMA},      {"42710", CF_ERR_SCHEMA},
    {"42701", CF_ERR_SCHEMA},      {"42704", CF_ERR_SCHEMA},
    {"42P18", CF_ERR_TYPE},        {"42846", CF_ERR_TYPE},
    {"0A000", CF_ERR_UNSUPPORTED}, {"53300", CF_ERR_CONNECTION},
    {"53", CF_ERR_LIMIT},          {"54", CF_ERR_LIMIT},
    {"55P03", CF_ERR_BUSY},        {"57014", CF_ERR_TIMEOUT},
    {"57P01", CF_ERR_CONNECTION},  {"57P02", CF_ERR_CONNECTION},
    {"57P03", CF_ERR_CONNECTION},  {"57P05", CF_ERR_CONNECTION},
};

cf_code cf_sqlstate_code(const char *sqlstate)
{
    size_t  best = 0;
    cf_code code = CF_ERR_DATABASE;
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        size_t size = strlen(states[i].prefix);
        if (size > best && strncmp(sqlstate, states[i].prefix, size) == 0) {
            best = size;
            code = states[i].code;
        }
    }
    return code;
}

void cf_error_field(char *field, size_t field_size, const char *text, size_t size)
{
    if (size >= field_size) {
        size = field_size - 1;
        while (size && ((unsigned char)text[size] & 0xc0) == 0x80) size--; /* no half characters */
    }
    memcpy(field, text, size);
    field[size] = '\0';
}

cf_code cf_lost_code(const cf_conn *conn)
{
    return conn->committing ? CF_ERR_UNKNOWN_OUTCOME : CF_ERR_CONNECTION;
}

bool cf_code_retryable(cf_code code)
{
    return code == CF_ERR_BUSY || code == CF_ERR_SERIALIZE || code == CF_ERR_CONNECTION;
}
