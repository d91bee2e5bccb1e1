/*
 * A tree of path segments. Below a node, literal segments come first (binary search), then patterns
 * in werkzeug's order of weight. A pattern with a path variable takes the rest of the path.
 */
#include "web/router.h"

#include <stdlib.h>

typedef struct route_node route_node;

typedef struct literal_child {
    const char *text;
    size_t      size;
    route_node *node;
} literal_child;

typedef struct pattern_child {
    const cf_rule_part *parts;
    size_t              count;
    int64_t             weight;
    size_t              order;
    route_node         *node; /* NULL: takes the rest of the path */
    const cf_url_rule  *rule; /* of such a one */
} pattern_child;

typedef struct rule_array {
    size_t              count, capacity;
    const cf_url_rule **items;
} rule_array;

struct route_node {
    size_t         literal_count, literal_capacity, pattern_count, pattern_capacity;
    literal_child *literals;
    pattern_child *patterns;
    rule_array     rules;       /* that end here */
    rule_array     slash_rules; /* that end here with a slash */
};

struct cf_router {
    cf_arena   *arena;
    route_node *root;
    rule_array  all; /* in the order they were added */
};

cf_router *cf_router_new(cf_arena *arena)
{
    cf_router *router = cf_arena_alloc(arena, sizeof *router);
    if (!router) return NULL;
    router->arena = arena;
    router->root = cf_arena_alloc(arena, sizeof *router->root);
    return router->root ? router : NULL;
}

static bool grow(cf_arena *arena, void *items, size_t count, size_t *capacity, size_t size)
{
    void *old, *grown;
    if (count < *capacity) return true;
    memcpy(&old, items, sizeof old);
    grown = cf_arena_array(arena, *capacity * 2 + 4, size);
    if (!grown) return false;
    if (count) memcpy(grown, old, count * size);
    memcpy(items, &grown, sizeof grown);
    *capacity = *capacity * 2 + 4;
    return true;
}

static bool rule_array_add(cf_arena *arena, rule_array *array, const cf_url_rule *rule)
{
    if (!grow(arena, &array->items, array->count, &array->capacity, sizeof *array->items)) return false;
    array->items[array->count++] = rule;
    return true;
}

static bool same_parts(const cf_rule_part *a, size_t a_count, const cf_rule_part *b, size_t b_count)
{
    if (a_count != b_count) return false;
    for (size_t i = 0; i < a_count; i++) {
        if (a[i].converter != b[i].converter) return false;
        if (!a[i].converter) {
            if (a[i].size != b[i].size || memcmp(a[i].text, b[i].text, a[i].size) != 0) return false;
        } else if (a[i].is_signed != b[i].is_signed || a[i].digits != b[i].digits || a[i].min != b[i].min ||
                   a[i].max != b[i].max || (a[i].choices && strcmp(a[i].choices, b[i].choices) != 0)) {
            return false;
        }
    }
    return true;
}

/* The child for one segment, made when it is not there. */
static route_node *child(cf_router *router, route_node *node, const cf_rule_part *parts, size_t count)
{
    cf_arena *arena = router->arena;
    if (count == 1 && !parts->converter) {
        for (size_t i = 0; i < node->literal_count; i++)
            if (node->literals[i].size == parts->size && memcmp(node->literals[i].text, parts->text, parts->size) == 0)
                return node->literals[i].node;
        route_node *made = cf_arena_alloc(arena, sizeof *made);
        if (!made ||
            !grow(arena, &node->literals, node->literal_count, &node->literal_capacity, sizeof *node->literals))
            return NULL;
        node->literals[node->literal_count++] = (literal_child){parts->text, parts->size, made};
        return made;
    }
    for (size_t i = 0; i < node->pattern_count; i++)
        if (node->patterns[i].node && same_parts(node->patterns[i].parts, node->patterns[i].count, parts, count))
            return node->patterns[i].node;
    route_node *made = cf_arena_alloc(arena, sizeof *made);
    if (!made || !grow(arena, &node->patterns, node->pattern_count, &node->pattern_capacity, sizeof *node->patterns))
        return NULL;
    node->patterns[node->pattern_count] =
        (pattern_child){parts, count, cf_parts_weight(parts, count), node->pattern_count, made, NULL};
    node->pattern_count++;
    return made;
}

