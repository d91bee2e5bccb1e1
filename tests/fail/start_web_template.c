// start: start_web_template.c:[0-9]+: there is no template 'nothing.html'
#include <carafe.h>
static cf_response *page(cf_request *rq) { return cf_render(rq, "nothing.html"); }
static const cf_route routes[] = { CF_ROUTE("/", page), CF_END };
static const cf_app app = { .name = "broken", .routes = routes, .no_database = true };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
