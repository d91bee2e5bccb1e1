/* Opening databases: pool, registry, and the check of every query before the first one runs. */
#include "orm/encrypt.h"
#include "orm/session.h"

#include "base/memory.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

int cf_check_program_(const cf_program *program, void (*report)(void *, const char *), void *context)
{
    cf_report    mistakes = {.function = report, .context = context};
    cf_registry *registry = cf_registry_acquire(program, &mistakes);
    bool         ok = registry && cf_check_sites(registry, program, &mistakes);
    cf_registry_release(registry);
    return ok || mistakes.count ? mistakes.count : -1;
}

static cf_registry *checked_registry(const cf_program *program, cf_error *error)
{
    cf_report    mistakes = {0};
    cf_registry *registry = cf_registry_acquire(program, &mistakes);
    if (registry && cf_check_sites(registry, program, &mistakes) && mistakes.count == 0) return registry;
    cf_registry_release(registry);
    if (mistakes.count > 1)
        cf_fail(error, CF_ERR_NAME, "%s\n(and %d more mistakes)", mistakes.first, mistakes.count - 1);
    else if (mistakes.count == 1) cf_fail(error, CF_ERR_NAME, "%s", mistakes.first);
    else cf_fail(error, CF_ERR_MEMORY, "out of memory");
    return NULL;
}

/* Encrypted columns without keys are told now, not at the first row. */
static bool open_keys(cf_database *database, cf_error *error)
{
    const char *text = database->options.encryption_keys;
    const char *bind = database->options.bind ? database->options.bind : "";
    if (text && *text) return (database->keys = cf_keyring_open(text, error)) != NULL;
    for (size_t i = 0; i < database->registry->count; i++) {
        const cf_mapper *m = database->registry->mappers[i];
        for (size_t k = 0; k < m->column_count; k++)
            if (m->columns[k].options->encrypted && strcmp(m->bind ? m->bind : "", bind) == 0)
                return cf_fail(error, CF_ERR_MISUSE, "%s.%s is encrypted: cf_open() needs .encryption_keys", m->name,
                               m->columns[k].name);
    }
    return true;
}

/* A bind that no model has is a slip of the pen. */
static bool check_bind(const cf_database *database, cf_error *error)
{
    const char *bind = database->options.bind;
    for (size_t i = 0; bind && *bind && i < database->registry->count; i++)
        if (strcmp(database->registry->mappers[i]->bind ? database->registry->mappers[i]->bind : "", bind) == 0)
            return true;
    return !bind || !*bind || cf_fail(error, CF_ERR_NAME, "no model has .bind = \"%s\"", bind);
}

/* Without a secret, tokens of pages are good as long as the database is open. */
static bool make_page_keys(cf_database *database, cf_error *error)
{
    const char   *secret = database->options.secret_key;
    unsigned char random[32];
    char          text[2 * sizeof random + 1];
    if (sodium_init() < 0) return cf_fail(error, CF_ERR_INTERNAL, "libsodium cannot be initialised");
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(text, sizeof text, random, sizeof random);
    database->options.secret_key = NULL; /* is not needed again, and may go */
    return cf_keys_derive(secret && *secret ? secret : text, "carafe page", &database->page_keys) ||
           cf_fail(error, CF_ERR_MISUSE, ".secret_key must hold one to %d keys, separated by commas", CF_KEYS);
}

static cf_database *open_database(const char *url, const cf_open_options *options, cf_error *error)
{
    cf_database *database = cf_mem_zero(1, sizeof *database);
    if (!database) {
        cf_fail(error, CF_ERR_MEMORY, "out of memory");
        return NULL;
    }
    database->options = *options;
    database->registry = checked_registry(options->program, error);
    cf_pool_options pool = {.size = options->pool_size,
                            .overflow = options->overflow,
                            .timeout_ms = options->timeout_ms,
                            .deadline_ms = options->deadline_ms,
                            .folder = options->folder};
    bool            ok = cf_echo_open(database, &pool, error) && database->registry && check_bind(database, error) &&
              open_keys(database, error) && make_page_keys(database, error);
    if (ok) database->pool = cf_pool_open(url ? url : "", &pool, error);
    if (database->pool && cf_check_statements(database->registry, options->program, cf_pool_dialect(database->pool),
                                              options->bind, error))
        return database;
    cf_pool_close(database->pool);
    cf_keyring_close(database->keys);
    cf_registry_release(database->registry);
    cf_mem_free(database);
    return NULL;
}

cf_database *cf_open_(const char *url, const cf_open_options *options)
{
    cf_error     error = {0};
    cf_database *database = open_database(url, options, &error);
    if (database) return database;
    if (options->error) *options->error = error;
    else fprintf(stderr, "cannot open the database: %s\n", error.message);
    return NULL;
}

void cf_shutdown(cf_database *database)
{
    if (!database) return;
    cf_pool_close(database->pool);
    cf_keyring_close(database->keys);
    cf_registry_release(database->registry);
    cf_mem_free(database);
}

const char *cf_database_url(const cf_database *database)
{
    return database ? cf_pool_url(database->pool) : NULL;
}

const char *cf_database_file(const cf_database *database)
{
    const char *path = database ? cf_pool_path(database->pool) : NULL;
    return path && strcmp(path, ":memory:") != 0 ? path : NULL;
}
