/* The smallest application: one route, one line of text. */
#include <carafe.h>

static cf_response *hello(cf_request *rq)
{
    return cf_text(rq, "hello, world\n");
}

int main(int argc, char **argv)
{
    static const cf_route routes[] = {CF_ROUTE("/", hello), CF_ROUTE("/user/<int:id>", hello, .endpoint = "user"),
                                      CF_END};
    static const cf_app   app = {.name = "hello", .routes = routes, .no_database = true};
    return cf_main(&app, argc, argv);
}
