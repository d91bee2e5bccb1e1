/* Forms of a request: where their input comes from, and what a refused commit means for them. */
#include "web/internal.h"
#include "web/model_form.h"

typedef struct pair_list {
    cf_arena     *arena;
    size_t        count, capacity;
    cf_form_pair *items;
} pair_list;

static bool add_pair(pair_list *list, const char *name, const char *value, size_t size)
{
    if (list->count == list->capacity) {
        size_t        capacity = list->capacity * 2 + 8;
        cf_form_pair *grown = cf_arena_array(list->arena, capacity, sizeof *grown);
        if (!grown) return false;
        if (list->count) memcpy(grown, list->items, list->count * sizeof *grown);
        list->items = grown;
        list->capacity = capacity;
    }
    list->items[list->count++] = (cf_form_pair){name, strlen(name), value, size};
    return true;
}

/* A JSON member as form input: a scalar as its text, a list as several; null and objects as nothing. */
static bool add_json(pair_list *list, const char *name, cf_value value, bool inside)
{
    cf_buffer text = {0};
    bool      added = true;
    switch (value.kind) {
    case CF_TEXT: return add_pair(list, name, value.as.text, value.size);
    case CF_BOOL: return !value.as.boolean || add_pair(list, name, "true", 4);
    case CF_INT: cf_buffer_int(&text, value.as.integer); break;
    case CF_FLOAT: cf_buffer_double(&text, value.as.number); break;
    case CF_SEQUENCE:
        for (size_t i = 0; added && !inside && i < value.as.list->count; i++)
            added = add_json(list, name, value.as.list->items[i], true);
        return added;
    default: return true;
    }
    char *copy = text.failed ? NULL : cf_arena_text(list->arena, text.data, text.size);
    added = copy && add_pair(list, name, copy, text.size);
    cf_buffer_free(&text);
    return added;
}

static bool add_input(cf_request *rq, pair_list *list)
{
    if (rq->json.kind == CF_MAPPING) {
        const cf_dict *dict = rq->json.as.dict;
        for (size_t i = 0; i < dict->used; i++)
            if (!dict->entries[i].removed &&
                !add_json(list, dict->entries[i].key.as.text, dict->entries[i].value, false))
                return false;
        return true;
    }
    for (size_t i = 0; i < rq->form->count; i++)
        if (!add_pair(list, rq->form->items[i].name, rq->form->items[i].value, rq->form->items[i].size)) return false;
    return true;
}

void *cf_form_bind(cf_request *rq, const cf_form_class *cls, const void *row)
{
    cf_exchange *x = cf_exchange_of(rq);
    bool         unsafe = (rq->method & (CF_POST | CF_PUT | CF_PATCH | CF_DELETE)) != 0;
    pair_list    list = {.arena = rq->arena};
    cf_upload   *uploads = cf_arena_array(rq->arena, rq->files->count + 1, sizeof *uploads);
    if (!uploads || (unsafe && !add_input(rq, &list))) {
        cf_fail(rq->error, CF_ERR_MEMORY, "out of memory for a form");
        return NULL;
    }
    for (size_t i = 0; i < rq->files->count; i++) uploads[i] = *rq->files->items[i];
    bool          protect = !rq->route || rq->route->csrf != CF_CSRF_OFF;
    cf_form_input input = {.submitted = unsafe,
                           .pairs = list.items,
                           .pair_count = list.count,
                           .uploads = uploads,
                           .upload_count = unsafe ? rq->files->count : 0,
                           .row = row,
                           .context = rq};
    if (protect) {
        input.csrf_held = unsafe && cf_csrf_holds(x);
        cf_csrf *csrf = cf_arena_alloc(rq->arena, sizeof *csrf);
        if (!csrf || !cf_csrf_begin(rq)) return NULL;
        *csrf = cf_csrf_settings(rq);
        input.csrf = csrf;
    }
    void *form = cf_form_make(rq->arena, cls, &input, rq->error);
    if (form && unsafe) {
        x->form_made = true;
        x->form_refused |= protect && !input.csrf_held;
    }
    return form;
}

/* ---- commits -------------------------------------------------------------------------------- */

enum { FIELD_SIZE = 128 };

static const struct {
    cf_code     code;
    const char *message;
} violations[] = {
    {CF_ERR_UNIQUE, "Already in use."},
    {CF_ERR_FOREIGN_KEY, "There is no such entry."},
    {CF_ERR_NOT_NULL, "This field is required."},
    {CF_ERR_CHECK, "This value is not allowed."},
    {CF_ERR_RANGE, "This value is too long or out of range."},
};

/* The first column of the error that the form has a field for. */
static bool find_field(cf_db *db, const void *form, char out[FIELD_SIZE])
{
    const char *columns = cf_error(db)->columns;
    while (*columns) {
        size_t length = strcspn(columns, ",");
        if (length < FIELD_SIZE) {
            memcpy(out, columns, length);
            out[length] = '\0';
            if (length && cf_field_of_column(db, form, out, FIELD_SIZE)) return true;
        }
        columns += length;
        columns += strspn(columns, ", ");
    }
    return false;
}

bool cf_commit_form(cf_db *db, void *form)
{
    char field[FIELD_SIZE];
    if (cf_commit(db) || !form) return !cf_error(db)->code;
    cf_code code = cf_error(db)->code;
    for (size_t i = 0; i < sizeof violations / sizeof *violations; i++) {
        if (violations[i].code != code || !find_field(db, form, field)) continue;
        const char *message = violations[i].message;
        if (code == CF_ERR_UNIQUE || code == CF_ERR_FOREIGN_KEY) message = cf_model_form_message(form, field, message);
        if (!cf_form_add_error(form, field, message)) return false;
        cf_rollback(db);
        return false;
    }
    return false;
}
