/* From a constant cf_app to something that can answer: every mistake is found here, before the first request. */
#include "web/internal.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- limits --------------------------------------------------------------------------------- */

static void default32(uint32_t *limit, uint32_t value, uint32_t most)
{
    if (*limit == 0) *limit = value;
    if (most && *limit > most) *limit = most;
}

static void default64(uint64_t *limit, uint64_t value)
{
    if (*limit == 0) *limit = value;
}

static void set_limits(cf_limits *l)
{
    default32(&l->request_line, 8192, 16384);
    default32(&l->headers, 16384, 65536);
    default32(&l->header_count, 100, 500);
    default64(&l->body, 16u << 20);
    default32(&l->form_fields, 1000, 0);
    default32(&l->form_memory, 1u << 20, 0);
    default32(&l->file_memory, 256u << 10, 0);
    default32(&l->json, 1u << 20, 0);
    default32(&l->json_depth, 64, 500);
    default64(&l->response, 64u << 20);
    default64(&l->request_memory, 256u << 20);
    default32(&l->header_seconds, 15, 0);
    default32(&l->body_seconds, 120, 0);
    default32(&l->send_seconds, 120, 0);
    default32(&l->idle_seconds, 30, 0);
    default32(&l->stop_seconds, 10, 0);
    default32(&l->connections, 4096, 0);
}

/* ---- settings ------------------------------------------------------------------------------- */

static bool copy_settings(cf_web *web, const cf_settings *settings)
{
    static const cf_settings none = {0};
    if (!settings) settings = &none;
    web->settings = *settings;
    const char **texts[] = {&web->settings.database_url,    &web->settings.secret_key,   &web->settings.templates,
                            &web->settings.encryption_keys, &web->settings.static_files, &web->settings.host};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (*texts[i] && !(*texts[i] = cf_arena_copy(web->arena, *texts[i]))) return false;
    web->session_cookie = web->app->session_cookie ? web->app->session_cookie : "session";
    web->csp = web->app->content_security_policy
                   ? web->app->content_security_policy
                   : "default-src 'self'; img-src 'self' data:; style-src 'self' https:; font-src 'self' https: data:; "
                     "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'";
    const char *folder = getenv("TMPDIR");
    web->upload_folder = cf_arena_copy(web->arena, folder && *folder == '/' ? folder : "/tmp");
    return web->upload_folder != NULL;
}

/* The secrets one by one, in the arena, for the CSRF tokens. */
static bool split_secrets(cf_web *web, const char *text)
{
    char *copy = cf_arena_copy(web->arena, text);
    for (char *at = copy; at && *at && web->secret_count < CF_KEYS;) {
        at += strspn(at, ", \t\r\n");
        size_t size = strcspn(at, ",");
        char  *next = at[size] ? at + size + 1 : at + size;
        while (size && strchr(" \t\r\n", at[size - 1])) size--;
        at[size] = '\0';
        if (size) web->secrets[web->secret_count++] = at;
        at = next;
    }
    return web->secret_count > 0;
}

static bool make_keys(cf_web *web, cf_error *error)
{
    const char *secret = web->settings.secret_key;
    if (!secret || !*secret) {
        unsigned char random[32];
        char          text[2 * sizeof random + 1];
        if (web->settings.production)
            return cf_fail(error, CF_ERR_MISUSE,
                           "SECRET_KEY is not set; in production it must be: at least 16 random characters, "
                           "kept secret, the same for all processes");
        randombytes_buf(random, sizeof random);
        sodium_bin2hex(text, sizeof text, random, sizeof random);
        secret = web->settings.secret_key = cf_arena_copy(web->arena, text);
        web->secret_made = true;
        if (!secret) return cf_fail(error, CF_ERR_MEMORY, "out of memory");
        cf_web_log(web, "SECRET_KEY is not set: sessions end when this process does");
    }
    if (web->settings.production && strcspn(secret, ",") < 16)
        return cf_fail(error, CF_ERR_MISUSE, "SECRET_KEY is shorter than 16 characters");
    if (!cf_keys_derive(secret, "carafe session", &web->session_keys) || !split_secrets(web, secret))
        return cf_fail(error, CF_ERR_MISUSE, "SECRET_KEY must hold one to %d keys, separated by commas", CF_KEYS);
    return true;
}

/* ---- parts ---------------------------------------------------------------------------------- */

