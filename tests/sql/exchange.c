/* Reads the row that SQLAlchemy wrote, or writes one for it: `exchange read|write FILE`. See exchange.py. */
#include "sql/sql.h"

#include <stdio.h>
#include <string.h>

typedef struct row {
    int64_t          id;
    const char      *name;
    bool             flag;
    double           score;
    cf_decimal       price;
    cf_date          day;
    cf_datetime      at;
    cf_time          clock;
    cf_interval      span;
    cf_bytes         data;
    cf_json          doc;
    const char      *status;
    cf_uuid          uuid;
    cf_null_datetime missing;
} row;

#define SLOT(n, type_, member)                                                           \
    {                                                                                    \
        n, type_, offsetof(row, member), sizeof(((row *)0)->member), #member, "Exchange" \
    }
static const cf_slot slots[] = {
    SLOT(0, CF_TYPE_INT64, id),      SLOT(1, CF_TYPE_TEXT, name),
    SLOT(2, CF_TYPE_BOOL, flag),     SLOT(3, CF_TYPE_DOUBLE, score),
    SLOT(4, CF_TYPE_DECIMAL, price), SLOT(5, CF_TYPE_DATE, day),
    SLOT(6, CF_TYPE_DATETIME, at),   SLOT(7, CF_TYPE_TIME, clock),
    SLOT(8, CF_TYPE_INTERVAL, span), SLOT(9, CF_TYPE_BYTES, data),
    SLOT(10, CF_TYPE_JSON, doc),     SLOT(11, CF_TYPE_TEXT, status),
    SLOT(12, CF_TYPE_UUID, uuid),    SLOT(13, CF_TYPE_DATETIME | CF_TYPE_NULLABLE, missing)};
#define COLUMNS "id, name, flag, score, price, day, at, clock, span, data, doc, status, uuid, missing"

static const cf_uuid uuid = {{0x01, 0x92, 0xf0, 0xc1, 0x23, 0x45, 0x7a, 0xbc, 0x8d, 0xef, 1, 2, 3, 4, 5, 6}};

/* Says which member differs. */
static int compare(const row *r)
{
    const struct {
        const char *name;
        bool        same;
    } members[] = {
        {"name", strcmp(r->name, "na\xc3\xafve \xe2\x82\xac") == 0},
        {"flag", r->flag},
        {"score", r->score == 0.1},
        {"price", cf_decimal_compare(r->price, (cf_decimal){.low = 1250, .scale = 2}) == 0},
        {"day", r->day.days == 19782},
        {"at", r->at.usec == INT64_C(1709210096000007)},
        {"clock", r->clock.usec == INT64_C(11045500000)},
        {"span", r->span.usec == INT64_C(-86399999999)},
        {"data", r->data.size == 3 && memcmp(r->data.data, "\0\xff\x10", 3) == 0},
        {"doc", strstr(r->doc.text, "\"a\"") != NULL},
        {"status", strcmp(r->status, "published") == 0},
        {"uuid", memcmp(r->uuid.bytes, uuid.bytes, 16) == 0},
        {"missing", !r->missing.set},
    };
    int wrong = 0;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (members[i].same) continue;
        printf("%s differs\n", members[i].name);
        wrong++;
    }
    return wrong;
}

static int read_row(cf_conn *conn, cf_error *error)
{
    cf_arena *arena = cf_arena_new(NULL, 0);
    cf_sql    sql = {"select " COLUMNS " from exchange", sizeof "select " COLUMNS " from exchange" - 1, 0, true};
    cf_stmt  *stmt = cf_conn_prepare(conn, &sql, error);
    row       r;
    int       wrong = 1;
    if (stmt && cf_stmt_run(stmt, NULL, 0, error) && cf_stmt_next(stmt, error) == CF_YES &&
        cf_stmt_read(stmt, slots, sizeof slots / sizeof *slots, &r, arena, error))
        wrong = compare(&r);
    cf_stmt_done(stmt);
    cf_arena_free(arena);
    return wrong;
}

static int write_row(cf_conn *conn, cf_error *error)
{
    static const char insert[] = "insert into exchange (" COLUMNS ") values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    cf_decimal        price = {.low = 1250, .scale = 2};
    const cf_value    values[] = {cf_value_int(2),
                                  cf_value_text("na\xc3\xafve \xe2\x82\xac"),
                                  cf_value_bool(true),
                                  cf_value_double(0.1),
                                  cf_value_decimal(&price),
                                  cf_value_date((cf_date){19782}),
                                  cf_value_datetime((cf_datetime){INT64_C(1709210096000007)}),
                                  cf_value_time((cf_time){INT64_C(11045500000)}),
                                  cf_value_interval((cf_interval){INT64_C(-86399999999)}),
                                  cf_value_bytes((cf_bytes){"\0\xff\x10", 3}),
                                  cf_value_json((cf_json){"{\"a\": [1, null]}"}),
                                  cf_value_text("published"),
                                  cf_value_uuid(&uuid),
                                  cf_value_null()};
    cf_sql            sql = {insert, sizeof insert - 1, 0, false};
    cf_stmt          *stmt = cf_conn_prepare(conn, &sql, error);
    bool              ok = stmt && cf_stmt_run(stmt, values, sizeof values / sizeof *values, error);
    cf_stmt_done(stmt);
    return !ok;
}

int main(int argc, char **argv)
{
    char     url[400];
    cf_error error = {0};
    if (argc < 3) return 2;
    snprintf(url, sizeof url, "sqlite:///%s", argv[2]);
    cf_pool *pool = cf_pool_open(url, NULL, &error);
    cf_conn *conn = pool ? cf_pool_take(pool, NULL, &error) : NULL;
    int      wrong = !conn ? 1 : strcmp(argv[1], "read") == 0 ? read_row(conn, &error) : write_row(conn, &error);
    if (error.code) printf("%s\n", error.message);
    if (conn) cf_pool_give(pool, conn);
    cf_pool_close(pool);
    return wrong;
}
