/* Pages by position: reading them, and the tokens that say where they begin. */
#include "orm/slice.h"

#include "orm/fetch.h"
#include "orm/page.h"
#include "orm/row.h"

#include "base/text.h"

#include <string.h>

enum { PER_PAGE = 20, MOST_BYTES = 1500, MOST_TERMS = 20, VERSION = 1 };

/* ---- tokens ------------------------------------------------------------------------------------------- */

/* What tells the tokens of one query from those of another: the model and the text. */
static uint64_t fingerprint(const cf_plan *plan)
{
    return cf_hash(plan->mapper->name, strlen(plan->mapper->name)) * 31 + cf_hash(plan->text, strlen(plan->text));
}

static void put_value(cf_buffer *out, cf_value v)
{
    char text[CF_DECIMAL_SIZE];
    cf_buffer_char(out, (char)v.kind);
    switch (v.kind) {
    case CF_NULL: break;
    case CF_DECIMAL: v = cf_value_text_n(text, cf_decimal_format(*v.as.decimal, text)); __attribute__((fallthrough));
    case CF_TEXT:
    case CF_BYTES:
    case CF_JSON:
        cf_buffer_add(out, (const char *)&v.size, sizeof v.size);
        cf_buffer_add(out, v.as.text, v.size);
        break;
    case CF_UUID: cf_buffer_add(out, (const char *)v.as.uuid->bytes, 16); break;
    case CF_BOOL:
        v.as.integer = v.as.boolean;
        cf_buffer_add(out, (const char *)&v.as.integer, 8);
        break;
    case CF_DATE:
        v.as.integer = v.as.date.days;
        cf_buffer_add(out, (const char *)&v.as.integer, 8);
        break;
    default: cf_buffer_add(out, (const char *)&v.as.integer, 8);
    }
}

bool cf_slice_token(const cf_keys *keys, const cf_plan *plan, const cf_value *values, size_t count, cf_arena *arena,
                    const char **out, cf_error *error)
{
    cf_buffer payload = {0}, text = {0};
    uint64_t  print = fingerprint(plan);
    cf_buffer_char(&payload, VERSION);
    cf_buffer_add(&payload, (const char *)&print, sizeof print);
    for (size_t i = 0; i < count; i++) put_value(&payload, values[i]);
    bool small = payload.size <= MOST_BYTES;
    if (small) cf_sign(keys, payload.data, payload.size, cf_now().usec / 1000000, &text);
    *out = small && !payload.failed && !text.failed ? cf_arena_text(arena, text.data, text.size) : NULL;
    cf_buffer_free(&payload);
    cf_buffer_free(&text);
    if (!small)
        return cf_fail(error, CF_ERR_LIMIT, "the values that %s is ordered by are too long for the token of a page",
                       plan->mapper->name);
    return *out || cf_fail(error, CF_ERR_MEMORY, "out of memory");
}

/* The next value of a token's payload; false when it is none of that kind. */
static bool take_value(const char **at, const char *end, int kind, cf_arena *arena, cf_value *out)
{
    uint32_t size;
    int64_t  number;
    if (*at == end) return false;
    int given = (unsigned char)*(*at)++;
    if (given == CF_NULL) {
        *out = cf_value_null();
        return true;
    }
    if (kind != CF_UNDEFINED && given != kind) return false;
    if (given == CF_TEXT || given == CF_BYTES || given == CF_JSON || given == CF_DECIMAL) {
        if ((size_t)(end - *at) < sizeof size) return false;
        memcpy(&size, *at, sizeof size);
        *at += sizeof size;
        if ((size_t)(end - *at) < size) return false;
        const char *text = cf_arena_text(arena, *at, size);
        *at += size;
        *out = cf_value_text_n(text, size);
        if (given != CF_DECIMAL) {
            out->kind = (uint8_t)given;
            return text != NULL;
        }
        cf_decimal *decimal = cf_arena_alloc(arena, sizeof *decimal);
        *out = cf_value_decimal(decimal);
        return text && decimal && cf_decimal_parse(text, size, decimal);
    }
    if (given == CF_UUID) {
        cf_uuid *uuid = cf_arena_alloc(arena, sizeof *uuid);
        if (!uuid || end - *at < 16) return false;
        memcpy(uuid->bytes, *at, 16);
        *at += 16;
        *out = cf_value_uuid(uuid);
        return true;
    }
    if (end - *at < 8) return false;
    memcpy(&number, *at, 8);
    *at += 8;
    *out = cf_value_int(number);
    out->kind = (uint8_t)given;
    if (given == CF_BOOL) *out = cf_value_bool(number != 0);
    if (given == CF_DATE) *out = cf_value_date((cf_date){(int32_t)number});
    return given == CF_BOOL || given == CF_INT || given == CF_FLOAT || given == CF_DATE || given == CF_TIME ||
           given == CF_DATETIME || given == CF_INTERVAL;
}

