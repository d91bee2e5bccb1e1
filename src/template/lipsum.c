/* The lipsum() function: placeholder text. */
#include "template/engine.h"

static const char words[] =
    "a ac accumsan ad adipiscing aenean aliquam aliquet amet ante aptent arcu at auctor augue bibendum blandit class "
    "commodo condimentum congue consectetuer consequat conubia convallis cras cubilia cum curabitur curae cursus "
    "dapibus "
    "diam dictum dictumst dignissim dis dolor donec dui duis egestas eget eleifend elementum elit enim erat eros est "
    "et "
    "etiam eu euismod facilisi facilisis fames faucibus felis fermentum feugiat fringilla fusce gravida habitant hac "
    "hendrerit hymenaeos iaculis id imperdiet in inceptos integer interdum ipsum justo lacinia lacus laoreet lectus "
    "leo "
    "libero ligula litora lobortis lorem luctus maecenas magna magnis malesuada massa mattis mauris metus mi molestie "
    "mollis montes morbi mus nam nascetur natoque nec neque netus nibh nisi nisl non nonummy nostra nulla nullam nunc "
    "odio "
    "orci ornare parturient pede pellentesque penatibus per pharetra phasellus placerat platea porta porttitor posuere "
    "potenti praesent pretium primis proin pulvinar purus quam quis quisque rhoncus ridiculus risus rutrum sagittis "
    "sapien scelerisque sed sem semper senectus sit sociis sociosqu sodales sollicitudin suscipit suspendisse taciti "
    "tellus tempor tempus tincidunt torquent tortor tristique turpis ullamcorper ultrices ultricies urna ut varius "
    "vehicula vel velit venenatis vestibulum vitae vivamus viverra volutpat vulputate ";

enum { WORDS = 182 };

static cf_t_text word(uint64_t index)
{
    const char *p = words;
    while (index-- > 0 && p[strcspn(p, " ") + 1]) p += strcspn(p, " ") + 1;
    return (cf_t_text){p, strcspn(p, " ")};
}

static void capital(cf_buffer *b, cf_t_text w, bool upper)
{
    cf_buffer_char(b, (char)(upper ? w.text[0] - 32 : w.text[0]));
    cf_buffer_add(b, w.text + 1, w.size - 1);
}

static bool paragraph(cf_vm *vm, int64_t least, int64_t most, cf_buffer *b)
{
    int64_t   count = least + (int64_t)(cf_t_random(vm) % (uint64_t)(most - least));
    int64_t   comma = 3 + (int64_t)(cf_t_random(vm) % 5), stop = 10 + (int64_t)(cf_t_random(vm) % 10);
    bool      upper = true;
    cf_t_text last = {"", 0};
    for (int64_t i = 0; i < count; i++) {
        cf_t_text w;
        if (!cf_t_step(vm, 1)) return false;
        do w = word(cf_t_random(vm) % WORDS);
        while (w.text == last.text);
        last = w;
        if (i) cf_buffer_char(b, ' ');
        capital(b, w, upper);
        upper = false;
        if (i + 1 == count) break;
        if (i == stop) {
            cf_buffer_char(b, '.');
            upper = true;
            stop += 10 + (int64_t)(cf_t_random(vm) % 10);
            comma = i + 3 + (int64_t)(cf_t_random(vm) % 5);
        } else if (i == comma) {
            cf_buffer_char(b, ',');
            comma += 3 + (int64_t)(cf_t_random(vm) % 5);
        }
    }
    cf_buffer_char(b, '.');
    return true;
}

bool cf_t_lipsum(cf_vm *vm, cf_call *call, const cf_value *a, cf_value *out)
{
    (void)call;
    int64_t         n[3] = {5, 20, 100};
    const cf_value *given[3] = {&a[0], &a[2], &a[3]};
    bool            html = true;
    for (int i = 0; i < 3; i++)
        if (!cf_t_missing(*given[i]) && !cf_t_arg_int(vm, *given[i], &n[i])) return false;
    if (!cf_t_missing(a[1]) && !cf_t_truth(vm, a[1], &html)) return false;
    if (n[1] >= n[2]) return n[0] <= 0 || cf_t_raise(vm, "ValueError", "empty range for randrange()");
    cf_buffer b = cf_t_buffer(vm);
    for (int64_t i = 0; i < n[0]; i++) {
        if (i) cf_buffer_text(&b, html ? "\n" : "\n\n");
        if (html) cf_buffer_text(&b, "<p>");
        if (!cf_t_step(vm, 1) || !paragraph(vm, n[1] < 0 ? 0 : n[1], n[2], &b)) {
            cf_buffer_free(&b);
            return false;
        }
        if (html) cf_buffer_text(&b, "</p>");
    }
    return cf_t_take(vm, &b, html, out);
}
