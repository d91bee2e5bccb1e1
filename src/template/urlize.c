/* The urlize filter: addresses in a text become links. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "template/engine.h"

/* A word that is an address: scheme or www, a host of a known top-level domain, or an IP address. */
static const char http_pattern[] =
    "^(?:(?:https?://|www\\.)(?:(?:[\\w%-]+\\.)+)?(?:[a-z]{2,63}|xn--[\\w%]{2,59})"
    "|(?:[\\w%-]{2,63}\\.)+(?:com|net|int|edu|gov|org|info|mil)"
    "|https?://(?:\\d{1,3}(?:\\.\\d{1,3}){3}|\\[(?:[\\da-f]{0,4}:){2}(?:[\\da-f]{0,4}:?){1,6}\\]))"
    "(?::\\d{1,5})?(?:[/?#]\\S*)?$";
static const char mail_pattern[] = "^\\S+@\\w[\\w.-]*\\.\\w+$";

/* CF_NO also for words on which the matcher gives up. */
static cf_answer matches(cf_vm *vm, const char *pattern, cf_t_text word)
{
    int                  problem;
    size_t               at;
    pcre2_code          *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                                              PCRE2_CASELESS | PCRE2_UTF | PCRE2_UCP | PCRE2_NO_UTF_CHECK, &problem, &at, NULL);
    pcre2_match_data    *data = code ? pcre2_match_data_create(1, NULL) : NULL;
    pcre2_match_context *limits = data ? pcre2_match_context_create(NULL) : NULL;
    cf_answer            answer = CF_FAILED;
    if (limits) {
        pcre2_set_match_limit(limits, 200000);
        pcre2_set_depth_limit(limits, 2000);
        answer = pcre2_match(code, (PCRE2_SPTR)word.text, word.size, 0, 0, data, limits) >= 0 ? CF_YES : CF_NO;
    } else {
        cf_t_no_memory(vm);
    }
    pcre2_match_context_free(limits);
    pcre2_match_data_free(data);
    pcre2_code_free(code);
    return answer;
}

typedef struct link_style {
    cf_vm   *vm;
    int64_t  limit;      /* -1: none */
    cf_value attributes; /* rel and target */
    cf_value schemes;    /* a list */
} link_style;

static bool starts(cf_t_text t, const char *with)
{
    size_t n = strlen(with);
    return t.size >= n && memcmp(t.text, with, n) == 0;
}

static bool ends(cf_t_text t, const char *with)
{
    size_t n = strlen(with);
    return t.size >= n && memcmp(t.text + t.size - n, with, n) == 0;
}

static size_t count(cf_t_text t, const char *part)
{
    size_t n = 0, at, size = strlen(part);
    for (size_t from = 0; cf_t_find(t.text, t.size, part, size, from, &at); from = at + size) n++;
    return n;
}

static size_t head_size(cf_t_text t)
{
    size_t n = 0;
    for (;;) {
        cf_t_text rest = {t.text + n, t.size - n};
        if (starts(rest, "(") || starts(rest, "<")) n++;
        else if (starts(rest, "&lt;")) n += 4;
        else return n;
    }
}

static size_t tail_start(cf_t_text t)
{
    for (;;) {
        if (ends(t, "&gt;")) t.size -= 4;
        else if (t.size && strchr(")>.,\n", t.text[t.size - 1])) t.size--;
        else return t.size;
    }
}

/* Gives closing brackets of the tail back to an address that opened them. */
static void balance(cf_t_text *middle, cf_t_text *tail)
{
    static const char *const pairs[][2] = {{"(", ")"}, {"<", ">"}, {"&lt;", "&gt;"}};
    for (size_t i = 0; i < 3; i++) {
        size_t open = count(*middle, pairs[i][0]), at;
        if (open <= count(*middle, pairs[i][1])) continue;
        size_t most = count(*tail, pairs[i][1]);
        for (size_t k = 0; k < open && k < most; k++) {
            if (!cf_t_find(tail->text, tail->size, pairs[i][1], strlen(pairs[i][1]), 0, &at)) break;
            size_t n = at + strlen(pairs[i][1]);
            middle->size += n;
            tail->text += n;
            tail->size -= n;
        }
    }
}

