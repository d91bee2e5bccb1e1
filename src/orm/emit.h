/* What the files of the emitter share. */
#ifndef CARAFE_ORM_EMIT_H
#define CARAFE_ORM_EMIT_H

#include "orm/plan.h"

#define CF_MOST_STATEMENT_BYTES (4 << 20)

typedef struct cf_emitter {
    const cf_plan    *plan;
    const cf_dialect *dialect;
    const cf_variant *variant;
    cf_buffer         out;
    bool              numbered; /* the columns of select lists are named c1, c2, ... */
    bool              counting; /* rows are counted, or looked for: nothing of them is read */
    bool              aliased;  /* the query's own table is t0; else its columns go by its name */
    cf_binding        bindings[1024];
    cf_binding       *more; /* when there are many */
    size_t            count, capacity;
    cf_arena         *arena;
    bool              failed;
    cf_error         *error; /* what the dialect cannot do; or out of memory */
} cf_emitter;

static inline void cf_put(cf_emitter *e, const char *text)
{
    cf_buffer_text(&e->out, text);
}

/* Refuse what the database cannot do; `capability`: of cf_dialect. */
void cf_emit_refuse(cf_emitter *e, size_t capability, const char *where);

/* ---- emit.c: expressions ---- */
void cf_emit_node(cf_emitter *e, const cf_node *n);
/* a, b, ... */
void cf_emit_items(cf_emitter *e, const cf_node *list);
/* As one of several values, which are of that kind together. */
void cf_emit_as(cf_emitter *e, const cf_node *n, int kind);
/* As something to sort by. */
void cf_emit_ordering(cf_emitter *e, const cf_node *n);
/* One of the verb's own values. */
void cf_emit_extra(cf_emitter *e, uint16_t number, int kind);
void cf_emit_column(cf_emitter *e, const cf_attribute *a, uint8_t alias);

/* ---- emit_table.c: tables, relationships ---- */
/* Does the statement leave out the rows of this model that were deleted softly? */
bool cf_emit_hides(const cf_emitter *e, const cf_mapper *m);
void cf_emit_table(cf_emitter *e, const cf_mapper *m, uint8_t alias);
void cf_emit_joins(cf_emitter *e, const cf_scope *scope);
/* any() and its kin, and aggregates of related rows. */
void cf_emit_any(cf_emitter *e, const cf_node *n);
void cf_emit_related(cf_emitter *e, const cf_node *n);

/* ---- emit_function.c ---- */
void cf_emit_call(cf_emitter *e, const cf_node *n);
void cf_emit_cast(cf_emitter *e, const cf_node *n);
void cf_emit_aggregate(cf_emitter *e, const cf_node *n);

/* ---- emit_select.c ---- */
void cf_emit_orders(cf_emitter *e, const cf_order *orders, size_t count);
/* A select, those combined with it, order and bounds. */
void cf_emit_select(cf_emitter *e, const cf_select *s);
/* The whole statement of the plan. */
void cf_emit_statement(cf_emitter *e);

/* ---- emit_slice.c: of slices ---- */
/* Behind the columns: what the rows are ordered by. */
void cf_emit_slice_columns(cf_emitter *e);
/* Behind the condition, if there is one (`filtered`): that they come after the position. */
void cf_emit_slice_position(cf_emitter *e, bool filtered);
/* Their order, and how many. */
void cf_emit_slice_order(cf_emitter *e);

/* ---- emit_change.c ---- */
void cf_emit_change(cf_emitter *e);

#endif
