/* Decks of slides, kept in order by a column, and what their tests share. */
#ifndef CARAFE_TESTS_ORM_DECKS_H
#define CARAFE_TESTS_ORM_DECKS_H

#define OWN_MODELS
#include "fixture.h"

#include <carafe/relation.h>
#include <carafe/testing.h>

typedef struct Deck {
    int64_t     id;
    const char *name;
} Deck;

CF_MODEL(Deck, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = 40));

/* Each place once, and none may be NULL: a flush must free a place before it is taken. */
typedef struct Slide {
    int64_t     id;
    int64_t     deck_id;
    int32_t     place;
    const char *name;
} Slide;

CF_MODEL(Slide,
    CF_COLUMN(id,      .primary_key = true),
    CF_COLUMN(deck_id, .references = "deck.id"),
    CF_COLUMN(place),
    CF_COLUMN(name,    .length = 40),
    CF_UNIQUE(deck_id, place));

CF_ONE_TO_MANY(Deck, slides, Slide, deck, .position = "place", .delete_orphans = true);

static inline Deck *new_deck(cf_db *db, const char *names)
{
    Deck *deck = cf_add(db, Deck, .name = "deck");
    for (; *names; names++) {
        char name[2] = {*names, '\0'};
        Deck_slides_add(deck, cf_add(db, Slide, .name = name));
    }
    return deck;
}

/* The names in the order of the list; each item has the number of its place. */
static inline const char *slides(Deck *deck)
{
    static char text[4][256];
    static int  turn;
    char       *out = text[turn++ % 4], *at = out;
    int         place = 0;
    cf_each(Slide, s, Deck_slides(deck)) {
        assert_int_equal(s->place, place++);
        *at++ = s->name[0];
    }
    *at = '\0';
    return out;
}

/* The same as the database has them. */
static inline const char *stored(fixture *f, int64_t deck)
{
    cf_db      *db = other_session(f);
    const char *text = slides(cf_get(db, Deck, deck));
    cf_close(db);
    return text;
}

#define assert_slides(f, deck, names)                      \
    do {                                                   \
        assert_string_equal(slides(deck), names);          \
        assert_true(cf_commit((f)->db));                   \
        assert_string_equal(slides(deck), names);          \
        assert_string_equal(stored(f, (deck)->id), names); \
    } while (0)

static inline Slide *at(Deck *deck, size_t i)
{
    return Deck_slides(deck)[i];
}

static inline Slide *named(Deck *deck, char name)
{
    cf_each(Slide, s, Deck_slides(deck))
        if (s->name[0] == name) return s;
    return NULL;
}

#endif
