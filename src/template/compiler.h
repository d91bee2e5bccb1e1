/* From the tree to code: scopes and emission. */
#ifndef CARAFE_TEMPLATE_COMPILER_H
#define CARAFE_TEMPLATE_COMPILER_H

#include "template/engine.h"

typedef struct cf_t_builder cf_t_builder;

/* Where a scope finds the first value of a name. */
enum { LOAD_PARAM, LOAD_RESOLVE, LOAD_ALIAS, LOAD_UNDEFINED };

/* A name in a scope: the slot that holds it, and how that is filled on entry. */
typedef struct cf_t_ref {
    const cf_t_name *name;
    cf_t_builder    *owner; /* the function whose slot it is */
    uint16_t         slot;
    uint8_t          load;
    bool             stored;
    cf_t_builder    *alias_owner;
    uint16_t         alias_slot;
} cf_t_ref;

typedef struct cf_t_symbols {
    struct cf_t_symbols *parent;
    cf_t_builder        *owner;
    int                  level;
    cf_t_ref            *refs;
    size_t               count, capacity;
} cf_t_symbols;

typedef struct cf_t_slot {
    int              level;
    const cf_t_name *name; /* NULL: the compiler's own */
} cf_t_slot;

/* A growing array in the compiler's arena. */
typedef struct cf_t_array {
    void  *items;
    size_t count, capacity;
} cf_t_array;

typedef struct cf_t_compiler {
    cf_templates *env;
    cf_arena     *arena; /* of the template */
    cf_arena     *work;  /* freed after compiling */
    cf_error     *error;
    const char   *file;
    bool          failed;
    cf_t_template *template;
    cf_t_array consts, names, entries, codes, locals, blocks, mentions, mention_lines;
    size_t     cache_count, template_cache_count;
    cf_t_array block_nodes;
    bool       known_extends;
    int        extends_so_far;
    bool       stop;            /* a second extends: the rest is not compiled */
    uint8_t    escape;          /* 0 off, 1 on, 2 known at run time only */
    bool       constant_escape; /* whether constants are escaped when printed */
} cf_t_compiler;

/* A loop being compiled, for break and continue. */
typedef struct cf_t_loop_state {
    struct cf_t_loop_state *outer;
    cf_t_array              breaks; /* instructions to patch */
    size_t                  next;   /* where continue goes */
    int                     captures;
    int                     flag_depth;
} cf_t_loop_state;

struct cf_t_builder {
    cf_t_compiler   *c;
    cf_t_builder    *parent;
    cf_t_array       ops, lines, slots;
    int              depth, max_depth, iterators;
    int              line;
    int              captures; /* open ones, for jumps out of them */
    uint16_t         flag_slots[64];
    int              flag_count;
    cf_t_loop_state *loop;
    cf_t_code       *code;
};

typedef struct cf_t_scope {
    cf_t_symbols *symbols;
    bool          toplevel, rootlevel, soft, output_check;
} cf_t_scope;

/* scope.c */
cf_t_symbols *cf_t_symbols_new(cf_t_compiler *c, cf_t_symbols *parent, cf_t_builder *owner);
cf_t_ref     *cf_t_symbols_find(cf_t_symbols *s, const cf_t_name *name);
cf_t_ref     *cf_t_symbols_param(cf_t_compiler *c, cf_t_symbols *s, const cf_t_name *name);
void          cf_t_analyze(cf_t_compiler *c, cf_t_symbols *s, const cf_t_nodes *nodes);
void          cf_t_analyze_one(cf_t_compiler *c, cf_t_symbols *s, const cf_t_node *node);
void          cf_t_analyze_params(cf_t_compiler *c, cf_t_symbols *s, const cf_t_node *node);
uint16_t      cf_t_slot_for(cf_t_builder *b, int level, const cf_t_name *name);
/** The i-th child of a node, or NULL after the last; children that are left out are skipped. */
const cf_t_node *cf_t_child(const cf_t_node *n, size_t i);
/** Are the names used before they are set in these nodes? Bits of the result by position in `names`. */
unsigned cf_t_undeclared(const cf_t_nodes *nodes, const char *const *names, unsigned count);
bool     cf_t_any(const cf_t_nodes *nodes, bool (*is)(const cf_t_node *));

/* emit.c */
size_t        cf_t_emit(cf_t_builder *b, cf_t_opcode op, int a, int bb, int c);
void          cf_t_patch(cf_t_builder *b, size_t at);
size_t        cf_t_here(const cf_t_builder *b);
void         *cf_t_push(cf_t_compiler *c, cf_t_array *array, size_t size);
int           cf_t_add_const(cf_t_compiler *c, cf_value v);
int           cf_t_add_name(cf_t_compiler *c, const cf_t_name *name);
cf_t_builder *cf_t_builder_new(cf_t_compiler *c, cf_t_builder *parent, int kind);
cf_t_code    *cf_t_builder_done(cf_t_builder *b);
int           cf_t_hops(const cf_t_builder *b, const cf_t_builder *owner);
void          cf_t_enter_scope(cf_t_builder *b, const cf_t_symbols *s);
cf_t_scope    cf_t_inner(cf_t_builder *b, const cf_t_scope *s);
bool          cf_t_fail(cf_t_compiler *c, const char *type, int line, const char *format, ...) CF_PRINTF(4, 5);

/* compile_expression.c */
void cf_t_expression(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n);
void cf_t_folded(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n);
void cf_t_filter_call(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n);
void cf_t_call_node(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n, int caller_slot);
void cf_t_store(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *target);
void cf_t_load_ref(cf_t_builder *b, const cf_t_ref *ref);
void cf_t_output(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n);

/* compile_loop.c */
void cf_t_for_statement(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n);
void cf_t_jump_out(cf_t_builder *b, const cf_t_node *n);

/* A slot of the compiler's own. */
static inline uint16_t own_slot(cf_t_builder *b)
{
    return cf_t_slot_for(b, 0, NULL);
}

/* compile_statement.c */
void cf_t_statements(cf_t_builder *b, const cf_t_scope *s, const cf_t_nodes *nodes);
void cf_t_trans(cf_t_builder *b, const cf_t_scope *s, const cf_t_node *n);

#endif
