/* Table names: what Flask-SQLAlchemy 3 makes of these class names. */
#include "support.h"

#include "base/naming.h"

static void table_names_are_those_of_flask_sqlalchemy(void **state)
{
    static const struct {
        const char *class_name, *table;
    } cases[] = {
        {"User", "user"},
        {"Dataset", "dataset"},
        {"MLModel", "ml_model"},
        {"HTTPServer", "http_server"},
        {"User2", "user2"},
        {"APIv2Key", "ap_iv2_key"},
        {"A", "a"},
        {"AB", "ab"},
        {"Ab", "ab"},
        {"ABc", "a_bc"},
        {"userProject", "user_project"},
        {"user_project", "user_project"},
        {"User_Project", "user__project"},
        {"_Hidden", "hidden"},
        {"__X", "x"},
        {"HTTP2Server", "http2_server"},
        {"X509Certificate", "x509_certificate"},
        {"CamelCASE", "camel_case"},
        {"camel2Case", "camel2_case"},
        {"\xc3\x9c"
         "ber",
         "\xc3\xbc"
         "ber"},
        {"\xc3\x89"
         "cole\xc3\x89"
         "l",
         "\xc3\xa9"
         "cole\xc3\xa9"
         "l"},
        {"_", ""},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        cf_buffer out = {0};
        cf_table_name(&out, cases[i].class_name);
        assert_string_equal(out.data ? out.data : "", cases[i].table);
        cf_buffer_free(&out);
    }
}

static void the_name_is_added_to_what_is_there(void **state)
{
    cf_buffer out = {0};
    cf_buffer_text(&out, "fk_");
    cf_table_name(&out, "UserProject");
    assert_string_equal(out.data, "fk_user_project");
    cf_buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_names_are_those_of_flask_sqlalchemy),
        cmocka_unit_test(the_name_is_added_to_what_is_there),
    };
    return cmocka_run_group_tests_name("naming", tests, NULL, NULL);
}