static bool take_values(const cf_keys *keys, const cf_plan *plan, const char *token, cf_arena *arena, cf_value *values,
                        size_t count)
{
    cf_term     terms[CF_MOST_TERMS];
    size_t      size;
    uint64_t    print = fingerprint(plan);
    const char *at = cf_unsign(keys, arena, token, cf_now().usec / 1000000, INT64_MAX / 2, &size, NULL);
    if (!at || size < 9 || at[0] != VERSION || memcmp(at + 1, &print, sizeof print) != 0) return false;
    const char *end = at + size;
    at += 9;
    cf_slice_terms(plan, terms);
    for (size_t i = 0; i < count; i++)
        if (!take_value(&at, end, terms[i].kind, arena, &values[i])) return false;
    return at == end;
}

cf_answer cf_slice_position(const cf_keys *keys, const cf_plan *plan, const char *token, cf_arena *arena,
                            cf_value *values, size_t count)
{
    if (strlen(token) > 4 * MOST_BYTES) return CF_NO;
    cf_arena *own = cf_arena_new(arena, 0); /* tells whether there was memory for the token's values */
    if (own && take_values(keys, plan, token, own, values, count)) return CF_YES;
    return !own || cf_arena_failed(own) ? CF_FAILED : CF_NO;
}

/* ---- reading -------------------------------------------------------------------------------------------- */

typedef struct slice {
    cf_run      run;
    cf_any_page page;
    cf_value    extra[1 + CF_MOST_TERMS]; /* how many rows; the position */
    cf_value    ends[2][CF_MOST_TERMS];   /* of the first and the last object */
    cf_term     terms[CF_MOST_TERMS];
    size_t      count; /* of the terms */
    bool        backwards, positioned, more;
} slice;

static bool read_ends(slice *s, cf_value *out)
{
    cf_db *db = s->run.db;
    for (size_t i = 0; i < s->count; i++)
        if (!cf_stmt_value(s->run.stmt, (int)(s->run.plan->tree->columns + i), s->terms[i].kind, db->arena, &out[i],
                           &db->error))
            return false;
    return true;
}

/* One object more than the page has room for tells that there are more. */
static bool read_rows(slice *s)
{
    cf_db     *db = s->run.db;
    uint32_t   nulls = 0;
    cf_state  *state;
    cf_loading l = {.db = db, .mapper = s->run.plan->mapper};
    for (size_t i = 0; s->positioned && i < s->count; i++) nulls |= (uint32_t)(s->extra[i + 1].kind == CF_NULL) << i;
    s->extra[0] = cf_value_int(s->page.per_page + 1);
    s->run.extra = s->extra;
    s->more = false;
    bool      ok = cf_run_send(&s->run, cf_slice_form(s->backwards, s->positioned, nulls)) && cf_loading_begin(&l);
    cf_answer answer = ok ? CF_YES : CF_FAILED;
    while (answer == CF_YES && (answer = cf_stmt_next(s->run.stmt, &db->error)) == CF_YES) {
        if ((int64_t)l.found == s->page.per_page) {
            s->more = true;
            answer = CF_NO;
        } else if (!read_ends(s, s->ends[1]) || !(state = cf_loading_row(&l, s->run.stmt)) ||
                   !cf_run_fetch(&s->run, state)) {
            answer = CF_FAILED;
        } else if (l.found == 1) {
            memcpy(s->ends[0], s->ends[1], sizeof s->ends[0]);
        }
    }
    ok = answer == CF_NO && cf_loading_end(&l);
    for (size_t i = 0; ok && s->backwards && i < l.found / 2; i++) {
        void *other = db->found[i];
        db->found[i] = db->found[l.found - 1 - i];
        db->found[l.found - 1 - i] = other;
    }
    if (ok) s->page.items = cf_object_list(l.mapper, db->arena, db->found, l.found);
    ok = ok && s->page.items;
    s->run.objects = s->page.items;
    s->run.object_count = ok ? l.found : 0;
    cf_run_end(&s->run, ok);
    return ok;
}

