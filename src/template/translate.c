/* {% trans %} and gettext(): messages with their plurals, translated by the program's callback. */
#include "template/engine.h"

/* ---- parsing -------------------------------------------------------------------------------- */

/* A translatable section: its text with %(name)s for variables, and those names in order. */
typedef struct section {
    cf_buffer         text;
    const cf_t_name **names;
    uint32_t          count;
} section;

enum { MAX_NAMES = 100 };

static bool fail(cf_t_parser *p, int line, const char *message)
{
    return cf_t_syntax_error(p->error, p->file, line, "%s", message);
}

static bool add_name(cf_t_parser *p, section *s, const cf_t_name *name)
{
    if (!s->names) s->names = cf_arena_array(p->arena, MAX_NAMES, sizeof *s->names);
    if (!s->names) return cf_fail(p->error, CF_ERR_MEMORY, "out of memory while parsing template %s", p->file);
    if (s->count == MAX_NAMES) return fail(p, cf_t_now(p)->line, "too many variables in a translatable section");
    s->names[s->count++] = name;
    return true;
}

static bool parse_section(cf_t_parser *p, bool allow_plural, section *s)
{
    for (;;) {
        const cf_t_token *t = cf_t_now(p);
        if (t->type == T_DATA) {
            for (uint32_t i = 0; i < t->value.size; i++) {
                if (t->value.as.text[i] == '%') cf_buffer_char(&s->text, '%');
                cf_buffer_char(&s->text, t->value.as.text[i]);
            }
            cf_t_next(p);
        } else if (t->type == T_VARIABLE_BEGIN) {
            cf_t_next(p);
            if (!cf_t_expect(p, T_NAME, &t) || !add_name(p, s, t->name)) return false;
            cf_buffer_printf(&s->text, "%%(%s)s", t->name->text);
            if (!cf_t_expect(p, T_VARIABLE_END, NULL)) return false;
        } else if (t->type == T_BLOCK_BEGIN) {
            cf_t_next(p);
            if (cf_t_is_name(cf_t_now(p), "endtrans")) return true;
            if (!cf_t_is_name(cf_t_now(p), "pluralize"))
                return fail(p, cf_t_now(p)->line, "control structures in translatable sections are not allowed");
            if (allow_plural) return true;
            return fail(p, cf_t_now(p)->line, "a translatable section can have only one pluralize section");
        } else {
            return fail(p, t->line, "unclosed translation block");
        }
    }
}

/* Index of a variable of the tag, -1: it has none of that name. */
static int variable_index(const cf_t_node *n, const cf_t_name *name)
{
    for (uint32_t i = 0; i < n->name_count; i++)
        if (n->names[i] == name) return (int)i;
    return -1;
}

static bool add_variable(cf_t_parser *p, cf_t_node *n, const cf_t_name *name, cf_t_node *value)
{
    if (!n->names) n->names = cf_arena_array(p->arena, MAX_NAMES, sizeof *n->names);
    if (!n->names || !value)
        return cf_fail(p->error, CF_ERR_MEMORY, "out of memory while parsing template %s", p->file);
    if (n->name_count == MAX_NAMES) return fail(p, n->line, "too many variables in a translatable section");
    n->names[n->name_count++] = name;
    return cf_t_nodes_add(p, &n->items3, value);
}

static cf_t_node *name_node(cf_t_parser *p, const cf_t_name *name, int line)
{
    cf_t_node *v = cf_t_node_new(p, N_NAME, line);
    if (v) v->name = name;
    return v;
}

/* The variables of the tag; the first one counts for the plural. trimmed: -1 not said. */
static bool parse_variables(cf_t_parser *p, cf_t_node *n, int *trimmed)
{
    while (cf_t_now(p)->type != T_BLOCK_END) {
        const cf_t_token *t = NULL;
        if (n->name_count && !cf_t_expect(p, T_COMMA, NULL)) return false;
        if (cf_t_now(p)->type == T_COLON) {
            cf_t_next(p);
            break;
        }
        if (!cf_t_expect(p, T_NAME, &t)) return false;
        if (variable_index(n, t->name) >= 0) {
            cf_t_syntax_error(p->error, p->file, t->line, "translatable variable '%s' defined twice.", t->name->text);
            if (p->error) p->error->type = "TemplateAssertionError";
            return false;
        }
        cf_t_node *value;
        if (cf_t_now(p)->type == T_ASSIGN) {
            cf_t_next(p);
            value = cf_t_parse_expression(p, true);
        } else if (*trimmed < 0 && (cf_t_is_name(t, "trimmed") || cf_t_is_name(t, "notrimmed"))) {
            *trimmed = cf_t_is_name(t, "trimmed");
            continue;
        } else {
            value = name_node(p, t->name, t->line);
        }
        if (!value || !add_variable(p, n, t->name, value)) return false;
        if (!n->op) n->op = (uint8_t)n->name_count;
    }
    return cf_t_expect(p, T_BLOCK_END, NULL);
}

