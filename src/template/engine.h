/* The inside of the template layer: environment, code, machine, values. */
#ifndef CARAFE_TEMPLATE_ENGINE_H
#define CARAFE_TEMPLATE_ENGINE_H

#include <carafe/template.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "template/syntax.h"
#include "template/number.h"

/* ---- operators ------------------------------------------------------------------------------ */

/* Operators of expressions, as the tree and the code name them. */
enum { OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_FLOORDIV, OP_MOD, OP_POW, OP_NEG, OP_POS };

/* ---- environment ---------------------------------------------------------------------------- */

/* Delimiters and whitespace control; a text of size 0 is switched off. */
typedef struct cf_t_syntax {
    cf_t_text block_start, block_end, variable_start, variable_end, comment_start, comment_end;
    cf_t_text line_statement_prefix, line_comment_prefix, newline;
    bool      trim_blocks, lstrip_blocks, keep_trailing_newline;
} cf_t_syntax;

const cf_t_syntax *cf_t_syntax_of(const cf_templates *env);
unsigned           cf_t_extensions(const cf_templates *env);

typedef struct cf_vm         cf_vm;
typedef struct cf_t_template cf_t_template;
typedef struct cf_t_code     cf_t_code;
typedef struct cf_t_context  cf_t_context;

/*
 * A filter, test, function or method of the language. `a` are its arguments in
 * the order of `params`, missing where none was given; functions with
 * CF_T_RAW read `call` instead and `a` is NULL.
 */
typedef bool cf_t_function(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out);

enum {
    CF_T_RAW = 1,     /* takes any arguments, from the call */
    CF_T_PURE = 2,    /* depends on its arguments alone: constants are folded */
    CF_T_NO_NAMES = 4 /* takes no keyword arguments */
};

typedef struct cf_t_builtin {
    const char    *name;
    cf_t_function *function;
    const char    *params;   /* names separated by blanks; the filtered value or self is the first */
    int            required; /* how many must be given, self included */
    unsigned       flags;
} cf_t_builtin;

/* A registered filter, test or function: built in, or the program's own. */
typedef struct cf_t_entry {
    const char         *name;
    const cf_t_builtin *builtin;
    cf_function        *function;
    void               *context;
    cf_value            value; /* of globals */
} cf_t_entry;

typedef struct cf_t_table {
    cf_t_entry *items;
    size_t      count, capacity;
    uint32_t   *index;
    size_t      index_size;
} cf_t_table;

const cf_t_entry *cf_t_find_filter(const cf_templates *env, const char *name, size_t size);
const cf_t_entry *cf_t_find_test(const cf_templates *env, const char *name, size_t size);
const cf_t_entry *cf_t_find_global(const cf_templates *env, const char *name, size_t size);

extern const cf_t_builtin cf_t_tests[], cf_t_globals[], cf_t_gettext_functions[]; /* end with a NULL name */
extern const cf_t_builtin cf_t_text_filters[], cf_t_html_filters[], cf_t_number_filters[], cf_t_list_filters[];

/* The options in force, with the defaults filled in. */
const cf_templates_options *cf_t_options(const cf_templates *env);
bool                        cf_t_autoescape_for(const cf_templates *env, const char *name);

/**
 * The compiled template of that name, loaded when it is not yet there.
 * CF_NO: there is none (no error is recorded). Lives until the rendering ends.
 */
cf_answer cf_t_get_template(cf_templates *env, const char *name, size_t size, const cf_t_template **out,
                            cf_error *error);

/* ---- code ----------------------------------------------------------------------------------- */

