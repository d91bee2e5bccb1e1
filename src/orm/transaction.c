/* Transactions as functions, retried when the database says they can be. */
#include "orm/side.h"

#include <string.h>
#include <time.h>

#define MOST_ATTEMPTS 100

/* Up to `most` milliseconds, drawn evenly, so that those who met once do not meet again. */
static void pause_before(int attempt, int most, const void *seed)
{
    struct timespec now, wait;
    int64_t         limit = (int64_t)(most > 0 ? most : 20) << (attempt < 10 ? attempt - 1 : 9);
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t random = (uint64_t)now.tv_nsec ^ (uint64_t)(uintptr_t)seed >> 4;
    random = random * 0x9e3779b97f4a7c15u;
    int64_t microseconds = (int64_t)((random >> 33) % (uint64_t)(limit * 1000 + 1));
    wait.tv_sec = microseconds / 1000000;
    wait.tv_nsec = microseconds % 1000000 * 1000;
    nanosleep(&wait, NULL);
}

static cf_begin_mode begin_mode(const cf_transaction_options *o)
{
    static const int isolations[] = {0, CF_BEGIN_READ_COMMITTED, CF_BEGIN_REPEATABLE_READ, CF_BEGIN_SERIALIZABLE};
    return (cf_begin_mode)((o->read_only ? (int)CF_BEGIN_READ : (int)CF_BEGIN_WRITE) | isolations[o->isolation]);
}

static bool begin(cf_db *db, const cf_transaction_options *o)
{
    cf_take how = cf_session_take(db, NULL, 0);
    how.read_only = o->read_only;
    cf_conn *conn = cf_pool_take(db->database->pool, &how, &db->error);
    if (!conn) return false;
    if (!cf_conn_begin(conn, begin_mode(o), &db->error)) {
        cf_pool_give(db->database->pool, conn);
        return false;
    }
    db->conn = conn;
    return true;
}

static bool run(cf_db *db, cf_work *work, void *argument)
{
    db->working++;
    bool wanted = work(db, argument);
    db->working--;
    return wanted;
}

/* One run: committed, refused by the function, or failed with db->error set. */
static cf_answer attempt(cf_db *db, cf_work *work, void *argument, const cf_transaction_options *o)
{
    if (!begin(db, o)) return CF_FAILED;
    bool wanted = run(db, work, argument);
    if (db->error.code != CF_OK) return CF_FAILED;
    if (!wanted) {
        cf_rollback(db);
        return CF_NO;
    }
    return cf_session_commit(db) ? CF_YES : CF_FAILED;
}

static bool outermost(cf_db *db, cf_work *work, void *argument, const cf_transaction_options *o)
{
    int attempts = o->attempts > 0 ? o->attempts : 5;
    if (attempts > MOST_ATTEMPTS) attempts = MOST_ATTEMPTS;
    if (db->conn || cf_session_dirty(db, NULL))
        return cf_session_fail(db, CF_ERR_MISUSE,
                               "cf_transaction() begins a transaction, but this session has one already or has changes "
                               "not yet written; commit or roll back first");
    for (int n = 1;; n++) {
        cf_answer answer = attempt(db, work, argument, o);
        if (answer != CF_FAILED) return answer == CF_YES;
        if (n >= attempts || !cf_code_retryable(db->error.code)) return false;
        cf_rollback(db);
        cf_expunge_all(db);
        pause_before(n, o->wait_ms, db);
    }
}

/* Within another one: a savepoint. What only a new start can heal fails the outer one. */
static bool inner(cf_db *db, cf_work *work, void *argument, const cf_transaction_options *o)
{
    if (o->isolation || o->read_only)
        return cf_session_fail(
            db, CF_ERR_MISUSE,
            "the isolation and .read_only of a transaction are those of the outermost cf_transaction()");
    int point = cf_savepoint(db);
    if (!point) return false;
    bool wanted = run(db, work, argument);
    if (wanted && cf_savepoint_release(db, point)) return true;
    if (o->error) *o->error = db->error;
    if (!cf_code_retryable(db->error.code)) cf_savepoint_rollback(db, point);
    return false;
}

bool cf_transaction_(cf_db *db, cf_work *work, void *argument, const cf_transaction_options *o)
{
    if (o->error) cf_error_clear(o->error);
    if (!cf_session_ok(db)) return false;
    if (!work) return cf_session_fail(db, CF_ERR_MISUSE, "cf_transaction() takes a function to call");
    if (o->isolation > CF_ISOLATION_SERIALIZABLE)
        return cf_session_fail(db, CF_ERR_MISUSE, "there is no such isolation");
    if (db->working) return inner(db, work, argument, o);
    bool ok = outermost(db, work, argument, o);
    if (!ok && o->error) *o->error = db->error;
    return ok;
}
