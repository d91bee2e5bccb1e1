/* Queries of the vectors in the library's language. */
#ifndef CONFORMANCE_ORM_QUERY_TEXT_H
#define CONFORMANCE_ORM_QUERY_TEXT_H

#include "rows.h"
#include "site.h"

#include "orm/side.h"

/* Where names are looked up: the model of a query, or that of related rows. */
typedef struct name_scope {
    const struct name_scope *outer; /* of the query around */
    const cf_mapper         *mapper;
} name_scope;

typedef struct query_writer {
    site_text          text;
    const cf_registry *registry;
    bool               grouped; /* the query groups by expressions, which must be the same in its list */
} query_writer;

/* The mapper of a class or table; NULL with the error. */
const cf_mapper *query_mapper(query_writer *w, const char *name);
/* The field of a column of the mapper; NULL with the error. */
const cf_attribute *query_attribute(query_writer *w, const cf_mapper *m, const char *name);

/* Write an expression; `kind`: of the value it is compared with, or CF_UNDEFINED. False with the error. */
bool write_expression(query_writer *w, const name_scope *scope, const json_t *e, int kind);
/* select ... from ...: `nested` within another one, or else the text of a call site. */
bool write_select(query_writer *w, const name_scope *outer, const json_t *query, bool nested);
/* "NAME = VALUE, ..." after `set`. */
bool write_sets(query_writer *w, const name_scope *scope, const json_t *sets);

#endif