/* Instructions. `a`, `b`, `c` are the operands; + and - say what is pushed and popped. */
typedef enum cf_t_opcode {
    I_TEXT,     /* write constant a as it is */
    I_OUT,      /* -value: write it; b: 0 as text, 1 escaped, 2 as the context says */
    I_OUT_ATTR, /* -object: write its member c with cache a; b as for I_OUT */
    I_WRITE,    /* -text: write what a filter or call block made */
    I_CONST,    /* +constant a */
    I_LOAD,     /* +slot a of the frame b levels out; missing: undefined */
    I_STORE,    /* -value into slot a */
    I_RESOLVE,  /* slot c = the context's variable of name a */
    I_CLEAR,    /* slot a = missing */
    I_ALIAS,    /* slot c = slot a of the frame b levels out */
    I_EXPORT,   /* the context's variable of name a = slot c; b: 1 exported, 2 not, 0 keep */
    I_POP,
    I_ATTR,    /* object -> its attribute name c; cache a */
    I_ITEM,    /* object key -> item */
    I_SLICE,   /* object from to step -> slice */
    I_CALL,    /* callee arguments -> result; a: positional, b: flags, c: named; I_NAMES follows */
    I_METHOD,  /* object arguments -> result; the same, I_NAMES's c is the method's name */
    I_NAMES,   /* operand of the one before: a: first of its names */
    I_FILTER,  /* value arguments -> result; as I_CALL; I_NAMES's c: entry */
    I_TEST,    /* the same for tests; result a boolean */
    I_UNKNOWN, /* raise: no filter (b 0) or test (b 1) named constant a */
    I_BINARY,  /* x y -> x op y; b: operator */
    I_UNARY,   /* x -> op x */
    I_NOT,
    I_COMPARE,         /* x y -> boolean; b: operator */
    I_COMPARE_JUMP,    /* x y -> y if x op y, else boolean and jump to a */
    I_JUMP,            /* to a */
    I_JUMP_FALSE,      /* -value; to a when false */
    I_JUMP_FALSE_KEEP, /* to a when false, else pop */
    I_JUMP_TRUE_KEEP,
    I_LIST, /* a items -> list */
    I_TUPLE,
    I_DICT,       /* 2a items -> dict */
    I_CONCAT,     /* a items -> text; b as for I_OUT */
    I_MARKUP,     /* text -> safe if the context escapes (b 2) or always (b 1) */
    I_ITER,       /* -iterable: iterator a; b: 1 with loop object in slot c, 2 recursive */
    I_NEXT,       /* +next item of iterator b, or jump to a */
    I_NEXT_STORE, /* slot c = next item of iterator b, or jump to a */
    I_APPEND,     /* list value -> list */
    I_UNPACK,     /* value -> its a items, the first on top */
    I_CAPTURE,    /* output goes to a new buffer */
    I_CAPTURED,   /* +the text of that buffer; b: 1 safe, 2 as the context says */
    I_CAPTURE_DROP,
    I_MACRO,           /* +macro of code a; defaults are evaluated by its code */
    I_DEFAULT,         /* jump to a unless slot c is missing */
    I_MISSING_ARG,     /* slot c = undefined: parameter name a was not provided */
    I_BLOCK,           /* write block of name a; b: 1 scoped, 2 required; c: locals */
    I_SUPER,           /* slot c = the parent block of name a */
    I_SELF,            /* slot c = the template's blocks */
    I_EXTENDS,         /* -name: parent template; b: 1 an earlier one may be there */
    I_JUMP_CHILD,      /* jump to a when a parent template was set */
    I_PARENT,          /* render the parent template, if there is one */
    I_INCLUDE,         /* -name(s): b: 1 with context, 2 ignore missing; c: locals */
    I_IMPORT,          /* -name +module; b, c the same */
    I_FROM,            /* module -> module, slot c = its attribute of name a */
    I_AUTOESCAPE,      /* -value +the old flag */
    I_AUTOESCAPE_BACK, /* -flag */
    I_SET_ATTR,        /* value object: object.name a = value */
    I_RECURSE,         /* -iterable: run loop code a over it and write the result */
    I_NO_ELSE,         /* +undefined: an inline if was false; a: line */
    I_TRANS,           /* message arguments: translate and write; see the compiler */
    I_RETURN
} cf_t_opcode;

typedef struct cf_t_op {
    uint8_t  op, b;
    uint16_t c;
    int32_t  a;
} cf_t_op;

/* A variable handed to an included template or a scoped block. */
typedef struct cf_t_local {
    const cf_t_name *name;
    uint16_t         slot;
    uint8_t          hops;
} cf_t_local;

typedef struct cf_t_locals {
    const cf_t_local *items;
    size_t            count;
} cf_t_locals;

/* Why a value is undefined. */
typedef struct cf_t_undefined {
    cf_t_text name;   /* of the variable or attribute */
    cf_t_text hint;   /* the whole message, when size > 0 */
    cf_value  object; /* whose attribute or item is missing; kind CF_UNDEFINED: a variable */
    cf_value  key;    /* the item's key when it is no text; else CF_UNDEFINED */
    bool      plain;  /* behaves as the default kind whatever the environment says */
} cf_t_undefined;

