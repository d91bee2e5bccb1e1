/* The same work by hand: sqlite3_bind, step and column; PQexecPrepared. `bench-sql-limit insert|select|scan URL ROWS ROUNDS`. */
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct item {
    int64_t     id;
    const char *name, *email;
    int32_t     size;
    double      score;
} item;

/* Texts go into one piece of memory that is used again and again. */
static char   memory[1 << 25];
static size_t used;

static const char *keep(const void *text, int size)
{
    char *copy = memory + used;
    memcpy(copy, text, (size_t)size);
    copy[size] = '\0';
    used += (size_t)size + 1;
    return copy;
}

static void check(int ok, const char *why)
{
    if (ok) return;
    fprintf(stderr, "%s\n", why);
    exit(1);
}

/* ---- SQLite ---- */

static void read_row(sqlite3_stmt *s, item *row)
{
    row->id = sqlite3_column_int64(s, 0);
    const void *name = sqlite3_column_text(s, 1);
    row->name = keep(name, sqlite3_column_bytes(s, 1));
    const void *email = sqlite3_column_text(s, 2);
    row->email = keep(email, sqlite3_column_bytes(s, 2));
    row->size = sqlite3_column_int(s, 3);
    row->score = sqlite3_column_double(s, 4);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *text)
{
    sqlite3_stmt *s = NULL;
    check(sqlite3_prepare_v3(db, text, -1, SQLITE_PREPARE_PERSISTENT, &s, NULL) == SQLITE_OK, sqlite3_errmsg(db));
    return s;
}

static void sqlite_insert(sqlite3 *db, int rows)
{
    check(sqlite3_exec(
              db,
              "drop table if exists item; create table item (id integer primary key, name varchar(100) not null, "
              "email varchar(100) not null, size integer not null, score double precision not null); begin immediate",
              NULL, NULL, NULL) == SQLITE_OK,
          sqlite3_errmsg(db));
    sqlite3_stmt *s = prepare(db, "insert into item (id, name, email, size, score) values (?, ?, ?, ?, ?)");
    for (int i = 1; i <= rows; i++) {
        char name[32], email[64];
        int  name_size = sprintf(name, "Name %d", i), email_size = sprintf(email, "name%d@example.com", i);
        sqlite3_bind_int64(s, 1, i);
        sqlite3_bind_text(s, 2, name, name_size, SQLITE_STATIC);
        sqlite3_bind_text(s, 3, email, email_size, SQLITE_STATIC);
        sqlite3_bind_int64(s, 4, i % 100);
        sqlite3_bind_double(s, 5, i * 0.5);
        check(sqlite3_step(s) == SQLITE_DONE, sqlite3_errmsg(db));
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    check(sqlite3_exec(db, "commit", NULL, NULL, NULL) == SQLITE_OK, sqlite3_errmsg(db));
}

static double sqlite_select(sqlite3 *db, int rows, int rounds)
{
    double        sum = 0;
    item          row;
    sqlite3_stmt *s = prepare(db, "select id, name, email, size, score from item where id = ?");
    for (int i = 0; i < rounds; i++) {
        sqlite3_bind_int64(s, 1, 1 + (int64_t)i * 7919 % rows);
        check(sqlite3_step(s) == SQLITE_ROW, sqlite3_errmsg(db));
        read_row(s, &row);
        sum += row.score + row.name[0] + row.email[0];
        sqlite3_reset(s);
        if (i % 64 == 0) used = 0;
    }
    sqlite3_finalize(s);
    return sum;
}

static double sqlite_scan(sqlite3 *db, int rounds)
{
    double        sum = 0;
    item          row;
    sqlite3_stmt *s = prepare(db, "select id, name, email, size, score from item");
    for (int i = 0; i < rounds; i++) {
        while (sqlite3_step(s) == SQLITE_ROW) {
            read_row(s, &row);
            sum += row.score + row.name[0] + row.email[0];
        }
        sqlite3_reset(s);
        used = 0;
    }
    sqlite3_finalize(s);
    return sum;
}

static double with_sqlite(const char *work, const char *file, int rows, int rounds)
{
    sqlite3 *db;
    double   sum = 0;
    check(sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) ==
              SQLITE_OK,
          "open");
    sqlite3_exec(db, "pragma journal_mode=wal; pragma synchronous=normal; pragma foreign_keys=on", NULL, NULL, NULL);
    if (strcmp(work, "insert") == 0) sqlite_insert(db, rows);
    else sum = strcmp(work, "select") == 0 ? sqlite_select(db, rows, rounds) : sqlite_scan(db, rounds);
    sqlite3_close(db);
    return sum;
}

/* ---- PostgreSQL ---- */

static int64_t get(const char *p, int size)
{
    uint64_t n = 0;
    for (int i = 0; i < size; i++) n = n << 8 | (unsigned char)p[i];
    return (int64_t)n;
}

static double add_rows(const PGresult *r)
{
    double sum = 0;
    for (int i = 0; i < PQntuples(r); i++) {
        item    row;
        int64_t bits = get(PQgetvalue(r, i, 4), 8);
        row.id = (int32_t)get(PQgetvalue(r, i, 0), 4);
        row.name = keep(PQgetvalue(r, i, 1), PQgetlength(r, i, 1));
        row.email = keep(PQgetvalue(r, i, 2), PQgetlength(r, i, 2));
        row.size = (int32_t)get(PQgetvalue(r, i, 3), 4);
        memcpy(&row.score, &bits, 8);
        sum += row.score + row.name[0] + row.email[0];
    }
    return sum;
}

static double with_postgresql(const char *work, const char *url, int rows, int rounds)
{
    PGconn *pg = PQconnectdb(url);
    double  sum = 0;
    bool    one = strcmp(work, "select") == 0;
    check(PQstatus(pg) == CONNECTION_OK, PQerrorMessage(pg));
    PQclear(PQprepare(pg, "s",
                      one ? "select id, name, email, size, score from item where id = $1"
                          : "select id, name, email, size, score from item",
                      0, NULL));
    for (int i = 0; i < rounds; i++) {
        int32_t     id = (int32_t)(1 + (int64_t)i * 7919 % rows);
        char        key[4] = {(char)(id >> 24), (char)(id >> 16), (char)(id >> 8), (char)id};
        const char *values[] = {key};
        PGresult   *r = PQexecPrepared(pg, "s", one ? 1 : 0, values, (const int[]){4}, (const int[]){1}, 1);
        check(PQresultStatus(r) == PGRES_TUPLES_OK, PQerrorMessage(pg));
        sum += add_rows(r);
        PQclear(r);
        used = 0;
    }
    PQfinish(pg);
    return sum;
}

int main(int argc, char **argv)
{
    if (argc < 5) return 2;
    bool sqlite = strncmp(argv[2], "sqlite:///", 10) == 0;
    printf("%g\n", sqlite ? with_sqlite(argv[1], argv[2] + 10, atoi(argv[3]), atoi(argv[4]))
                          : with_postgresql(argv[1], argv[2], atoi(argv[3]), atoi(argv[4])));
    return 0;
}
