/*
 * Queries put together from pieces. A combination of pieces is a call site that nobody wrote: its text is made of
 * theirs, and it is compiled and kept like any other.
 */
#include <carafe/search.h>

#include "orm/page.h"

#include "base/text.h"

#include <string.h>

enum { MOST_PIECES = 32, MOST_COMBINATIONS = 65536 };

struct cf_query {
    cf_db         *db;
    cf_model_fn   *model;
    const char    *file;
    int            line;
    const cf_site *pieces[MOST_PIECES]; /* conditions and orders as they came */
    size_t         count;
    cf_value       values[CF_MOST_ARGUMENTS + 2]; /* of the conditions; limit and offset at the end */
    size_t         value_count;
    int64_t        limit, offset; /* -1: none */
};

/* What tells one combination from another. */
typedef struct key {
    cf_model_fn   *model;
    const cf_site *pieces[MOST_PIECES];
    size_t         count;
    int            verb;
    bool           limited, shifted;
} key;

struct cf_combination {
    cf_combination *next;
    key             key;
    uint8_t         kinds[CF_MOST_ARGUMENTS + 2];
    cf_site         site;
};

cf_query *cf_query_of_(cf_db *db, cf_model_fn *model, const char *file, int line)
{
    if (!cf_session_ok(db)) return NULL;
    cf_query *q = cf_arena_alloc(db->arena, sizeof *q);
    if (!q) {
        cf_session_fail(db, CF_ERR_MEMORY, "out of memory");
        return NULL;
    }
    *q = (cf_query){.db = db, .model = model, .file = file, .line = line, .limit = -1, .offset = -1};
    return q;
}

/* ---- pieces ------------------------------------------------------------------------------------------ */

static bool fits(const cf_query *q, cf_model_fn *model)
{
    if (!q || !cf_session_ok(q->db)) return false;
    return q->model == model || cf_session_fail(q->db, CF_ERR_MISUSE, "%s:%d: this is a query of %s, not of %s",
                                                q->file, q->line, q->model()->name, model()->name);
}

static bool add_piece(cf_query *q, const cf_site *site)
{
    if (!fits(q, site->model)) return false;
    if (q->count == MOST_PIECES)
        return cf_session_fail(q->db, CF_ERR_LIMIT, "%s:%d: a query of more than %d pieces", q->file, q->line,
                               MOST_PIECES);
    q->pieces[q->count++] = site;
    return true;
}

void cf_where_(cf_query *q, cf_site *site, const cf_value *values)
{
    size_t n = site->argument_count;
    if (!add_piece(q, site)) return;
    if (q->value_count + n > CF_MOST_ARGUMENTS) {
        cf_session_fail(q->db, CF_ERR_LIMIT, "%s:%d: a query of more than %d values", q->file, q->line,
                        CF_MOST_ARGUMENTS);
        return;
    }
    const cf_value *kept = cf_values_keep(q->db->arena, values, n);
    if (!kept) cf_session_fail(q->db, CF_ERR_MEMORY, "out of memory");
    else memcpy(q->values + q->value_count, kept, n * sizeof *kept);
    q->value_count += n;
}

void cf_order_by_(cf_query *q, cf_site *site, const cf_value *values)
{
    (void)values;
    add_piece(q, site);
}

void cf_with_(cf_query *q, cf_site *site, const cf_value *values)
{
    (void)values;
    add_piece(q, site);
}

const char *cf_sort_(cf_query *q, cf_site *const *sorts, size_t count, const char *choice)
{
    size_t n = 0;
    while (choice && n < count && strcmp(sorts[n]->name, choice) != 0) n++;
    if (!choice || n == count) n = 0;
    add_piece(q, sorts[n]);
    return sorts[n]->name;
}

void cf_limit(cf_query *q, int64_t count)
{
    if (q) q->limit = count < 0 ? -1 : count;
}

void cf_offset(cf_query *q, int64_t count)
{
    if (q) q->offset = count < 0 ? -1 : count;
}

/* ---- combinations -------------------------------------------------------------------------------------- */

/* The pieces of a verb, one after the other: ' order by ' before the first, which is how each of them begins itself. */
static void write_pieces(cf_buffer *out, const key *k, int verb, const char *word)
{
    int count = 0;
    for (size_t i = 0; i < k->count; i++)
        if (k->pieces[i]->verb == verb)
            cf_buffer_printf(out, "%s%s", count++ ? ", " : word, k->pieces[i]->text + strlen(word) - 1);
}

/* "(a) and (b) order by c, d limit ? offset ? with join(e)" */
static void write_text(cf_buffer *out, const key *k)
{
    int conditions = 0;
    for (size_t i = 0; i < k->count; i++)
        if (k->pieces[i]->verb == CF_VERB_WHERE)
            cf_buffer_printf(out, "%s(%s)", conditions++ ? " and " : "", k->pieces[i]->text);
    write_pieces(out, k, CF_VERB_ORDER, " order by ");
    cf_buffer_text(out, k->limited ? " limit ?" : "");
    cf_buffer_text(out, k->shifted ? " offset ?" : "");
    if (k->verb != CF_VERB_COUNT && k->verb != CF_VERB_EXISTS) write_pieces(out, k, CF_VERB_WITH, " with ");
}