typedef _Atomic(const cf_member *)            cf_t_cache;
typedef _Atomic(const struct cf_t_template *) cf_t_template_cache;

enum { CODE_ROOT, CODE_BLOCK, CODE_MACRO, CODE_LOOP };

/* One function: the template itself, a block, a macro, the body of a recursive loop. */
struct cf_t_code {
    const cf_t_template *template;
    const cf_t_name         *name;
    int                      kind;
    const cf_t_op           *ops;
    const int               *lines; /* of each instruction */
    size_t                   op_count;
    const cf_value          *consts;
    const cf_t_name *const  *names;     /* for I_NAMES and operands called names */
    const cf_t_undefined    *undefined; /* of each name */
    const cf_t_name *const  *slot_names;
    const cf_t_undefined    *slot_undefined;
    const cf_t_entry *const *entries;
    const cf_t_code *const  *codes;
    const cf_t_locals       *locals;
    cf_t_cache              *caches;
    cf_t_template_cache     *templates; /* of constant names */
    uint16_t                 slot_count, stack_size, iterator_count;
    /* macros */
    uint16_t param_count;
    bool     takes_varargs, takes_kwargs, takes_caller, explicit_caller;
    int      varargs_slot, kwargs_slot, caller_slot; /* -1: none */
    bool     captures;                               /* makes macros or closures that see its slots */
};

typedef struct cf_t_block {
    const cf_t_name *name;
    const cf_t_code *code;
} cf_t_block;

/* A template as code. Immutable. */
struct cf_t_template {
    const char       *name;
    cf_arena         *arena;
    const cf_t_code  *root;
    const cf_t_block *blocks;
    size_t            block_count;
    bool              autoescape;
    bool              by_text; /* has no name to look it up by */
    /* For reloading: where it came from and how it looked then. */
    int            origin;
    uint64_t       version;
    cf_t_template *next_retired;
    /* Names of templates it mentions literally, for checks. */
    const cf_t_name *const *mentions;
    const int              *mention_lines;
    size_t                  mention_count;
};

/** Compile a template into an arena of its own; NULL with the error set. Free it with cf_t_template_free(). */
cf_t_template *cf_t_compile(cf_templates *env, const char *name, const char *source, size_t size, cf_error *error);
void           cf_t_template_free(cf_t_template *t);

/** Replaces constant parts of an expression by their values; `escape` as in the compiler. */
cf_t_node *cf_t_fold(cf_templates *env, cf_arena *arena, cf_t_node *node, int escape);
/** The same for a whole expression that is printed: undefined constants print nothing. */
bool cf_t_fold_output(cf_templates *env, cf_arena *arena, cf_t_node *node, int escape);

/** Shows calls with a literal first argument; see cf_templates_visit_calls(). */
bool cf_t_visit_tree(const cf_t_node *tree, const char *file, cf_template_visit *visit, void *data, cf_error *error);

/* ---- machine -------------------------------------------------------------------------------- */

/* Variables set together; layers below are never changed. */
typedef struct cf_t_variable {
    const char *name;
    uint32_t    size;
    uint64_t    hash;
    cf_value    value;
} cf_t_variable;

typedef struct cf_t_layer {
    struct cf_t_layer *below;
    cf_t_variable     *items;
    uint32_t           count, capacity;
    bool               frozen;
} cf_t_layer;

/* The implementations of a block, the most derived first. */
typedef struct cf_t_chain {
    const cf_t_name  *name;
    const cf_t_code **codes;
    uint32_t          count, capacity;
} cf_t_chain;

struct cf_t_context {
    const cf_t_template *template;
    cf_t_layer       *top;
    cf_t_chain       *chains;
    uint32_t          chain_count, chain_capacity;
    const cf_t_name **exported;
    uint32_t          exported_count, exported_capacity;
    bool              autoescape;
};

enum { ITER_LIST, ITER_RANGE, ITER_TEXT, ITER_KEYS, ITER_ITEMS, ITER_OBJECT, ITER_EMPTY };

typedef struct cf_t_iter {
    uint8_t           kind;
    size_t            index, length; /* length: SIZE_MAX when not known */
    cf_value          source;
    int64_t           start, step;
    size_t            expected; /* dictionaries: entries when it began */
    size_t            count;    /* items handed out */
    cf_iterator       own;
    struct cf_t_loop *loop; /* of extended loops */
} cf_t_iter;