/* The tokens of the neighbours: where this page begins and where it ends. */
static bool make_tokens(slice *s)
{
    cf_db         *db = s->run.db;
    const cf_keys *keys = &db->database->page_keys;
    size_t         first = s->backwards ? 1 : 0;
    s->page.has_next = s->backwards ? s->positioned : s->more;
    s->page.has_prev = s->backwards ? s->more : s->positioned;
    if (!*s->page.items) {
        s->page.has_next = false;
        if (s->page.has_prev) s->page.before = CF_LAST_PAGE; /* all behind the position is gone */
        return true;
    }
    if (s->page.has_prev &&
        !cf_slice_token(keys, s->run.plan, s->ends[first], s->count, db->arena, &s->page.before, &db->error))
        return false;
    return !s->page.has_next ||
           cf_slice_token(keys, s->run.plan, s->ends[1 - first], s->count, db->arena, &s->page.after, &db->error);
}

static cf_answer find_position(slice *s, const char *token)
{
    const cf_db *db = s->run.db;
    cf_answer    found =
        cf_slice_position(&db->database->page_keys, s->run.plan, token, db->arena, s->extra + 1, s->count);
    if (found == CF_FAILED) cf_fail(&s->run.db->error, CF_ERR_MEMORY, "out of memory");
    return found;
}

void *cf_slice_in_(const cf_page_call_ *call, cf_site *site, const cf_value *values)
{
    static const cf_paging none = {0};
    const cf_paging       *o = call->paging ? call->paging : &none;
    slice                  s = {.run = {.db = call->from, .site = site, .values = values}};
    bool                   last = o->before && strcmp(o->before, CF_LAST_PAGE) == 0;
    const char            *token = o->after ? o->after : last ? NULL : o->before;
    int64_t                number = 1;
    if (!cf_run_begin(&s.run)) return NULL;
    s.page = (cf_any_page){.per_page = o->per_page ? o->per_page : PER_PAGE, .total = -1};
    if (!cf_page_settle(&number, &s.page.per_page, cf_page_most(o), o->forgiving)) return NULL;
    s.count = cf_slice_terms(s.run.plan, s.terms);
    if (s.count > MOST_TERMS) {
        cf_session_fail(s.run.db, CF_ERR_LIMIT, "%s:%d: a slice is ordered by %d terms at most", site->file, site->line,
                        MOST_TERMS);
        return NULL;
    }
    s.backwards = !o->after && o->before;
    cf_answer found = token ? find_position(&s, token) : CF_NO;
    if (token && found == CF_NO && !o->forgiving) return NULL;
    s.positioned = found == CF_YES;
    s.backwards = s.backwards && (s.positioned || !token);
    bool ok = found != CF_FAILED && read_rows(&s);
    if (ok && s.backwards && s.positioned && !*s.page.items) { /* nothing is before it: the first page */
        s.backwards = s.positioned = false;
        ok = read_rows(&s);
    }
    cf_page_state *state = ok && make_tokens(&s) ? cf_page_new(call->from) : NULL;
    if (!state) {
        if (!s.run.db->error.code) return NULL;
        cf_session_failed(s.run.db, NULL, site->file, site->line);
        return NULL;
    }
    state->page = s.page;
    return &state->page;
}
