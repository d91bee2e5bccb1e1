/* Classes: members, functions and methods as objects, bare pointers as values. */
#include "support.h"

#include <carafe/value.h>

typedef struct point {
    cf_object object;
    int32_t   x;
    int32_t   scale;
} point;

static cf_answer point_method(cf_call *call, cf_object *self, const char *name, size_t size, cf_value *out)
{
    if (size == 5 && memcmp(name, "times", 5) == 0) {
        *out = cf_value_int(((point *)self)->x * call->arguments[0].as.integer);
        return CF_YES;
    }
    if (size == 4 && memcmp(name, "fail", 4) == 0) {
        cf_fail(call->error, CF_ERR_RANGE, "too far");
        return CF_FAILED;
    }
    return CF_NO;
}

static const cf_member point_members[] = {
    {.name = "x", .type = CF_TYPE_INT32, .offset = offsetof(point, x), .size = 4},
    {.name = "scale", .type = CF_TYPE_INT32, .offset = offsetof(point, scale), .size = 4},
};
static const cf_class point_class = {
    .name = "point", .members = point_members, .member_count = 2, .method = point_method};
static const cf_class mute_class = {.name = "mute"};
static const cf_class row_class = {.name = "row", .data_offset = CF_HEADER_SIZE};

static void members_are_found_by_their_whole_name(void **state)
{
    assert_ptr_equal(cf_class_member(&point_class, "x", 1), &point_members[0]);
    assert_ptr_equal(cf_class_member(&point_class, "scale", 5), &point_members[1]);
    assert_ptr_equal(cf_class_member(&point_class, "scaled", 5), &point_members[1]);
    assert_null(cf_class_member(&point_class, "scale", 4));
    assert_null(cf_class_member(&point_class, "scaled", 6));
    assert_null(cf_class_member(&point_class, "", 0));
    assert_null(cf_class_member(&mute_class, "x", 1));
}

static void a_name_with_a_nul_byte_is_no_members_name(void **state)
{
    static const char name[64] = "x\0and more";
    assert_null(cf_class_member(&point_class, name, sizeof name));
    assert_null(cf_class_member(&point_class, "x", 2));
}

static void keyword_arguments_are_found_by_their_whole_name(void **state)
{
    cf_named named[] = {{"indexes", 5, cf_value_int(1)}, {"sep", 3, cf_value_int(2)}};
    cf_call  call = {.named = named, .named_count = 2};
    assert_int_equal(cf_call_named(&call, "index")->as.integer, 1);
    assert_int_equal(cf_call_named(&call, "sep")->as.integer, 2);
    assert_null(cf_call_named(&call, "indexes"));
    assert_null(cf_call_named(&call, "se"));
    assert_null(cf_call_named(&(cf_call){0}, "sep"));
}

static bool add_to_context(cf_call *call, cf_value *out)
{
    *out = cf_value_int(*(int *)call->context + call->arguments[0].as.integer);
    return true;
}

static void a_function_object_calls_with_its_context(void **state)
{
    cf_arena  *arena = cf_arena_new(NULL, 0);
    int        base = 40, other = 1;
    cf_object *f = cf_function_object(arena, "add", add_to_context, &base);
    cf_value   argument = cf_value_int(2), out;
    cf_error   error = {0};
    cf_call    call = {.arena = arena, .error = &error, .arguments = &argument, .argument_count = 1, .context = &other};
    assert_ptr_equal(f->cls, &cf_function_class);
    assert_true(f->cls->call(&call, f, &out));
    assert_int_equal(out.as.integer, 42);
    assert_ptr_equal(call.context, &other);
    cf_buffer text = {0};
    assert_true(f->cls->print(&call, f, &text));
    assert_string_equal(text.data, "<function add>");
    cf_buffer_free(&text);
    cf_arena_free(arena);
}

static void a_method_object_calls_its_object(void **state)
{
    cf_arena  *arena = cf_arena_new(NULL, 0);
    point      p = {{&point_class}, 21, 1};
    cf_value   argument = cf_value_int(2), out;
    cf_error   error = {0};
    cf_call    call = {.arena = arena, .error = &error, .arguments = &argument, .argument_count = 1};
    cf_object *m = cf_method_object(arena, &p.object, "times(2)", 5);
    assert_true(m->cls->call(&call, m, &out));
    assert_int_equal(out.as.integer, 42);
    cf_buffer text = {0};
    assert_true(m->cls->print(&call, m, &text));
    assert_string_equal(text.data, "<bound method point.times>");
    cf_buffer_free(&text);

    m = cf_method_object(arena, &p.object, "fail", 4);
    assert_false(m->cls->call(&call, m, &out));
    assert_string_equal(error.message, "too far");
    cf_error_clear(&error);
    m = cf_method_object(arena, &p.object, "tiems", 5);
    assert_false(m->cls->call(&call, m, &out));
    assert_int_equal(error.code, CF_ERR_NAME);
    assert_string_equal(error.message, "point has no method 'tiems'");
    cf_arena_free(arena);
}

static void a_class_without_methods_says_so(void **state)
{
    cf_arena  *arena = cf_arena_new(NULL, 0);
    cf_object  mute = {&mute_class};
    cf_value   out;
    cf_error   error = {0};
    cf_call    call = {.arena = arena, .error = &error};
    cf_object *m = cf_method_object(arena, &mute, "speak", 5);
    assert_false(m->cls->call(&call, m, &out));
    assert_string_equal(error.message, "mute has no method 'speak'");
    cf_arena_free(arena);
}

static void pointers_become_objects_only_when_they_are_ours(void **state)
{
    cf_arena *arena = cf_arena_new(NULL, 0), *child = cf_arena_new(arena, 0);
    int      *row = cf_arena_object(child, &row_class, sizeof *row), foreign = 0;
    cf_value  v = cf_value_pointer(arena, row);
    assert_int_equal(v.kind, CF_OBJECT);
    assert_ptr_equal(v.as.object->cls, &row_class);
    assert_ptr_equal(cf_object_data(v.as.object), row);
    assert_int_equal(cf_value_pointer(arena, NULL).kind, CF_NULL);
    assert_int_equal(cf_value_pointer(arena, &foreign).kind, CF_UNDEFINED);
    cf_arena_free(child);
    assert_int_equal(cf_value_pointer(arena, row).kind, CF_UNDEFINED);
    cf_arena_free(arena);
}

static bool make_objects(void)
{
    cf_arena *arena = cf_arena_new(NULL, 0);
    point     p = {{&point_class}, 1, 1};
    if (!arena) return false;
    bool good = cf_function_object(arena, "add", add_to_context, NULL) != NULL;
    good = cf_method_object(arena, &p.object, "times", 5) != NULL && good;
    cf_arena_free(arena);
    return good;
}

static void each_failing_allocation_gives_null(void **state)
{
    assert_int_equal(fail_each_allocation(make_objects), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_found_by_their_whole_name),
        cmocka_unit_test(a_name_with_a_nul_byte_is_no_members_name),
        cmocka_unit_test(keyword_arguments_are_found_by_their_whole_name),
        cmocka_unit_test(a_function_object_calls_with_its_context),
        cmocka_unit_test(a_method_object_calls_its_object),
        cmocka_unit_test(a_class_without_methods_says_so),
        cmocka_unit_test(pointers_become_objects_only_when_they_are_ours),
        cmocka_unit_test(each_failing_allocation_gives_null),
    };
    return cmocka_run_group_tests_name("class", tests, NULL, NULL);
}
