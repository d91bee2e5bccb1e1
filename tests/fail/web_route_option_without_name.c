// flags: -Werror=incompatible-pointer-types
// gcc: incompatible pointer type|cf_use_dot_names_for_route_options
// clang: incompatible pointer types.*cf_use_dot_names_for_route_options
#include <carafe.h>
static cf_response *page(cf_request *rq) { return cf_text(rq, "x"); }
static const cf_route routes[] = { CF_ROUTE("/", page, "home"), CF_END };
void use(const cf_route *r);
void f(void);
void f(void) { use(routes); (void)page; }
