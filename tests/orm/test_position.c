/* Lists kept in order by a position column. */
#include "decks.h"

/* Items that may belong to nobody have no place then; the first is number 1, and no number is below. */
typedef struct Card {
    int64_t       id;
    cf_null_int64 deck_id;
    cf_null_int16 rank;
    const char   *name;
} Card;

CF_MODEL(Card,
    CF_COLUMN(id,      .primary_key = true),
    CF_COLUMN(deck_id, .references = "deck.id"),
    CF_COLUMN(rank,    .check = "rank >= 1"),
    CF_COLUMN(name,    .length = 40),
    CF_UNIQUE(deck_id, rank));

CF_ONE_TO_MANY(Deck, cards, Card, deck, .position = "rank", .first_position = 1);

/* A tree with keys of two columns, and places that a check guards. */
typedef struct Node {
    const char *tree, *name, *parent;
    int64_t     place;
} Node;

CF_MODEL(Node,
    CF_COLUMN(tree,   .primary_key = true, .length = 20),
    CF_COLUMN(name,   .primary_key = true, .length = 20),
    CF_COLUMN(parent, .length = 20, .nullable = true),
    CF_COLUMN(place,  .check = "place >= 0"),
    CF_FOREIGN_KEY((tree, parent), "node(tree, name)"),
    CF_UNIQUE(tree, parent, place));

CF_ONE_TO_MANY(Node, children, Node, above, .position = "place", .on_delete = CF_CASCADE);

/* Marked, not deleted. */
typedef struct Note {
    int64_t     id;
    int64_t     deck_id;
    uint32_t    place;
    const char *name;
    CF_SOFT_DELETE;
} Note;
CF_DECLARE(Note);

CF_MODEL(Note,
    CF_COLUMN(id,      .primary_key = true),
    CF_COLUMN(deck_id, .references = "deck.id"),
    CF_COLUMN(place),
    CF_COLUMN(name,    .length = 40),
    CF_UNIQUE(deck_id, place),
    CF_SOFT_DELETE_COLUMN);

CF_ONE_TO_MANY(Deck, notes, Note, deck, .position = "place");

/* ---- changes in place ----------------------------------------------------------------------------------- */

static void items_are_numbered_as_they_are_added(void **state)
{
    fixture *f = *state;
    Deck    *deck = new_deck(f->db, "abc");
    assert_int_equal(at(deck, 2)->place, 2);
    assert_slides(f, deck, "abc");
    Deck_slides_add(deck, cf_add(f->db, Slide, .name = "d", .place = 77));
    cf_append(Deck_slides(deck), cf_add(f->db, Slide, .name = "e"));
    Slide_set_deck(cf_add(f->db, Slide, .name = "f"), deck);
    assert_slides(f, deck, "abcdef");
}

static void items_are_put_at_a_place(void **state)
{
    fixture *f = *state;
    Deck    *deck = new_deck(f->db, "ab");
    Deck_slides_insert(deck, cf_add(f->db, Slide, .name = "c"), 0);
    assert_slides(f, deck, "cab");
    cf_insert(Deck_slides(deck), cf_add(f->db, Slide, .name = "d"), 1);
    Deck_slides_insert(deck, cf_add(f->db, Slide, .name = "e"), 4);
    Deck_slides_insert(deck, cf_add(f->db, Slide, .name = "f"), SIZE_MAX);
    assert_slides(f, deck, "cdabef");
    Deck_slides_insert(deck, named(deck, 'f'), 0); /* it is in the list already: it moves */
    assert_slides(f, deck, "fcdabe");
}

static void only_what_changed_is_written(void **state)
{
    fixture *f = *state;
    Deck    *deck = new_deck(f->db, "abcdef");
    assert_true(cf_commit(f->db));
    Deck_slides_move(deck, at(deck, 3), 4); /* two rows change */
    int changed = 0;
    cf_each(Slide, s, Deck_slides(deck)) changed += cf_changed(s, place);
    assert_int_equal(changed, 2);
    assert_slides(f, deck, "abcedf");
    Deck_slides_move(deck, at(deck, 3), 3);
    assert_false(cf_has_changes(f->db));
    Deck_slides_move(deck, at(deck, 0), 5);
    Deck_slides_move(deck, at(deck, 5), 0); /* there and back */
    assert_false(cf_has_changes(f->db));
}

