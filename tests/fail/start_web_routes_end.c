// start: .*start_web_routes_end.c:9: the table of routes does not end with CF_END
#include <carafe.h>
static cf_response *page(cf_request *rq);
static cf_response *page(cf_request *rq) { return cf_text(rq, "a page"); }
static const struct {
    cf_route    routes[1];
    const char *behind[sizeof(cf_route) / sizeof(char *)];
} table = {
    {CF_ROUTE("/", page)}, {"what lies behind a table"},
};
static const cf_app app = { .name = "broken", .routes = table.routes };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