typedef struct cf_t_frame {
    const cf_t_code     *code;
    struct cf_t_frame   *parent; /* the function around it in the source */
    cf_t_context        *context;
    cf_t_iter           *iterators;
    const cf_t_template *parent_template;
    const cf_t_code     *block;      /* which implementation runs */
    size_t               loop_depth; /* of recursive loops */
    cf_value             slots[];
} cf_t_frame;

/* Sizes of frames in units of 64 bytes. */
enum { FRAME_CLASSES = 33 };

struct cf_vm {
    cf_templates        *env;
    cf_arena            *arena; /* of this rendering */
    cf_arena            *request_arena;
    cf_error            *error;
    void                *request;
    cf_buffer           *out;
    struct cf_t_capture *captures, *spare_captures;
    struct cf_t_module  *modules;
    cf_t_context        *context; /* of the code that runs */
    cf_t_layer          *globals; /* what templates without context see besides the environment: nothing */
    const cf_t_template *template;
    int                line;
    uint64_t           steps;
    unsigned           depth;
    int64_t            deadline;             /* microseconds; 0: none */
    unsigned           recursion;            /* of printing and comparing nested values */
    struct cf_t_spare *spare[FRAME_CLASSES]; /* frames to be used again, by size */
    bool               direct; /* what the call under way gives is printed: macros and blocks may write at once */
    uint64_t           random;
    cf_undefined_kind  undefined;
};

/** Record an error of a class in Jinja or Python; returns false. */
bool cf_t_raise(cf_vm *vm, const char *type, const char *format, ...) CF_PRINTF(3, 4);
bool cf_t_no_memory(cf_vm *vm);
/** Count `n` steps of work; false with the error set past the limits. */
bool               cf_t_step_slow(cf_vm *vm, uint64_t n);
static inline bool cf_t_step(cf_vm *vm, uint64_t n)
{
    /* The clock is looked at whenever the counter's low bits run out. */
    if (!vm || (vm->steps & 1023) <= n) return cf_t_step_slow(vm, n);
    vm->steps -= n;
    return true;
}
bool cf_t_is_error(const cf_vm *vm, const char *type);

/** Run a function; output goes to vm->out. */
bool        cf_t_run(cf_vm *vm, cf_t_frame *frame);
cf_t_frame *cf_t_frame_new(cf_vm *vm, const cf_t_code *code, cf_t_frame *parent, cf_t_context *context);
/** Write everything that is printed from now on into a buffer of its own. */
bool cf_t_capture(cf_vm *vm);
/** End that; the text lives in the arena. */
bool cf_t_captured(cf_vm *vm, cf_value *out);
void cf_t_capture_drop(cf_vm *vm);

cf_t_context *cf_t_context_new(cf_vm *vm, const cf_t_template *template, cf_t_layer *below);
cf_t_layer   *cf_t_layer_new(cf_vm *vm, cf_t_layer *below);
bool          cf_t_context_set(cf_vm *vm, cf_t_context *context, const cf_t_name *name, cf_value value);
cf_value      cf_t_context_get(cf_vm *vm, const cf_t_context *context, const cf_t_name *name);
bool          cf_t_context_add_blocks(cf_vm *vm, cf_t_context *context, const cf_t_template *template);
cf_t_chain   *cf_t_context_chain(const cf_t_context *context, const cf_t_name *name);

/** Render template `t` with `context`'s variables into vm->out. */
bool cf_t_render_template(cf_vm *vm, const cf_t_template *t, cf_t_context *context);
bool cf_t_block_write(cf_vm *vm, cf_t_context *context, const cf_t_chain *chain, uint32_t depth);

/* Statements that deal with other templates. */
bool     cf_t_do_extends(cf_vm *vm, cf_t_frame *f, const cf_t_op *op, cf_value name);
bool     cf_t_do_include(cf_vm *vm, cf_t_frame *f, const cf_t_op *op, cf_value name);
bool     cf_t_do_import(cf_vm *vm, cf_t_frame *f, const cf_t_op *op, cf_value name, cf_value *out);
bool     cf_t_do_from(cf_vm *vm, cf_t_frame *f, const cf_t_op *op, cf_value module);
bool     cf_t_do_block(cf_vm *vm, cf_t_frame *f, const cf_t_op *op);
cf_value cf_t_super(cf_vm *vm, cf_t_frame *f, const cf_t_name *name);
cf_value cf_t_self(cf_vm *vm, cf_t_frame *f);
bool     cf_t_do_trans(cf_vm *vm, cf_t_frame *f, const cf_t_op *op, cf_value *sp);