static bool check_name(const cf_app *app, cf_error *error)
{
    const char *name = app->name;
    if (!name || !*name || strlen(name) > 60)
        return cf_fail(error, CF_ERR_MISUSE, "cf_app.name is missing or too long");
    for (; *name; name++)
        if (!((*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') || (*name >= '0' && *name <= '9') ||
              *name == '-' || *name == '_'))
            return cf_fail(error, CF_ERR_MISUSE, "cf_app.name '%s' may have letters, digits, - and _ only", app->name);
    return true;
}

/* Texts of the program that go into headers as they are. */
static bool check_texts(const cf_web *web, cf_error *error)
{
    for (const char *c = web->csp; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            return cf_fail(error, CF_ERR_MISUSE, "cf_app.content_security_policy must be one line");
    for (const char *c = web->session_cookie; *c; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7F || strchr("()<>@,;:\\\"/[]?={}", *c))
            return cf_fail(error, CF_ERR_MISUSE, "cf_app.session_cookie '%s' cannot be the name of a cookie",
                           web->session_cookie);
    return true;
}

/*
 * The files embedded in the program and, after them, the templates that come with the library. (An own loader would
 * do as well, but then a name that is nowhere could not be told at start: the loader might know it later.)
 */
static const cf_file *const *embedded_files(cf_web *web, size_t *count)
{
    const cf_program *program = web->program;
    size_t            size, own = program->files ? (size_t)(program->files_end - program->files) : 0;
    const cf_file   **files = cf_arena_array(web->arena, own + 1, sizeof *files);
    cf_file          *macros = cf_arena_alloc(web->arena, sizeof *macros);
    if (!files || !macros) return NULL;
    const char *text = cf_form_macros(&size);
    *macros = (cf_file){"templates", CF_FORM_MACROS, (const unsigned char *)text, size, ""};
    for (size_t i = 0; i < own; i++) files[i] = program->files[i];
    files[own] = macros;
    *count = own + 1;
    return files;
}

static bool open_templates(cf_web *web, cf_error *error)
{
    cf_templates_options options = {
        .folder = web->settings.templates,
        .reload = !web->settings.production && web->settings.templates != NULL,
        .output_limit = (size_t)web->limits.response,
    };
    options.files = embedded_files(web, &options.file_count);
    if (!options.files) return cf_fail(error, CF_ERR_MEMORY, "out of memory for the templates");
    web->templates = cf_templates_new(&options, error);
    return web->templates && cf_web_add_globals(web, error) && (!web->app->setup || web->app->setup(web, error));
}

/* Such lines are clean already, and may be long. */
static void log_database(void *context, const char *line)
{
    const cf_web *web = context;
    if (web->settings.log) web->settings.log(web->settings.log_context, line);
}

static bool open_database(cf_web *web, cf_error *error)
{
    const char *url = web->settings.database_url;
    if (web->app->no_database || web->program->models == NULL) return true;
    if (!url || !*url) url = cf_arena_printf(web->arena, "sqlite:///%s.db", web->app->name);
    if (!url) return cf_fail(error, CF_ERR_MEMORY, "out of memory");
    web->settings.database_url = url;
    cf_open_options options = {.program = web->program,
                               .error = error,
                               .folder = "instance",
                               .secret_key = web->settings.secret_key,
                               .encryption_keys = web->settings.encryption_keys,
                               .development = !web->settings.production,
                               .log = log_database,
                               .log_context = web,
                               .log_colors = web->settings.log_colors};
    web->database = cf_open_(url, &options);
    return web->database != NULL;
}

cf_web *cf_web_new(const cf_app *app, const cf_program *program, const cf_settings *settings, cf_error *error)
{
    cf_arena   *arena = cf_arena_new(NULL, 0);
    cf_web     *web = arena ? cf_arena_alloc(arena, sizeof *web) : NULL;
    cf_program *kept = web ? cf_arena_alloc(arena, sizeof *kept) : NULL;
    if (!kept) {
        cf_arena_free(arena);
        cf_fail(error, CF_ERR_MEMORY, "out of memory");
        return NULL;
    }
    *kept = *program;
    web->arena = arena;
    web->app = app;
    web->program = kept;
    web->limits = app->limits;
    web->static_folder = -1;
    set_limits(&web->limits);
    bool ready =
        (sodium_init() >= 0 || cf_fail(error, CF_ERR_INTERNAL, "libsodium cannot be initialised")) &&
        check_name(app, error) && (copy_settings(web, settings) || cf_fail(error, CF_ERR_MEMORY, "out of memory")) &&
        check_texts(web, error) && make_keys(web, error) && cf_web_routes(web, error) && cf_static_open(web, error) &&
        open_templates(web, error) && cf_web_check_sites(web, error) && open_database(web, error);
    if (ready) return web;
    if (error && error->code == CF_OK) cf_fail(error, CF_ERR_MEMORY, "out of memory");
    cf_web_free(web);
    return NULL;
}

void cf_web_free(cf_web *web)
{
    if (!web) return;
    cf_templates_free(web->templates);
    if (web->database) cf_shutdown(web->database);
    if (web->static_folder >= 0) close(web->static_folder);
    sodium_memzero(&web->session_keys, sizeof web->session_keys);
    cf_arena_free(web->arena);
}

cf_templates *cf_web_templates(cf_web *web)
{
    return web->templates;
}

cf_database *cf_web_database(cf_web *web)
{
    return web->database;
}

void cf_web_log(const cf_web *web, const char *format, ...)
{
    char    line[1400];
    va_list arguments;
    if (!web->settings.log) return;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F) *c = ' ';
    web->settings.log(web->settings.log_context, line);
}
