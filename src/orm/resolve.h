/* What the files of the resolver share. All of them say false on a mistake. */
#ifndef CARAFE_ORM_RESOLVE_H
#define CARAFE_ORM_RESOLVE_H

#include "orm/ast.h"

/* ---- resolve.c: expressions ---- */

bool cf_resolve_node(cf_compiler *c, cf_node *n);
bool cf_resolve_items(cf_compiler *c, cf_node *n);
/* Resolves what must be a condition; NULL is none. */
bool cf_resolve_condition(cf_compiler *c, cf_node *n);
/* The node must be of that kind; CF_FLOAT: any number. `where`: who wants it. */
bool cf_resolve_want(cf_compiler *c, const cf_node *n, int kind, const char *where);
/* Both can be compared; parameters take the type of what they are compared with. */
bool cf_resolve_comparable(cf_compiler *c, cf_node *a, cf_node *b);
/* The value can be stored in the column. */
bool cf_resolve_storable(cf_compiler *c, cf_node *column, cf_node *value);
/* How a node is called in a message. */
const char *cf_resolve_describe(const cf_node *n, char *out, size_t size);
bool        cf_resolve_fail(cf_compiler *c, cf_code code, size_t at, const char *message);
bool        cf_kinds_compatible(int a, int b);
bool        cf_kind_numeric(int kind);
/* Of two numbers the kind that holds both; else the first that is known. */
uint8_t cf_kind_wider(uint8_t a, uint8_t b);

/* ---- path.c: names ---- */

/* A column of the scope, or in some clauses an alias of the select list. */
bool cf_resolve_column(cf_compiler *c, cf_node *n);
/* A column by a path over joins and relationships to one, such as user.company.name. */
bool cf_resolve_path(cf_compiler *c, cf_node *n);
/* The tables that the text joins. */
bool cf_resolve_joins(cf_compiler *c, cf_select *select);
/* The table that a path names: the alias of a join, or of the scope's own. */
bool cf_resolve_table(cf_compiler *c, const cf_node *path, uint8_t *alias);
/* Say that the scope's model has no such name, with the nearest one. */
bool cf_resolve_unknown(cf_compiler *c, const cf_node *n, const cf_mapper *m, const char *text, size_t size);
/* The relationship of that name, or NULL. */
cf_side *cf_mapper_side(const cf_mapper *mapper, const char *text, size_t size);
/* The same, or NULL with the mistake. */
cf_side *cf_resolve_side(cf_compiler *c, const cf_mapper *mapper, const cf_node *name);
/* Note that the query reads the model's table, and give it an alias. */
bool cf_resolve_alias(cf_compiler *c, size_t at, cf_mapper *mapper, uint8_t *alias);
/* Can the query read one table more? */
bool cf_resolve_room(const cf_compiler *c, const cf_scope *scope);
/* The alias of the table to which a relationship to one leads from another, joined unless it is. */
bool cf_resolve_join_one(cf_compiler *c, cf_scope *scope, size_t at, cf_side *side, uint8_t from, uint8_t *alias);

/* ---- aggregate.c ---- */

/* any, all, none, and count, sum, min, max, avg of related rows. *mine: it is one of these. */
bool cf_resolve_related(cf_compiler *c, cf_node *n, bool *mine);
/* Aggregates of the rows of the select, and calls with `over`. *mine: it is one of these. */
bool cf_resolve_aggregate(cf_compiler *c, cf_node *n, bool *mine);
/* What is selected, had and ordered by follows from the groups. */
bool cf_resolve_groups(cf_compiler *c, cf_select *select);

/* ---- resolve_select.c ---- */

/* A select within another, and those combined with it. `columns`: how many it must have; 0: any number. */
bool cf_resolve_select(cf_compiler *c, cf_select *select, cf_mapper *mapper, size_t columns);
/* The orders of a select or a window. */
bool cf_resolve_orders(cf_compiler *c, cf_order *orders, size_t count);
/* The model or common table expression of that name. */
cf_mapper *cf_resolve_model(cf_compiler *c, const cf_node *name);

/* ---- resolve_load.c ---- */

/* What comes with the objects of the query. */
bool cf_resolve_loads(cf_compiler *c, cf_query_tree *tree);

/* ---- resolve_change.c ---- */

bool cf_resolve_change(cf_compiler *c, cf_query_tree *tree);

/* ---- function.c ---- */

bool cf_resolve_call(cf_compiler *c, cf_node *n);
bool cf_resolve_cast(cf_compiler *c, cf_node *n);
/* json(...) has the type of what it is cast to or compared with. */
void cf_resolve_json_as(cf_node *n, int kind);

#endif
