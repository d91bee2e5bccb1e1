// flags: -Werror=incompatible-pointer-types
// gcc: incompatible pointer type
// clang: incompatible function pointer types
#include <carafe.h>
static const char *page(cf_request *rq) { (void)rq; return "x"; }
static const cf_route routes[] = { CF_ROUTE("/", page), CF_END };
void use(const cf_route *r);
void f(void);
void f(void) { use(routes); (void)page; }
