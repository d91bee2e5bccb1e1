// gcc: has no member named .method.
// clang: field designator 'method' does not refer
#include <carafe.h>
static cf_response *page(cf_request *rq) { return cf_text(rq, "x"); }
static const cf_route routes[] = { CF_ROUTE("/", page, .method = CF_GET), CF_END };
void use(const cf_route *r);
void f(void);
void f(void) { use(routes); (void)page; }
