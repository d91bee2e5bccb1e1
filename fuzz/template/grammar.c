/* Bytes choose productions of a grammar: templates that mostly parse, and reach filters, methods and the machine. */
#include "common.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct source {
    const uint8_t *data;
    size_t         size, at;
    cf_buffer      out;
    int            block;
} source;

static unsigned pick(source *s, unsigned n)
{
    return s->at < s->size ? s->data[s->at++] % n : 0;
}

#define CHOOSE(s, array) array[pick(s, sizeof array / sizeof *array)]

static const char *const atoms[] = {"1",
                                    "0",
                                    "-3",
                                    "7.5",
                                    "1e300",
                                    "9223372036854775807",
                                    "2**70",
                                    "'abc'",
                                    "'<b>&'",
                                    "'Hello World-foo'",
                                    "''",
                                    "true",
                                    "none",
                                    "[1,2,3]",
                                    "[]",
                                    "(1,'a')",
                                    "{'a':1,'b':[2]}",
                                    "x",
                                    "y",
                                    "s",
                                    "m",
                                    "l",
                                    "d",
                                    "nope",
                                    "d.a",
                                    "d.b[0]",
                                    "range(4)",
                                    "'%s %d'",
                                    "'{0!r:>8} {}'",
                                    "'\\u00df\\u03a3'",
                                    "loop",
                                    "self",
                                    "super",
                                    "namespace(a=1)",
                                    "cycler(1,2)",
                                    "joiner()",
                                    "dict(a=1)",
                                    "lipsum(1)",
                                    "caller",
                                    "varargs",
                                    "kwargs",
                                    "range(10**12)"};
static const char *const operators[] = {
    "+",    "-",  "*", "/",  "//", "%",      "**",  "~",  "==",        "!=",
    "<",    "<=", ">", ">=", "in", "not in", "and", "or", "is sameas", "is divisibleby",
    "is in"};
static const char *const filters[] = {"upper",
                                      "lower",
                                      "title",
                                      "capitalize",
                                      "trim",
                                      "length",
                                      "list",
                                      "first",
                                      "last",
                                      "join(',')",
                                      "sort",
                                      "reverse|list",
                                      "unique|list",
                                      "sum",
                                      "min",
                                      "max",
                                      "abs",
                                      "int",
                                      "float",
                                      "round(2)",
                                      "round(-2,'ceil')",
                                      "string",
                                      "e",
                                      "safe",
                                      "forceescape",
                                      "striptags",
                                      "default(1,true)",
                                      "replace('a',m)",
                                      "center(30)",
                                      "indent(3,true,true)",
                                      "wordcount",
                                      "wordwrap(4)",
                                      "wordwrap(3,false)",
                                      "truncate(4)",
                                      "truncate(5,true,'',0)",
                                      "batch(2,0)|list",
                                      "slice(3,1)|list",
                                      "items|list",
                                      "dictsort",
                                      "dictsort(true,'value')",
                                      "tojson(1)",
                                      "urlencode",
                                      "xmlattr",
                                      "filesizeformat(true)",
                                      "pprint",
                                      "map('upper')|list",
                                      "map(attribute='a')|list",
                                      "select|list",
                                      "reject('odd')|list",
                                      "selectattr('a')|list",
                                      "groupby('a')|list",
                                      "format(1,2,3)",
                                      "attr('a')",
                                      "urlize(5,true)",
                                      "random",
                                      "int(0,16)"};
static const char *const methods[] = {"split()",
                                      "rsplit('b',1)",
                                      "strip('a')",
                                      "partition('b')",
                                      "splitlines(true)",
                                      "format(1,a=2)",
                                      "format(l,d)",
                                      "replace('','-')",
                                      "zfill(9)",
                                      "expandtabs(3)",
                                      "swapcase()",
                                      "title()",
                                      "center(9,'*')",
                                      "find('b',1,-1)",
                                      "count('')",
                                      "join(l)",
                                      "translate({97:98})",
                                      "encode()",
                                      "append(1)",
                                      "pop()",
                                      "insert(1,2)",
                                      "sort()",
                                      "extend(l)",
                                      "items()",
                                      "get('a')",
                                      "update(b=1)",
                                      "setdefault('q',1)",
                                      "popitem()",
                                      "clear()",
                                      "copy()",
                                      "as_integer_ratio()",
                                      "hex()",
                                      "bit_length()",
                                      "next()",
                                      "reset()",
                                      "cycle(1,2)",
                                      "changed(1)",
                                      "unescape()",
                                      "isidentifier()",
                                      "casefold()",
                                      "a",
                                      "b[0]",
                                      "__class__"};
