/* The n-th allocation fails, for every n that a request makes: no crash, no leak, and the next request is served. */
#include "site.h"

#include "base/memory.h"

static void every_allocation_may_fail_in_a_request(void **state)
{
    static const char     multipart[] = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b\r\n"
                                        "Content-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\ntwo\r\n--b--";
    static const cf_param form_type = {"Content-Type", "application/x-www-form-urlencoded", 33};
    static const cf_param multipart_type = {"Content-Type", "multipart/form-data; boundary=b", 31};
    static const cf_param json_type = {"Content-Type", "application/json", 16};
    const struct {
        cf_client_request request;
        int               status;
    } cases[] = {
        {{.target = "/"}, 200},
        {{.target = "/count"}, 200},
        {{.target = "/go"}, 302},
        {{.target = "/nope"}, 404},
        {{.target = "/json"}, 200},
        {{.target = "/token"}, 200},
        {{.target = "/headers"}, 201},
        {{.target = "/echo?a=1&b=2&c=3"}, 200},
        {{.target = "/user/4", .method = "DELETE"}, 405},
        {{.target = "/echo", .method = "POST", .headers = &form_type, .header_count = 1, .body = "a=1&b=2", .size = 7},
         200},
        {{.target = "/echo",
          .method = "POST",
          .headers = &json_type,
          .header_count = 1,
          .body = "{\"a\":[1]}",
          .size = 9},
         200},
        {{.target = "/echo",
          .method = "POST",
          .headers = &multipart_type,
          .header_count = 1,
          .body = multipart,
          .size = sizeof multipart - 1,
          .piece = 5},
         200},
    };
    long failures = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (long n = 1; n < 400; n++) {
            cf_client *client = cf_client_open(&site, CF_PROGRAM, &site_settings, NULL);
            assert_non_null(client);
            long before = cf_mem_count();
            cf_mem_fail_at(n, n % 2);
            int status = cf_client_send(client, &cases[i].request);
            cf_mem_fail_at(0, false);
            long made = cf_mem_count() - before;
            if (status != cases[i].status && status != 0 && status != 500 && status != 503)
                fail_msg("%s, allocation %ld: status %d", cases[i].request.target, n, status);
            failures += status != cases[i].status;
            assert_int_equal(cf_client_send(client, &cases[i].request), cases[i].status);
            cf_client_free(client);
            if (made < n) {
                assert_int_equal(status, cases[i].status);
                break;
            }
        }
    }
    assert_true(failures > 20);
}

static void every_allocation_may_fail_at_start(void **state)
{
    long failures = 0, n;
    for (n = 1; n < 3000; n++) {
        cf_error error = {0};
        long     before = cf_mem_count();
        cf_mem_fail_at(n, n % 2);
        cf_web *web = cf_web_new(&site, CF_PROGRAM, &site_settings, &error);
        cf_mem_fail_at(0, false);
        bool whole = cf_mem_count() - before < n;
        if (!web) assert_int_equal(error.code, CF_ERR_MEMORY);
        failures += !web;
        cf_web_free(web);
        if (whole) break;
    }
    assert_true(n < 3000);
    assert_true(failures > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail_in_a_request),
        cmocka_unit_test(every_allocation_may_fail_at_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
