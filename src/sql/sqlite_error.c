/* SQLite's failures: the extended result code says what, the message says where. */
#include "sql/sqlite.h"

#include <string.h>

/* Extended codes first; the plain code (its low byte) is looked up when there is no row for the extended one. */
static const struct {
    int     result;
    cf_code code;
} codes[] = {
    {SQLITE_CONSTRAINT_UNIQUE, CF_ERR_UNIQUE},
    {SQLITE_CONSTRAINT_PRIMARYKEY, CF_ERR_UNIQUE},
    {SQLITE_CONSTRAINT_ROWID, CF_ERR_UNIQUE},
    {SQLITE_CONSTRAINT_FOREIGNKEY, CF_ERR_FOREIGN_KEY},
    {SQLITE_CONSTRAINT_NOTNULL, CF_ERR_NOT_NULL},
    {SQLITE_CONSTRAINT_CHECK, CF_ERR_CHECK},
    {SQLITE_CONSTRAINT_TRIGGER, CF_ERR_CHECK},
    {SQLITE_CONSTRAINT_DATATYPE, CF_ERR_TYPE},
    {SQLITE_BUSY_SNAPSHOT, CF_ERR_SERIALIZE},
    {SQLITE_IOERR_NOMEM, CF_ERR_MEMORY},
    {SQLITE_BUSY, CF_ERR_BUSY},
    {SQLITE_LOCKED, CF_ERR_BUSY},
    {SQLITE_PROTOCOL, CF_ERR_BUSY},
    {SQLITE_NOMEM, CF_ERR_MEMORY},
    {SQLITE_READONLY, CF_ERR_READ_ONLY},
    {SQLITE_INTERRUPT, CF_ERR_TIMEOUT},
    {SQLITE_IOERR, CF_ERR_IO},
    {SQLITE_FULL, CF_ERR_IO},
    {SQLITE_CANTOPEN, CF_ERR_IO},
    {SQLITE_SCHEMA, CF_ERR_SCHEMA},
    {SQLITE_TOOBIG, CF_ERR_LIMIT},
    {SQLITE_MISMATCH, CF_ERR_TYPE},
    {SQLITE_RANGE, CF_ERR_MISUSE},
    {SQLITE_MISUSE, CF_ERR_INTERNAL},
    {SQLITE_PERM, CF_ERR_PERMISSION},
    {SQLITE_AUTH, CF_ERR_PERMISSION},
    {SQLITE_CONSTRAINT, CF_ERR_CHECK},
};

/* SQLITE_ERROR covers all mistakes in the text; its English words are SQLite's interface here. */
static const struct {
    const char *words;
    cf_code     code;
} phrases[] = {
    {"no such table", CF_ERR_SCHEMA},
    {"no such column", CF_ERR_SCHEMA},
    {"has no column named", CF_ERR_SCHEMA},
    {"no such index", CF_ERR_SCHEMA},
    {"already exists", CF_ERR_SCHEMA},
    {"syntax error", CF_ERR_SYNTAX},
    {"incomplete input", CF_ERR_SYNTAX},
    {"unrecognized token", CF_ERR_SYNTAX},
    {"no such function", CF_ERR_UNSUPPORTED},
    {"foreign key mismatch", CF_ERR_SCHEMA},
    {"too many", CF_ERR_LIMIT},
};

static cf_code code_of(int result, const char *message)
{
    /* ON DELETE RESTRICT is a trigger inside, and says so by its code. */
    if (result == SQLITE_CONSTRAINT_TRIGGER && strcmp(message, "FOREIGN KEY constraint failed") == 0)
        return CF_ERR_FOREIGN_KEY;
    for (int round = 0; round < 2; round++) {
        int wanted = round ? result & 0xff : result;
        for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
            if (codes[i].result == wanted) return codes[i].code;
    }
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
        if (strstr(message, phrases[i].words)) return phrases[i].code;
    return CF_ERR_DATABASE;
}

/* "table.a, table.b": the table once, the columns without it. */
static void split_columns(const char *list, cf_error *error)
{
    char   columns[sizeof error->columns] = "";
    size_t used = 0;
    while (*list) {
        size_t      size = strcspn(list, ",");
        const char *dot = memrchr(list, '.', size);
        const char *name = dot ? dot + 1 : list;
        size_t      name_size = (size_t)(list + size - name);
        if (dot && !*error->table) cf_error_field(error->table, sizeof error->table, list, (size_t)(dot - list));
        if (used + name_size + 3 < sizeof columns) {
            if (used) memcpy(columns + used, ", ", 2), used += 2;
            memcpy(columns + used, name, name_size);
            used += name_size;
        }
        list += size;
        while (*list == ',' || *list == ' ') list++;
    }
    memcpy(error->columns, columns, used);
    error->columns[used] = '\0';
}

static void fill_fields(cf_error *error, const char *message)
{
    const char *what = strstr(message, "constraint failed: ");
    const char *strict = strstr(message, " column ");
    if (what) {
        what += strlen("constraint failed: ");
        if (strncmp(what, "index '", 7) == 0) { /* an index on expressions has a name alone */
            cf_error_field(error->constraint, sizeof error->constraint, what + 7, strcspn(what + 7, "'"));
        } else if (error->code == CF_ERR_CHECK) { /* its name, or its text when it has none */
            cf_error_field(error->constraint, sizeof error->constraint, what, strlen(what));
        } else {
            split_columns(what, error);
        }
    } else if (error->code == CF_ERR_TYPE && strict) {
        split_columns(strict + strlen(" column "), error);
    }
}

bool cf_sqlite_fail(cf_sqlite_conn *conn, int result, cf_error *error)
{
    const char *message = conn->db ? sqlite3_errmsg(conn->db) : sqlite3_errstr(result);
    if (!error || error->code != CF_OK) return false;
    cf_code code = code_of(result, message);
    if (code == CF_ERR_TIMEOUT)
        cf_fail(error, code, "%s: the statement took longer than its deadline of %d ms", conn->base.pool->shown,
                conn->base.deadline_ms);
    else if (code == CF_ERR_BUSY)
        cf_fail(error, code, "%s: another process kept the file locked for more than %d ms", conn->base.pool->shown,
                conn->base.pool->settings.busy_ms);
    else cf_fail(error, code, "sqlite: %s", message);
    error->native = result;
    fill_fields(error, message);
    return false;
}