/* White space around line ends becomes one blank. */
static void trim(cf_buffer *b)
{
    if (!b->data) return;
    cf_t_text t = cf_t_trim(b->data, b->size, NULL, 0, 3);
    size_t    used = 0;
    char     *out = b->data;
    for (size_t i = 0; i < t.size;) {
        size_t end = i;
        bool   line = false;
        for (; end < t.size && (t.text[end] == ' ' || (t.text[end] >= 9 && t.text[end] <= 13)); end++)
            line |= t.text[end] == '\n';
        if (line) {
            out[used++] = ' ';
            i = end;
        } else {
            if (end == i) end++;
            while (i < end) out[used++] = t.text[i++];
        }
    }
    b->size = used;
}

static bool message_node(cf_t_parser *p, section *s, bool trimmed, bool referenced, cf_t_nodes *to)
{
    if (trimmed) trim(&s->text);
    cf_t_node *n = cf_t_node_new(p, N_CONST, 0);
    char *copy = s->text.failed || !n ? NULL : cf_arena_text(p->arena, s->text.data ? s->text.data : "", s->text.size);
    if (!copy) return cf_fail(p->error, CF_ERR_MEMORY, "out of memory while parsing template %s", p->file);
    size_t used = 0;
    for (size_t i = 0; i < s->text.size; i++) {
        copy[used++] = copy[i];
        if (!referenced && copy[i] == '%' && copy[i + 1] == '%') i++;
    }
    copy[used] = '\0';
    n->value = cf_value_text_n(copy, used);
    return cf_t_nodes_add(p, to, n);
}

static bool register_names(cf_t_parser *p, cf_t_node *n, const section *s)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (variable_index(n, s->names[i]) < 0 && !add_variable(p, n, s->names[i], name_node(p, s->names[i], n->line)))
            return false;
    return true;
}

/* Which variable counts: the one that pluralize names, else the first. */
static bool parse_pluralize(cf_t_parser *p, cf_t_node *n, section *plural)
{
    cf_t_next(p);
    const cf_t_token *t = NULL;
    if (cf_t_now(p)->type != T_BLOCK_END) {
        if (!cf_t_expect(p, T_NAME, &t)) return false;
        int index = variable_index(n, t->name);
        if (index < 0)
            return cf_t_syntax_error(p->error, p->file, t->line, "unknown variable '%s' for pluralization",
                                     t->name->text);
        n->op = (uint8_t)(index + 1);
    }
    return cf_t_expect(p, T_BLOCK_END, NULL) && parse_section(p, false, plural);
}

static bool parse_sections(cf_t_parser *p, cf_t_node *n, section *one, section *many)
{
    int trimmed = -1;
    if (cf_t_now(p)->type == T_STRING) {
        n->b = cf_t_node_new(p, N_CONST, n->line);
        if (!n->b) return false;
        n->b->value = cf_t_next(p)->value;
    }
    if (!parse_variables(p, n, &trimmed) || !parse_section(p, true, one)) return false;
    bool     plural = cf_t_is_name(cf_t_now(p), "pluralize");
    uint32_t given = n->name_count;
    if (plural) {
        if (!n->op && one->count && !register_names(p, n, one)) return false;
        if (!n->op && n->name_count > given) n->op = (uint8_t)(given + 1);
        if (!parse_pluralize(p, n, many)) return false;
        if (!n->op) return fail(p, n->line, "pluralize without variables");
    } else {
        n->op = 0;
    }
    cf_t_next(p);
    bool referenced = one->count + many->count > 0;
    if (!register_names(p, n, one) || !register_names(p, n, many)) return false;
    return message_node(p, one, trimmed > 0, referenced || n->name_count, &n->items) &&
           (!plural || message_node(p, many, trimmed > 0, referenced || n->name_count, &n->items2));
}

cf_t_node *cf_t_parse_trans(cf_t_parser *p, int line)
{
    cf_t_node *n = cf_t_node_new(p, N_TRANS, line);
    section    one = {0}, many = {0};
    bool       ok = n && parse_sections(p, n, &one, &many);
    cf_buffer_free(&one.text);
    cf_buffer_free(&many.text);
    return ok ? n : NULL;
}

/* ---- translating ---------------------------------------------------------------------------- */

