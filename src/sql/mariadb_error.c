/* MariaDB's and MySQL's failures: the number says what, the English message says where. */
#include "sql/mariadb.h"

#include <stdio.h>
#include <string.h>

static const struct {
    unsigned number;
    cf_code  code;
} codes[] = {
    {1062, CF_ERR_UNIQUE},      {1586, CF_ERR_UNIQUE},      {1022, CF_ERR_UNIQUE},      {1761, CF_ERR_UNIQUE},
    {1762, CF_ERR_UNIQUE},      {1451, CF_ERR_FOREIGN_KEY}, {1452, CF_ERR_FOREIGN_KEY}, {1216, CF_ERR_FOREIGN_KEY},
    {1217, CF_ERR_FOREIGN_KEY}, {1834, CF_ERR_FOREIGN_KEY}, {1048, CF_ERR_NOT_NULL},    {1364, CF_ERR_NOT_NULL},
    {1263, CF_ERR_NOT_NULL},    {1138, CF_ERR_NOT_NULL},    {4025, CF_ERR_CHECK},       {3819, CF_ERR_CHECK},
    {1213, CF_ERR_SERIALIZE},   {1020, CF_ERR_SERIALIZE},   {1615, CF_ERR_SERIALIZE},   {1205, CF_ERR_BUSY},
    {3572, CF_ERR_BUSY},        {1290, CF_ERR_READ_ONLY},   {1792, CF_ERR_READ_ONLY},   {1836, CF_ERR_READ_ONLY},
    {1317, CF_ERR_TIMEOUT},     {1969, CF_ERR_TIMEOUT},     {3024, CF_ERR_TIMEOUT},     {1044, CF_ERR_PERMISSION},
    {1045, CF_ERR_PERMISSION},  {1142, CF_ERR_PERMISSION},  {1143, CF_ERR_PERMISSION},  {1227, CF_ERR_PERMISSION},
    {1370, CF_ERR_PERMISSION},  {1698, CF_ERR_PERMISSION},  {1049, CF_ERR_NOT_FOUND},   {1146, CF_ERR_SCHEMA},
    {1054, CF_ERR_SCHEMA},      {1050, CF_ERR_SCHEMA},      {1051, CF_ERR_SCHEMA},      {1060, CF_ERR_SCHEMA},
    {1061, CF_ERR_SCHEMA},      {1091, CF_ERR_SCHEMA},      {1064, CF_ERR_SYNTAX},      {1149, CF_ERR_SYNTAX},
    {1406, CF_ERR_RANGE},       {1264, CF_ERR_RANGE},       {1265, CF_ERR_RANGE},       {1690, CF_ERR_RANGE},
    {1526, CF_ERR_RANGE},       {1292, CF_ERR_TYPE},        {1366, CF_ERR_TYPE},        {1305, CF_ERR_UNSUPPORTED},
    {1235, CF_ERR_UNSUPPORTED}, {1295, CF_ERR_UNSUPPORTED}, {1153, CF_ERR_LIMIT},       {1390, CF_ERR_LIMIT},
    {1461, CF_ERR_LIMIT},       {1037, CF_ERR_LIMIT},       {1038, CF_ERR_LIMIT},       {2008, CF_ERR_MEMORY},
    {1040, CF_ERR_CONNECTION},  {1047, CF_ERR_CONNECTION},  {1053, CF_ERR_CONNECTION},  {1129, CF_ERR_CONNECTION},
    {1180, CF_ERR_CONNECTION},  {1927, CF_ERR_CONNECTION},  {2002, CF_ERR_CONNECTION},  {2003, CF_ERR_CONNECTION},
    {2005, CF_ERR_CONNECTION},  {2006, CF_ERR_CONNECTION},  {2012, CF_ERR_CONNECTION},  {2013, CF_ERR_CONNECTION},
    {2026, CF_ERR_CONNECTION},  {2055, CF_ERR_CONNECTION},  {2014, CF_ERR_INTERNAL},    {1644, CF_ERR_CHECK},
};

static cf_code code_of(unsigned number, const char *state)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].number == number) return codes[i].code;
    if (strcmp(state, "45000") == 0) return CF_ERR_CHECK; /* raised by a trigger */
    return CF_ERR_DATABASE;
}

/* What stands between the n-th (from 1) pair of `quote` after `from`; false when there is none. */
static bool quoted(const char *from, char quote, int n, char *field, size_t size)
{
    for (; from; n--) {
        const char *open = strchr(from, quote);
        const char *close = open ? strchr(open + 1, quote) : NULL;
        if (!close) return false;
        if (n == 1) {
            cf_error_field(field, size, open + 1, (size_t)(close - open - 1));
            return true;
        }
        from = close + 1;
    }
    return false;
}