/* Two rules for the same paths and methods: the second could never be reached. */
static bool check_same(const rule_array *rules, const cf_url_rule *rule, cf_error *error)
{
    for (size_t i = 0; i < rules->count; i++) {
        unsigned both = rules->items[i]->methods & rule->methods & ~(unsigned)CF_OPTIONS;
        if (both)
            return cf_fail(error, CF_ERR_MISUSE, "the rule \"%s\" is there already, at %s:%d", rule->rule,
                           rules->items[i]->route->file, rules->items[i]->route->line);
    }
    return true;
}

static bool is_slash(const cf_rule_part *part)
{
    return !part->converter && part->size == 1 && part->text[0] == '/';
}

/* The parts with each slash as a part of its own; `out` has room for them. */
static size_t split(const cf_url_rule *rule, cf_rule_part *out)
{
    size_t n = 0;
    for (size_t i = 0; i < rule->part_count; i++) {
        const cf_rule_part *part = &rule->parts[i];
        if (part->converter) {
            out[n++] = *part;
            continue;
        }
        for (size_t at = 0; at < part->size;) {
            const char *slash = memchr(part->text + at, '/', part->size - at);
            size_t      end = slash ? (size_t)(slash - part->text) : part->size;
            if (end == at) end++;
            out[n++] = (cf_rule_part){.text = part->text + at, .size = (uint32_t)(end - at)};
            at = end;
        }
    }
    return n;
}

static bool add_leaf(cf_router *router, route_node *node, const cf_url_rule *rule, cf_error *error)
{
    rule_array *rules = rule->slash ? &node->slash_rules : &node->rules;
    if (!check_same(rules, rule, error)) return false;
    return rule_array_add(router->arena, rules, rule) || cf_fail(error, CF_ERR_MEMORY, "out of memory");
}

static bool add_tail(cf_router *router, route_node *node, const cf_rule_part *parts, size_t count,
                     const cf_url_rule *rule, cf_error *error)
{
    for (size_t i = 0; i < node->pattern_count; i++) {
        pattern_child *p = &node->patterns[i];
        rule_array     one = {1, 1, &p->rule};
        if (!p->node && p->rule->slash == rule->slash && same_parts(p->parts, p->count, parts, count) &&
            !check_same(&one, rule, error))
            return false;
    }
    if (!grow(router->arena, &node->patterns, node->pattern_count, &node->pattern_capacity, sizeof *node->patterns))
        return cf_fail(error, CF_ERR_MEMORY, "out of memory");
    node->patterns[node->pattern_count] =
        (pattern_child){parts, count, cf_parts_weight(parts, count), node->pattern_count, NULL, rule};
    node->pattern_count++;
    return true;
}

bool cf_router_add(cf_router *router, cf_url_rule *rule, cf_error *error)
{
    route_node   *node = router->root;
    cf_rule_part *parts = cf_arena_array(router->arena, rule->part_count + 2 * CF_URL_SEGMENTS + 2, sizeof *parts);
    if (!parts) return cf_fail(error, CF_ERR_MEMORY, "out of memory");
    size_t count = split(rule, parts);
    bool   tail = false;
    for (size_t at = 1, end; at < count && !tail; at = end + 1) {
        for (end = at; end < count && !is_slash(&parts[end]); end++) tail |= cf_part_is_path(&parts[end]);
        if (end == at) return cf_fail(error, CF_ERR_SYNTAX, "a rule with two slashes in a row never matches");
        if (tail) {
            size_t last = rule->slash ? count - 1 : count;
            if (!add_tail(router, node, parts + at, last - at, rule, error)) return false;
        } else if (!(node = child(router, node, parts + at, end - at))) {
            return cf_fail(error, CF_ERR_MEMORY, "out of memory");
        }
    }
    if (!tail && !add_leaf(router, node, rule, error)) return false;
    return rule_array_add(router->arena, &router->all, rule) || cf_fail(error, CF_ERR_MEMORY, "out of memory");
}

static int compare_literals(const void *a, const void *b)
{
    const literal_child *x = a, *y = b;
    size_t               size = x->size < y->size ? x->size : y->size;
    int                  order = memcmp(x->text, y->text, size);
    return order ? order : (x->size > y->size) - (x->size < y->size);
}