/* ---- calls ---------------------------------------------------------------------------------- */

/** Call any value. */
bool cf_t_call(cf_vm *vm, cf_value callee, const cf_call *call, cf_value *out);
bool cf_t_call_simple(cf_vm *vm, cf_value callee, const cf_value *arguments, size_t count, cf_value *out);
/** Call self.name(arguments). */
bool cf_t_call_method(cf_vm *vm, cf_value self, const char *name, size_t size, cf_call *call, cf_value *out,
                      cf_t_cache *cache);
bool cf_t_call_builtin(cf_vm *vm, const cf_t_builtin *b, cf_call *call, cf_value *out);
bool cf_t_call_entry(cf_vm *vm, const cf_t_entry *entry, cf_call *call, cf_value *out);
/** Apply a filter or test by its name, as map() and select() do; the first argument is the value. */
bool    cf_t_apply_filter(cf_vm *vm, cf_value name, cf_call *call, cf_value *out);
bool    cf_t_apply_test(cf_vm *vm, cf_value name, cf_call *call, bool *out);
cf_call cf_t_call_of(cf_vm *vm, const cf_value *arguments, size_t count);
bool    cf_t_macro_new(cf_vm *vm, const cf_t_code *code, cf_t_frame *frame, cf_value *out);
bool cf_t_recurse(cf_vm *vm, const cf_t_code *code, cf_t_frame *parent, cf_value iterable, size_t depth, cf_value *out);

/* ---- values --------------------------------------------------------------------------------- */

static inline bool cf_t_missing(cf_value v)
{
    return v.kind == CF_UNDEFINED && !v.as.pointer;
}
static inline cf_value cf_t_missing_value(void)
{
    return cf_value_undefined();
}

/* An object whose data begins with a cf_object of our own classes. */
#define CF_T_IS(value, class_) ((value).kind == CF_OBJECT && (value).as.object->cls == &(class_))

extern const cf_class cf_t_big_class, cf_t_range_class, cf_t_generator_class, cf_t_macro_class, cf_t_loop_class,
    cf_t_namespace_class, cf_t_cycler_class, cf_t_joiner_class, cf_t_view_class, cf_t_method_class, cf_t_module_class,
    cf_t_self_class, cf_t_block_class, cf_t_builtin_class, cf_t_group_class;

/* A value of the language's own class: method of a list or text, bound. */
typedef struct cf_t_method {
    cf_object           object;
    cf_value            self;
    const cf_t_builtin *builtin;
} cf_t_method;

typedef struct cf_t_range {
    cf_object object;
    int64_t   start, stop, step;
    size_t    length;
} cf_t_range;

/* A one-time iteration over values that are there already, printed as Python prints a generator. */
typedef struct cf_t_generator {
    cf_object   object;
    cf_list    *list;
    size_t      index;
    const char *name;
} cf_t_generator;

typedef struct cf_t_view {
    cf_object object;
    cf_dict  *dict;
    int       what; /* 0 keys, 1 values, 2 items */
} cf_t_view;

typedef struct cf_t_namespace {
    cf_object object;
    cf_dict  *dict;
} cf_t_namespace;

typedef struct cf_t_macro {
    cf_object        object;
    const cf_t_code *code;
    cf_t_frame      *frame;
    cf_t_context    *context;
    bool             autoescape;
} cf_t_macro;

typedef struct cf_t_loop {
    cf_object        object;
    cf_t_iter       *iter;
    size_t           index0; /* of the present item */
    size_t           depth0;
    cf_value         previous, current;
    bool             has_changed;
    cf_value         changed;
    const cf_t_code *code; /* of recursive loops */
    cf_t_frame      *parent;
} cf_t_loop;

