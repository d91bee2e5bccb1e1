/* By hand on MariaDB: prepared statements, writes as arrays of a thousand rows. */
#include "by_hand.h"

#include <mysql.h>

/* URL: mariadb://user:password@host:port/database, as the tests' servers have it. */
static MYSQL *connect_to(const char *url)
{
    char     user[40], password[40], host[80], database[40];
    unsigned port;
    MYSQL   *my = mysql_init(NULL);
    if (sscanf(url, "mariadb://%39[^:]:%39[^@]@%79[^:]:%u/%39s", user, password, host, &port, database) != 5 ||
        !mysql_real_connect(my, host, user, password, database, port, NULL, CLIENT_FOUND_ROWS))
        fprintf(stderr, "%s: %s\n", url, mysql_error(my));
    return my;
}

static bool plain(MYSQL *my, const char *text)
{
    bool ok = mysql_query(my, text) == 0;
    if (!ok) fprintf(stderr, "%s\n", mysql_error(my));
    return ok;
}

static MYSQL_STMT *prepare(MYSQL *my, const char *text)
{
    MYSQL_STMT *s = mysql_stmt_init(my);
    if (mysql_stmt_prepare(s, text, strlen(text)) != 0) fprintf(stderr, "%s\n", mysql_stmt_error(s));
    return s;
}

/* Buffers for a row of items, parents or children. */
typedef struct columns {
    long long     numbers[4];
    double        score;
    char          texts[2][200];
    unsigned long sizes[2];
    MYSQL_TIME    moment;
    MYSQL_BIND    binds[6];
} columns;

static void out_int(columns *c, int n, int number)
{
    c->binds[n] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = &c->numbers[number]};
}

static void out_text(columns *c, int n, int text)
{
    c->binds[n] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_STRING,
                               .buffer = c->texts[text],
                               .buffer_length = sizeof c->texts[text],
                               .length = &c->sizes[text]};
}

static void bind_item(columns *c, MYSQL_STMT *s)
{
    out_int(c, 0, 0);
    out_text(c, 1, 0);
    out_text(c, 2, 1);
    out_int(c, 3, 1);
    c->binds[4] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_DOUBLE, .buffer = &c->score};
    c->binds[5] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_DATETIME, .buffer = &c->moment};
    mysql_stmt_bind_result(s, c->binds);
}

static item *read_item(pool *p, const columns *c)
{
    item *i = take(p, sizeof *i);
    i->id = c->numbers[0];
    i->name = take_text(p, c->texts[0], c->sizes[0]);
    i->email = take_text(p, c->texts[1], c->sizes[1]);
    i->size = c->numbers[1];
    i->score = c->score;
    i->created_at = ((int64_t)c->moment.hour * 60 + c->moment.minute) * 60 + c->moment.second;
    return i;
}

/* All items in the order of their keys. */
static int read_items(MYSQL *my, pool *p, item **list)
{
    static columns c;
    MYSQL_STMT    *s = prepare(my, ITEMS "ORDER BY id");
    int            n = 0;
    mysql_stmt_execute(s);
    bind_item(&c, s);
    mysql_stmt_store_result(s);
    while (n < ROWS && mysql_stmt_fetch(s) == 0) list[n++] = read_item(p, &c);
    mysql_stmt_close(s);
    return n;
}

static bool load(const char *url)
{
    MYSQL  *my = connect_to(url);
    pool    p = {0};
    item  **list = malloc(ROWS * sizeof *list);
    int     n = read_items(my, &p, list);
    int64_t sum = 0;
    for (int i = 0; i < n; i++) sum += list[i]->size + (int64_t)strlen(list[i]->name);
    mysql_close(my);
    free(list);
    release(&p);
    return sum > ROWS;
}

static bool get(const char *url)
{
    static columns c;
    MYSQL         *my = connect_to(url);
    MYSQL_STMT    *s = prepare(my, ITEMS "WHERE id = ?");
    pool           p = {0};
    int64_t        sum = 0;
    long long      id;
    MYSQL_BIND     in = {.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = &id};
    mysql_stmt_bind_param(s, &in);
    for (int i = 1; i <= ROWS; i++) {
        id = i * 7919L % ROWS + 1;
        mysql_stmt_execute(s);
        if (i == 1) bind_item(&c, s);
        mysql_stmt_store_result(s);
        if (mysql_stmt_fetch(s) == 0) sum += read_item(&p, &c)->size;
        mysql_stmt_free_result(s);
        if (i % 100 == 0) release(&p);
    }
    mysql_stmt_close(s);
    mysql_close(my);
    release(&p);
    return sum > ROWS;
}

