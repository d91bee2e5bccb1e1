/* Arenas: memory, limits, the tree, clean-ups, objects, and failing allocations. */
#include "support.h"

#include <carafe/arena.h>
#include <carafe/value.h>

#include <stdlib.h>

static const cf_class thing_class = {.name = "thing", .data_offset = CF_HEADER_SIZE};

static bool all_zero(const void *memory, size_t size)
{
    const unsigned char *p = memory;
    for (size_t i = 0; i < size; i++)
        if (p[i]) return false;
    return true;
}

static void memory_is_zeroed_aligned_and_apart(void **state)
{
    cf_arena      *arena = cf_arena_new(NULL, 0);
    unsigned char *pieces[3000];
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        pieces[i] = cf_arena_alloc(arena, i % 97);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % 16, 0);
        assert_true(all_zero(pieces[i], i % 97));
        memset(pieces[i], (int)(i & 0xff), i % 97);
    }
    for (size_t i = 0; i < COUNT_OF(pieces); i++)
        for (size_t k = 0; k < i % 97; k++) assert_int_equal(pieces[i][k], i & 0xff);
    assert_false(cf_arena_failed(arena));
    cf_arena_free(arena);
}

static void size_zero_gives_distinct_memory(void **state)
{
    cf_arena *arena = cf_arena_new(NULL, 0);
    char     *a = cf_arena_alloc(arena, 0), *b = cf_arena_alloc(arena, 0);
    assert_non_null(a);
    assert_non_null(b);
    assert_ptr_not_equal(a, b);
    assert_non_null(cf_arena_array(arena, 0, 8));
    assert_non_null(cf_arena_array(arena, 8, 0));
    cf_arena_free(arena);
}

static void large_pieces_leave_the_current_block_in_use(void **state)
{
    cf_arena *arena = cf_arena_new(NULL, 0);
    char     *before = cf_arena_alloc(arena, 64);
    char     *large = cf_arena_alloc(arena, 3u << 20);
    char     *after = cf_arena_alloc(arena, 64);
    assert_true(all_zero(large, 3u << 20));
    assert_true(after > before && after - before < 256);
    cf_arena_free(arena);
}

static void large_pieces_take_little_more_than_their_size(void **state)
{
    cf_arena *arena = cf_arena_new(NULL, 0);
    for (int i = 0; i < 9; i++) cf_arena_alloc(arena, 200000); /* now blocks have grown to the largest size */
    size_t before = cf_arena_size(arena);
    for (int i = 0; i < 10; i++) assert_non_null(cf_arena_alloc(arena, 600000));
    assert_in_range(cf_arena_size(arena) - before, 3900000, 6010000); /* some fit where there is room */
    cf_arena_free(arena);
}

static void small_pieces_cost_few_system_allocations(void **state)
{
    cf_arena *arena = cf_arena_new(NULL, 0);
    long      before = cf_mem_count();
    for (int i = 0; i < 100000; i++) assert_non_null(cf_arena_alloc(arena, 40));
    assert_in_range(cf_mem_count() - before, 2, 20);
    cf_arena_free(arena);
}

static void the_limit_holds_and_is_remembered(void **state)
{
    cf_arena *arena = cf_arena_new(NULL, 10000);
    size_t    got = 0;
    while (cf_arena_alloc(arena, 100)) got += 100;
    assert_true(cf_arena_failed(arena) && cf_arena_full(arena));
    assert_in_range(cf_arena_size(arena), got, 10000);
    assert_true(got >= 7000);
    cf_arena_reset(arena);
    assert_false(cf_arena_failed(arena) || cf_arena_full(arena));
    assert_non_null(cf_arena_alloc(arena, 100));
    assert_false(cf_arena_failed(arena));
    cf_arena_free(arena);
}

static void a_limit_below_a_block_can_be_used(void **state)
{
    cf_arena *arena = cf_arena_new(NULL, 512);
    assert_non_null(cf_arena_alloc(arena, 300));
    assert_null(cf_arena_alloc(arena, 300));
    assert_true(cf_arena_failed(arena));
    assert_in_range(cf_arena_size(arena), 300, 512);
    cf_arena_free(arena);
    arena = cf_arena_new(NULL, 1);
    assert_null(cf_arena_alloc(arena, 0));
    assert_int_equal(cf_arena_size(arena), 0);
    cf_arena_free(arena);
}

