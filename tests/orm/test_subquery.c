/* Queries within queries, several selects made one, common tables, windows. */
#include "fixture.h"

typedef struct Line {
    const char *name;
    int64_t     n;
} Line;
CF_ROW(Line, name, n);

/*
 * Ada has the datasets a (10), b (20), Bob c (5), Cleo none; Ada and Bob work on p, Ada on q.
 * Nodes: root, root/left, root/right, root/left/leaf.
 */
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
    Node *root = cf_add(db, Node, .name = "root"), *left = cf_add(db, Node, .name = "left");
    cf_append(Node_children(root), left);
    cf_append(Node_children(root), cf_add(db, Node, .name = "right"));
    cf_append(Node_children(left), cf_add(db, Node, .name = "leaf"));
    return cf_commit(db) ? 0 : -1;
}

#define filled_test(name) cmocka_unit_test_setup_teardown(name, fill, fixture_close)

static const char *lines(cf_db *db, CF_LIST(Line) list)
{
    static char text[1200];
    size_t      n = 0;
    if (!list) return cf_error(db)->message;
    text[0] = '\0';
    cf_each(Line, l, list)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s=%d", n ? " " : "", l->name ? l->name : "-", (int)l->n);
    return text;
}

static const char *names(cf_db *db, CF_LIST(User) list)
{
    static char text[1200];
    size_t      n = 0;
    if (!list) return cf_error(db)->message;
    text[0] = '\0';
    cf_each(User, u, list) n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", n ? " " : "", u->name);
    return text;
}

#define assert_lines(wanted, ...) assert_string_equal(lines(db, cf_rows(db, Line, __VA_ARGS__)), wanted)
#define assert_names(wanted, ...) assert_string_equal(names(db, cf_all(db, User, __VA_ARGS__)), wanted)

static void values_of_another_query(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_names("Ada Bob", "id in (select user_id from Dataset) order by id");
    assert_names("Cleo", "id not in (select user_id from Dataset)");
    assert_names("Ada", "id in (select user_id from Dataset where size > ?)", 9);
    assert_names("Bob", "id in (select user_id from Dataset order by size limit 1)");
    assert_names("Ada Bob", "id in (select user_id from UserProject where project_id = ?) order by id", 1);
    assert_names("Ada", "email in (select outer.email from Dataset where size = 20 and user_id = outer.id)");
    assert_lines("Ada=20 Bob=5 Cleo=0", User,
                 "select name, coalesce((select max(size) from Dataset where user_id = outer.id), 0) as n order by id");
    assert_names("Cleo", "quota > (select avg(quota) from User)");
    assert_names("Ada", "id = (select user_id from Dataset order by size desc)");
    assert_ok(db);
}

static void rows_that_exist(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_names("Ada Bob", "exists (select 1 from Dataset where user_id = outer.id) order by id");
    assert_names("Cleo", "not exists (from Dataset where user_id = outer.id)");
    assert_names("Ada", "exists (from Dataset as d where d.user_id = outer.id and d.size > outer.quota * 15)");
    assert_names("Ada Bob", "exists (from UserProject where user_id = outer.id and exists (from Project where id = "
                            "outer.project_id and name <> outer.outer.name)) order by id");
    assert_names("Ada Bob", "any(datasets, exists (from User where id = outer.user_id)) order by id");
    assert_int_equal(cf_count(db, User, "exists (from User as other where other.quota > outer.quota)"), 2);
    assert_lines(
        "Ada=1 Bob=1 Cleo=0", User,
        "select name, case when exists (from Dataset where user_id = outer.id) then 1 else 0 end as n order by id");
    assert_ok(db);
}

static void several_selects_made_one(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_lines("Ada=1 Bob=2 a=10 b=20 c=5", User,
                 "select name, id as n where id < 3 union select name, size from Dataset order by name");
    assert_lines(
        "p=1 Ada=1", User,
        "select name, id as n where id = ? union all select name, id from Project where id = ? order by name desc", 1,
        1);
    assert_lines("x=1 x=1", User, "select 'x' as name, 1 as n where id = 1 union all select 'x', 1 where id = 2");
    assert_lines("x=1", User, "select 'x' as name, 1 as n where id = 1 union select 'x', 1 where id = 2");
    assert_lines("x=3", User, "select 'x' as name, id as n except select 'x', user_id from Dataset");
    assert_lines("x=1 x=2", User, "select 'x' as name, id as n intersect select 'x', user_id from Dataset order by n");
    /* intersect binds closer */
    assert_lines("x=1 x=2 x=3", User,
                 "select 'x' as name, id as n where id = 3 union select 'x', id intersect select 'x', user_id from "
                 "Dataset order by n");
    assert_lines("b=20 a=10", User,
                 "select name, id as n union select name, size from Dataset order by n desc limit 2");
    assert_int_equal(cf_count(db, User, "select id union select user_id from Dataset"), 3);
    assert_names("Ada Bob", "id in (select user_id from Dataset union select id from Project) order by id");
    assert_true(cf_exists(db, User, "select id where id = 99 union select id from Project"));
    assert_ok(db);
}

