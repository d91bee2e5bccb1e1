/* Rules to a tree, paths to rules, endpoints to URLs. Immutable once made. */
#ifndef CARAFE_WEB_ROUTER_H
#define CARAFE_WEB_ROUTER_H

#include <carafe/web.h>

enum { CF_URL_VALUES = 12, CF_URL_SEGMENTS = 32 };

typedef struct cf_converter cf_converter;

/* A piece of a rule: literal text, or a variable. */
typedef struct cf_rule_part {
    const cf_converter *converter; /* NULL: literal */
    const char         *text;      /* literal text or variable name */
    uint32_t            size;
    bool                is_signed;
    int                 digits; /* fixed_digits, or exact length */
    double              min, max;
    const char         *choices; /* any(): each NUL-terminated, an empty one ends them */
} cf_rule_part;

/* A rule, ready to match and to build. */
typedef struct cf_url_rule {
    const cf_route     *route;
    const cf_blueprint *blueprint;     /* or NULL */
    const char         *rule;          /* with the prefix */
    const char         *endpoint;      /* with the blueprint's name */
    unsigned            methods;       /* HEAD and OPTIONS included */
    bool                slash;         /* ends in a slash */
    bool                deferred_csrf; /* the handler's form checks the token */
    size_t              part_count, value_count;
    cf_rule_part       *parts;
} cf_url_rule;

typedef struct cf_router cf_router;

/* A variable's text, a slice of the path. */
typedef struct cf_slice {
    const char *text;
    size_t      size;
} cf_slice;

typedef struct cf_route_match {
    const cf_url_rule *rule;     /* NULL: none */
    bool               redirect; /* to the same path with a slash */
    unsigned           allowed;  /* methods of rules that match the path but not the method */
    size_t             count;
    cf_slice           values[CF_URL_VALUES]; /* in the order of the variables */
} cf_route_match;

/** Parse one rule; the error says what is wrong with it, without the place. */
bool cf_rule_parse(cf_arena *arena, const char *text, cf_url_rule *out, cf_error *error);
/** Does a variable accept the text? */
bool cf_part_accepts(const cf_rule_part *part, const char *text, size_t size);
bool cf_part_is_path(const cf_rule_part *part);
/** Sort key: smaller is tried first. */
int64_t cf_parts_weight(const cf_rule_part *parts, size_t count);
/** Write a value as the variable wants it; false when it does not fit. */
bool cf_part_build(const cf_rule_part *part, cf_value value, cf_buffer *out, cf_error *error);

/** An empty router in the arena. */
cf_router *cf_router_new(cf_arena *arena);
/** Add a rule whose parts are there. False when out of memory, or with CF_ERR_MISUSE for one that is there already. */
bool cf_router_add(cf_router *router, cf_url_rule *rule, cf_error *error);
/** Sort the alternatives; call once after the last rule. */
void cf_router_finish(cf_router *router);
/** Find the rule of a decoded path (begins with '/'). Allocates nothing. */
void   cf_router_match(const cf_router *router, const char *path, size_t size, unsigned method, cf_route_match *out);
size_t cf_router_count(const cf_router *router);
const cf_url_rule *cf_router_rule(const cf_router *router, size_t i);
/** Is there such an endpoint? */
bool cf_router_has(const cf_router *router, const char *endpoint);
/** The endpoint nearest in name, or NULL. */
const char *cf_router_nearest(const cf_router *router, const char *endpoint);
/** Add the path of an endpoint, with what is no part of its rule as query string. */
bool cf_router_build(const cf_router *router, const char *endpoint, const cf_named *const *arguments, cf_buffer *out,
                     cf_error *error);

#endif
