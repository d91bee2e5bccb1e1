/* Select lists, groups and explicit joins, on a real database. */
#include "fixture.h"

#include "base/memory.h"

typedef struct Usage {
    const char *name;
    int64_t     total;
} Usage;
CF_ROW(Usage, name, total);

typedef struct Size {
    const char   *owner, *dataset;
    cf_null_int32 size;
} Size;
CF_ROW(Size, owner, dataset, size);

typedef struct Figures {
    int64_t        n;
    cf_null_int64  sum, least;
    cf_null_double mean;
} Figures;
CF_ROW(Figures, n, sum, least, mean);

/* Ada has the datasets a (10), b (20), Bob c (5), Cleo none; Ada and Bob work on p, Ada on q. */
static int fill(void **state)
{
    if (fixture_open(state)) return -1;
    cf_db   *db = ((fixture *)*state)->db;
    User    *ada = cf_add(db, User, .name = "Ada", .email = "a", .active = true, .quota = 1, .age = CF_SOME(36));
    User    *bob = cf_add(db, User, .name = "Bob", .email = "b", .quota = 2);
    User    *cleo = cf_add(db, User, .name = "Cleo", .email = "c", .active = true, .quota = 4, .age = CF_SOME(20));
    Project *p = cf_add(db, Project, .name = "p"), *q = cf_add(db, Project, .name = "q");
    (void)cleo;
    cf_append(User_datasets(ada), cf_add(db, Dataset, .name = "a", .size = 10));
    cf_append(User_datasets(ada), cf_add(db, Dataset, .name = "b", .size = 20));
    cf_append(User_datasets(bob), cf_add(db, Dataset, .name = "c", .size = 5));
    cf_append(User_projects(ada), p);
    cf_append(User_projects(ada), q);
    cf_append(User_projects(bob), p);
    if (!cf_commit(db)) print_error("%s\n", cf_error(db)->message);
    return cf_error(db)->code == CF_OK ? 0 : -1;
}

#define filled_test(name) cmocka_unit_test_setup_teardown(name, fill, fixture_close)

static const char *shown(CF_LIST(Usage) list)
{
    static char text[256];
    size_t      n = 0;
    text[0] = '\0';
    cf_each(Usage, u, list)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s=%d", n ? " " : "", u->name ? u->name : "-",
                              (int)u->total);
    return text;
}

#define assert_rows(wanted, ...) assert_string_equal(shown(cf_rows(db, Usage, __VA_ARGS__)), wanted)

static void rows_have_the_columns_named(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_rows("Ada=1 Bob=2 Cleo=3", User, "select name, id as total order by id");
    assert_rows("Cleo=3 Ada=1", User, "select id as total, name where active order by total desc");
    assert_rows("ADA!=2", User, "select upper(name) || '!' as name, id + 1 as total where name = ?", "Ada");
    assert_rows("Ada=30 Bob=5 Cleo=0", User,
                "select name, coalesce(sum(datasets.size), 0) as total order by total desc");
    assert_rows("a=10 b=20 c=5", Dataset, "select name, size as total order by id");
    assert_rows("Ada=1 Ada=2 Bob=3", Dataset, "select user.name, id as total order by id");
    assert_rows("", User, "select name, id as total where id > 99");
    assert_int_equal(cf_list_count(cf_rows(db, Usage, User, "select name, id as total limit 2")), 2);
    assert_ok(db);
}

static void groups_and_their_conditions(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_rows("Ada=30 Bob=5", Dataset, "select user.name, sum(size) as total group by user.name order by total desc");
    assert_rows("Ada=2", Dataset, "select user.name, count(*) as total group by user.id having count(*) > 1");
    assert_rows("Ada=2", Dataset, "select user.name, count(*) as total group by user.id having total > ?", 1);
    assert_rows("Bob=1 Ada=2", Dataset,
                "select user.name, count(distinct size % 100) as total group by user.id order by count(*)");
    assert_rows("no=1 yes=2", User,
                "select case when active then 'yes' else 'no' end as name, count(*) as total group by case when active "
                "then 'yes' else 'no' end order by 2 * count(*)");
    assert_ok(db);
}