static bool related(const char *url)
{
    static columns c;
    MYSQL         *my = connect_to(url);
    MYSQL_STMT    *s = prepare(my, "SELECT id, name FROM parent ORDER BY id");
    pool           p = {0};
    int64_t        sum = 0;
    int            n = 0;
    child       ***lists = calloc(PARENTS + 1, sizeof *lists);
    int           *counts = calloc(PARENTS + 1, sizeof *counts);
    mysql_stmt_execute(s);
    out_int(&c, 0, 0);
    out_text(&c, 1, 0);
    mysql_stmt_bind_result(s, c.binds);
    mysql_stmt_store_result(s);
    for (; mysql_stmt_fetch(s) == 0; n++) {
        take_text(&p, c.texts[0], c.sizes[0]);
        if (c.numbers[0] <= PARENTS) lists[c.numbers[0]] = take(&p, CHILDREN * sizeof **lists);
    }
    mysql_stmt_close(s);
    s = prepare(my, "SELECT id, name, parent_id FROM child ORDER BY id");
    mysql_stmt_execute(s);
    out_int(&c, 2, 1);
    mysql_stmt_bind_result(s, c.binds);
    mysql_stmt_store_result(s);
    while (mysql_stmt_fetch(s) == 0) {
        child *k = take(&p, sizeof *k);
        k->id = c.numbers[0];
        k->name = take_text(&p, c.texts[0], c.sizes[0]);
        k->parent_id = c.numbers[1];
        if (k->parent_id <= PARENTS) lists[k->parent_id][counts[k->parent_id]++] = k;
    }
    mysql_stmt_close(s);
    for (int i = 1; i <= n; i++)
        for (int k = 0; k < counts[i]; k++) sum += lists[i][k]->parent_id;
    mysql_close(my);
    free(lists);
    free(counts);
    release(&p);
    return sum > PARENTS;
}

static bool send(MYSQL_STMT *s, MYSQL_BIND *binds, unsigned rows)
{
    mysql_stmt_attr_set(s, STMT_ATTR_ARRAY_SIZE, &rows);
    mysql_stmt_bind_param(s, binds);
    bool ok = mysql_stmt_execute(s) == 0;
    if (!ok) fprintf(stderr, "%s\n", mysql_stmt_error(s));
    return ok;
}

static bool read_ids(MYSQL_STMT *s, int64_t *ids)
{
    long long  id;
    MYSQL_BIND out = {.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = &id};
    int        n = 0;
    mysql_stmt_bind_result(s, &out);
    mysql_stmt_store_result(s);
    while (n < AT_ONCE && mysql_stmt_fetch(s) == 0) ids[n++] = id;
    mysql_stmt_free_result(s);
    return n == AT_ONCE;
}

static bool insert(const char *url)
{
    static char          names[AT_ONCE][64], emails[AT_ONCE][64], *name_at[AT_ONCE], *email_at[AT_ONCE];
    static unsigned long name_sizes[AT_ONCE], email_sizes[AT_ONCE];
    static long long     sizes[AT_ONCE];
    static double        scores[AT_ONCE];
    static MYSQL_TIME    moment = {.year = 2026, .month = 1, .day = 1, .time_type = MYSQL_TIMESTAMP_DATETIME};
    static MYSQL_TIME   *moments[AT_ONCE];
    int64_t              ids[AT_ONCE];
    MYSQL               *my = connect_to(url);
    bool                 ok = plain(my, "START TRANSACTION") && plain(my, "DELETE FROM item");
    MYSQL_STMT          *s =
        prepare(my, "INSERT INTO item (name, email, size, score, created_at) VALUES (?, ?, ?, ?, ?) RETURNING id");
    MYSQL_BIND binds[5] = {
        {.buffer_type = MYSQL_TYPE_STRING, .buffer = name_at, .length = name_sizes},
        {.buffer_type = MYSQL_TYPE_STRING, .buffer = email_at, .length = email_sizes},
        {.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = sizes},
        {.buffer_type = MYSQL_TYPE_DOUBLE, .buffer = scores},
        {.buffer_type = MYSQL_TYPE_DATETIME, .buffer = moments},
    };
    for (int i = 1; ok && i <= ROWS; i++) {
        int n = (i - 1) % AT_ONCE;
        name_sizes[n] = (unsigned long)snprintf(names[n], sizeof names[n], "Item number %d", i);
        email_sizes[n] = (unsigned long)snprintf(emails[n], sizeof emails[n], "item%d@example.com", i);
        name_at[n] = names[n];
        email_at[n] = emails[n];
        sizes[n] = i;
        scores[n] = i * 0.5;
        moments[n] = &moment;
        if (n + 1 == AT_ONCE) ok = send(s, binds, AT_ONCE) && read_ids(s, ids);
    }
    ok = ok && plain(my, "COMMIT");
    mysql_stmt_close(s);
    mysql_close(my);
    return ok;
}

/* Loads all and writes each; `end` is COMMIT or ROLLBACK. */
static bool change(const char *url, const char *sql, bool update, const char *end)
{
    static long long keys[AT_ONCE], sizes[AT_ONCE];
    MYSQL           *my = connect_to(url);
    pool             p = {0};
    item           **list = malloc(ROWS * sizeof *list);
    bool             ok = plain(my, "START TRANSACTION");
    int              n = read_items(my, &p, list);
    MYSQL_STMT      *s = prepare(my, sql);
    MYSQL_BIND       binds[2] = {{.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = update ? sizes : keys},
                                 {.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = keys}};
    for (int i = 0, waits = 0; ok && i < n; i++) {
        sizes[waits] = list[i]->size + 1;
        keys[waits++] = list[i]->id;
        if (waits < AT_ONCE && i + 1 < n) continue;
        ok = send(s, binds, (unsigned)waits) && mysql_stmt_affected_rows(s) == (unsigned)waits;
        waits = 0;
    }
    ok = ok && plain(my, end);
    mysql_stmt_close(s);
    mysql_close(my);
    free(list);
    release(&p);
    return ok && n == ROWS;
}

static bool update(const char *url)
{
    return change(url, "UPDATE item SET size = ? WHERE id = ?", true, "COMMIT");
}

static bool delete (const char *url)
{
    return change(url, "DELETE FROM item WHERE id = ?", false, "ROLLBACK");
}

const server by_connector = {load, get, related, update, delete, insert};
