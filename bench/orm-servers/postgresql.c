/* By hand on PostgreSQL: prepared statements with binary values, writes in pipeline mode a thousand at a time. */
#include "by_hand.h"

#include <endian.h>
#include <libpq-fe.h>

static PGconn *connect_to(const char *url)
{
    PGconn *c = PQconnectdb(url);
    if (PQstatus(c) != CONNECTION_OK) fprintf(stderr, "%s", PQerrorMessage(c));
    return c;
}

static bool plain(PGconn *c, const char *text)
{
    PGresult *r = PQexec(c, text);
    bool      ok = PQresultStatus(r) == PGRES_COMMAND_OK;
    if (!ok) fprintf(stderr, "%s", PQerrorMessage(c));
    PQclear(r);
    return ok;
}

static void prepare(PGconn *c, const char *text)
{
    PQclear(PQprepare(c, "s", text, 0, NULL));
}

/* A parameter: eight bytes in the order of the network, or a text. */
typedef struct values {
    const char *at[5];
    int         sizes[5], formats[5];
    int64_t     numbers[5];
} values;

static void set_int(values *v, int n, int64_t value)
{
    v->numbers[n] = (int64_t)htobe64((uint64_t)value);
    v->at[n] = (const char *)&v->numbers[n];
    v->sizes[n] = 8;
    v->formats[n] = 1;
}

static void set_double(values *v, int n, double value)
{
    int64_t bits;
    memcpy(&bits, &value, sizeof bits);
    set_int(v, n, bits);
}

static void set_text(values *v, int n, const char *text)
{
    v->at[n] = text;
    v->sizes[n] = (int)strlen(text);
    v->formats[n] = 1;
}

static int64_t int_at(const PGresult *r, int row, int column)
{
    uint64_t value;
    memcpy(&value, PQgetvalue(r, row, column), sizeof value);
    return (int64_t)be64toh(value);
}

static const char *text_at(pool *p, const PGresult *r, int row, int column)
{
    return take_text(p, PQgetvalue(r, row, column), (size_t)PQgetlength(r, row, column));
}

static item *read_item(pool *p, const PGresult *r, int row)
{
    item   *i = take(p, sizeof *i);
    int64_t bits = int_at(r, row, 4);
    i->id = int_at(r, row, 0);
    i->name = text_at(p, r, row, 1);
    i->email = text_at(p, r, row, 2);
    i->size = int_at(r, row, 3);
    memcpy(&i->score, &bits, sizeof bits);
    i->created_at = int_at(r, row, 5);
    return i;
}

/* All items in the order of their keys. */
static int read_items(PGconn *c, pool *p, item **list)
{
    PGresult *r = PQexecParams(c, ITEMS "ORDER BY id", 0, NULL, NULL, NULL, NULL, 1);
    int       n = PQntuples(r);
    for (int i = 0; i < n && i < ROWS; i++) list[i] = read_item(p, r, i);
    PQclear(r);
    return n;
}

static bool load(const char *url)
{
    PGconn *c = connect_to(url);
    pool    p = {0};
    item  **list = malloc(ROWS * sizeof *list);
    int     n = read_items(c, &p, list);
    int64_t sum = 0;
    for (int i = 0; i < n; i++) sum += list[i]->size + (int64_t)strlen(list[i]->name);
    PQfinish(c);
    free(list);
    release(&p);
    return sum > ROWS;
}

static bool get(const char *url)
{
    PGconn *c = connect_to(url);
    pool    p = {0};
    int64_t sum = 0;
    values  v;
    prepare(c, ITEMS "WHERE id = $1");
    for (int i = 1; i <= ROWS; i++) {
        set_int(&v, 0, i * 7919L % ROWS + 1);
        PGresult *r = PQexecPrepared(c, "s", 1, v.at, v.sizes, v.formats, 1);
        if (PQntuples(r) == 1) sum += read_item(&p, r, 0)->size;
        PQclear(r);
        if (i % 100 == 0) release(&p);
    }
    PQfinish(c);
    release(&p);
    return sum > ROWS;
}

