/* Around fragments about queries: a model, a session, and values to bind. */
#include <carafe.h>

typedef struct User {
    int64_t     id;
    const char *name;
    const char *email;
    cf_datetime created_at;
} User;

CF_MODEL(User,
    CF_COLUMN(id,         .primary_key = true),
    CF_COLUMN(name,       .length = 100),
    CF_COLUMN(email,      .length = 120, .unique = true),
    CF_COLUMN(created_at, .default_now = true));

void example(cf_db *db, cf_datetime since);
void example(cf_db *db, cf_datetime since)
{
    (void)db, (void)since;
/* HERE */
}