static void put_trimmed(const link_style *s, cf_t_text t, cf_buffer *out)
{
    if (s->limit < 0 || (int64_t)cf_utf8_length(t.text, t.size) <= s->limit) {
        cf_buffer_add(out, t.text, t.size);
        return;
    }
    cf_buffer_add(out, t.text, cf_utf8_offset(t.text, t.size, (size_t)s->limit));
    cf_buffer_text(out, "...");
}

static void put_link(const link_style *s, const char *prefix, cf_t_text address, bool attributes, cf_t_text shown,
                     bool trim, cf_buffer *out)
{
    cf_buffer_text(out, "<a href=\"");
    cf_buffer_text(out, prefix);
    cf_buffer_add(out, address.text, address.size);
    cf_buffer_char(out, '"');
    if (attributes) cf_buffer_add(out, s->attributes.as.text, s->attributes.size);
    cf_buffer_char(out, '>');
    if (trim) put_trimmed(s, shown, out);
    else cf_buffer_add(out, shown.text, shown.size);
    cf_buffer_text(out, "</a>");
}

static bool own_scheme(const link_style *s, cf_t_text t, cf_buffer *out)
{
    const cf_list *l = s->schemes.as.list;
    for (size_t i = 0; i < l->count; i++) {
        cf_value scheme = l->items[i];
        if (t.size <= scheme.size || memcmp(t.text, scheme.as.text, scheme.size) != 0) continue;
        put_link(s, "", t, true, t, false, out);
        return true;
    }
    return false;
}

/* May the word be an address at all? Spares the expressions for plain words. */
static bool looks_like_address(cf_t_text t)
{
    return memchr(t.text, '.', t.size) || memchr(t.text, ':', t.size) || memchr(t.text, '@', t.size);
}