/** Text for values; the text is copied into the arena. */
bool cf_t_new_text(cf_vm *vm, const char *text, size_t size, cf_value *out);
bool cf_t_new_markup(cf_vm *vm, const char *text, size_t size, cf_value *out);
/** What a buffer holds, as text (or safe HTML) in the arena; frees the buffer. */
bool      cf_t_take(cf_vm *vm, cf_buffer *buffer, bool markup, cf_value *out);
cf_buffer cf_t_buffer(cf_vm *vm);

bool cf_t_truth(cf_vm *vm, cf_value v, bool *out);
/** str(v), repr(v), escape(v) added to a buffer. */
bool cf_t_print(cf_vm *vm, cf_value v, cf_buffer *out);
bool cf_t_repr(cf_vm *vm, cf_value v, cf_buffer *out);
bool cf_t_escape(cf_vm *vm, cf_value v, cf_buffer *out);
/** The value as text: itself when it is one, else str(v). */
bool        cf_t_str(cf_vm *vm, cf_value v, cf_value *out);
bool        cf_t_str_escaped(cf_vm *vm, cf_value v, cf_value *out);
void        cf_t_repr_text(const char *text, size_t size, cf_buffer *out);
const char *cf_t_type_name(cf_value v);
bool        cf_t_has_html(cf_value v);

bool cf_t_binary(cf_vm *vm, int op, cf_value a, cf_value b, cf_value *out);
bool cf_t_unary(cf_vm *vm, int op, cf_value a, cf_value *out);
bool cf_t_compare(cf_vm *vm, int op, cf_value a, cf_value b, bool *out);
bool cf_t_equal(cf_vm *vm, cf_value a, cf_value b, bool *out);
bool cf_t_less(cf_vm *vm, cf_value a, cf_value b, bool *out);
bool cf_t_contains(cf_vm *vm, cf_value item, cf_value in, bool *out);
bool cf_t_length(cf_vm *vm, cf_value v, int64_t *out);
bool cf_t_hashable(cf_vm *vm, cf_value v);
bool cf_t_same(cf_value a, cf_value b);

bool cf_t_getattr(cf_vm *vm, cf_value v, const char *name, size_t size, cf_value *out, cf_t_cache *cache);
bool cf_t_getitem(cf_vm *vm, cf_value v, cf_value key, cf_value *out);
/** Only the attribute or only the item: CF_NO when there is none. */
cf_answer cf_t_attribute(cf_vm *vm, cf_value v, const char *name, size_t size, cf_value *out, cf_t_cache *cache);
cf_answer cf_t_item(cf_vm *vm, cf_value v, cf_value key, cf_value *out);
bool      cf_t_slice(cf_vm *vm, cf_value v, cf_value from, cf_value to, cf_value step, cf_value *out);
/** A dotted path as attribute filters take it: "a.b.0". */
bool cf_t_path(cf_vm *vm, cf_value v, cf_value path, cf_value fallback, cf_value *out);

bool      cf_t_iter_begin(cf_vm *vm, cf_value v, cf_t_iter *iter);
cf_answer cf_t_iter_next(cf_vm *vm, cf_t_iter *iter, cf_value *out);
bool      cf_t_collect(cf_vm *vm, cf_value v, cf_list **out);
bool      cf_t_iterable(cf_vm *vm, cf_value v);

cf_value cf_t_undefined_new(cf_vm *vm, const cf_t_undefined *info);
cf_value cf_t_undefined_hint(cf_vm *vm, const char *hint);
cf_value cf_t_undefined_attr(cf_vm *vm, cf_value object, const char *name, size_t size);
cf_value cf_t_undefined_item(cf_vm *vm, cf_value object, cf_value key);
bool     cf_t_undefined_fail(cf_vm *vm, cf_value v);
#ifdef __clang_analyzer__ /* which sees one file at a time */
#define cf_t_raise(...) ((void)cf_t_raise(__VA_ARGS__), false)
#define cf_t_no_memory(vm) ((void)cf_t_no_memory(vm), false)
#define cf_t_undefined_fail(vm, v) ((void)cf_t_undefined_fail(vm, v), false)
#endif
cf_undefined_kind cf_t_undefined_kind_of(const cf_vm *vm, cf_value v);
void              cf_t_undefined_print(cf_vm *vm, cf_value v, cf_buffer *out);

