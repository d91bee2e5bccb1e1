/* Query strings, cookies, header parameters, JSON and HTTP dates: the first byte chooses. */
#include "base/text.h"
#include "web/coding.h"
#include "web/json.h"
#include "web/params.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_texts(const cf_param_list *list)
{
    for (size_t i = 0; i < list->params.count; i++) {
        const cf_param *p = &list->items[i];
        if (!cf_utf8_valid(p->value, p->size) || p->value[p->size] != '\0') abort();
    }
}

/* What is written must be read as what it was. */
static void check_json(cf_arena *arena, const char *text, size_t size)
{
    cf_value  value, again;
    cf_buffer out = {0};
    cf_error  error = {0};
    if (!cf_json_parse(arena, text, size, 32, &value)) return;
    if (cf_json_write(arena, &out, value, &error) && !cf_json_parse(arena, out.data, out.size, 32, &again)) abort();
    cf_buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) return 0;
    cf_arena     *arena = cf_arena_new(NULL, 0);
    char         *text = cf_arena_text(arena, (const char *)data + 1, size - 1);
    cf_param_list list = {0};
    int64_t       seconds;
    switch (data[0] % 5) {
    case 0: cf_parse_urlencoded(arena, text, size - 1, 100, &list); break;
    case 1: cf_parse_cookies(arena, text, 100, &list); break;
    case 2: cf_header_parameter(arena, text, size - 1, "name"); break;
    case 3: check_json(arena, text, size - 1); break;
    case 4:
        if (cf_http_date_parse(text, &seconds)) {
            char    date[CF_HTTP_DATE_SIZE];
            int64_t again;
            cf_http_date_format(seconds, date);
            if (!cf_http_date_parse(date, &again) || again != seconds) abort();
        }
        break;
    }
    check_texts(&list);
    cf_arena_free(arena);
    return 0;
}
