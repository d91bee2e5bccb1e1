// gcc: expected .}. before .name.
// clang: expected .}.
#include <carafe.h>
cf_response *page(cf_request *rq, const char *name);
cf_response *page(cf_request *rq, const char *name) { return cf_render(rq, name); }
