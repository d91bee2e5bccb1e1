/**
 * @file carafe/template.h
 * @brief Jinja2 templates.
 *
 * A cf_templates holds options, sources, filters, functions and the compiled
 * templates; make one per application, register what templates may use, then
 * render from any number of threads. Rendering takes its memory from the arena
 * given, and writes into a cf_buffer.
 *
 *     cf_error error = {0};
 *     cf_buffer out = {0};
 *     cf_arena *arena = cf_arena_new(NULL, 0);
 *     cf_templates *templates = cf_templates_new(&(cf_templates_options){.folder = "templates"}, &error);
 *     const char *name = "Ada";
 *     if (templates && cf_template_render(templates, "hello.html", arena, CF_VARS(CF_VAR(name)), NULL, &out, &error))
 *         puts(out.data);
 *     cf_buffer_free(&out);
 *     cf_arena_free(arena);
 *     cf_templates_free(templates);
 */
#ifndef CARAFE_TEMPLATE_H
#define CARAFE_TEMPLATE_H

#include <carafe/collection.h>
#include <carafe/files.h>
#include <carafe/value.h>

CF_BEGIN_C

/** An environment: options, sources, filters, compiled templates. Shared by threads after registration. */
typedef struct cf_templates cf_templates;

/** What a name without a value does. */
typedef enum cf_undefined_kind {
    CF_UNDEFINED_DEFAULT = 0, /**< prints nothing, is false and empty; any other use is an UndefinedError */
    CF_UNDEFINED_CHAINABLE,   /**< the same, and attributes and items of it are undefined again */
    CF_UNDEFINED_DEBUG,       /**< prints the expression in braces */
    CF_UNDEFINED_STRICT       /**< every use but `is defined` and `default` is an UndefinedError */
} cf_undefined_kind;

/** Whether output is escaped where the template does not say. */
typedef enum cf_autoescape_mode {
    CF_AUTOESCAPE_BY_NAME = 0, /**< names ending in .html .htm .xml .xhtml, and texts: yes; others: no */
    CF_AUTOESCAPE_ALWAYS,
    CF_AUTOESCAPE_NEVER,
    CF_AUTOESCAPE_SELECT       /**< by the functions `autoescape` of the options */
} cf_autoescape_mode;

/** Extensions of the language, to be or-ed. */
enum {
    CF_TEMPLATE_DO = 1,           /**< {% do expression %} */
    CF_TEMPLATE_LOOPCONTROLS = 2, /**< {% break %} and {% continue %} */
    CF_TEMPLATE_I18N = 4          /**< {% trans %}, needs `gettext` */
};

/**
 * Translates a message. With `plural` it chooses by `count`, as ngettext() does.
 * `context` is the message context (pgettext) or NULL.
 * @return a text that lives as long as call->arena; the message itself when there is no translation;
 *         NULL after cf_fail(call->error, ...)
 */
typedef const char *cf_gettext_function(cf_call *call, void *data, const char *context, const char *message,
                                        const char *plural, int64_t count);

/** Where a template comes from when it is neither embedded nor in the folder. */
typedef struct cf_template_source {
    const char *text; /**< lives as long as the cf_templates or, with `arena`, the arena the loader was given */
    size_t      size;
    uint64_t    version; /**< changes when the text does; looked at with `reload` */
} cf_template_source;

/** Zero means the default that each member names. Texts are copied, `files` and `data` must live on. */
typedef struct cf_templates_options {
    const char           *folder;     /**< templates on disk; they come before embedded ones; NULL: none */
    const cf_file *const *files;      /**< embedded files; those whose folder is "templates" count; see CF_FILES() */
    size_t                file_count;
    /** Own loader, asked first. CF_NO: no such template. Called by any thread. */
    cf_answer (*load)(void *data, const char *name, cf_arena *arena, cf_template_source *out, cf_error *error);
    void                 *data;       /**< for `load`, `autoescape` */
    const char *block_start, *block_end;       /**< "{%", "%}" */
    const char *variable_start, *variable_end; /**< "{{", "}}" */
    const char *comment_start, *comment_end;   /**< "{#", "#}" */
    const char *line_statement_prefix;         /**< none */
    const char *line_comment_prefix;           /**< none */
    bool        trim_blocks;
    bool        lstrip_blocks;
    bool        keep_trailing_newline;
    const char *newline_sequence; /**< "\n", "\r\n" or "\r" */
    cf_autoescape_mode autoescape_mode;
    bool (*autoescape)(void *data, const char *name); /**< for CF_AUTOESCAPE_SELECT; `name` NULL for texts */
    cf_undefined_kind undefined;
    unsigned          extensions; /**< all three of CF_TEMPLATE_...; ~0u: none */
    cf_gettext_function *gettext; /**< NULL: messages are not translated */
    void                *gettext_data;
    bool   reload;        /**< look whether sources have changed before each rendering; for development */
    size_t output_limit;  /**< bytes one rendering may write: 64 MiB */
    size_t memory_limit;  /**< bytes one value (text, list) may take while rendering: 64 MiB */
    uint64_t step_limit;  /**< instructions, iterations and items handled in one rendering: 50 million */
    unsigned depth_limit; /**< nested macro calls, includes, blocks: 200 */
    unsigned time_limit;  /**< milliseconds for one rendering: none */
    /* Jinja's policies. */
    const char *urlize_rel;            /**< "noopener" */
    const char *urlize_target;         /**< none */
    const char *const *urlize_schemes; /**< more schemes such as "tel:"; NULL-terminated */
    int  truncate_leeway;              /**< 5; -1: none */
    bool json_keep_order;              /**< tojson keeps the order of keys instead of sorting them */
    int  json_indent;                  /**< spaces, 0: one line */
} cf_templates_options;