static void a_failure_does_not_end_the_arena(void **state)
{
    cf_arena *arena = cf_arena_new(NULL, 8192);
    assert_null(cf_arena_alloc(arena, 100000));
    assert_non_null(cf_arena_alloc(arena, 100));
    assert_true(cf_arena_failed(arena));
    cf_arena_free(arena);
}

static void impossible_sizes_fail(void **state)
{
    cf_arena *arena = cf_arena_new(NULL, 0);
    assert_null(cf_arena_array(arena, SIZE_MAX / 2, 4));
    assert_true(cf_arena_failed(arena));
    cf_arena_reset(arena);
    assert_null(cf_arena_alloc(arena, SIZE_MAX));
    assert_true(cf_arena_failed(arena));
    cf_arena_reset(arena);
    assert_null(cf_arena_text(arena, "x", SIZE_MAX));
    assert_true(cf_arena_failed(arena));
    cf_arena_reset(arena);
    assert_null(cf_arena_object(arena, &thing_class, SIZE_MAX - 8));
    assert_true(cf_arena_failed(arena));
    cf_arena_free(arena);
}

static void texts_are_copied_and_terminated(void **state)
{
    cf_arena *arena = cf_arena_new(NULL, 0);
    assert_string_equal(cf_arena_text(arena, "carafe", 3), "car");
    assert_string_equal(cf_arena_text(arena, NULL, 0), "");
    assert_memory_equal(cf_arena_text(arena, "a\0b", 3), "a\0b", 4);
    assert_string_equal(cf_arena_copy(arena, "wine"), "wine");
    assert_null(cf_arena_copy(arena, NULL));
    assert_string_equal(cf_arena_printf(arena, "%d-%s-%%", 42, "x"), "42-x-%");
    char *wide = cf_arena_printf(arena, "%20000d", 7);
    assert_int_equal(strlen(wide), 20000);
    assert_int_equal(wide[19999], '7');
    assert_false(cf_arena_failed(arena));
    cf_arena_free(arena);
}

static void a_text_that_cannot_be_formatted_is_a_failure(void **state)
{
    cf_arena *arena = cf_arena_new(NULL, 0);
    /* In the C locale this wide character has no bytes: printf reports an error. */
    assert_null(cf_arena_printf(arena, "%ls", L"\x4e2d"));
    assert_true(cf_arena_failed(arena));
    cf_arena_free(arena);
}

/* ---- the tree and clean-ups ---- */

static char   trace[64];
static size_t traced;

static void note(void *argument)
{
    trace[traced++] = *(const char *)argument;
    trace[traced] = '\0';
}

static void cleanups_run_last_added_first_and_children_before_parents(void **state)
{
    traced = 0;
    cf_arena *parent = cf_arena_new(NULL, 0), *child = cf_arena_new(parent, 0);
    cf_arena *grandchild = cf_arena_new(child, 0);
    assert_true(cf_arena_on_free(parent, note, (char *)"a"));
    assert_true(cf_arena_on_free(grandchild, note, (char *)"e"));
    assert_true(cf_arena_on_free(child, note, (char *)"c"));
    assert_true(cf_arena_on_free(parent, note, (char *)"b"));
    assert_true(cf_arena_on_free(child, note, (char *)"d"));
    cf_arena_free(parent);
    assert_string_equal(trace, "edcba");
}

static void reset_runs_cleanups_once_and_frees_children(void **state)
{
    traced = 0;
    cf_arena *arena = cf_arena_new(NULL, 0), *child = cf_arena_new(arena, 0);
    cf_arena_on_free(arena, note, (char *)"a");
    cf_arena_on_free(child, note, (char *)"b");
    cf_arena_reset(arena);
    assert_string_equal(trace, "ba");
    cf_arena_reset(arena);
    cf_arena_free(arena);
    assert_string_equal(trace, "ba");
}