static void an_alias_can_be_grouped_by(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    CF_LIST(Size)
    list = cf_rows(db, Size, User,
                   "select case when active then ? else 'no' end as owner, min(name) as dataset, "
                   "max(case when id > 99 then 1 end) as size group by owner order by owner",
                   "yes");
    assert_int_equal(cf_list_count(list), 2);
    assert_string_equal(list[1]->owner, "yes");
    assert_string_equal(list[1]->dataset, "Ada");
    assert_false(list[1]->size.set);
    assert_string_equal(cf_scalar(db, const char *, User, "select group_concat(distinct 'x')"), "x");
    assert_ok(db);
}

static void aggregates_of_all_rows(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    CF_LIST(Figures)
    all = cf_rows(db, Figures, User, "select count(age) as n, sum(age) as sum, min(age) as least, avg(age) as mean");
    assert_int_equal(cf_list_count(all), 1);
    assert_int_equal(all[0]->n, 2);
    assert_int_equal(all[0]->sum.value, 56);
    assert_int_equal(all[0]->least.value, 20);
    assert_true(all[0]->mean.value == 28.0);
    CF_LIST(Figures)
    none = cf_rows(db, Figures, User,
                   "select count(*) as n, sum(age) as sum, min(age) as least, avg(age) as mean "
                   "where id > 99");
    assert_int_equal(none[0]->n, 0);
    assert_false(none[0]->sum.set);
    assert_ok(db);
}

static void one_value(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_int_equal(cf_scalar(db, int64_t, User, "select count(*) where active"), 2);
    assert_int_equal(cf_scalar(db, int32_t, Dataset, "select size where name = ?", "b"), 20);
    assert_int_equal(cf_scalar(db, cf_null_int64, User, "select max(age)").value, 36);
    assert_false(cf_scalar(db, cf_null_int64, User, "select max(age) where id > 99").set);
    assert_true(cf_scalar(db, double, User, "select quota where name = ?", "Cleo") == 4.0);
    assert_string_equal(cf_scalar(db, const char *, User, "select name order by id desc"), "Cleo");
    assert_true(cf_scalar(db, bool, User, "select active where id = 1"));
    assert_false(cf_scalar(db, bool, User, "select active where id = 99"));
    assert_true(cf_scalar(db, cf_datetime, User, "select created_at where id = 1").usec > 0);
    assert_ok(db);
}

static void joins_as_the_text_says(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    CF_LIST(Size)
    list = cf_rows(db, Size, User,
                   "select name as owner, datasets.name as dataset, datasets.size "
                   "left join datasets order by id, datasets.id");
    assert_int_equal(cf_list_count(list), 4);
    assert_string_equal(list[1]->dataset, "b");
    assert_null(list[3]->dataset);
    assert_false(list[3]->size.set);
    assert_rows("p=2 q=1", Project, "select name, count(u.id) as total join users as u group by id order by name");
    assert_rows("p=3 q=2", User,
                "select projects.name, count(datasets.id) as total join projects left join datasets group by "
                "projects.id order by total desc");
    assert_rows("a=2 b=2 c=1", Dataset,
                "select name, count(user.projects.id) as total join user.projects group by id order by name");
    assert_rows(
        "Ada=2 Bob=1 Cleo=0", User,
        "select name, count(d.id) as total left join Dataset as d on d.user_id = User.id group by id order by id");
    assert_ok(db);
}

static void objects_come_once_for_each_row(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    CF_LIST(User) each = cf_all(db, User, "join datasets where datasets.size > 4 order by datasets.id");
    assert_int_equal(cf_list_count(each), 3);
    assert_ptr_equal(each[0], each[1]);
    assert_int_equal(cf_list_count(cf_all(db, User, "distinct join datasets where datasets.size > 4 order by id")), 2);
    assert_int_equal(cf_count(db, User, "join datasets"), 3);
    assert_int_equal(cf_count(db, User, "distinct join datasets"), 2);
    assert_int_equal(cf_count(db, User, "select distinct active"), 2);
    assert_int_equal(cf_count(db, User, "select distinct id, datasets.id, quota / ? join datasets", 0.5), 3);
    assert_int_equal(cf_count(db, User, "select id, datasets.id join datasets union select id, id"), 5);
    assert_true(cf_exists(db, User, "join datasets where datasets.name = ?", "c"));
    assert_ok(db);
}

