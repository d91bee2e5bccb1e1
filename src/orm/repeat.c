/* In development: the same thing asked again and again in one session, which one statement could have answered. */
#include "orm/side.h"

#define MOST_PLACES 64 /* that one session watches */
#define TOO_OFTEN 6    /* statements of one shape from one place */

typedef struct place {
    const void *what; /* a side, or the name of a source file */
    int         line; /* in that file */
    int         count;
} place;

struct cf_repeat {
    place  places[MOST_PLACES];
    size_t count;
};

/* Is this the time to warn of a place? Once in a session. */
static bool too_often(cf_db *db, const void *what, int line)
{
    if (!db->database->options.development) return false;
    if (!db->repeat && !(db->repeat = cf_arena_alloc(db->arena, sizeof *db->repeat))) return false;
    struct cf_repeat *w = db->repeat;
    for (size_t i = 0; i < w->count; i++)
        if (w->places[i].what == what && w->places[i].line == line) return ++w->places[i].count == TOO_OFTEN;
    if (w->count < MOST_PLACES) w->places[w->count++] = (place){what, line, 1};
    return false;
}

void cf_repeat_touch(cf_db *db, const cf_state *state, const cf_side *side)
{
    const cf_group *g = state->group;
    const char     *file = g && g->file ? g->file : db->file; /* else the query before it */
    int             line = g && g->file ? g->line : db->line;
    if (!too_often(db, side, 0)) return;
    cf_database_log(
        db->database,
        "warning: %s:%d: %s.%s was loaded by %d statements in one session, as the objects came from as many "
        "results; ask for all of them in one query, or load it there: with load(%s)",
        file ? file : side->relation->file, file ? line : side->relation->line, side->owner->name, side->name,
        TOO_OFTEN, side->name);
}

void cf_repeat_query(cf_db *db)
{
    if (!db->file || !too_often(db, db->file, db->line)) return;
    cf_database_log(db->database,
                    "warning: %s:%d: this query was sent %d times in one session; ask once, with 'in (?)', or follow a "
                    "relationship, which loads for all objects of a result",
                    db->file, db->line, TOO_OFTEN);
}