static cf_combination *make(cf_registry *registry, const cf_query *q, const key *k)
{
    cf_combination *c = cf_arena_alloc(registry->arena, sizeof *c);
    cf_buffer       text = {0};
    size_t          n = 0;
    if (!c) return NULL;
    c->key = *k;
    write_text(&text, k);
    for (size_t i = 0; i < k->count; i++)
        for (size_t j = 0; j < k->pieces[i]->argument_count; j++) c->kinds[n++] = k->pieces[i]->argument_kinds[j];
    for (int extra = k->limited + k->shifted; extra > 0; extra--) c->kinds[n++] = CF_INT;
    c->site =
        (cf_site){.model = k->model,
                  .text = text.failed ? NULL : cf_arena_text(registry->arena, text.data ? text.data : "", text.size),
                  .file = q->file,
                  .line = q->line,
                  .verb = (uint8_t)k->verb,
                  .argument_count = (uint8_t)n,
                  .argument_kinds = c->kinds};
    cf_buffer_free(&text);
    return c->site.text ? c : NULL;
}

static cf_combination *find(cf_combination *c, const key *k)
{
    while (c && memcmp(&c->key, k, sizeof *k) != 0) c = c->next;
    return c;
}

/* The site of a combination, made at first use; NULL after a failure. */
static cf_site *site_of(cf_query *q, int verb)
{
    cf_registry *registry = q->db->database->registry;
    key          k;
    memset(&k, 0, sizeof k); /* compared whole */
    k.model = q->model;
    k.count = q->count;
    k.verb = verb;
    k.limited = q->limit >= 0;
    k.shifted = q->offset >= 0;
    memcpy(k.pieces, q->pieces, q->count * sizeof *q->pieces);
    _Atomic(cf_combination *) *bucket = &registry->combinations[cf_hash(&k, sizeof k) % CF_COMBINATION_BUCKETS];
    cf_combination            *c = find(atomic_load_explicit(bucket, memory_order_acquire), &k);
    if (c) return &c->site;
    pthread_mutex_lock(&registry->lock);
    c = find(atomic_load(bucket), &k);
    bool full = !c && registry->combination_count == MOST_COMBINATIONS;
    if (!c && !full && (c = make(registry, q, &k))) {
        c->next = atomic_load(bucket);
        registry->combination_count++;
        atomic_store_explicit(bucket, c, memory_order_release);
    }
    pthread_mutex_unlock(&registry->lock);
    if (full) cf_session_fail(q->db, CF_ERR_LIMIT, "more than %d combinations of pieces of queries", MOST_COMBINATIONS);
    else if (!c) cf_session_fail(q->db, CF_ERR_MEMORY, "out of memory");
    return c ? &c->site : NULL;
}

/* The site and its values for a verb; NULL after a failure. */
static cf_site *prepare(cf_query *q, cf_model_fn *model, int verb)
{
    size_t n = q ? q->value_count : 0;
    if (!fits(q, model)) return NULL;
    if (q->limit >= 0) q->values[n++] = cf_value_int(q->limit);
    if (q->offset >= 0) q->values[n++] = cf_value_int(q->offset);
    return site_of(q, verb);
}

/* ---- verbs --------------------------------------------------------------------------------------------- */

void *cf_query_all_(cf_query *q, cf_model_fn *model)
{
    cf_site *site = prepare(q, model, CF_VERB_ALL);
    return site ? cf_all_(q->db, site, q->values) : NULL;
}

void *cf_query_find_(cf_query *q, cf_model_fn *model)
{
    cf_site *site = prepare(q, model, CF_VERB_FIND);
    return site ? cf_find_(q->db, site, q->values) : NULL;
}

void *cf_query_one_(cf_query *q, cf_model_fn *model)
{
    cf_site *site = prepare(q, model, CF_VERB_ONE);
    return site ? cf_one_(q->db, site, q->values) : NULL;
}

void *cf_query_one_or_none_(cf_query *q, cf_model_fn *model)
{
    cf_site *site = prepare(q, model, CF_VERB_ONE);
    return site ? cf_one_or_none_(q->db, site, q->values) : NULL;
}

int64_t cf_query_count(cf_query *q)
{
    cf_site *site = q ? prepare(q, q->model, CF_VERB_COUNT) : NULL;
    return site ? cf_count_(q->db, site, q->values) : 0;
}

bool cf_query_exists(cf_query *q)
{
    cf_site *site = q ? prepare(q, q->model, CF_VERB_EXISTS) : NULL;
    return site && cf_exists_(q->db, site, q->values);
}

void *cf_query_page_in_(cf_query *q, cf_model_fn *model, const cf_paging *paging)
{
    if (q && (q->limit >= 0 || q->offset >= 0)) {
        cf_session_fail(q->db, CF_ERR_MISUSE, "%s:%d: a page has a limit and offset of its own", q->file, q->line);
        return NULL;
    }
    cf_site *site = prepare(q, model, CF_VERB_PAGE);
    return site ? cf_paginate_in_(&(cf_page_call_){q->db, paging}, site, q->values) : NULL;
}

cf_stream_ *cf_query_stream_(cf_query *q, cf_model_fn *model)
{
    cf_site *site = prepare(q, model, CF_VERB_STREAM);
    return site ? cf_stream_open_(q->db, site, q->values) : NULL;
}