static bool related(const char *url)
{
    PGconn   *c = connect_to(url);
    pool      p = {0};
    int64_t   sum = 0;
    child  ***lists = calloc(PARENTS + 1, sizeof *lists);
    int      *counts = calloc(PARENTS + 1, sizeof *counts);
    PGresult *r = PQexecParams(c, "SELECT id, name FROM parent ORDER BY id", 0, NULL, NULL, NULL, NULL, 1);
    int       n = PQntuples(r);
    for (int i = 0; i < n; i++) {
        int64_t id = int_at(r, i, 0);
        text_at(&p, r, i, 1);
        if (id <= PARENTS) lists[id] = take(&p, CHILDREN * sizeof **lists);
    }
    PQclear(r);
    r = PQexecParams(c, "SELECT id, name, parent_id FROM child ORDER BY id", 0, NULL, NULL, NULL, NULL, 1);
    for (int i = 0; i < PQntuples(r); i++) {
        child *k = take(&p, sizeof *k);
        k->id = int_at(r, i, 0);
        k->name = text_at(&p, r, i, 1);
        k->parent_id = int_at(r, i, 2);
        if (k->parent_id <= PARENTS) lists[k->parent_id][counts[k->parent_id]++] = k;
    }
    PQclear(r);
    for (int i = 1; i <= n; i++)
        for (int k = 0; k < counts[i]; k++) sum += lists[i][k]->parent_id;
    PQfinish(c);
    free(lists);
    free(counts);
    release(&p);
    return sum > PARENTS;
}

/* The answers of the runs sent; `ids` gets the keys that they return, if they do. */
static bool answers(PGconn *c, int64_t *ids)
{
    bool ok = PQpipelineSync(c) == 1, marked = false;
    int  n = 0;
    while (ok && !marked) {
        PGresult      *r = PQgetResult(c);
        ExecStatusType status = r ? PQresultStatus(r) : PGRES_COMMAND_OK;
        marked = r && status == PGRES_PIPELINE_SYNC;
        if (r && status == PGRES_TUPLES_OK) ids[n++] = int_at(r, 0, 0);
        ok = marked || status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
        PQclear(r);
    }
    if (!ok) fprintf(stderr, "%s", PQerrorMessage(c));
    return ok;
}

static bool send(PGconn *c, int count, const values *v)
{
    return PQsendQueryPrepared(c, "s", count, v->at, v->sizes, v->formats, 1) == 1;
}

static bool insert(const char *url)
{
    PGconn *c = connect_to(url);
    char    name[64], email[64];
    int64_t ids[AT_ONCE];
    values  v;
    bool    ok = plain(c, "BEGIN") && plain(c, "DELETE FROM item");
    prepare(c, "INSERT INTO item (name, email, size, score, created_at) VALUES ($1, $2, $3, $4, $5) RETURNING id");
    PQenterPipelineMode(c);
    for (int i = 1; ok && i <= ROWS; i++) {
        snprintf(name, sizeof name, "Item number %d", i);
        snprintf(email, sizeof email, "item%d@example.com", i);
        set_text(&v, 0, name);
        set_text(&v, 1, email);
        set_int(&v, 2, i);
        set_double(&v, 3, i * 0.5);
        set_int(&v, 4, INT64_C(820454400000000));
        ok = send(c, 5, &v);
        if (ok && i % AT_ONCE == 0) ok = answers(c, ids);
    }
    PQexitPipelineMode(c);
    ok = ok && plain(c, "COMMIT");
    PQfinish(c);
    return ok;
}

/* Loads all and writes each; `end` is COMMIT or ROLLBACK. */
static bool change(const char *url, const char *sql, bool update, const char *end)
{
    PGconn *c = connect_to(url);
    pool    p = {0};
    item  **list = malloc(ROWS * sizeof *list);
    bool    ok = plain(c, "BEGIN");
    int     n = read_items(c, &p, list);
    values  v;
    prepare(c, sql);
    PQenterPipelineMode(c);
    for (int i = 0; ok && i < n; i++) {
        set_int(&v, 0, list[i]->id);
        if (update) set_int(&v, 1, list[i]->size + 1);
        ok = send(c, update ? 2 : 1, &v);
        if (ok && ((i + 1) % AT_ONCE == 0 || i + 1 == n)) ok = answers(c, NULL);
    }
    PQexitPipelineMode(c);
    ok = ok && plain(c, end);
    PQfinish(c);
    free(list);
    release(&p);
    return ok && n == ROWS;
}

static bool update(const char *url)
{
    return change(url, "UPDATE item SET size = $2 WHERE id = $1", true, "COMMIT");
}

static bool delete (const char *url)
{
    return change(url, "DELETE FROM item WHERE id = $1", false, "ROLLBACK");
}

const server by_libpq = {load, get, related, update, delete, insert};
