#include "orm/row.h"

#include "orm/encrypt.h"

#include <string.h>

/* ---- out of the struct ------------------------------------------------------------------------------ */

/* CF_NULL_TEXT has done its duty once it is read: the member is NULL then. */
static bool take_null(const cf_attribute *a, void *object)
{
    const char *text;
    if (a->type != CF_TYPE_TEXT && a->type != CF_TYPE_JSON && a->type != CF_TYPE_BYTES) return false;
    memcpy(&text, cf_at(object, a), sizeof text); /* all three begin with the pointer */
    if (text != cf_null_text_) return false;
    memset(cf_at(object, a), 0, a->size);
    return true;
}

bool cf_row_store(cf_db *db, const cf_attribute *a, void *object, cf_value *out)
{
    *out = take_null(a, object) ? cf_value_null() : cf_attribute_read(a, object);
    if (!cf_limit_check(a, out, db->dialect, db->arena, &db->error)) return false;
    if (out->kind == CF_NULL) return true;
    if (a->options->encrypted && !cf_encrypt(db->database->keys, a, out, db->arena, &db->error)) return false;
    if (a->special && !a->options->encrypted) *out = cf_value_text(cf_enum_text(a, out->as.integer));
    if (a->options->secret || a->options->encrypted) out->flags |= CF_VALUE_SECRET;
    return true;
}

/* ---- into the struct -------------------------------------------------------------------------------- */

static bool read_encrypted(cf_db *db, const cf_attribute *a, cf_value v, void *object, cf_arena *arena)
{
    void *at = cf_at(object, a);
    if (v.kind != CF_NULL && !cf_decrypt(db->database->keys, a, &v, arena, &db->error)) return false;
    if (a->type == CF_TYPE_BYTES) {
        cf_bytes bytes = {v.kind == CF_NULL ? NULL : v.as.data, v.kind == CF_NULL ? 0 : v.size};
        memcpy(at, &bytes, sizeof bytes);
    } else {
        const char *text = v.kind == CF_NULL ? NULL : v.as.text;
        memcpy(at, &text, sizeof text);
    }
    return true;
}

/* One special column of the present row. */
static bool read_special(cf_db *db, const cf_attribute *a, cf_stmt *stmt, int column, void *object, cf_arena *arena)
{
    cf_value v;
    int64_t  number = 0;
    if (!cf_stmt_value(stmt, column, a->options->encrypted ? CF_BYTES : CF_TEXT, arena, &v, &db->error)) return false;
    if (v.kind == CF_NULL && !a->nullable)
        return cf_fail(&db->error, CF_ERR_NOT_NULL, "%s.%s is NULL in the database", a->mapper->name, a->name);
    if (a->options->encrypted) return read_encrypted(db, a, v, object, arena);
    if (!cf_enum_number(a, v.as.text, v.size, &number))
        return cf_fail(&db->error, CF_ERR_RANGE, "%s.%s: the database holds '%.*s', which is none of its names",
                       a->mapper->name, a->name, (int)(v.size < 60 ? v.size : 60), v.as.text);
    cf_attribute_set_int(a, object, number);
    return true;
}

bool cf_row_read_at(cf_db *db, const cf_mapper *m, const cf_layout *layout, cf_stmt *stmt, void *object,
                    cf_arena *arena)
{
    if (!cf_stmt_read(stmt, layout->plain, m->plain_count, object, arena, &db->error)) return false;
    for (size_t i = 0; m->has_specials && i < m->column_count; i++)
        if (m->columns[i].special && !read_special(db, &m->columns[i], stmt, (int)(layout->first + i), object, arena))
            return false;
    return true;
}

bool cf_row_read_back(cf_db *db, cf_state *s, cf_stmt *stmt, const cf_mask *mask)
{
    const cf_mapper *m = s->mapper;
    cf_slot          slots[CF_MOST_COLUMNS];
    size_t           n = 0, plain = 0;
    for (size_t i = 0; i < m->column_count; i++) {
        if (cf_mask_has(mask, i)) continue;
        if (!m->columns[i].special) {
            slots[plain] = m->slots[i];
            slots[plain++].column = (uint16_t)n;
        } else if (!read_special(db, &m->columns[i], stmt, (int)n, s->object, db->arena)) {
            return false;
        }
        n++;
    }
    return cf_stmt_read(stmt, slots, plain, s->object, db->arena, &db->error);
}
