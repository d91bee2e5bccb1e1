/* The same pages written by hand: limit PAGE REPEAT - [show] */
#include <carafe/arena.h>
#include <carafe/buffer.h>
#include <stdlib.h>

#include "data.h"

#define ADD(text) cf_buffer_add(out, text, sizeof text - 1)

static void html(cf_buffer *out, const char *text)
{
    cf_buffer_html(out, text, strlen(text));
}

static void write_users(cf_buffer *out, const user *users)
{
    char moment[CF_DATETIME_SIZE];
    ADD("<!DOCTYPE html>\n<html>\n<head>\n    <title>Users</title>\n    <link rel=\"stylesheet\" href=\"");
    html(out, "/static/css/style.css");
    ADD("\">\n</head>\n<body>\n    <div class=\"container mt-3\">\n        \n    <h1>Users</h1>\n    <a href=\"");
    html(out, "/add_user");
    ADD("\" class=\"btn btn-primary mb-3\">Add User</a>\n    <table class=\"table table-striped\">\n        <tbody>\n  "
        "          ");
    for (int i = 0; i < USERS; i++) {
        ADD("\n                <tr>\n                    <td>");
        cf_buffer_int(out, users[i].id);
        ADD("</td>\n                    <td>");
        html(out, users[i].name);
        ADD("</td>\n                    <td>");
        html(out, users[i].email);
        ADD("</td>\n                    <td>");
        cf_buffer_add(out, moment, cf_datetime_format(users[i].created_at, moment));
        ADD("</td>\n                </tr>\n            ");
    }
    ADD("\n        </tbody>\n    </table>\n\n    </div>\n</body>\n</html>");
}

static void write_fortunes(cf_buffer *out)
{
    ADD("<!DOCTYPE "
        "html>\n<html>\n<head><title>Fortunes</title></head>\n<body>\n<table>\n<tr><th>id</th><th>message</th></tr>\n");
    for (int i = 0; i < 12; i++) {
        ADD("<tr><td>");
        cf_buffer_int(out, fortunes[i].id);
        ADD("</td><td>");
        html(out, fortunes[i].message);
        ADD("</td></tr>\n");
    }
    ADD("</table>\n</body>\n</html>");
}

static void write_deep(cf_buffer *out, int year)
{
    static const char *const items[][2] = {{"home", "Home"}, {"news", "News"}, {"about", "About"}};
    ADD("<html><head><title>");
    html(out, TITLE);
    ADD(" - Level 4 - Level 3 - Level 2 - Site</title></head>\n<body><nav>");
    for (int i = 0; i < 3; i++) {
        ADD("<a href=\"/");
        html(out, items[i][0]);
        ADD("\">");
        html(out, items[i][1]);
        ADD("</a>");
    }
    ADD("</nav>\n<main><h1>");
    html(out, TITLE);
    ADD("</h1>");
    if (year > 2000) {
        ADD("<p>");
        html(out, TEXT);
        ADD("</p>");
    }
    ADD("</main><footer>since ");
    cf_buffer_int(out, year);
    ADD(" | level 2 | level 3 | level 4</footer></body></html>");
}

int main(int argc, char **argv)
{
    if (argc < 4) return 2;
    cf_buffer out = {0};
    cf_arena *arena = cf_arena_new(NULL, 0);
    user     *users = cf_arena_array(arena, USERS, sizeof *users);
    for (int i = 0; i < USERS; i++)
        users[i] = (user){i + 1,
                          cf_arena_printf(arena, "User %d", i + 1),
                          cf_arena_printf(arena, "user%d@example.com", i + 1),
                          {FIRST_MOMENT + i * INT64_C(61000000)}};
    for (int i = atoi(argv[2]); i > 0; i--) {
        cf_buffer_clear(&out);
        if (strcmp(argv[1], "users") == 0) write_users(&out, users);
        else if (strcmp(argv[1], "fortunes") == 0) write_fortunes(&out);
        else write_deep(&out, 2026);
    }
    if (argc > 4) fwrite(out.data, 1, out.size, stdout);
    cf_buffer_free(&out);
    cf_arena_free(arena);
    return 0;
}