static bool put_word(const link_style *s, cf_t_text word, cf_buffer *out)
{
    size_t    head = head_size(word);
    cf_t_text middle = {word.text + head, word.size - head};
    size_t    end = tail_start(middle);
    cf_t_text tail = {middle.text + end, middle.size - end};
    middle.size = end;
    cf_buffer_add(out, word.text, head);
    balance(&middle, &tail);
    cf_answer http = CF_NO, mail = CF_NO;
    bool      possible = middle.size && looks_like_address(middle);
    if (possible && (http = matches(s->vm, http_pattern, middle)) == CF_FAILED) return false;
    cf_t_text behind = {middle.text + 7, middle.size - 7};
    if (http == CF_YES) {
        bool full = starts(middle, "https://") || starts(middle, "http://");
        put_link(s, full ? "" : "https://", middle, true, middle, true, out);
    } else if (possible && starts(middle, "mailto:") && (mail = matches(s->vm, mail_pattern, behind)) == CF_YES) {
        put_link(s, "", middle, false, behind, false, out);
    } else if (mail != CF_FAILED && possible && memchr(middle.text, '@', middle.size) && !starts(middle, "www.") &&
               !memchr(middle.text, ':', middle.size) && (mail = matches(s->vm, mail_pattern, middle)) == CF_YES) {
        put_link(s, "mailto:", middle, false, middle, false, out);
    } else if (!own_scheme(s, middle, out)) {
        cf_buffer_add(out, middle.text, middle.size);
    }
    cf_buffer_add(out, tail.text, tail.size);
    return mail != CF_FAILED;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All values for rel, sorted, each once. */
static bool rel_values(cf_vm *vm, cf_value rel, bool nofollow, cf_value *out)
{
    const char *words[64];
    size_t      n = 0;
    const char *policy = cf_t_options(vm->env)->urlize_rel;
    cf_value    given = cf_value_text("");
    if (!cf_t_missing(rel) && rel.kind != CF_NULL && !cf_t_str(vm, rel, &given)) return false;
    char *all = cf_arena_printf(vm->arena, "%.*s %s %s", (int)given.size, given.as.text, policy ? policy : "",
                                nofollow ? "nofollow" : "");
    if (!all) return cf_t_no_memory(vm);
    char *rest = all;
    for (char *word; n < 64 && (word = strtok_r(rest, " \t\n\r\f\v", &rest)) != NULL;) words[n++] = word;
    qsort(words, n, sizeof *words, by_text);
    cf_buffer b = cf_t_buffer(vm);
    for (size_t i = 0; i < n; i++) {
        if (i && strcmp(words[i], words[i - 1]) == 0) continue;
        if (b.size) cf_buffer_char(&b, ' ');
        cf_buffer_text(&b, words[i]);
    }
    return cf_t_take(vm, &b, false, out);
}

static bool check_schemes(cf_vm *vm, cf_value given, cf_value *out)
{
    cf_list           *l = cf_t_list_new(vm, 0);
    const char *const *policy = cf_t_options(vm->env)->urlize_schemes;
    if (!l) return false;
    if (!cf_t_missing(given) && given.kind != CF_NULL) {
        if (!cf_t_collect(vm, given, &l)) return false;
    } else {
        for (; policy && *policy; policy++)
            if (!cf_t_list_add(vm, l, cf_value_text(*policy))) return false;
    }
    for (size_t i = 0; i < l->count; i++) {
        cf_value v = l->items[i];
        size_t   n = 0;
        if (!cf_value_is_text(v)) return cf_t_raise(vm, "TypeError", "expected string or bytes-like object");
        for (size_t at = 0; at < v.size;) {
            uint32_t c = cf_utf8_next(v.as.text, v.size, &at);
            if (!cf_t_is_word(c) && c != '.' && c != '+' && c != '-') break;
            n = at;
        }
        bool ok = cf_utf8_length(v.as.text, n) >= 2 && n < v.size && v.as.text[n] == ':' && v.size - n <= 3;
        for (size_t k = n + 1; k < v.size; k++) ok &= v.as.text[k] == '/';
        if (!ok)
            return cf_t_raise(vm, "FilterArgumentError", "'%.*s' is not a valid URI scheme prefix.", (int)v.size,
                              v.as.text);
    }
    return cf_t_list_value(vm, l, out);
}

static bool attributes(cf_vm *vm, cf_value rel, cf_value target, cf_value *out)
{
    cf_buffer b = cf_t_buffer(vm);
    if (rel.size) {
        cf_buffer_text(&b, " rel=\"");
        cf_buffer_html(&b, rel.as.text, rel.size);
        cf_buffer_char(&b, '"');
    }
    bool any = false;
    if (!cf_t_truth(vm, target, &any)) return false;
    if (any) {
        cf_buffer_text(&b, " target=\"");
        if (!cf_t_escape(vm, target, &b)) {
            cf_buffer_free(&b);
            return false;
        }
        cf_buffer_char(&b, '"');
    }
    return cf_t_take(vm, &b, false, out);
}

bool cf_t_urlize(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    link_style s = {.vm = vm, .limit = -1};
    bool       nofollow = false;
    cf_value   text, rel, target = a[3];
    if (!cf_t_missing(a[2]) && !cf_t_truth(vm, a[2], &nofollow)) return false;
    if (!cf_t_missing(a[1]) && a[1].kind != CF_NULL && !cf_t_arg_int(vm, a[1], &s.limit)) return false;
    if (cf_t_missing(target) || target.kind == CF_NULL) target = cf_value_text(cf_t_options(vm->env)->urlize_target);
    if (!rel_values(vm, a[4], nofollow, &rel) || !check_schemes(vm, a[5], &s.schemes)) return false;
    if (!attributes(vm, rel, target, &s.attributes) || !cf_t_str_escaped(vm, a[0], &text)) return false;
    cf_buffer b = cf_t_buffer(vm);
    for (size_t at = 0; at < text.size;) {
        size_t from = at, next = at;
        bool   blank = cf_unicode_space(cf_utf8_next(text.as.text, text.size, &next));
        while (at < text.size) {
            next = at;
            if (cf_unicode_space(cf_utf8_next(text.as.text, text.size, &next)) != blank) break;
            at = next;
        }
        cf_t_text word = {text.as.text + from, at - from};
        if (blank) cf_buffer_add(&b, word.text, word.size);
        else if (!cf_t_step(vm, 10) || !put_word(&s, word, &b)) {
            cf_buffer_free(&b);
            return false;
        }
    }
    return cf_t_take(vm, &b, call->autoescape, out);
}