static void places_change_hands(void **state)
{
    fixture *f = *state;
    Deck    *deck = new_deck(f->db, "abcdef");
    assert_true(cf_commit(f->db));
    Deck_slides_move(deck, at(deck, 0), 5);
    assert_slides(f, deck, "bcdefa");
    Deck_slides_move(deck, at(deck, 5), 0);
    assert_slides(f, deck, "abcdef");
    Deck_slides_move(deck, at(deck, 1), 4); /* a swap of b and e */
    Deck_slides_move(deck, named(deck, 'e'), 1);
    assert_slides(f, deck, "aecdbf");
    for (size_t i = 0; i < 6; i++) Deck_slides_move(deck, at(deck, 5), i); /* round */
    assert_slides(f, deck, "fbdcea");
    cf_move(Deck_slides(deck), at(deck, 4), 99);
    assert_slides(f, deck, "fbdcae");
}

static void swaps_with_a_check(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    Deck    *deck = cf_add(db, Deck, .name = "deck");
    for (int i = 0; i < 4; i++)
        Deck_cards_add(deck, cf_add(db, Card, .name = cf_arena_printf(cf_session_arena(db), "%d", i)));
    assert_true(cf_commit(db));
    assert_int_equal(Deck_cards(deck)[0]->rank.value, 1);
    Deck_cards_move(deck, Deck_cards(deck)[3], 0);
    Deck_cards_move(deck, Deck_cards(deck)[3], 1);
    assert_true(cf_commit(db));
    cf_db      *other = other_session(f);
    const char *expected = "3201";
    int         rank = 1;
    cf_each(Card, c, Deck_cards(cf_get(other, Deck, deck->id))) {
        assert_int_equal(c->name[0], *expected++);
        assert_int_equal(c->rank.value, rank++);
    }
    cf_close(other);
}

/* ---- items that come and go ------------------------------------------------------------------------------ */

static void gaps_are_closed(void **state)
{
    fixture *f = *state;
    Deck    *deck = new_deck(f->db, "abcdef");
    assert_slides(f, deck, "abcdef");
    Deck_slides_remove(deck, named(deck, 'b')); /* an orphan: deleted */
    assert_slides(f, deck, "acdef");
    cf_delete(f->db, named(deck, 'd'));
    assert_true(cf_commit(f->db));
    assert_slides(f, deck, "acef");
    assert_int_equal(cf_count(f->db, Slide, ""), 4);
    cf_delete(f->db, named(deck, 'a'));
    Deck_slides_insert(deck, cf_add(f->db, Slide, .name = "g"), 0);
    assert_true(cf_commit(f->db));
    assert_slides(f, deck, "gcef");
}

/* Neither the deck nor its list are in the session: they are read with one statement each. */
static void gaps_of_lists_that_are_not_loaded(void **state)
{
    fixture *f = *state;
    Deck    *deck = new_deck(f->db, "abcd"), *second = new_deck(f->db, "xyz");
    assert_true(cf_commit(f->db));
    cf_db  *db = other_session(f);
    int64_t before = cf_statements(db);
    cf_each(Slide, s, cf_all(db, Slide, "name in ('b', 'x')")) cf_delete(db, s);
    assert_true(cf_commit(db));
    assert_int_equal(cf_statements(db) - before, 7); /* slides, decks, lists; DELETE and UPDATE of each list */
    cf_close(db);
    assert_string_equal(stored(f, deck->id), "acd");
    assert_string_equal(stored(f, second->id), "yz");
}

static void items_change_lists(void **state)
{
    fixture *f = *state;
    Deck    *one = new_deck(f->db, "abc"), *two = new_deck(f->db, "xyz");
    assert_true(cf_commit(f->db));
    Slide_set_deck(named(one, 'a'), two);
    assert_string_equal(slides(one), "bc");
    assert_slides(f, two, "xyza");
    Deck_slides_insert(one, named(two, 'y'), 1);
    assert_string_equal(slides(two), "xza");
    assert_slides(f, one, "byc");
    assert_string_equal(stored(f, two->id), "xza");
    named(one, 'y')->deck_id = two->id; /* by hand: it goes to the end */
    assert_true(cf_commit(f->db));
    assert_string_equal(slides(two), "xzay");
    assert_string_equal(stored(f, one->id), "bc");
    assert_string_equal(stored(f, two->id), "xzay");
    Slide *a = named(two, 'a'), *b = named(one, 'b'); /* two change places */
    Deck_slides_insert(one, a, 0);
    Deck_slides_insert(two, b, 2);
    assert_slides(f, one, "ac");
    assert_slides(f, two, "xzby");
}