/* The message for a count in the program's language. `plural` and `context` may be CF_NULL. */
static bool translate(cf_vm *vm, cf_value message, cf_value plural, cf_value context, int64_t count, cf_value *out)
{
    const cf_templates_options *o = cf_t_options(vm->env);
    *out = plural.kind != CF_NULL && count != 1 ? plural : message;
    if (!o->gettext) return true;
    const char     *texts[3];
    const cf_value *values[3] = {&context, &message, &plural};
    for (int i = 0; i < 3; i++) {
        texts[i] = values[i]->kind == CF_NULL ? NULL : cf_arena_text(vm->arena, values[i]->as.text, values[i]->size);
        if (!texts[i] && values[i]->kind != CF_NULL) return cf_t_no_memory(vm);
    }
    cf_call     call = cf_t_call_of(vm, NULL, 0);
    const char *text = o->gettext(&call, o->gettext_data, texts[0], texts[1], texts[2], count);
    if (!text) return cf_t_raise(vm, "TemplateRuntimeError", "the message '%s' could not be translated", texts[1]);
    *out = cf_value_text(text);
    return true;
}

bool cf_t_do_trans(cf_vm *vm, cf_t_frame *f, const cf_t_op *op, cf_value *sp)
{
    const cf_t_code        *code = f->code;
    const cf_value         *message = &code->consts[op->a];
    const cf_t_name *const *names = code->names + op[1].a;
    int64_t                 count = 1;
    if (op[1].b) {
        cf_value v = sp[op[1].b - 1];
        if (v.kind == CF_UNDEFINED) return cf_t_undefined_fail(vm, v);
        if (v.kind == CF_FLOAT) count = v.as.number == 1;
        else if (!cf_t_arg_int(vm, v, &count)) return false;
    }
    cf_value text;
    if (!translate(vm, message[0], message[1], message[2], count, &text)) return false;
    if (op->b == 1 || (op->b == 2 && f->context->autoescape)) text.kind = CF_MARKUP;
    if (op->c) {
        cf_dict *d = cf_dict_new(vm->arena, op->c);
        if (!d) return cf_t_no_memory(vm);
        for (uint16_t i = 0; i < op->c; i++)
            if (!cf_t_dict_set(vm, d, cf_value_text_n(names[i]->text, names[i]->size), sp[i])) return false;
        if (!cf_t_percent(vm, text, cf_value_dict(d), &text)) return false;
    }
    cf_buffer_add(vm->out, text.as.text, text.size);
    return true;
}

/* gettext(), ngettext(), pgettext(), npgettext(): the message, with the keyword arguments put in. */
static bool call_gettext(cf_vm *vm, const cf_call *call, bool context, bool plural, cf_value *out)
{
    size_t wanted = 1u + context + 2u * plural;
    if (call->argument_count != wanted)
        return cf_t_raise(vm, "TypeError", "gettext functions take %zu positional arguments here, not %zu", wanted,
                          call->argument_count);
    const cf_value *a = call->arguments;
    cf_value        text[3];
    int64_t         count = 1;
    for (size_t i = 0; i < 1u + context + plural; i++)
        if (!cf_t_str(vm, a[i], &text[i])) return false;
    if (plural && !cf_t_arg_int(vm, a[wanted - 1], &count)) return false;
    if (!translate(vm, text[context], plural ? text[context + 1] : cf_value_null(), context ? text[0] : cf_value_null(),
                   count, out))
        return false;
    if (call->autoescape) out->kind = CF_MARKUP;
    cf_dict *d = cf_dict_new(vm->arena, call->named_count);
    if (!d) return cf_t_no_memory(vm);
    if (plural && !cf_t_dict_set(vm, d, cf_value_text("num"), cf_value_int(count))) return false;
    for (size_t i = 0; i < call->named_count; i++)
        if (!cf_t_dict_set(vm, d, cf_value_text_n(call->named[i].name, call->named[i].size), call->named[i].value))
            return false;
    return cf_t_percent(vm, *out, cf_value_dict(d), out);
}

static bool g_gettext(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)a;
    return call_gettext(vm, call, false, false, out);
}
static bool g_ngettext(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)a;
    return call_gettext(vm, call, false, true, out);
}
static bool g_pgettext(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)a;
    return call_gettext(vm, call, true, false, out);
}
static bool g_npgettext(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)a;
    return call_gettext(vm, call, true, true, out);
}

const cf_t_builtin cf_t_gettext_functions[] = {
    {"_", g_gettext, "", 0, CF_T_RAW},           {"gettext", g_gettext, "", 0, CF_T_RAW},
    {"ngettext", g_ngettext, "", 0, CF_T_RAW},   {"pgettext", g_pgettext, "", 0, CF_T_RAW},
    {"npgettext", g_npgettext, "", 0, CF_T_RAW}, {NULL, NULL, NULL, 0, 0}};