static int compare_patterns(const void *a, const void *b)
{
    const pattern_child *x = a, *y = b;
    if (x->weight != y->weight) return x->weight < y->weight ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static void sort_node(route_node *node)
{
    if (node->literal_count) qsort(node->literals, node->literal_count, sizeof *node->literals, compare_literals);
    if (node->pattern_count) qsort(node->patterns, node->pattern_count, sizeof *node->patterns, compare_patterns);
    for (size_t i = 0; i < node->literal_count; i++) sort_node(node->literals[i].node);
    for (size_t i = 0; i < node->pattern_count; i++)
        if (node->patterns[i].node) sort_node(node->patterns[i].node);
}

void cf_router_finish(cf_router *router)
{
    sort_node(router->root);
}

/* ---- matching ------------------------------------------------------------------------------- */

typedef struct walk {
    const char     *path;
    size_t          size;
    unsigned        method;
    unsigned        budget; /* tries left for rules with several variables in one segment */
    cf_route_match *match;
} walk;

/* Literal and variable parts against a text; variables take as much as they can, as a regular expression would. */
static bool match_parts(walk *w, const cf_rule_part *parts, size_t count, const char *text, size_t size)
{
    if (count == 0) return size == 0;
    if (w->budget == 0) return false;
    w->budget--;
    if (!parts->converter) {
        return size >= parts->size && memcmp(text, parts->text, parts->size) == 0 &&
               match_parts(w, parts + 1, count - 1, text + parts->size, size - parts->size);
    }
    size_t at = w->match->count;
    w->match->count++;
    for (size_t length = size; length > 0; length--) {
        if (cf_part_accepts(parts, text, length)) {
            w->match->values[at] = (cf_slice){text, length};
            if (match_parts(w, parts + 1, count - 1, text + length, size - length)) return true;
        }
        if (count == 1 || w->budget == 0) break;
    }
    w->match->count = at;
    return false;
}

static bool pick(walk *w, const rule_array *rules, bool redirect)
{
    for (size_t i = 0; i < rules->count; i++) {
        if (rules->items[i]->methods & w->method) {
            w->match->rule = rules->items[i];
            w->match->redirect = redirect;
            return true;
        }
        if (!redirect) w->match->allowed |= rules->items[i]->methods;
    }
    return false;
}

static bool match_tail(walk *w, const pattern_child *p, const char *text, size_t size)
{
    rule_array one = {1, 1, (const cf_url_rule **)(uintptr_t)&p->rule};
    bool       slash = p->rule->slash && size > 0 && text[size - 1] == '/';
    if (!match_parts(w, p->parts, p->count, text, size - slash)) return false;
    return pick(w, &one, p->rule->slash && !slash);
}

static bool walk_node(walk *w, const route_node *node, size_t at);

static bool descend(walk *w, const route_node *node, size_t end)
{
    if (end < w->size) return walk_node(w, node, end + 1);
    return pick(w, &node->rules, false) || pick(w, &node->slash_rules, true);
}

static const route_node *find_literal(const route_node *node, const char *text, size_t size)
{
    literal_child key = {text, size, NULL}, *found = NULL;
    if (node->literal_count) found = bsearch(&key, node->literals, node->literal_count, sizeof key, compare_literals);
    return found ? found->node : NULL;
}

/* `at`: behind a slash. Each node is visited at most once, so that the cost is bounded by the number of rules. */
static bool walk_node(walk *w, const route_node *node, size_t at)
{
    if (at == w->size) return pick(w, &node->slash_rules, false);
    const char       *text = w->path + at, *slash = memchr(text, '/', w->size - at);
    size_t            size = slash ? (size_t)(slash - text) : w->size - at, count = w->match->count;
    const route_node *literal = find_literal(node, text, size);
    if (literal && descend(w, literal, at + size)) return true;
    for (size_t i = 0; i < node->pattern_count; i++) {
        const pattern_child *p = &node->patterns[i];
        w->match->count = count;
        if (!p->node) {
            if (match_tail(w, p, text, w->size - at)) return true;
        } else if (size && match_parts(w, p->parts, p->count, text, size) && descend(w, p->node, at + size)) {
            return true;
        }
    }
    w->match->count = count;
    return false;
}

void cf_router_match(const cf_router *router, const char *path, size_t size, unsigned method, cf_route_match *out)
{
    walk w = {path, size, method, 20000, out};
    out->rule = NULL;
    out->redirect = false;
    out->allowed = 0;
    out->count = 0;
    if (size && path[0] == '/') walk_node(&w, router->root, 1);
}

size_t cf_router_count(const cf_router *router)
{
    return router->all.count;
}

const cf_url_rule *cf_router_rule(const cf_router *router, size_t i)
{
    return router->all.items[i];
}
