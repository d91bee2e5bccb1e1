/* Renders one of the pages REPEAT times with Carafe: carafe PAGE REPEAT FOLDER [show] */
#include <carafe/template.h>
#include <stddef.h>
#include <stdlib.h>

#include "data.h"

static const cf_member user_members[] = {
    {"id", CF_TYPE_INT64, offsetof(user, id), sizeof(int64_t), NULL, NULL},
    {"name", CF_TYPE_TEXT, offsetof(user, name), sizeof(char *), NULL, NULL},
    {"email", CF_TYPE_TEXT, offsetof(user, email), sizeof(char *), NULL, NULL},
    {"created_at", CF_TYPE_DATETIME, offsetof(user, created_at), sizeof(cf_datetime), NULL, NULL}};
static const cf_class user_class = {
    .name = "User", .data_offset = CF_HEADER_SIZE, .members = user_members, .member_count = 4};
static const cf_member fortune_members[] = {
    {"id", CF_TYPE_INT64, offsetof(fortune, id), sizeof(int64_t), NULL, NULL},
    {"message", CF_TYPE_TEXT, offsetof(fortune, message), sizeof(char *), NULL, NULL}};
static const cf_class fortune_class = {
    .name = "Fortune", .data_offset = CF_HEADER_SIZE, .members = fortune_members, .member_count = 2};

static bool url_for(cf_call *call, cf_value *out)
{
    const cf_value *file = cf_call_named(call, "filename");
    *out = file ? cf_value_text(cf_arena_printf(call->arena, "/static/%.*s", (int)file->size, file->as.text))
                : cf_value_text(
                      cf_arena_printf(call->arena, "/%.*s", (int)call->arguments[0].size, call->arguments[0].as.text));
    return out->kind == CF_TEXT;
}

static cf_list *make_users(cf_arena *arena)
{
    cf_list *list = cf_list_new(arena, USERS);
    for (int i = 0; i < USERS; i++) {
        user *u = cf_arena_object(arena, &user_class, sizeof *u);
        *u = (user){i + 1,
                    cf_arena_printf(arena, "User %d", i + 1),
                    cf_arena_printf(arena, "user%d@example.com", i + 1),
                    {FIRST_MOMENT + i * INT64_C(61000000)}};
        cf_list_add(list, cf_value_object(cf_object_of(u)));
    }
    return list;
}

static cf_list *make_fortunes(cf_arena *arena)
{
    cf_list *list = cf_list_new(arena, 12);
    for (int i = 0; i < 12; i++) {
        fortune *f = cf_arena_object(arena, &fortune_class, sizeof *f);
        *f = fortunes[i];
        cf_list_add(list, cf_value_object(cf_object_of(f)));
    }
    return list;
}

int main(int argc, char **argv)
{
    if (argc < 4) return 2;
    cf_error      error = {0};
    cf_buffer     out = {0};
    char          page[64];
    cf_arena     *data = cf_arena_new(NULL, 0), *request = cf_arena_new(NULL, 0);
    cf_list      *users = make_users(data), *rows = make_fortunes(data);
    cf_templates *templates = cf_templates_new(&(cf_templates_options){.folder = argv[3]}, &error);
    snprintf(page, sizeof page, "%s.html", argv[1]);
    cf_templates_add_function(templates, "url_for", url_for, NULL);
    for (int i = atoi(argv[2]); i > 0; i--) {
        cf_buffer_clear(&out);
        cf_arena_reset(request);
        const cf_named *const *vars = CF_VARS(CF_VAR(users), CF_VAR_AS("fortunes", rows), CF_VAR_AS("title", TITLE),
                                              CF_VAR_AS("text", TEXT), CF_VAR_AS("year", 2026));
        if (!cf_template_render(templates, page, request, vars, NULL, &out, &error)) {
            fprintf(stderr, "%s:%d: %s\n", error.file, error.line, error.message);
            return 1;
        }
    }
    if (argc > 4) fwrite(out.data, 1, out.size, stdout);
    cf_buffer_free(&out);
    cf_templates_free(templates);
    cf_arena_free(request);
    cf_arena_free(data);
    return 0;
}
