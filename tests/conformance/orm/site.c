/* Call sites of queries made at run time. */
#include "site.h"

void site_add(site_text *t, const char *words)
{
    cf_buffer_text(&t->text, words);
}

void site_name(site_text *t, const char *name)
{
    cf_buffer_text(&t->text, name ? name : "?");
}

void site_value(site_text *t, cf_value value)
{
    if (t->count == CF_MOST_ARGUMENTS) {
        cf_fail(&t->rq->error, CF_ERR_LIMIT, "more than %d values", CF_MOST_ARGUMENTS);
        return;
    }
    cf_buffer_char(&t->text, '?');
    t->kinds[t->count] = value.kind == CF_NULL ? CF_TEXT | CF_ARGUMENT_NULLABLE : (uint8_t)value.kind;
    t->values[t->count++] = value;
}

void site_array(site_text *t, const cf_array *array)
{
    site_value(t, cf_value_array_(array));
}

cf_site *site_make(site_text *t, cf_model_fn *model, cf_verb verb)
{
    cf_site    *site = cf_arena_alloc(t->rq->arena, sizeof *site);
    const char *text = cf_arena_text(t->rq->arena, t->text.data ? t->text.data : "", t->text.size);
    if (t->text.failed || !site || !text) cf_fail(&t->rq->error, CF_ERR_MEMORY, "out of memory");
    else
        *site = (cf_site){.model = model,
                          .text = text,
                          .file = "case",
                          .line = 1,
                          .verb = (uint8_t)verb,
                          .argument_count = (uint8_t)t->count,
                          .argument_kinds = t->kinds};
    cf_buffer_free(&t->text);
    return t->rq->error.code ? NULL : site;
}
