/* The dialects' constants, capabilities by version, quoting. */
#include "sql/dialect.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* One row a capability: where its field is, and from which version on each server has it. */
typedef struct capability {
    size_t      field;
    const char *words;
    int32_t     first[4]; /* SQLite, PostgreSQL, MariaDB, MySQL */
} capability;

static const capability capabilities[] = {
#define ROW(field, words, sqlite, postgresql, mariadb, mysql_) \
    {offsetof(cf_dialect, field), words, {sqlite, postgresql, mariadb, mysql_}},
    CF_CAPABILITIES(ROW)
#undef ROW
};

/* What no version changes; the parameters' limits are those of default builds. */
typedef struct traits {
    const char    *name, *title;
    char           quote;
    cf_placeholder placeholder;
    cf_upsert      upsert;
    int            max_parameters, max_identifier, max_text;
    bool           backslash;
    int            oldest;
} traits;

static const traits all_traits[] = {
    {"sqlite", "SQLite", '"', CF_PLACEHOLDER_QUESTION, CF_UPSERT_ON_CONFLICT, 32766, 1000, 0, false, 33700},
    {"postgresql", "PostgreSQL", '"', CF_PLACEHOLDER_DOLLAR, CF_UPSERT_ON_CONFLICT, 65535, 63, 10485760, false, 110000},
    {"mariadb", "MariaDB", '`', CF_PLACEHOLDER_QUESTION, CF_UPSERT_ON_DUPLICATE_KEY, 65535, 64, 16383, true, 100300},
    {"mariadb", "MySQL", '`', CF_PLACEHOLDER_QUESTION, CF_UPSERT_ON_DUPLICATE_KEY, 65535, 64, 16383, true, 80000},
};

static void write_version(cf_dialect *d)
{
    int v = d->version;
    if (d->id == CF_POSTGRESQL && v >= 100000)
        snprintf(d->version_text, sizeof d->version_text, "%d.%d", v / 10000, v % 10000);
    else snprintf(d->version_text, sizeof d->version_text, "%d.%d.%d", v / 10000, v / 100 % 100, v % 100);
}

void cf_dialect_make(cf_dialect *out, cf_dialect_id id, int version, bool mysql)
{
    int           column = mysql && id == CF_MARIADB ? 3 : (int)id;
    const traits *t = &all_traits[column];
    memset(out, 0, sizeof *out);
    out->id = id;
    out->mysql = column == 3;
    out->name = t->name;
    out->title = t->title;
    out->quote = t->quote;
    out->placeholder = t->placeholder;
    out->upsert_style = t->upsert;
    out->max_parameters = t->max_parameters;
    out->max_identifier = t->max_identifier;
    out->max_text = t->max_text;
    out->backslash = t->backslash;
    if (id == CF_SQLITE) {
        int library = sqlite3_libversion_number(); /* 3040001 */
        version = library / 1000000 * 10000 + library / 1000 % 1000 * 100 + library % 1000;
    }
    out->version = version;
    if (version) write_version(out);
    for (size_t i = 0; i < sizeof capabilities / sizeof *capabilities; i++) {
        bool *field = (bool *)((char *)out + capabilities[i].field);
        *field = capabilities[i].first[column] <= (version ? version : t->oldest);
    }
}

static cf_dialect samples[3];

static void make_samples(void)
{
    cf_dialect_make(&samples[CF_SQLITE], CF_SQLITE, 0, false);
    cf_dialect_make(&samples[CF_POSTGRESQL], CF_POSTGRESQL, 150000, false);
    cf_dialect_make(&samples[CF_MARIADB], CF_MARIADB, 101100, false);
}

const cf_dialect *cf_dialect_sample(cf_dialect_id id)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_samples);
    return &samples[id];
}

bool cf_dialect_find(const char *name, cf_dialect_id *out)
{
    static const struct {
        const char   *name;
        cf_dialect_id id;
    } names[] = {
        {"sqlite", CF_SQLITE},    {"postgresql", CF_POSTGRESQL}, {"postgres", CF_POSTGRESQL},
        {"pgsql", CF_POSTGRESQL}, {"mysql", CF_MARIADB},         {"mariadb", CF_MARIADB},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (cf_equal_nocase(name, strlen(name), names[i].name, strlen(names[i].name))) {
            *out = names[i].id;
            return true;
        }
    }
    return false;
}

bool cf_dialect_refuse(const cf_dialect *dialect, size_t field, const char *where, cf_error *error)
{
    const char *words = "this";
    for (size_t i = 0; i < sizeof capabilities / sizeof *capabilities; i++)
        if (capabilities[i].field == field) words = capabilities[i].words;
    return cf_fail(error, CF_ERR_UNSUPPORTED, "%s%s%s cannot do %s%s%s%s", dialect->title, dialect->version ? " " : "",
                   dialect->version_text, words, where ? " (" : "", where ? where : "", where ? ")" : "");
}

void cf_sql_name(cf_buffer *out, const cf_dialect *dialect, const char *name)
{
    cf_buffer_char(out, dialect->quote);
    for (; *name; name++) {
        if (*name == dialect->quote) cf_buffer_char(out, *name);
        cf_buffer_char(out, *name);
    }
    cf_buffer_char(out, dialect->quote);
}

void cf_sql_literal(cf_buffer *out, const cf_dialect *dialect, const char *text, size_t size)
{
    cf_buffer_char(out, '\'');
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\'' || (dialect->backslash && text[i] == '\\')) cf_buffer_char(out, text[i]);
        cf_buffer_char(out, text[i]);
    }
    cf_buffer_char(out, '\'');
}

void cf_sql_placeholder(cf_buffer *out, const cf_dialect *dialect, int n)
{
    if (dialect->placeholder == CF_PLACEHOLDER_QUESTION) {
        cf_buffer_char(out, '?');
        return;
    }
    cf_buffer_char(out, '$');
    cf_buffer_int(out, n);
}