static void reset_keeps_one_block_and_zeroes_it(void **state)
{
    cf_arena *arena = cf_arena_new(NULL, 0);
    for (int i = 0; i < 200; i++) memset(cf_arena_alloc(arena, 1000), 0xff, 1000);
    size_t full = cf_arena_size(arena);
    cf_arena_reset(arena);
    assert_in_range(cf_arena_size(arena), 1, full - 1);
    long before = cf_mem_count();
    for (int i = 0; i < 50; i++) assert_true(all_zero(cf_arena_alloc(arena, 1000), 1000));
    assert_int_equal(cf_mem_count(), before);
    cf_arena_free(arena);
}

static void children_can_be_freed_in_any_order(void **state)
{
    cf_arena        *parent = cf_arena_new(NULL, 0), *children[6];
    static const int order[] = {2, 0, 5, 3, 1, 4};
    for (size_t i = 0; i < COUNT_OF(children); i++) {
        children[i] = cf_arena_new(parent, 0);
        cf_arena_alloc(children[i], 100);
    }
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        void *object = cf_arena_object(children[order[i]], &thing_class, 8);
        assert_true(cf_arena_holds(parent, object));
        cf_arena_free(children[order[i]]);
        assert_false(cf_arena_holds(parent, object));
    }
    cf_arena_free(parent);
    cf_arena_free(NULL);
}

static cf_arena *busy;

static void use_the_dying_arena(void *argument)
{
    note(argument);
    assert_non_null(cf_arena_alloc(busy, 5000));
    cf_arena *late = cf_arena_new(busy, 0);
    assert_true(cf_arena_on_free(late, note, (char *)"y"));
    assert_true(cf_arena_on_free(busy, note, (char *)"z"));
}

static void a_cleanup_may_still_use_its_arena(void **state)
{
    traced = 0;
    busy = cf_arena_new(NULL, 0);
    cf_arena_on_free(busy, use_the_dying_arena, (char *)"x");
    cf_arena_reset(busy);
    assert_int_equal(traced, 3);
    assert_non_null(strchr(trace, 'y'));
    assert_non_null(strchr(trace, 'z'));
    assert_true(all_zero(cf_arena_alloc(busy, 4000), 4000));
    cf_arena_on_free(busy, use_the_dying_arena, (char *)"x");
    cf_arena_free(busy);
    assert_int_equal(traced, 6);
}

/* ---- objects ---- */

static void holds_tells_own_structures(void **state)
{
    cf_arena *arena = cf_arena_new(NULL, 0), *child = cf_arena_new(arena, 0), *other = cf_arena_new(NULL, 0);
    char     *mine = cf_arena_object(arena, &thing_class, 40), *deep = cf_arena_object(child, &thing_class, 40);
    char     *foreign = cf_arena_object(other, &thing_class, 40);
    assert_true(all_zero(mine, 40));
    assert_true(cf_arena_holds(arena, mine));
    assert_true(cf_arena_holds(arena, deep));
    assert_true(cf_arena_holds(child, deep));
    assert_false(cf_arena_holds(child, mine));
    assert_false(cf_arena_holds(arena, foreign));
    assert_ptr_equal(cf_object_of(mine)->cls, &thing_class);
    assert_ptr_equal(cf_object_data(cf_object_of(mine)), mine);
    cf_arena_free(arena);
    cf_arena_free(other);
}

static void holds_refuses_everything_else(void **state)
{
    cf_arena   *arena = cf_arena_new(NULL, 0);
    char       *plain = cf_arena_alloc(arena, 200), *object = cf_arena_object(arena, &thing_class, 200);
    char       *heap = malloc(200), stack[200] = {0};
    static char fixed[200];
    for (int i = 0; i < 200; i++) {
        assert_false(cf_arena_holds(arena, plain + i));
        assert_false(cf_arena_holds(arena, heap + i));
        assert_false(cf_arena_holds(arena, stack + i));
        assert_false(cf_arena_holds(arena, fixed + i));
        assert_int_equal(cf_arena_holds(arena, object + i), i == 0);
    }
    for (uintptr_t i = 1; i <= sizeof(cf_header); i++) assert_false(cf_arena_holds(arena, object - i));
    assert_false(cf_arena_holds(arena, NULL));
    assert_false(cf_arena_holds(arena, (void *)1));
    assert_false(cf_arena_holds(arena, (void *)UINTPTR_MAX));
    assert_false(cf_arena_holds(arena, arena));
    free(heap);
    cf_arena_free(arena);
}

