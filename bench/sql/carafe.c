/* The work of bench/sql through the database layer: `bench-sql-carafe insert|select|scan URL ROWS ROUNDS`. */
#include "sql/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct item {
    int64_t     id;
    const char *name, *email;
    int32_t     size;
    double      score;
} item;

#define SLOT(n, type_, member)                                                         \
    {                                                                                  \
        n, type_, offsetof(item, member), sizeof(((item *)0)->member), #member, "Item" \
    }
static const cf_slot slots[] = {SLOT(0, CF_TYPE_INT64, id), SLOT(1, CF_TYPE_TEXT, name), SLOT(2, CF_TYPE_TEXT, email),
                                SLOT(3, CF_TYPE_INT32, size), SLOT(4, CF_TYPE_DOUBLE, score)};

static cf_error error;

static void check(bool ok)
{
    if (ok) return;
    fprintf(stderr, "%s\n", error.message);
    exit(1);
}

static cf_sql text(const char *question, const char *dollar, cf_conn *conn, bool reads)
{
    cf_sql sql = {cf_conn_dialect(conn)->placeholder == CF_PLACEHOLDER_DOLLAR ? dollar : question, 0, cf_sql_id(),
                  reads};
    sql.size = strlen(sql.text);
    return sql;
}

static void insert(cf_conn *conn, int rows)
{
    cf_sql sql = text("insert into item (id, name, email, size, score) values (?, ?, ?, ?, ?)",
                      "insert into item (id, name, email, size, score) values ($1, $2, $3, $4, $5)", conn, false);
    check(cf_conn_exec(conn, "drop table if exists item", &error));
    check(cf_conn_exec(
        conn,
        "create table item (id integer primary key, name varchar(100) not null, email varchar(100) not null, "
        "size integer not null, score double precision not null)",
        &error));
    check(cf_conn_begin(conn, CF_BEGIN_WRITE, &error));
    for (int i = 1; i <= rows; i++) {
        char   name[32], email[64];
        size_t name_size = (size_t)sprintf(name, "Name %d", i),
               email_size = (size_t)sprintf(email, "name%d@example.com", i);
        cf_value values[] = {cf_value_int(i), cf_value_text_n(name, name_size), cf_value_text_n(email, email_size),
                             cf_value_int(i % 100), cf_value_double(i * 0.5)};
        cf_stmt *stmt = cf_conn_prepare(conn, &sql, &error);
        check(stmt && cf_stmt_run(stmt, values, 5, &error));
        cf_stmt_done(stmt);
    }
    check(cf_conn_commit(conn, &error));
}

static double select_one(cf_conn *conn, const cf_sql *sql, int64_t id, cf_arena *arena)
{
    item     row;
    cf_value key = cf_value_int(id);
    cf_stmt *stmt = cf_conn_prepare(conn, sql, &error);
    check(stmt && cf_stmt_run(stmt, &key, 1, &error) && cf_stmt_next(stmt, &error) == CF_YES);
    check(cf_stmt_read(stmt, slots, 5, &row, arena, &error));
    cf_stmt_done(stmt);
    return row.score + row.name[0] + row.email[0];
}

static double scan(cf_conn *conn, const cf_sql *sql, cf_arena *arena)
{
    item     row;
    double   sum = 0;
    cf_stmt *stmt = cf_conn_prepare(conn, sql, &error);
    check(stmt && cf_stmt_run(stmt, NULL, 0, &error));
    while (cf_stmt_next(stmt, &error) == CF_YES) {
        check(cf_stmt_read(stmt, slots, 5, &row, arena, &error));
        sum += row.score + row.name[0] + row.email[0];
    }
    cf_stmt_done(stmt);
    return sum;
}

int main(int argc, char **argv)
{
    if (argc < 5) return 2;
    int       rows = atoi(argv[3]), rounds = atoi(argv[4]);
    cf_pool  *pool = cf_pool_open(argv[2], NULL, &error);
    cf_conn  *conn = pool ? cf_pool_take(pool, NULL, &error) : NULL;
    cf_arena *arena = cf_arena_new(NULL, 0);
    double    sum = 0;
    check(conn && arena);
    if (strcmp(argv[1], "insert") == 0) {
        insert(conn, rows);
    } else if (strcmp(argv[1], "select") == 0) {
        cf_sql sql = text("select id, name, email, size, score from item where id = ?",
                          "select id, name, email, size, score from item where id = $1", conn, true);
        for (int i = 0; i < rounds; i++) {
            sum += select_one(conn, &sql, 1 + (int64_t)i * 7919 % rows, arena);
            if (i % 64 == 0) cf_arena_reset(arena);
        }
    } else {
        cf_sql sql = text("select id, name, email, size, score from item",
                          "select id, name, email, size, score from item", conn, true);
        for (int i = 0; i < rounds; i++) {
            sum += scan(conn, &sql, arena);
            cf_arena_reset(arena);
        }
    }
    printf("%g\n", sum);
    cf_pool_give(pool, conn);
    cf_pool_close(pool);
    cf_arena_free(arena);
    return 0;
}
