/* Submissions of any kind to a form with every type of field: read, validated, shown again. */
#include <carafe/form.h>

#include <stdlib.h>
#include <string.h>

typedef struct Inner {
    const char *street;
    int32_t     number;
} Inner;
CF_FORM(Inner, CF_FIELD(street, NULL, CF_REQUIRED), CF_FIELD(number, NULL, CF_RANGE(1, 9)));

typedef struct All {
    const char      *a, *b, *c, *d, *e;
    char             f[8];
    int16_t          g;
    int64_t          h;
    cf_null_int32    i;
    double           j;
    cf_decimal       k;
    bool             l;
    cf_date          m;
    cf_time          n;
    cf_datetime      o;
    cf_uuid          p;
    cf_texts         q;
    cf_integers      r;
    int32_t          s;
    const cf_upload *t;
    Inner            u;
    float            v;
    cf_texts         w;
    CF_ENTRIES(Inner) x;
} All;
CF_FORM(All,
    CF_FIELD(a, NULL, CF_REQUIRED, CF_LENGTH(1, 9), .filters = CF_STRIP | CF_COLLAPSE | CF_LOWER),
    CF_FIELD(b, NULL, CF_EMAIL_GRANULAR, .filters = CF_UPPER),
    CF_FIELD(c, NULL, CF_URL, CF_REGEXP("^\\w+(a|b)*$"), .type = CF_FIELD_TEXTAREA),
    CF_FIELD(d, NULL, CF_IP_ADDRESS, CF_UUID_FORMAT, CF_MAC_ADDRESS, .type = CF_FIELD_PASSWORD),
    CF_FIELD(e, NULL, CF_EQUAL_TO(a), CF_ANY_OF("x", "y"), CF_NONE_OF("z"), .type = CF_FIELD_HIDDEN),
    CF_FIELD(f, NULL), CF_FIELD(g, NULL, CF_REQUIRED), CF_FIELD(h, NULL, CF_RANGE(-5, 5.5)), CF_FIELD(i, NULL),
    CF_FIELD(j, NULL, CF_MIN(0)), CF_FIELD(k, NULL, CF_MAX(1.5), .places = 3), CF_FIELD(l, NULL), CF_FIELD(m, NULL),
    CF_FIELD(n, NULL), CF_FIELD(o, NULL), CF_FIELD(p, NULL),
    CF_FIELD(q, NULL, .choice_words = CF_CHOICES("a", "A", "", "B")),
    CF_FIELD(r, NULL, .choice_words = CF_CHOICES("1", "A", "2", "B")),
    CF_FIELD(s, NULL, .type = CF_FIELD_RADIO, .choice_words = CF_CHOICES("1", "A", "2", "B")),
    CF_FIELD(t, NULL, CF_FILE_ALLOWED("png")), CF_FORM_FIELD(u, NULL, Inner), CF_FIELD(v, NULL),
    CF_FIELD_ENTRIES(w, NULL, .min_entries = 1), CF_FORM_LIST(x, NULL, Inner), CF_SUBMIT("Go"));

static const cf_rule  required[] = {CF_REQUIRED, CF_MAX_LENGTH(3)};
static const cf_field entry = {.name = "e", .type = CF_FIELD_STRING, .more_rules = required, .more_rule_count = 2};
static const cf_field nested = {.name = "n", .type = CF_FIELD_LIST, .entry = &entry};
static const cf_field list[] = {{.name = "x", .type = CF_FIELD_LIST, .entry = &nested, .max_entries = 20},
                                {.name = "w", .type = CF_FIELD_WEEK},
                                {.name = "k", .type = CF_FIELD_DECIMAL, .places = -1}};

static void run(const cf_form_class *cls, const cf_form_input *input)
{
    cf_arena *arena = cf_arena_new(NULL, 64 << 20);
    cf_error  error = {0};
    cf_buffer out = {0};
    void     *form = arena ? cf_form_make(arena, cls, input, &error) : NULL;
    if (form) {
        bool valid = cf_submitted(form);
        if (valid && cf_form_errors_total(form)) abort();
        for (size_t i = 0; i < cf_form_field_count(form); i++)
            cf_form_render(form, cf_form_field_name(form, i), NULL, 0, &out, &error);
        cf_form_hidden_tag(form, &out, &error);
        if (error.code && error.code != CF_ERR_LIMIT && error.code != CF_ERR_MEMORY) abort();
        cf_form_values(form, &error);
    } else if (arena && error.code != CF_ERR_LIMIT && error.code != CF_ERR_MEMORY) {
        abort();
    }
    cf_buffer_free(&out);
    cf_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { PAIRS = 64 };
    static const cf_csrf csrf = {.secret = "k", .secret_size = 1, .session = "s", .now = 1};
    static cf_form_class lists;
    cf_form_pair         pairs[PAIRS];
    cf_form_input        input = {.submitted = true, .pairs = pairs, .entry_limit = 50};
    const char          *text = (const char *)data;
    if (!size) return 0;
    if (!lists.name) {
        cf_form_class_init(&lists, "lists", list, 3);
        lists.as_wtforms = true;
    }
    if (*text & 1) input.csrf = &csrf;
    if (*text & 2) input.prefix = "p";
    /* lines of "name=value"; what follows the line end may hold anything but 0x1e */
    for (size_t at = 1; at < size && input.pair_count < PAIRS;) {
        const char *end = memchr(text + at, '\x1e', size - at), *stop = end ? end : text + size;
        const char *equals = memchr(text + at, '=', (size_t)(stop - text) - at);
        const char *value = equals ? equals + 1 : stop;
        pairs[input.pair_count++] =
            (cf_form_pair){text + at, (size_t)((equals ? equals : stop) - text) - at, value, (size_t)(stop - value)};
        at = (size_t)(stop - text) + 1;
    }
    run(*text & 4 ? &lists : cf_form_class_All(), &input);
    return 0;
}