/* (`a`, `b`) without the quotes. */
static void column_list(const char *open, cf_error *error)
{
    size_t used = 0;
    for (const char *p = open; *p && *p != ')' && used + 1 < sizeof error->columns; p++)
        if (*p != '`' && *p != '(') error->columns[used++] = *p;
    error->columns[used] = '\0';
}

/* The values in some messages are nobody's business: for these the words are ours. */
static const char *fill_fields(cf_error *error, unsigned number, const char *message)
{
    const char *at;
    switch (number) {
    case 1062:
    case 1586:
        at = strstr(message, " for key ");
        while (at && strstr(at + 1, " for key ")) at = strstr(at + 1, " for key "); /* the value may say so, too */
        quoted(at, '\'', 1, error->constraint, sizeof error->constraint);
        char *dot = strchr(error->constraint, '.'); /* MySQL: table.key */
        if (dot) {
            cf_error_field(error->table, sizeof error->table, error->constraint, (size_t)(dot - error->constraint));
            memmove(error->constraint, dot + 1, strlen(dot));
        }
        return "a key exists already";
    case 1451:
    case 1452: /* ... fails (`db`.`table`, CONSTRAINT `name` FOREIGN KEY (`a`) REFERENCES ... */
        at = strstr(message, "fails (");
        quoted(at, '`', 2, error->table, sizeof error->table);
        quoted(at ? strstr(at, "CONSTRAINT ") : NULL, '`', 1, error->constraint, sizeof error->constraint);
        if (at && (at = strstr(at, "FOREIGN KEY ("))) column_list(at + 12, error);
        return number == 1451 ? "other rows refer to this one" : "the row that is referred to does not exist";
    case 4025: /* CONSTRAINT `name` failed for `db`.`table` */
        quoted(message, '`', 1, error->constraint, sizeof error->constraint);
        quoted(message, '`', 3, error->table, sizeof error->table);
        return NULL;
    case 3819: quoted(message, '\'', 1, error->constraint, sizeof error->constraint); return NULL;
    case 1048:
    case 1364:
    case 1406:
    case 1264:
    case 1265: quoted(message, '\'', 1, error->columns, sizeof error->columns); return NULL;
    case 1292:
    case 1366: /* Incorrect ... value: '...' for column `db`.`table`.`name` at row 1 */
        at = strstr(message, " for column ");
        if (quoted(at, '`', 3, error->columns, sizeof error->columns))
            quoted(at, '`', 2, error->table, sizeof error->table);
        return "a value of the wrong kind";
    default: return NULL;
    }
}

bool cf_mariadb_fail(cf_mariadb_conn *conn, MYSQL_STMT *handle, cf_error *error)
{
    unsigned    number = handle ? mysql_stmt_errno(handle) : mysql_errno(conn->my);
    const char *state = handle ? mysql_stmt_sqlstate(handle) : mysql_sqlstate(conn->my);
    const char *message = handle ? mysql_stmt_error(handle) : mysql_error(conn->my);
    cf_code     code = code_of(number, state);
    bool        lost = code == CF_ERR_CONNECTION;
    if (lost) code = cf_lost_code(&conn->base);
    /* The server has undone the whole transaction and would run what follows outside of one. */
    if (number == 1213 || number == 1020) conn->base.doomed = conn->base.in_transaction;
    if (error && error->code == CF_OK) {
        cf_error    fields = {0};
        const char *words = fill_fields(&fields, number, message);
        const char *title = conn->base.mysql ? "mysql" : "mariadb";
        if (lost)
            cf_fail(error, code, "%s: the connection was lost%s: %s", conn->base.pool->shown,
                    code == CF_ERR_UNKNOWN_OUTCOME ? " before the server could confirm; it may have been done" : "",
                    message);
        else
            cf_fail(error, code, "%s: %s%s%s%s%s", title, words ? words : message,
                    words && (*fields.table || *fields.constraint || *fields.columns) ? ": " : "",
                    words ? fields.table : "",
                    words && *fields.table && (*fields.constraint || *fields.columns) ? "." : "",
                    words ? (*fields.columns ? fields.columns : fields.constraint) : "");
        cf_error_field(error->sqlstate, sizeof error->sqlstate, state, strlen(state));
        error->native = (int)number;
        memcpy(error->table, fields.table, sizeof error->table);
        memcpy(error->columns, fields.columns, sizeof error->columns);
        memcpy(error->constraint, fields.constraint, sizeof error->constraint);
    }
    if (lost) cf_mariadb_drop(conn);
    return false;
}