static void a_copied_header_is_not_believed(void **state)
{
    cf_arena *arena = cf_arena_new(NULL, 0);
    char     *object = cf_arena_object(arena, &thing_class, 32), *copy = cf_arena_alloc(arena, 64);
    memcpy(copy, object - sizeof(cf_header), sizeof(cf_header));
    assert_false(cf_arena_holds(arena, copy + sizeof(cf_header)));
    cf_arena_free(arena);
}

static void an_empty_structure_is_held_too(void **state)
{
    cf_arena *arena = cf_arena_new(NULL, 0);
    void     *empty = cf_arena_object(arena, &thing_class, 0);
    assert_non_null(empty);
    assert_true(cf_arena_holds(arena, empty));
    cf_arena_free(arena);
}

static void reset_forgets_objects(void **state)
{
    cf_arena *arena = cf_arena_new(NULL, 0);
    char     *object = cf_arena_object(arena, &thing_class, 32);
    cf_arena_reset(arena);
    assert_false(cf_arena_holds(arena, object));
    cf_arena_alloc(arena, 500);
    assert_false(cf_arena_holds(arena, object));
    cf_arena_free(arena);
}

/* ---- failing allocations ---- */

static int cleaned;

static void count_cleanup(void *argument)
{
    cleaned++;
}

static bool build_a_tree(void)
{
    cf_arena *parent = cf_arena_new(NULL, 0);
    if (!parent) return false;
    cf_arena *child = cf_arena_new(parent, 0);
    bool      promised = child && cf_arena_on_free(child, count_cleanup, NULL);
    cleaned = 0;
    cf_arena_text(parent, "text", 4);
    cf_arena_printf(parent, "%5000d", 1);
    cf_arena_object(parent, &thing_class, 70000);
    cf_arena_alloc(parent, 1 << 20);
    bool good = child && promised && !cf_arena_failed(parent) && !cf_arena_failed(child);
    cf_arena_free(parent);
    assert_int_equal(cleaned, promised);
    return good;
}

static void each_failing_allocation_unwinds(void **state)
{
    assert_int_equal(fail_each_allocation(build_a_tree), 7);
}

static void a_child_that_cannot_be_made_marks_the_parent(void **state)
{
    cf_arena *parent = cf_arena_new(NULL, 0);
    cf_mem_fail_at(1, false);
    assert_null(cf_arena_new(parent, 0));
    cf_mem_fail_at(0, false);
    assert_true(cf_arena_failed(parent));
    cf_arena_free(parent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(size_zero_gives_distinct_memory),
        cmocka_unit_test(large_pieces_leave_the_current_block_in_use),
        cmocka_unit_test(large_pieces_take_little_more_than_their_size),
        cmocka_unit_test(small_pieces_cost_few_system_allocations),
        cmocka_unit_test(the_limit_holds_and_is_remembered),
        cmocka_unit_test(a_limit_below_a_block_can_be_used),
        cmocka_unit_test(a_failure_does_not_end_the_arena),
        cmocka_unit_test(impossible_sizes_fail),
        cmocka_unit_test(texts_are_copied_and_terminated),
        cmocka_unit_test(a_text_that_cannot_be_formatted_is_a_failure),
        cmocka_unit_test(cleanups_run_last_added_first_and_children_before_parents),
        cmocka_unit_test(reset_runs_cleanups_once_and_frees_children),
        cmocka_unit_test(reset_keeps_one_block_and_zeroes_it),
        cmocka_unit_test(children_can_be_freed_in_any_order),
        cmocka_unit_test(a_cleanup_may_still_use_its_arena),
        cmocka_unit_test(holds_tells_own_structures),
        cmocka_unit_test(holds_refuses_everything_else),
        cmocka_unit_test(a_copied_header_is_not_believed),
        cmocka_unit_test(an_empty_structure_is_held_too),
        cmocka_unit_test(reset_forgets_objects),
        cmocka_unit_test(each_failing_allocation_unwinds),
        cmocka_unit_test(a_child_that_cannot_be_made_marks_the_parent),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