static void lists_that_are_not_loaded_change(void **state)
{
    fixture *f = *state;
    Deck    *deck = new_deck(f->db, "abc"), *second = new_deck(f->db, "xyz");
    assert_true(cf_commit(f->db));
    int64_t one = deck->id, two = second->id;
    cf_db  *db = other_session(f);
    Slide  *b = cf_find(db, Slide, "name = 'b'"), *q = cf_add(db, Slide, .name = "q");
    Slide  *p = cf_add(db, Slide, .name = "p");
    Deck_slides_add(cf_get(db, Deck, two), p);
    Deck_slides_add(cf_get(db, Deck, two), q);
    Slide_set_deck(b, cf_get(db, Deck, two));
    assert_true(cf_commit(db));
    cf_close(db);
    assert_string_equal(stored(f, one), "ac");
    assert_string_equal(stored(f, two), "xyzpqb");
}

/* Rows that come by their key alone go to the end; those with a number of their own are believed. */
static void items_that_come_by_key(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    Deck    *deck = new_deck(db, "ab");
    assert_true(cf_commit(db));
    cf_add(db, Slide, .name = "c", .deck_id = deck->id);
    cf_add(db, Slide, .name = "d", .deck_id = deck->id);
    assert_true(cf_commit(db));
    assert_string_equal(slides(deck), "abcd");
    assert_string_equal(stored(f, deck->id), "abcd");
    cf_add(db, Slide, .name = "e", .deck_id = deck->id, .place = 40);
    assert_true(cf_commit(db));
    assert_int_equal(cf_find(db, Slide, "name = 'e'")->place, 40);
    cf_expire(db, deck);
    Deck_slides_move(deck, Deck_slides(deck)[0], 1); /* and numbered like the others when the list changes */
    assert_slides(f, deck, "bacde");
    cf_add(db, Slide, .name = "f", .deck_id = deck->id, .place = 2);
    Deck_slides_add(deck, cf_add(db, Slide, .name = "g"));
    assert_true(cf_commit(db));
    assert_string_equal(stored(f, deck->id), "bafcdeg");
}

static void leaving_takes_the_number_along(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    Deck    *deck = cf_add(db, Deck, .name = "deck");
    for (int i = 0; i < 3; i++) Deck_cards_add(deck, cf_add(db, Card, .name = "c"));
    assert_true(cf_commit(db));
    Card *first = Deck_cards(deck)[0];
    Deck_cards_remove(deck, first);
    assert_true(cf_commit(db));
    assert_false(first->rank.set);
    assert_false(first->deck_id.set);
    assert_int_equal(Deck_cards(deck)[0]->rank.value, 1);
    Deck_cards_insert(deck, first, 1);
    assert_true(cf_commit(db));
    assert_ptr_equal(Deck_cards(deck)[1], first);
    assert_int_equal(first->rank.value, 2);
    cf_delete(db, deck); /* its cards belong to nobody then */
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Card, "deck_id is null and rank is null"), 3);
}

static void trees_with_keys_of_two_columns(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    Node    *root = cf_add(db, Node, .tree = "t", .name = "root");
    for (int i = 0; i < 4; i++) {
        char name[2] = {(char)('a' + i), '\0'};
        Node_children_insert(root, cf_add(db, Node, .tree = "t", .name = name), 0);
    }
    assert_true(cf_commit(db));
    Node_children_move(root, Node_children(root)[0], 3); /* c b a d */
    Node_set_above(Node_children(root)[1], Node_children(root)[0]);
    assert_true(cf_commit(db));
    cf_db *other = other_session(f);
    Node  *again = cf_get(other, Node, "t", "root");
    assert_int_equal(cf_list_count(Node_children(again)), 3);
    assert_string_equal(Node_children(again)[0]->name, "c");
    assert_string_equal(Node_children(again)[1]->name, "a");
    assert_string_equal(Node_children(again)[2]->name, "d");
    assert_int_equal(Node_children(again)[1]->place, 1);
    assert_string_equal(Node_children(Node_children(again)[0])[0]->name, "b");
    cf_delete(other, Node_children(again)[0]); /* and b with it */
    assert_true(cf_commit(other));
    assert_int_equal(Node_children(again)[0]->place, 0);
    assert_int_equal(cf_count(other, Node, ""), 3);
    cf_close(other);
}

static void marked_items_leave_and_come_back(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    Deck    *deck = cf_add(db, Deck, .name = "deck");
    Note    *notes[4];
    for (int i = 0; i < 4; i++) Deck_notes_add(deck, notes[i] = cf_add(db, Note, .name = "n"));
    assert_true(cf_commit(db));
    cf_delete(db, notes[1]);
    assert_true(cf_commit(db));
    assert_int_equal(cf_list_count(Deck_notes(deck)), 3);
    assert_int_equal(notes[3]->place, 2);
    cf_restore(db, notes[1]); /* where it was */
    assert_true(cf_commit(db));
    assert_int_equal(cf_list_count(Deck_notes(deck)), 4);
    for (int i = 0; i < 4; i++) {
        assert_ptr_equal(Deck_notes(deck)[i], notes[i]);
        assert_int_equal(notes[i]->place, i);
    }
}