/**
 * Make an environment.
 * @param options may be NULL: nothing can be loaded then, only texts rendered
 * @return to be freed with cf_templates_free(); NULL with the error set
 */
CF_API cf_templates *cf_templates_new(const cf_templates_options *options, cf_error *error);

/** Free it with all compiled templates; no rendering may be under way. NULL is allowed. */
CF_API void cf_templates_free(cf_templates *templates);

/**
 * Register a filter, test or function before the first rendering; a later one of the same name wins.
 * A filter gets the filtered value as its first argument; a test returns a value whose truth counts.
 * @param name    lives as long as `templates`
 * @param context goes to cf_call.context
 * @return false when out of memory
 */
CF_API bool cf_templates_add_filter(cf_templates *templates, const char *name, cf_function *filter, void *context);
CF_API bool cf_templates_add_test(cf_templates *templates, const char *name, cf_function *test, void *context);
CF_API bool cf_templates_add_function(cf_templates *templates, const char *name, cf_function *function, void *context);

/** Register a variable that every template sees, imported ones too. What it points at must live as long. */
CF_API bool cf_templates_add_global(cf_templates *templates, const char *name, cf_value value);

/**
 * Compile every template that is embedded or in the folder, and what they extend,
 * include and import by a literal name.
 * @return false when one has an error; error->file and error->line say where
 */
CF_API bool cf_templates_check(cf_templates *templates, cf_error *error);

/**
 * What cf_templates_check() found on the way: called for every call of a function by its name
 * with a literal text as first argument, such as url_for('index').
 * @param function the name; `argument` the text; return false to stop with `error` filled
 */
typedef bool cf_template_visit(void *data, const char *function, const char *argument, const char *file, int line,
                               cf_error *error);
/** cf_templates_check() that shows each such call to `visit`, to check endpoints for instance. */
CF_API bool cf_templates_visit_calls(cf_templates *templates, cf_template_visit *visit, void *data, cf_error *error);

/**
 * Compile one template from `source` without keeping it, for tools.
 * @param name for messages, and decides autoescaping
 */
CF_API bool cf_template_compile(cf_templates *templates, const char *name, const char *source, size_t size,
                                cf_error *error);

/**
 * Render a template.
 * @param arena   for values made while rendering; pointers passed by CF_VAR() must come from it or a child of it
 * @param vars    NULL-terminated, or NULL; see CF_VARS()
 * @param request goes to cf_call.request of every function called
 * @param out     the text is added here; on failure `out` is as long as it was before
 * @return false with error->type (the class name in Jinja or Python), message, file and line set
 */
CF_API bool cf_template_render(cf_templates *templates, const char *name, cf_arena *arena, const cf_named *const *vars,
                               void *request, cf_buffer *out, cf_error *error);

/** The same for a template given as NUL-terminated text; it may extend, include and import others. */
CF_API bool cf_template_render_text(cf_templates *templates, const char *source, cf_arena *arena,
                                    const cf_named *const *vars, void *request, cf_buffer *out, cf_error *error);

/**
 * Call a function value that a template passed to an own filter or function (a macro, `caller`, a bound
 * method): arguments and named of `call` are what it gets. Only while that template renders.
 */
CF_API bool cf_template_call(cf_call *call, cf_value function, cf_value *out);

/** The text of a value as `{{ value }}` prints it without escaping, in call->arena; CF_UNDEFINED on failure. */
CF_API cf_value cf_template_text(cf_call *call, cf_value value);

/** The variables of a rendering: `CF_VARS(CF_VAR(users), CF_VAR_AS("title", "Users"))`. */
#define CF_VARS(...) ((const cf_named *const[]){__VA_ARGS__, NULL})

CF_END_C

#endif
