// start: start_web_route_twice.c:[0-9]+: the rule "/" is there already, at .*start_web_route_twice.c:[0-9]+
#include <carafe.h>
static cf_response *page(cf_request *rq) { return cf_text(rq, "x"); }
static const cf_route routes[] = { CF_ROUTE("/", page), CF_ROUTE("/", page, .endpoint = "again"), CF_END };
static const cf_app app = { .name = "broken", .routes = routes, .no_database = true };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
