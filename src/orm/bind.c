/* Several databases: a session passes each model on to the session of the database that it lies in. */
#include "orm/session.h"

#include <string.h>

static bool serves(const cf_database *database, const cf_mapper *m)
{
    return strcmp(database->options.bind ? database->options.bind : "", m->bind ? m->bind : "") == 0;
}

bool cf_attach(cf_database *database, cf_database *other, cf_error *error)
{
    if (!database || !other) return cf_fail(error, CF_ERR_MISUSE, "cf_attach() takes two databases that are open");
    const char *name = other->options.bind ? other->options.bind : "";
    if (strcmp(database->options.bind ? database->options.bind : "", name) == 0)
        return cf_fail(error, CF_ERR_MISUSE, "the database itself is the one of bind '%s'", name);
    for (const cf_database *d = database->bound; d; d = d->next_bound)
        if (strcmp(d->options.bind ? d->options.bind : "", name) == 0)
            return cf_fail(error, CF_ERR_MISUSE, "there are two databases for the models of bind '%s'", name);
    if (other->next_bound || other->bound || other->registry != database->registry)
        return cf_fail(error, CF_ERR_MISUSE, "a database of bind '%s' must be of the same program and attached once",
                       name);
    other->next_bound = database->bound;
    database->bound = other;
    return true;
}

/* The session of an attached database, begun at first use; NULL when out of memory. */
static cf_db *session_of(cf_db *root, cf_database *database)
{
    for (cf_db *s = root->bound; s; s = s->next_bound)
        if (s->database == database) return s;
    cf_db *s = cf_session_in(database, root->arena);
    if (!s) {
        cf_fail(&root->error, CF_ERR_MEMORY, "out of memory");
        return NULL;
    }
    s->parent = root;
    s->show_deleted = root->show_deleted;
    s->next_bound = root->bound;
    root->bound = s;
    return s;
}

static cf_db *route(cf_db *db, const cf_mapper *m, const char *file, int line)
{
    if (serves(db->database, m)) return db;
    cf_db *root = db->parent ? db->parent : db;
    if (serves(root->database, m)) return root;
    for (cf_database *d = root->database->bound; d; d = d->next_bound)
        if (serves(d, m)) return session_of(root, d);
    cf_session_fail(db, CF_ERR_MISUSE,
                    "%s:%d: %s lies in the database of bind '%s': open it with .bind, and cf_attach() it",
                    file ? file : "", line, m->name, m->bind ? m->bind : "");
    return NULL;
}

cf_db *cf_session_route(cf_db *db, const cf_mapper *m, const char *file, int line)
{
    cf_db *session = route(db, m, file, line);
    return session && file ? cf_session_at_(session, file, line) : session;
}

cf_db *cf_session_of_model(cf_db *db, cf_model_fn *model, cf_mapper **mapper, const char *file, int line)
{
    if (!cf_session_ok(db)) return NULL;
    *mapper = cf_registry_mapper(db->database->registry, model);
    if (!*mapper) {
        cf_session_fail(db, CF_ERR_MISUSE, "%s:%d: %s is no model of this database's program", file, line,
                        model()->name);
        return NULL;
    }
    db = cf_session_route(db, *mapper, file, line);
    return cf_session_ok(db) ? db : NULL;
}

void cf_session_tell_parent(cf_db *db)
{
    if (db->parent && !db->parent->error.code) db->parent->error = db->error;
}

bool cf_session_each_bound(cf_db *db, bool (*function)(cf_db *))
{
    bool ok = true;
    for (cf_db *s = db->bound; s && ok; s = s->next_bound) ok = function(s);
    return ok;
}

bool cf_session_open_bound(cf_db *db)
{
    for (cf_database *d = db->database->bound; d; d = d->next_bound)
        if (!session_of(db, d)) return false;
    return true;
}