static void rows_are_objects_for_templates(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    CF_LIST(Usage) list = cf_rows(db, Usage, User, "select name, id as total order by lower(name) desc");
    cf_value    v = cf_value_pointer(cf_session_arena(db), list), item = cf_value_null();
    cf_iterator it = {0};
    assert_int_equal(v.kind, CF_OBJECT);
    assert_int_equal(v.as.object->cls->length(NULL, v.as.object), 3);
    assert_true(v.as.object->cls->iterate(NULL, v.as.object, &it));
    assert_int_equal(it.next(NULL, &it, &item), CF_YES);
    assert_ptr_equal(cf_object_data(item.as.object), list[0]);
    const cf_member *name = cf_class_member(item.as.object->cls, "name", 4);
    cf_value         text = cf_value_read((char *)list[0] + name->offset, name->type, name->size);
    assert_string_equal(text.as.text, "Cleo");
    assert_int_equal(cf_value_pointer(cf_session_arena(db), list[2]).kind, CF_OBJECT);
    assert_ok(db);
}

static void an_order_reads_columns_before_aliases(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_rows("Cleo=1 Bob=2 Ada=3", User, "select name, 4 - id as total order by total");
    assert_rows("a=1 b=2 c=3", Dataset, "select lower(name) as name, id as total order by upper(name) || 'x', name");
    assert_rows("-3=1 -2=2 -1=3", User, "select cast(id - 4 as text) as name, id as total order by total + 0");
    assert_rows("1=3 2=2 3=1", User, "select cast(4 - id as text) as name, id as total order by 0 - total");
    assert_int_equal(cf_list_count(cf_all(db, Dataset, "user.age > 1 or user.profile.motto is null for update")), 3);
    assert_true(cf_rollback(db));
    assert_ok(db);
}

static void null_comes_first_everywhere(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_rows("Bob=0 Cleo=20 Ada=36", User, "select name, coalesce(age, 0) as total order by age");
    assert_rows("Ada=36 Cleo=20 Bob=0", User, "select name, coalesce(age, 0) as total order by age desc");
    assert_rows("Cleo=20 Ada=36 Bob=0", User, "select name, coalesce(age, 0) as total order by age nulls last");
    assert_int_equal(cf_count(db, User, "age is distinct from ?", 36), 2);
    assert_int_equal(cf_count(db, User, "age is not distinct from ?", (cf_null_int64)CF_NONE), 1);
    assert_ok(db);
}

static void known_rows_are_compiled_once(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    long   first = 0;
    for (int i = 0; i < 3; i++) {
        long before = cf_mem_count();
        assert_int_equal(cf_scalar(db, int64_t, Dataset,
                                   "select sum(size) + ? where size > ? group by user_id "
                                   "order by user_id",
                                   1, i),
                         31);
        if (i == 0) first = cf_mem_count() - before;
        else assert_int_equal(cf_mem_count() - before, 0);
    }
    assert_true(first > 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        filled_test(rows_have_the_columns_named),
        filled_test(groups_and_their_conditions),
        filled_test(an_alias_can_be_grouped_by),
        filled_test(aggregates_of_all_rows),
        filled_test(one_value),
        filled_test(joins_as_the_text_says),
        filled_test(objects_come_once_for_each_row),
        filled_test(rows_are_objects_for_templates),
        filled_test(an_order_reads_columns_before_aliases),
        filled_test(null_comes_first_everywhere),
        filled_test(known_rows_are_compiled_once),
    };
    return RUN_TESTS("rows", tests, argc, argv);
}
