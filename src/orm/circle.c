/* Circles of rows that wait for one another: where they can be opened. */
#include "orm/unit.h"

#include <sodium.h>
#include <string.h>

static bool checked(const cf_mapper *m, const cf_attribute *a)
{
    for (size_t i = 0; i < m->constraint_count; i++)
        if (m->constraints[i].kind == CF_PART_CHECK && cf_text_names(m->constraints[i].text, a->column)) return true;
    return false;
}

static bool refers(const cf_mapper *m, const cf_attribute *a)
{
    for (size_t i = 0; i < m->foreign_key_count; i++)
        for (size_t k = 0; k < m->foreign_keys[i].count; k++)
            if (m->foreign_keys[i].columns[k] == a->index) return true;
    return false;
}

/* May the column be NULL for a while, in which only its own foreign key or unique key feels it? */
static bool can_be_empty(const cf_mapper *m, const cf_attribute *a)
{
    return a->nullable && !a->key && !a->computed && a->type != CF_TYPE_CHARS && !cf_mask_has(&m->referred, a->index);
}

#define MARK_SIZE 12 /* characters of a temporary text */

static bool can_be_temporary(const cf_mapper *m, const cf_attribute *a, const cf_tie *tie)
{
    bool in_other_key = cf_mask_has(&m->referred, a->index) && !tie->referred;
    if (a->computed || a->special || in_other_key || refers(m, a) || checked(m, a) || a->options->enum_names)
        return false;
    switch (a->type) {
    case CF_TYPE_TEXT: return !a->options->length || a->options->length >= MARK_SIZE;
    case CF_TYPE_CHARS: return a->size > MARK_SIZE && (!a->options->length || a->options->length >= MARK_SIZE);
    case CF_TYPE_INT16:
    case CF_TYPE_INT32:
    case CF_TYPE_INT64:
    case CF_TYPE_UINT32:
    case CF_TYPE_DATETIME:
    case CF_TYPE_DOUBLE:
    case CF_TYPE_UUID: return true;
    default: return false;
    }
}

static bool find(const cf_mapper *m, const cf_tie *tie, bool empty, uint16_t *column)
{
    for (size_t i = 0; i < tie->count; i++) {
        const cf_attribute *a = &m->columns[tie->columns[i]];
        *column = tie->columns[i];
        if (empty ? can_be_empty(m, a) : can_be_temporary(m, a, tie)) return true;
    }
    return false;
}

static bool any(const cf_mask *mask)
{
    for (size_t i = 0; i < CF_MOST_COLUMNS / 64; i++)
        if (mask->bits[i]) return true;
    return false;
}

cf_remedy cf_wait_remedy(const cf_write *from, const cf_write *to, cf_wait wait, const cf_tie *tie, uint16_t *column)
{
    const cf_write  *op = wait == CF_WAIT_REFER ? to : from;
    const cf_mapper *m = op->state->mapper;
    /* What is done already in two steps is done in no more; nor can what is new release anything earlier. */
    if (!tie || op->verb == CF_WRITE_LOOSEN || op->verb == CF_WRITE_REMOVE) return CF_REMEDY_NONE;
    if (wait == CF_WAIT_REFER) {
        if (op->verb == CF_WRITE_DELETE || op->second || !find(m, tie, true, column)) return CF_REMEDY_NONE;
        return op->verb == CF_WRITE_INSERT ? CF_REMEDY_LATER : CF_REMEDY_STAY;
    }
    if (op->verb == CF_WRITE_INSERT) return CF_REMEDY_NONE;
    if (find(m, tie, true, column)) return CF_REMEDY_NULL;
    if (wait == CF_WAIT_UNREFER) return CF_REMEDY_NONE;
    if (find(m, tie, false, column)) return CF_REMEDY_TEMPORARY;
    /* Nothing else refers to rows of this table. */
    return op->verb == CF_WRITE_UPDATE && !any(&m->referred) ? CF_REMEDY_REMOVE : CF_REMEDY_NONE;
}

bool cf_set_temporary(cf_db *db, const cf_attribute *a, void *object)
{
    void    *at = cf_at(object, a);
    uint64_t random;
    randombytes_buf(&random, sizeof random);
    switch (a->type) {
    case CF_TYPE_TEXT: {
        const char *text = cf_arena_printf(db->arena, "~%011llx", (unsigned long long)(random >> 20));
        memcpy(at, &text, sizeof text);
        return text != NULL;
    }
    case CF_TYPE_CHARS: {
        const char *text = cf_arena_printf(db->arena, "~%011llx", (unsigned long long)(random >> 20));
        if (text) strncpy(at, text, a->size);
        return text != NULL;
    }
    case CF_TYPE_INT16: cf_attribute_set_int(a, object, INT16_MIN + (int64_t)(random % 16384)); return true;
    case CF_TYPE_INT32: cf_attribute_set_int(a, object, INT32_MIN + (int64_t)(random % (1 << 30))); return true;
    case CF_TYPE_INT64: cf_attribute_set_int(a, object, INT64_MIN + (int64_t)(random >> 2)); return true;
    case CF_TYPE_UINT32: cf_attribute_set_int(a, object, UINT32_MAX - (int64_t)(random % (1 << 30))); return true;
    case CF_TYPE_DATETIME: /* in the years 1000 to 1011 */
        cf_attribute_set_now(a, object, (cf_datetime){INT64_C(-30610224000000000) + (int64_t)(random >> 15)});
        return true;
    case CF_TYPE_DOUBLE: {
        double value = -(double)(random >> 12);
        if (a->twin) *(cf_null_double *)at = (cf_null_double){.value = value, .set = true};
        else *(double *)at = value;
        return true;
    }
    case CF_TYPE_UUID:
        if (a->twin) *(cf_null_uuid *)at = (cf_null_uuid){.value = cf_uuid7(), .set = true};
        else *(cf_uuid *)at = cf_uuid7();
        return true;
    default: return false;
    }
}
