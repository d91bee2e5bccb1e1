// start: start_web_endpoint.c:[0-9]+: there is no endpoint 'pge' \(did you mean 'page'\?\)
#include <carafe.h>
static cf_response *page(cf_request *rq) { return cf_text(rq, "x"); }
static cf_response *go(cf_request *rq) { return cf_redirect(rq, "pge"); }
static const cf_route routes[] = { CF_ROUTE("/", page), CF_ROUTE("/go", go), CF_END };
static const cf_app app = { .name = "broken", .routes = routes, .no_database = true };
int main(int argc, char **argv) { return cf_main(&app, argc, argv); }