/* flags of a CF_TUPLE that groupby made: it has the attributes grouper and list. */
enum { CF_T_GROUP = 2 };
uint64_t      cf_t_random(cf_vm *vm);
bool          cf_t_pretty_line(cf_vm *vm, cf_value v, cf_buffer *out);
bool          cf_t_dict_from(cf_vm *vm, const cf_call *call, size_t first, cf_dict *d);
cf_t_function cf_t_lipsum, cf_t_urlize;
bool          cf_t_list_value(cf_vm *vm, cf_list *list, cf_value *out);
cf_list      *cf_t_list_new(cf_vm *vm, size_t capacity);
bool          cf_t_list_add(cf_vm *vm, cf_list *list, cf_value v);
bool          cf_t_dict_set(cf_vm *vm, cf_dict *dict, cf_value key, cf_value value);
bool          cf_t_generator_new(cf_vm *vm, const char *name, cf_list *list, cf_value *out);
bool          cf_t_range_new(cf_vm *vm, int64_t start, int64_t stop, int64_t step, cf_value *out);
bool          cf_t_pair(cf_vm *vm, cf_value a, cf_value b, cf_value *out);
cf_value      cf_t_range_at(const cf_t_range *r, size_t index);
/** Resolves the address that CF_ANY_VALUE() left in a value. */
bool cf_t_resolve_value(cf_vm *vm, const cf_t_name *name, cf_value *v);
bool cf_t_json_value(cf_vm *vm, cf_value v, cf_value *out);

/* Methods and attributes of the plain kinds. */
const cf_t_builtin       *cf_t_method_of(cf_value v, const char *name, size_t size);
extern const cf_t_builtin cf_t_text_methods[], cf_t_markup_methods[], cf_t_list_methods[], cf_t_tuple_methods[],
    cf_t_dict_methods[], cf_t_int_methods[], cf_t_float_methods[], cf_t_time_methods[], cf_t_bytes_methods[];
cf_answer cf_t_time_attribute(cf_vm *vm, cf_value v, const char *name, size_t size, cf_value *out);

/* ---- texts ---------------------------------------------------------------------------------- */

bool cf_t_is_word(uint32_t c);
bool cf_t_is_identifier_start(uint32_t c);
bool cf_t_is_identifier_part(uint32_t c);
bool cf_t_is_space(const char *text, size_t size);
bool cf_t_is_alpha(uint32_t c);
bool cf_t_is_decimal(uint32_t c, int *digit);
bool cf_t_is_digit(uint32_t c);
bool cf_t_is_numeric(uint32_t c);
bool cf_t_is_printable(uint32_t c);
bool cf_t_is_lower(uint32_t c);
bool cf_t_is_upper(uint32_t c);
bool cf_t_is_title(uint32_t c);
enum { CASE_LOWER, CASE_UPPER, CASE_TITLE, CASE_FOLD };
void      cf_t_case(cf_buffer *out, uint32_t c, int which);
bool      cf_t_final_sigma(const char *text, size_t size, size_t from, size_t to);
bool      cf_t_to_case(cf_vm *vm, cf_value text, int which, cf_value *out);
bool      cf_t_find(const char *text, size_t size, const char *part, size_t part_size, size_t from, size_t *at);
cf_t_text cf_t_trim(const char *text, size_t size, const char *chars, size_t chars_size, int sides);
bool      cf_t_percent(cf_vm *vm, cf_value format, cf_value arguments, cf_value *out);
bool      cf_t_format(cf_vm *vm, cf_value format, const cf_call *call, const cf_dict *map, cf_value *out);
bool      cf_t_format_spec(cf_vm *vm, cf_value v, const char *spec, size_t size, cf_buffer *out);
/** Escapes `v` unless `like` is plain text: what Markup's methods do to their arguments. */
bool cf_t_escape_like(cf_vm *vm, cf_value like, cf_value v, cf_value *out);
bool cf_t_replace(cf_vm *vm, cf_value text, cf_value old, cf_value new_text, int64_t count, cf_value *out);
bool cf_t_join(cf_vm *vm, cf_value separator, cf_value items, cf_value *out);
bool cf_t_unescape_html(cf_vm *vm, const char *text, size_t size, cf_buffer *out);
bool cf_t_strip_tags(cf_vm *vm, cf_value text, cf_value *out);
bool cf_t_sort(cf_vm *vm, cf_list *items, cf_list *keys, bool reverse);
bool cf_t_text_of(cf_vm *vm, cf_value v, const char *what, cf_t_text *out);

#endif