static const char *const slices[] = {"[0]",   "[-1]",  "[1:]",   "[::-1]",   "[:2]",
                                     "[x:y]", "['a']", "[::-2]", "[5:1:-1]", "[l]"};

static void put(source *s, const char *text)
{
    cf_buffer_text(&s->out, text);
}

static void expression(source *s, int depth)
{
    unsigned what = depth > 3 ? 0 : pick(s, 12);
    switch (what) {
    case 1:
    case 2:
        put(s, "(");
        expression(s, depth + 1);
        put(s, " ");
        put(s, CHOOSE(s, operators));
        put(s, " ");
        expression(s, depth + 1);
        put(s, ")");
        break;
    case 3:
    case 4:
    case 5:
        expression(s, depth + 1);
        put(s, "|");
        put(s, CHOOSE(s, filters));
        break;
    case 6:
    case 7:
        put(s, "(");
        expression(s, depth + 1);
        put(s, ").");
        put(s, CHOOSE(s, methods));
        break;
    case 8:
        put(s, "(");
        expression(s, depth + 1);
        put(s, ")");
        put(s, CHOOSE(s, slices));
        break;
    case 9:
        put(s, "(");
        expression(s, depth + 1);
        put(s, " if ");
        expression(s, depth + 1);
        put(s, ")");
        break;
    case 10:
        put(s, "m1(");
        expression(s, depth + 1);
        put(s, ", *l, **d)");
        break;
    default: put(s, CHOOSE(s, atoms));
    }
}

static void statements(source *s, int depth);

static void tag(source *s, const char *open, bool with_expression, const char *rest)
{
    put(s, pick(s, 5) ? "{% " : "{%- ");
    put(s, open);
    if (with_expression) expression(s, 1);
    put(s, rest);
    put(s, pick(s, 5) ? " %}" : " -%}");
}

static void wrapped(source *s, int depth, const char *open, bool with_expression, const char *rest, const char *end)
{
    tag(s, open, with_expression, rest);
    statements(s, depth + 1);
    tag(s, end, false, "");
}

static void statement(source *s, int depth)
{
    char name[40];
    switch (depth > 3 ? pick(s, 2) : pick(s, 20)) {
    case 0: put(s, "text\n <p>"); break;
    case 2: wrapped(s, depth, "for i in ", true, "", "endfor"); break;
    case 3: wrapped(s, depth, "for i, j in ", true, "", "else %}e{% endfor"); break;
    case 4:
        wrapped(s, depth, "for i in l if ", true, " recursive",
                "if i %}{{ loop([i-1]) }}{% break %}{% endif %}{% endfor");
        break;
    case 5: wrapped(s, depth, "if ", true, "", "else %}n{% endif"); break;
    case 6: tag(s, "set x = ", true, ""); break;
    case 7: wrapped(s, depth, "set y|upper", false, "", "endset"); break;
    case 8: wrapped(s, depth, "with q = ", true, "", "endwith"); break;
    case 9: wrapped(s, depth, "macro m1(a, b=", true, ")", "endmacro"); break;
    case 10: wrapped(s, depth, "call(z) m1(", true, ")", "endcall"); break;
    case 11: wrapped(s, depth, "filter replace('a', 'bb')|indent", false, "", "endfilter"); break;
    case 12: wrapped(s, depth, "autoescape ", true, "", "endautoescape"); break;
    case 13:
        snprintf(name, sizeof name, "block k%d scoped", s->block++);
        wrapped(s, depth, name, false, "", "endblock");
        break;
    case 14: put(s, "{% include ['nope', 'lib'] ignore missing %}"); break;
    case 15: put(s, "{% from 'lib' import m as m1, v with context %}"); break;
    case 16: tag(s, "do ", true, ""); break;
    case 17:
        wrapped(s, depth, "trans n=", true, ", x %}a {{ n }}{{ x }}{% pluralize", "pluralize %}{% endtrans");
        break;
    case 18: put(s, "{% if loop %}{% continue %}{% endif %}"); break;
    case 19: put(s, "{% block a %}{{ super() }}{{ self.k0() }}{% endblock %}"); break;
    default:
        put(s, "{{ ");
        expression(s, 0);
        put(s, " }}");
    }
}

static void statements(source *s, int depth)
{
    for (unsigned n = 1 + pick(s, 3); n > 0; n--) statement(s, depth);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4 || size > 600) return 0;
    source s = {.data = data, .size = size, .at = 1, .out = {.limit = 20000}};
    if (pick(&s, 4) == 0) put(&s, "{% extends 'base' %}");
    for (int i = 0; i < 6 && s.at < s.size; i++) statements(&s, 0);
    if (s.out.data && !s.out.failed) fuzz_render(data[0] & ~64u, s.out.data);
    cf_buffer_free(&s.out);
    return 0;
}
