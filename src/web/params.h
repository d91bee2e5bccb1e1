/* Names and values of query strings, forms, cookies: growing lists, and the parsers that fill them. */
#ifndef CARAFE_WEB_PARAMS_H
#define CARAFE_WEB_PARAMS_H

#include <carafe/web.h>

/* A cf_params that can grow, in an arena. */
typedef struct cf_param_list {
    cf_params params;
    size_t    capacity;
    cf_param *items;
} cf_param_list;

/** Append; the texts are kept, not copied. False when out of memory. */
bool cf_param_add(cf_arena *arena, cf_param_list *list, const char *name, const char *value, size_t size);

/**
 * Parse "a=b&c=d" and append to `list`: percent-decoded, '+' is a blank, invalid UTF-8 replaced.
 * @param limit most entries of `list`
 * @return an HTTP status: 0 all right, 413 too many, 500 out of memory
 */
int cf_parse_urlencoded(cf_arena *arena, const char *text, size_t size, size_t limit, cf_param_list *list);

/** Parse a Cookie header: "a=b; c=\"d\"". What is malformed is skipped; at most `limit` are taken. False: out of memory. */
bool cf_parse_cookies(cf_arena *arena, const char *text, size_t limit, cf_param_list *list);

/** The value of the parameter `name` of a header such as `form-data; name="x"`, unquoted, in the arena; NULL: there is none. */
char *cf_header_parameter(cf_arena *arena, const char *text, size_t size, const char *name);
/** Does a media type ("text/html; charset=utf-8") equal `type`? */
bool cf_media_type_is(const char *header, const char *type);

#endif