/* ---- transactions ------------------------------------------------------------------------------------------ */

static void a_rollback_restores_the_order(void **state)
{
    fixture *f = *state;
    Deck    *deck = new_deck(f->db, "abcd");
    assert_slides(f, deck, "abcd");
    Deck_slides_move(deck, at(deck, 0), 2);
    Deck_slides_insert(deck, cf_add(f->db, Slide, .name = "e"), 0);
    assert_string_equal(slides(deck), "ebcad");
    cf_rollback(f->db); /* before the flush */
    assert_string_equal(slides(deck), "abcd");
    Deck_slides_move(deck, at(deck, 3), 0);
    assert_true(cf_flush(f->db));
    assert_string_equal(slides(deck), "dabc");
    cf_rollback(f->db);
    assert_slides(f, deck, "abcd");
}

static void a_savepoint_restores_the_order(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    Deck    *deck = new_deck(db, "abcd");
    assert_slides(f, deck, "abcd");
    Deck_slides_move(deck, at(deck, 3), 0);
    int point = cf_savepoint(db);
    Deck_slides_move(deck, at(deck, 3), 0);
    cf_delete(db, named(deck, 'a'));
    assert_true(cf_flush(db));
    assert_string_equal(slides(deck), "cdb");
    assert_true(cf_savepoint_rollback(db, point));
    assert_string_equal(slides(deck), "dabc");
    Deck_slides_add(deck, cf_add(db, Slide, .name = "e"));
    assert_slides(f, deck, "dabce");
}

/* ---- mistakes ---------------------------------------------------------------------------------------------- */

static void moving_what_is_not_there(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    Deck    *deck = new_deck(db, "ab"), *other = new_deck(db, "x");
    Deck_slides_move(deck, at(other, 0), 0);
    assert_int_equal(cf_error(db)->code, CF_ERR_MISUSE);
    assert_string_equal(cf_error(db)->message, "the Slide to be moved is not in Deck.slides");
    cf_rollback(db);
}

static void items_that_were_let_go(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    Deck    *deck = new_deck(db, "abc");
    assert_true(cf_commit(db));
    Slide *b = at(deck, 1);
    cf_expunge(db, b);
    Deck_slides_add(deck, cf_add(db, Slide, .name = "d")); /* b stays where it is */
    assert_true(cf_flush(db));
    Deck_slides_move(deck, at(deck, 0), 2);
    assert_int_equal(cf_error(db)->code, CF_ERR_DETACHED);
    assert_non_null(strstr(cf_error(db)->message, "Deck.slides cannot be numbered: the session let go of a Slide"));
    cf_rollback(db);
    assert_true(cf_take_back(db, b));
    Deck_slides_move(deck, at(deck, 0), 2);
    assert_slides(f, deck, "bca");
}

static void more_items_than_numbers(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    Deck    *deck = cf_add(db, Deck, .name = "deck");
    for (int i = 0; i < INT16_MAX; i++) Deck_cards_add(deck, cf_add(db, Card, .name = "c"));
    assert_ok(db);
    assert_int_equal(Deck_cards(deck)[INT16_MAX - 1]->rank.value, INT16_MAX);
    Deck_cards_add(deck, cf_add(db, Card, .name = "c"));
    assert_int_equal(cf_error(db)->code, CF_ERR_RANGE);
    assert_string_equal(cf_error(db)->message, "Deck.cards has 32768 items, more than Card.rank can number");
    assert_false(cf_commit(db));
    cf_rollback(db);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        session_test(items_are_numbered_as_they_are_added),
        session_test(items_are_put_at_a_place),
        session_test(only_what_changed_is_written),
        session_test(places_change_hands),
        session_test(swaps_with_a_check),
        session_test(gaps_are_closed),
        session_test(gaps_of_lists_that_are_not_loaded),
        session_test(items_change_lists),
        session_test(lists_that_are_not_loaded_change),
        session_test(items_that_come_by_key),
        session_test(leaving_takes_the_number_along),
        session_test(trees_with_keys_of_two_columns),
        session_test(marked_items_leave_and_come_back),
        session_test(a_rollback_restores_the_order),
        session_test(a_savepoint_restores_the_order),
        session_test(moving_what_is_not_there),
        session_test(items_that_were_let_go),
        session_test(more_items_than_numbers),
    };
    return RUN_TESTS("orm-position", tests, argc, argv);
}
