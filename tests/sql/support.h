/* What the tests of databases share: one database chosen by the program's argument, short ways to run statements. */
#ifndef CARAFE_TESTS_SQL_SUPPORT_H
#define CARAFE_TESTS_SQL_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "sql/sql.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define VALUES(...) (cf_value[]){__VA_ARGS__}, COUNT_OF(((cf_value[]){__VA_ARGS__}))
#define SKIPPED 77 /* how a program tells Meson that it was skipped */

static inline int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The URL of a kind of database, or NULL with the reason printed. SQLite's is a new file in a new folder. */
static inline const char *test_url(const char *kind)
{
    static char url[256];
    if (strcmp(kind, "sqlite") == 0) {
        char folder[] = "/tmp/carafe-sql-XXXXXX";
        if (!mkdtemp(folder)) return NULL;
        snprintf(url, sizeof url, "sqlite:///%s/test.db", folder);
        return url;
    }
    const char *name = strcmp(kind, "postgresql") == 0 ? "CARAFE_TEST_POSTGRESQL" : "CARAFE_TEST_MARIADB";
    const char *value = getenv(name);
    if (!value || !*value) {
        printf("skipped: %s is not set; tests/sql/servers.sh start FOLDER prints it\n", name);
        return NULL;
    }
    return value;
}

static inline void remove_test_file(const char *url)
{
    const char *path = strstr(url, ":////tmp/carafe-sql-");
    char        name[300];
    if (!path) return;
    path += 4;
    for (const char *const *suffix = (const char *const[]){"", "-wal", "-shm", NULL}; *suffix; suffix++) {
        snprintf(name, sizeof name, "%s%s", path, *suffix);
        unlink(name);
    }
    snprintf(name, sizeof name, "%.*s", (int)(strrchr(path, '/') - path), path);
    rmdir(name);
}

/* `?` written as the dialect wants it; the text lives until the next call but three. */
static inline const char *dialect_text(const cf_dialect *dialect, const char *text)
{
    static _Thread_local char texts[4][2048];
    static _Thread_local int  next;
    char                     *out = texts[next++ % 4], *to = out;
    int                       n = 0;
    for (; *text; text++) {
        if (*text == '?' && dialect->placeholder == CF_PLACEHOLDER_DOLLAR) to += sprintf(to, "$%d", ++n);
        else *to++ = *text;
    }
    *to = '\0';
    return out;
}

/* Run a statement to its end; `id` 0: not kept. False with the error told. */
static inline bool run_as(cf_conn *conn, uint32_t id, bool reads, const char *text, const cf_value *parameters,
                          size_t count, int64_t *changes, cf_error *error)
{
    cf_sql sql = {.text = dialect_text(cf_conn_dialect(conn), text), .id = id, .reads = reads};
    sql.size = strlen(sql.text);
    cf_stmt  *stmt = cf_conn_prepare(conn, &sql, error);
    bool      ok = stmt && cf_stmt_run(stmt, parameters, count, error);
    cf_answer answer = CF_NO;
    while (ok && (answer = cf_stmt_next(stmt, error)) == CF_YES) {
    }
    if (answer == CF_FAILED) ok = false;
    if (changes) *changes = ok ? cf_stmt_changes(stmt) : 0;
    cf_stmt_done(stmt);
    return ok;
}

static inline bool run(cf_conn *conn, const char *text, const cf_value *parameters, size_t count, cf_error *error)
{
    return run_as(conn, 0, false, text, parameters, count, NULL, error);
}

/* The first column of the first row as `kind`; CF_UNDEFINED when there is no row or it failed. */
static inline cf_value ask(cf_conn *conn, const char *text, const cf_value *parameters, size_t count, int kind,
                           cf_arena *arena, cf_error *error)
{
    cf_sql   sql = {.text = dialect_text(cf_conn_dialect(conn), text), .reads = true};
    cf_value out = cf_value_undefined();
    sql.size = strlen(sql.text);
    cf_stmt *stmt = cf_conn_prepare(conn, &sql, error);
    if (stmt && cf_stmt_run(stmt, parameters, count, error) && cf_stmt_next(stmt, error) == CF_YES)
        cf_stmt_value(stmt, 0, kind, arena, &out, error);
    cf_stmt_done(stmt);
    return out;
}

static inline int64_t ask_int(cf_conn *conn, const char *text)
{
    cf_error  error = {0};
    cf_arena *arena = cf_arena_new(NULL, 0);
    cf_value  v = ask(conn, text, NULL, 0, CF_INT, arena, &error);
    cf_arena_free(arena);
    if (error.code) fail_msg("%s: %s", text, error.message);
    return v.as.integer;
}

static inline void must(bool ok, const cf_error *error)
{
    if (!ok) fail_msg("%s: %s", cf_code_name(error->code), error->message);
}

#define TAKE_HERE (&(cf_take){.file = __FILE__, .line = __LINE__})

static inline cf_conn *take_(cf_pool *pool, const char *file, int line)
{
    cf_error error = {0};
    cf_conn *conn = cf_pool_take(pool, &(cf_take){.file = file, .line = line}, &error);
    if (!conn) fail_msg("%s", error.message);
    return conn;
}
#define take(pool) take_(pool, __FILE__, __LINE__)

static inline void exec(cf_conn *conn, const char *text)
{
    cf_error error = {0};
    if (!cf_conn_exec(conn, text, &error)) fail_msg("%s: %s", text, error.message);
}

#endif
