// gcc: incompatible type for argument 1 of .cf_value_address_
// clang: passing .struct pair. to parameter of incompatible type
#include <carafe.h>
struct pair { int a, b; };
cf_response *page(cf_request *rq);
cf_response *page(cf_request *rq) { struct pair p = {1, 2}; return cf_render(rq, "x.html", CF_VAR(p)); }
