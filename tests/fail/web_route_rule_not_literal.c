// gcc: expected .}. before .rule.
// clang: expected .}.
#include <carafe.h>
static cf_response *page(cf_request *rq) { return cf_text(rq, "x"); }
#define R rule
extern const char *rule;
static const cf_route routes[] = { CF_ROUTE(R, page), CF_END };
void use(const cf_route *r);
void f(void);
void f(void) { use(routes); (void)page; }
