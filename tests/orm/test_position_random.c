/* Lists kept in order by a column: random programs, each compared with plain arrays that do the same, and failures anywhere. */
#include "decks.h"

#include "base/memory.h"
#include "orm/session.h"

#define DECKS 3
#define MOST 12

typedef struct world {
    char lists[DECKS][MOST + 1];
} world;

static uint32_t random_state;

static uint32_t draw(uint32_t below)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % below;
}

static void take_out(char *list, size_t i)
{
    memmove(list + i, list + i + 1, strlen(list + i));
}

static void put_in(char *list, size_t i, char name)
{
    memmove(list + i + 1, list + i, strlen(list + i) + 1);
    list[i] = name;
}

static void step(cf_db *db, Deck **decks, world *w, char *next)
{
    size_t d = draw(DECKS), e = draw(DECKS), count = strlen(w->lists[d]), i = count ? draw((uint32_t)count) : 0;
    size_t k = draw(MOST);
    char   name[2] = {*next, '\0'};
    switch (draw(6)) {
    case 0:
    case 1: /* a new one */
        if (count == MOST || *next > 'z') break;
        ++*next;
        if (k > count) k = count;
        put_in(w->lists[d], k, name[0]);
        Deck_slides_insert(decks[d], cf_add(db, Slide, .name = name), k);
        break;
    case 2: /* moves */
    case 3: {
        if (!count) break;
        if (k >= count) k = count - 1;
        char moved = w->lists[d][i];
        take_out(w->lists[d], i);
        put_in(w->lists[d], k, moved);
        Deck_slides_move(decks[d], at(decks[d], i), k);
        break;
    }
    case 4: { /* goes elsewhere */
        size_t there = strlen(w->lists[e]);
        if (!count || there == MOST || d == e) break;
        put_in(w->lists[e], there, w->lists[d][i]);
        Slide_set_deck(named(decks[d], w->lists[d][i]), decks[e]);
        take_out(w->lists[d], i);
        break;
    }
    default: /* goes for good */
        if (!count) break;
        if (k % 2) Deck_slides_remove(decks[d], at(decks[d], i));
        else {
            cf_delete(db, at(decks[d], i));
            assert_true(cf_flush(db));
        }
        take_out(w->lists[d], i);
    }
}

static void compare(fixture *f, Deck **decks, const world *w, bool committed)
{
    for (int d = 0; d < DECKS; d++) {
        assert_string_equal(slides(decks[d]), w->lists[d]);
        if (committed) assert_string_equal(stored(f, decks[d]->id), w->lists[d]);
    }
}

static void run_program(fixture *f, uint32_t seed)
{
    cf_db *db = other_session(f);
    world  now = {{{0}}}, before;
    Deck  *decks[DECKS];
    char   next = 'A';
    random_state = seed;
    for (int d = 0; d < DECKS; d++) decks[d] = cf_add(db, Deck, .name = "deck");
    assert_true(cf_commit(db));
    for (int round = 0; round < 12; round++) {
        before = now;
        int point = draw(3) ? 0 : cf_savepoint(db);
        for (uint32_t n = draw(8); n; n--) {
            step(db, decks, &now, &next);
            if (draw(5) == 0) assert_true(cf_flush(db));
            if (draw(9) == 0) cf_expire_all(db);
        }
        compare(f, decks, &now, false);
        uint32_t end = draw(4);
        if (point && end < 2) {
            assert_true(cf_savepoint_rollback(db, point));
            now = before;
        }
        if (!point && end == 0) {
            cf_rollback(db);
            now = before;
        } else {
            assert_true(cf_commit(db));
        }
        compare(f, decks, &now, true);
    }
    cf_close(db);
}

static void random_programs(void **state)
{
    uint32_t count = strcmp(test_url(), "sqlite://") == 0 ? 1000 : 200;
    for (uint32_t seed = 1; seed <= count; seed++) run_program(*state, seed);
}

/* ---- failures ------------------------------------------------------------------------------------------------ */

/* A little of everything, with lists that are loaded and lists that are not; false when something failed. */
static bool scenario(cf_db *db, const int64_t *ids)
{
    Deck *deck = cf_get(db, Deck, ids[0]);
    Deck_slides_insert(deck, cf_add(db, Slide, .name = "n"), 1);
    if (!cf_session_ok(db)) return false;
    Deck_slides_move(deck, at(deck, 4), 0);
    cf_delete(db, cf_find(db, Slide, "deck_id = ? and name = 'c'", ids[1]));
    cf_add(db, Slide, .name = "m", .deck_id = ids[2]);
    Slide *moved = cf_find(db, Slide, "deck_id = ? and name = 'a'", ids[1]);
    if (moved) moved->deck_id = ids[2];
    return cf_flush(db);
}

static bool in_order(fixture *f, const int64_t *ids, const char *first, const char *second, const char *third)
{
    return strcmp(stored(f, ids[0]), first) == 0 && strcmp(stored(f, ids[1]), second) == 0 &&
           strcmp(stored(f, ids[2]), third) == 0;
}

static void anything_may_fail(void **state)
{
    fixture *f = *state;
    bool     done = false;
    int      calm = 0, failures = 0; /* a failure may be made good: only many runs without any are the end */
    Deck    *decks[3];
    for (int i = 0; i < 3; i++) decks[i] = new_deck(f->db, "abcd");
    assert_true(cf_commit(f->db));
    const int64_t ids[] = {decks[0]->id, decks[1]->id, decks[2]->id};
    for (long n = 1; !done && n < 5000; n++) {
        cf_db *db = cf_session(f->database);
        if (n % 8) cf_mem_fail_at(n, n % 2 == 0);
        else cf_pool_fail_at(f->database->pool, n / 8, CF_ERR_DATABASE);
        bool    ok = scenario(db, ids);
        cf_code code = cf_session_error(db)->code;
        cf_mem_fail_at(0, false);
        cf_pool_fail_at(f->database->pool, 0, CF_OK);
        assert_int_equal(code, ok ? CF_OK : n % 8 ? CF_ERR_MEMORY : CF_ERR_DATABASE);
        failures += !ok;
        calm = ok ? calm + 1 : 0;
        done = calm >= 40 && n % 8;
        if (done) assert_true(cf_commit(db));
        else assert_true(cf_rollback(db));
        cf_close(db);
        if (!done) assert_true(in_order(f, ids, "abcd", "abcd", "abcd"));
    }
    assert_true(done && failures > 40);
    assert_true(in_order(f, ids, "danbc", "bd", "abcdma"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {session_test(random_programs), session_test(anything_may_fail)};
    return RUN_TESTS("orm-position-random", tests, argc, argv);
}