static void common_tables(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_lines("Ada=30", User,
                 "with sums (owner, total) as (select user_id, sum(size) from Dataset group by user_id) "
                 "select name, sums.total as n join sums on sums.owner = id where sums.total > ?",
                 10);
    assert_lines(
        "a=10 b=20", User,
        "with large as (select name, size from Dataset where size > 5), larger as (select name, size from large) "
        "select name, size as n from larger order by name");
    assert_lines(
        "root=0 left=1 right=1 leaf=2", Node,
        "with recursive tree (id, name, depth) as (select id, name, 0 from Node where parent_id is null "
        "union all select child.id, child.name, tree.depth + 1 from tree join Node as child on child.parent_id = "
        "tree.id) select name, depth as n from tree order by depth, id");
    assert_int_equal(
        cf_scalar(db, int64_t, Node,
                  "with recursive up (id, parent) as (select id, parent_id from Node where name = ? union all "
                  "select Node.id, Node.parent_id from Node join up on up.parent = Node.id) select count(*) "
                  "from up",
                  "leaf"),
        3);
    assert_names("Ada", "id in (with big as (select user_id from Dataset where size > 9) select user_id from big)");
    assert_ok(db);
}

static void windows(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_lines("Cleo=1 Bob=2 Ada=3", User, "select name, row_number() over (order by quota desc) as n order by n");
    assert_lines("a=30 b=30 c=5", Dataset, "select name, sum(size) over (partition by user_id) as n order by name");
    assert_lines("a=10 b=30 c=35", Dataset, "select name, sum(size) over (order by id) as n order by name");
    assert_lines("a=1 b=2 c=1", Dataset,
                 "select name, rank() over (partition by user_id order by size) as n order by name");
    assert_lines("a=0 b=10 c=20", Dataset, "select name, coalesce(lag(size) over (order by id), 0) as n order by name");
    assert_lines("a=5 b=0 c=0", Dataset,
                 "select name, coalesce(lead(size, 2) over (order by id), 0) as n order by name");
    assert_lines("a=3 b=3 c=3", Dataset, "select name, count(*) over () as n order by name");
    assert_lines("Ada=30 Bob=35", Dataset,
                 "select user.name, sum(sum(size)) over (order by user.name) as n group by user.name order by n");
    assert_lines("a=2 b=1", Dataset,
                 "select name, dense_rank() over (order by size * ?) as n where size > 5 order by name", -1);
    assert_ok(db);
}

static void all_of_it_together(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_lines("Ada=2 Bob=1", User,
                 "with big (owner, n) as (select user_id, count(*) from Dataset where size > ? group by user_id) "
                 "select name, big.n as n join big on big.owner = id where big.n >= ? order by n desc, name limit ?",
                 1, 1, 5);
    assert_lines("Ada=2 Bob=1 Cleo=0", User,
                 "with big (owner, n) as (select user_id, count(*) from Dataset group by user_id) "
                 "select name, coalesce(big.n, 0) as n left join big on big.owner = id order by name");
    assert_lines(
        "Ada=30", Dataset,
        "select user.name, sum(size) as n group by user.id having sum(size) > (select avg(size) from Dataset) * ? "
        "and exists (from UserProject where user_id = outer.user.id)",
        1.5);
    assert_lines(
        "p=2", Project,
        "select distinct name, count(users) as n where any(users, any(datasets, size > outer.outer.id * 10)) and "
        "id = ? order by n",
        1);
    assert_lines(
        "Ada=2 Bob=0", User,
        "select name, (select count(*) from Dataset as d where d.user_id = outer.id and d.size > (select min(size) "
        "from Dataset where user_id <> outer.outer.id)) as n where id in (select user_id from Dataset) order by id "
        "limit 2");
    assert_lines(
        "a=1 b=1 c=1", Dataset,
        "select name, row_number() over (partition by name order by size desc nulls last, id) as n order by name");
    assert_lines(
        "no=1 yes=2", User,
        "with marked as (select case when active then ? else ? end as mark, id from User) select mark as name, "
        "count(*) as n from marked group by mark order by mark",
        "yes", "no");
    assert_int_equal(cf_scalar(db, int64_t, User,
                               "select count(*) where id not in (select user_id from Dataset) and not "
                               "exists (select 1 from Node where name starts with outer.name)"),
                     1);
    assert_true(cf_scalar(db, bool, User, "select exists (from Node where parent_id = 1)"));
    assert_ok(db);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        filled_test(values_of_another_query), filled_test(rows_that_exist), filled_test(several_selects_made_one),
        filled_test(common_tables),           filled_test(windows),         filled_test(all_of_it_together),
    };
    return RUN_TESTS("subquery", tests, argc, argv);
}
