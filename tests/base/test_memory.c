/* The door to the allocator: failures on demand, and sizes at the edges. */
#include "support.h"

static void memory_is_had_resized_and_copied(void **state)
{
    char *text = cf_mem_copy("carafe");
    assert_string_equal(text, "carafe");
    text = cf_mem_resize(text, 100000);
    assert_string_equal(text, "carafe");
    cf_mem_free(text);
    char *zero = cf_mem_zero(100, 10);
    for (int i = 0; i < 1000; i++) assert_int_equal(zero[i], 0);
    cf_mem_free(zero);
    cf_mem_free(NULL);
}

static void size_zero_is_memory_too(void **state)
{
    char *a = cf_mem_alloc(0), *b = cf_mem_zero(0, 0), *c = cf_mem_resize(NULL, 0);
    assert_true(a && b && c);
    c = cf_mem_resize(c, 0);
    assert_non_null(c);
    cf_mem_free(a);
    cf_mem_free(b);
    cf_mem_free(c);
}

static void a_product_that_overflows_is_refused(void **state)
{
    volatile size_t many = SIZE_MAX / 4 + 2;
    assert_null(cf_mem_zero(many, 4));
}

static void the_chosen_allocation_fails_alone(void **state)
{
    cf_mem_fail_at(3, false);
    for (int i = 1; i <= 5; i++) {
        void *memory = cf_mem_alloc(8);
        assert_int_equal(memory == NULL, i == 3);
        cf_mem_free(memory);
    }
    cf_mem_fail_at(0, false);
}

static void failures_stay_when_asked_to(void **state)
{
    cf_mem_fail_at(2, true);
    void *memory = cf_mem_alloc(8);
    assert_non_null(memory);
    assert_null(cf_mem_resize(memory, 16));
    assert_null(cf_mem_zero(1, 1));
    assert_null(cf_mem_copy("x"));
    cf_mem_fail_at(0, false);
    memory = cf_mem_resize(memory, 16);
    assert_non_null(memory);
    cf_mem_free(memory);
}

static void every_allocation_is_counted(void **state)
{
    long before = cf_mem_count();
    cf_mem_free(cf_mem_resize(cf_mem_alloc(1), 2));
    cf_mem_free(cf_mem_zero(1, 1));
    assert_int_equal(cf_mem_count() - before, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_had_resized_and_copied),    cmocka_unit_test(size_zero_is_memory_too),
        cmocka_unit_test(a_product_that_overflows_is_refused), cmocka_unit_test(the_chosen_allocation_fails_alone),
        cmocka_unit_test(failures_stay_when_asked_to),         cmocka_unit_test(every_allocation_is_counted),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
