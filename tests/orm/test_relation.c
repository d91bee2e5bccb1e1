/* Relationships: loading for whole results, both sides kept, keys copied in order. */
#include "fixture.h"

static User *new_user(cf_db *db, const char *name)
{
    return cf_add(db, User, .name = name, .email = cf_arena_printf(cf_session_arena(db), "%s@example.com", name));
}

/* The names of a dataset list, such as "a b". */
static const char *names(CF_LIST(Dataset) list)
{
    static char text[256];
    size_t      n = 0;
    text[0] = '\0';
    cf_each(Dataset, d, list) n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", n ? " " : "", d->name);
    return text;
}

static void children_get_the_key_of_a_new_parent(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    User  *ada = new_user(db, "ada");
    cf_append(User_datasets(ada), cf_add(db, Dataset, .name = "notes", .size = 3));
    Dataset *more = cf_add(db, Dataset, .name = "more", .size = 9);
    Dataset_set_user(more, ada);
    assert_string_equal(names(User_datasets(ada)), "notes more");
    assert_ptr_equal(Dataset_user(more), ada);
    assert_true(cf_commit(db));
    assert_true(ada->id > 0);
    assert_int_equal(more->user_id, ada->id);
    cf_db *other = other_session(*state);
    assert_string_equal(names(User_datasets(cf_get(other, User, ada->id))), "more notes"); /* by size desc */
    cf_close(other);
}

static void lists_keep_their_order_and_lose_deleted_rows(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    User  *ada = new_user(db, "ada"), *bob = new_user(db, "bob");
    for (int i = 1; i <= 4; i++)
        cf_append(User_datasets(i == 3 ? bob : ada),
                  cf_add(db, Dataset, .name = cf_arena_printf(cf_session_arena(db), "d%d", i), .size = i));
    assert_true(cf_commit(db));
    cf_db *other = other_session(*state);
    User  *a = cf_get(other, User, ada->id);
    Dataset_set_user(cf_find(other, Dataset, "name = 'd3'"), a);
    assert_string_equal(names(User_datasets(a)), "d4 d3 d2 d1"); /* by size desc, with what is not written yet */
    cf_delete(other, cf_find(other, Dataset, "name = 'd2'"));
    assert_true(cf_flush(other));
    assert_string_equal(names(User_datasets(a)), "d4 d3 d1");
    assert_true(cf_commit(other));
    assert_string_equal(names(User_datasets(a)), "d4 d3 d1");
    cf_close(other);
}

static void what_was_let_go_loads_nothing(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    User  *ada = new_user(db, "ada");
    cf_append(User_datasets(ada), cf_add(db, Dataset, .name = "d", .size = 1));
    assert_true(cf_commit(db));
    cf_db *other = other_session(*state);
    User  *a = cf_get(other, User, ada->id);
    cf_expunge(other, a);
    assert_null(User_datasets(a));
    assert_int_equal(cf_error(other)->code, CF_ERR_DETACHED);
    assert_non_null(strstr(cf_error(other)->message, "User.datasets"));
    assert_true(cf_rollback(other));
    assert_true(cf_take_back(other, a));
    assert_string_equal(names(User_datasets(a)), "d");
    cf_expunge(other, a);
    assert_string_equal(names(User_datasets(a)), "d"); /* what it knew */
    assert_ok(other);
    cf_close(other);
}

static void a_page_takes_two_statements(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 200; i++) {
        User *u = new_user(f->db, cf_arena_printf(cf_session_arena(f->db), "u%d", i));
        for (int k = 0; k < 10; k++)
            cf_append(User_datasets(u),
                      cf_add(f->db, Dataset, .name = cf_arena_printf(cf_session_arena(f->db), "d%d", k), .size = k));
    }
    assert_true(cf_commit(f->db));
    cf_db *db = other_session(f);
    int    seen = 0;
    CF_LIST(User) users = cf_all(db, User, "order by id");
    cf_each(User, u, users)
        cf_each(Dataset, d, User_datasets(u)) {
            assert_int_equal(d->user_id, u->id);
            assert_ptr_equal(Dataset_user(d), u);
            seen++;
        }
    assert_int_equal(seen, 2000);
    assert_int_equal(cf_statements(db), 2);
    assert_ok(db);
    cf_close(db);
}

static void many_to_one_is_one_statement_for_all(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 30; i++) {
        User *u = new_user(f->db, cf_arena_printf(cf_session_arena(f->db), "u%d", i));
        cf_append(User_datasets(u), cf_add(f->db, Dataset, .name = "d", .size = i));
    }
    assert_true(cf_commit(f->db));
    cf_db *db = other_session(f);
    cf_each(Dataset, d, cf_all(db, Dataset, "order by id")) assert_int_equal(Dataset_user(d)->id, d->user_id);
    assert_int_equal(cf_statements(db), 2);
    cf_close(db);
}

static void many_to_many_keeps_both_sides(void **state)
{
    fixture *f = *state;
    User    *ada = new_user(f->db, "ada"), *bob = new_user(f->db, "bob");
    Project *p = cf_add(f->db, Project, .name = "engine"), *q = cf_add(f->db, Project, .name = "loom");
    cf_append(User_projects(ada), p);
    cf_append(User_projects(ada), q);
    cf_append(Project_users(p), bob);
    cf_append(Project_users(p), bob); /* once more changes nothing */
    assert_int_equal(cf_list_count(Project_users(p)), 2);
    assert_ptr_equal(User_projects(bob)[0], p);
    assert_true(cf_commit(f->db));
    assert_int_equal(cf_count(f->db, UserProject, ""), 3);

    cf_db *db = other_session(f);
    User  *again = cf_get(db, User, ada->id);
    assert_int_equal(cf_list_count(User_projects(again)), 2);
    cf_remove(User_projects(again), User_projects(again)[0]);
    assert_int_equal(cf_list_count(User_projects(again)), 1);
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, UserProject, ""), 2);
    cf_delete(db, again);
    assert_true(cf_commit(db)); /* its association rows go with it */
    assert_int_equal(cf_count(db, UserProject, ""), 1);
    cf_close(db);
}

static void append_and_remove_again_sends_nothing(void **state)
{
    cf_db   *db = ((fixture *)*state)->db;
    User    *ada = new_user(db, "ada");
    Project *p = cf_add(db, Project, .name = "engine");
    assert_true(cf_commit(db));
    cf_append(User_projects(ada), p);
    cf_remove(User_projects(ada), p);
    assert_null(User_projects(ada)[0]);
    assert_false(cf_has_changes(db));
    int64_t sent = cf_statements(db);
    assert_true(cf_commit(db));
    assert_int_equal(cf_statements(db), sent);
}

static void one_to_one_can_be_moved(void **state)
{
    fixture *f = *state;
    User    *ada = new_user(f->db, "ada"), *bob = new_user(f->db, "bob");
    Profile *p = cf_add(f->db, Profile, .motto = "first");
    User_set_profile(ada, p);
    assert_ptr_equal(Profile_user(p), ada);
    assert_true(cf_commit(f->db));
    assert_int_equal(p->user_id.value, ada->id);
    Profile_set_user(p, bob);
    assert_null(User_profile(ada));
    assert_ptr_equal(User_profile(bob), p);
    assert_true(cf_commit(f->db));
    User_set_profile(bob, NULL);
    assert_true(cf_commit(f->db));
    assert_false(p->user_id.set);
    cf_db *db = other_session(f);
    assert_null(Profile_user(cf_get(db, Profile, p->id)));
    assert_null(User_profile(cf_get(db, User, bob->id)));
    assert_ok(db);
    cf_close(db);
}

static void trees_are_written_root_first(void **state)
{
    fixture *f = *state;
    Node    *leaf = cf_add(f->db, Node, .name = "leaf"), *twig = cf_add(f->db, Node, .name = "twig");
    Node    *root = cf_add(f->db, Node, .name = "root");
    Node_set_parent(leaf, twig);
    Node_set_parent(twig, root);
    assert_true(cf_commit(f->db));
    assert_int_equal(twig->parent_id.value, root->id);
    assert_int_equal(leaf->parent_id.value, twig->id);
    cf_db *db = other_session(f);
    Node  *r = cf_find(db, Node, "parent_id is null");
    assert_string_equal(Node_children(Node_children(r)[0])[0]->name, "leaf");
    cf_delete(db, r); /* .on_delete = CF_CASCADE */
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Node, ""), 0);
    cf_close(db);
}

static void circles_are_written_in_two_steps(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    Node  *a = cf_add(db, Node, .name = "a"), *b = cf_add(db, Node, .name = "b");
    Node_set_parent(a, b);
    Node_set_parent(b, a);
    assert_true(cf_commit(db));
    assert_int_equal(a->parent_id.value, b->id);
    assert_int_equal(b->parent_id.value, a->id);
    assert_int_equal(cf_count(db, Node, "parent.parent.id = id"), 2);
}

static void deleting_a_parent_frees_or_is_refused(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    User  *ada = new_user(db, "ada"), *bob = new_user(db, "bob");
    User_set_profile(ada, cf_add(db, Profile, .motto = "x"));
    cf_append(User_datasets(bob), cf_add(db, Dataset, .name = "d", .size = 1));
    assert_true(cf_commit(db));
    Profile *p = User_profile(ada);
    cf_delete(db, ada);
    assert_true(cf_commit(db)); /* the key may be NULL: it becomes so */
    assert_false(p->user_id.set);
    cf_delete(db, bob);
    assert_false(cf_commit(db)); /* Dataset.user_id may not */
    assert_int_equal(cf_error(db)->code, CF_ERR_FOREIGN_KEY);
    assert_true(cf_rollback(db));
    assert_string_equal(names(User_datasets(bob)), "d");
}

static void a_changed_key_changes_the_relationship(void **state)
{
    cf_db   *db = ((fixture *)*state)->db;
    User    *ada = new_user(db, "ada"), *bob = new_user(db, "bob");
    Dataset *d = cf_add(db, Dataset, .name = "d", .size = 1);
    Dataset_set_user(d, ada);
    assert_true(cf_commit(db));
    d->user_id = bob->id;
    assert_ptr_equal(Dataset_user(d), bob);
    Dataset *by_key = cf_add(db, Dataset, .name = "e", .size = 1, .user_id = ada->id);
    assert_ptr_equal(Dataset_user(by_key), ada); /* also before it is written */
}

static void rollback_forgets_what_was_appended(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    User  *ada = new_user(db, "ada");
    assert_true(cf_commit(db));
    cf_append(User_datasets(ada), cf_add(db, Dataset, .name = "gone", .size = 1));
    cf_append(User_projects(ada), cf_add(db, Project, .name = "gone"));
    assert_true(cf_flush(db));
    assert_true(cf_rollback(db));
    assert_null(User_datasets(ada)[0]);
    assert_null(User_projects(ada)[0]);
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Dataset, ""), 0);
    assert_int_equal(cf_count(db, UserProject, ""), 0);
}

/* ada: d0 d1 d2 of sizes 0 1 2, on engine; bob: big of 100, on engine and loom; cleo: nothing. */
static int fill(void **state)
{
    if (fixture_open(state)) return -1;
    cf_db   *db = ((fixture *)*state)->db;
    User    *ada = new_user(db, "ada"), *bob = new_user(db, "bob");
    Project *engine = cf_add(db, Project, .name = "engine"), *loom = cf_add(db, Project, .name = "loom");
    new_user(db, "cleo");
    for (int i = 0; i < 3; i++)
        cf_append(User_datasets(ada),
                  cf_add(db, Dataset, .name = cf_arena_printf(cf_session_arena(db), "d%d", i), .size = i));
    cf_append(User_datasets(bob), cf_add(db, Dataset, .name = "big", .size = 100));
    cf_append(Project_users(engine), ada);
    cf_append(Project_users(engine), bob);
    cf_append(Project_users(loom), bob);
    User_set_profile(bob, cf_add(db, Profile, .motto = "onward"));
    return cf_commit(db) ? 0 : -1;
}

static const char *users(CF_LIST(User) list)
{
    static char text[256];
    size_t      n = 0;
    text[0] = '\0';
    cf_each(User, u, list) n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", n ? " " : "", u->name);
    return text;
}

#define assert_users(wanted, ...) assert_string_equal(users(cf_all(db, User, __VA_ARGS__)), wanted)

static void paths_follow_relationships_to_one(void **state)
{
    cf_db        *db = ((fixture *)*state)->db;
    const int32_t sizes[] = {1, 2, 100};
    assert_int_equal(cf_count(db, Dataset, "user.name = ?", "ada"), 3);
    assert_int_equal(cf_count(db, Dataset, "user.name = ? and size in (?)", "ada", CF_ARRAY(sizes, 3)), 2);
    assert_string_equal(names(cf_all(db, Dataset, "order by user.name desc, name")), "big d0 d1 d2");
    assert_string_equal(names(cf_all(db, Dataset, "user.name = 'bob' or user.email like 'ada%' order by id limit 2")),
                        "d0 d1");
    assert_users("bob", "profile.motto = 'onward'");
    assert_users("ada cleo", "profile.id is null order by name"); /* no profile at all */
    assert_string_equal(names(cf_all(db, Dataset, "user.profile.motto = 'onward'")), "big");
    assert_ok(db);
}

static void related_rows_are_asked_about(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_users("ada", "any(datasets, size = ?)", 1);
    assert_users("ada bob", "any(datasets) order by name");
    assert_users("cleo", "none(datasets)");
    assert_users("bob cleo", "all(datasets, size > 50) order by name");
    assert_users("ada bob", "any(projects, name = 'engine') order by name");
    assert_users("bob", "any(projects, name = ?) and not any(datasets, size < ?)", "loom", 50);
    assert_users("ada bob", "any(projects, any(users, name = 'bob')) order by name");
    assert_users("ada bob", "any(datasets, user.name <> 'x') order by name");
    assert_int_equal(cf_count(db, Dataset, "any(user, name = 'bob')"), 1);
    assert_ok(db);
}

static void related_rows_are_counted_and_summed(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_users("ada bob cleo", "order by count(datasets) desc, name");
    assert_users("bob", "count(projects) = 2");
    assert_users("bob", "sum(datasets.size) > ?", 10);
    assert_users("ada", "max(datasets.size) = 2 and min(datasets.size) = 0");
    assert_users("ada", "avg(datasets.size) = 1.0");
    assert_users("cleo", "sum(datasets.size) is null");
    assert_ok(db);
}

static void rows_are_deleted_by_what_is_related(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    assert_int_equal(cf_delete_where(db, Dataset, "any(user, name = ?) and size > 0", "ada"), 2);
    assert_int_equal(cf_delete_where(db, User, "none(datasets) and none(projects)"), 1);
    assert_true(cf_commit(db));
    assert_users("ada bob", "order by name");
}

static void unwritten_rows_of_related_tables_are_seen(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    User  *cleo = cf_find(db, User, "name = 'cleo'");
    cf_append(User_datasets(cleo), cf_add(db, Dataset, .name = "fresh", .size = 7));
    assert_users("cleo", "any(datasets, size = 7)");
}

#define filled_test(name) cmocka_unit_test_setup_teardown(name, fill, fixture_close)

static void related_objects_come_with_the_result(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    User    *ada = cf_add(db, User, .name = "Ada", .email = "a"), *bob = cf_add(db, User, .name = "Bob", .email = "b");
    Project *p = cf_add(db, Project, .name = "p");
    cf_append(User_datasets(ada), cf_add(db, Dataset, .name = "x", .size = 1));
    cf_append(User_datasets(bob), cf_add(db, Dataset, .name = "y", .size = 2));
    cf_append(User_projects(ada), p);
    cf_append(User_projects(bob), p);
    assert_true(cf_commit(db));
    cf_db  *other = other_session(f);
    int64_t before = cf_statements(other);
    CF_LIST(User) users = cf_all(other, User, "order by id with load(datasets, projects.users, profile)");
    assert_int_equal(cf_statements(other) - before, 5); /* each relationship once */
    assert_int_equal(cf_list_count(User_datasets(users[1])), 1);
    assert_int_equal(cf_list_count(Project_users(User_projects(users[0])[0])), 2);
    assert_null(User_profile(users[0]));
    assert_int_equal(cf_statements(other) - before, 5);
    CF_LIST(Dataset) sets = cf_all(other, Dataset, "order by id with load(user.projects)");
    assert_int_equal(cf_statements(other) - before, 6); /* what is known is not asked for */
    assert_string_equal(Dataset_user(sets[1])->name, "Bob");
    assert_int_equal(cf_list_count(cf_all(other, User, "id = 99 with load(datasets)")), 0);
    cf_expunge_all(other);
    CF_LIST(User) twice = cf_all(other, User, "join projects join projects.users as u"); /* each object twice */
    assert_int_equal(cf_list_count(twice), 4);
    assert_int_equal(cf_list_count(User_datasets(twice[0])), 1);
    assert_ok(other);
    cf_close(other);
}

/* ---- objects that cannot be put anywhere ------------------------------------------------------------------- */

#define assert_refused(db, expected, text)                      \
    do {                                                        \
        assert_int_equal(cf_error(db)->code, expected);         \
        assert_non_null(strstr(cf_error(db)->message, (text))); \
        assert_true(cf_rollback(db));                           \
    } while (0)

static void what_was_not_found_cannot_be_put_anywhere(void **state)
{
    cf_db   *db = ((fixture *)*state)->db;
    User    *ada = cf_add(db, User, .name = "Ada", .email = "a@x");
    Dataset *set = cf_add(db, Dataset, .name = "s", .size = 1);
    User_datasets_add(ada, set);
    assert_true(cf_commit(db));
    User_datasets_add(ada, cf_find(db, Dataset, "name = 'none'"));
    assert_refused(db, CF_ERR_MISUSE, "User.datasets is to be changed with an object that is NULL");
    User_datasets_remove(cf_find(db, User, "name = 'none'"), set);
    assert_refused(db, CF_ERR_MISUSE, "User.datasets is to be changed with an object that is NULL");
    cf_append(User_datasets(ada), cf_find(db, Dataset, "name = 'none'"));
    assert_refused(db, CF_ERR_MISUSE, "cf_append() takes a list and an object, and one of them is NULL");
    cf_append(cf_all(db, Dataset, ""), set);
    assert_refused(db, CF_ERR_MISUSE, "cf_append(): this list is the result of a query");
    cf_remove(cf_all(db, Dataset, ""), set);
    assert_refused(db, CF_ERR_MISUSE, "cf_remove(): this list is the result of a query");
    User_datasets_move(ada, set, 0);
    assert_refused(db, CF_ERR_MISUSE, "User.datasets has no places: declare .position");
}

static void what_is_gone_cannot_be_put_anywhere(void **state)
{
    cf_db   *db = ((fixture *)*state)->db;
    User    *ada = cf_add(db, User, .name = "Ada", .email = "a@x");
    Dataset *gone = cf_add(db, Dataset, .name = "g", .size = 1);
    Dataset *kept = cf_add(db, Dataset, .name = "k", .size = 1), *new = cf_add(db, Dataset, .name = "n");
    User_datasets_add(ada, gone);
    User_datasets_add(ada, kept);
    cf_delete(db, new);
    User_datasets_add(ada, new);
    assert_refused(db, CF_ERR_DETACHED, "User.datasets cannot change: the Dataset was deleted");
    ada = cf_add(db, User, .name = "Ada", .email = "a@x");
    User_datasets_add(ada, gone = cf_add(db, Dataset, .name = "g", .size = 1));
    User_datasets_add(ada, kept = cf_add(db, Dataset, .name = "k", .size = 1));
    assert_true(cf_commit(db));
    cf_delete(db, gone);
    assert_true(cf_flush(db));
    User_datasets_remove(ada, gone); /* it is in no list any more */
    assert_ok(db);
    User_datasets_add(ada, gone);
    assert_refused(db, CF_ERR_DETACHED, "User.datasets cannot change: the Dataset was deleted");
    cf_expunge(db, kept);
    Dataset_set_user(kept, ada);
    assert_refused(db, CF_ERR_DETACHED, "take it back with cf_take_back() first");
}

/* A loop goes on along the array that it began with. */
static void loops_may_take_objects_out(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    User *ada = cf_add(db, User, .name = "Ada", .email = "a@x"), *bob = cf_add(db, User, .name = "Bob", .email = "b@x");
    for (int i = 0; i < 7; i++)
        User_datasets_add(ada, cf_add(db, Dataset, .name = cf_arena_printf(cf_session_arena(db), "%d", i)));
    cf_commit(db);
    assert_ok(db);
    int n = 0;
    cf_each(Dataset, d, User_datasets(ada)) {
        Dataset_set_user(d, bob);
        n++;
    }
    assert_int_equal(n, 7);
    assert_int_equal(cf_list_count(User_datasets(ada)), 0);
    assert_int_equal(cf_list_count(User_datasets(bob)), 7);
    CF_LIST(Dataset) all = User_datasets(bob);
    cf_each(Dataset, d, all) {
        cf_delete(db, d);
        assert_true(cf_flush(db));
        assert_int_equal(cf_list_count(User_datasets(bob)), --n);
    }
    assert_int_equal(cf_list_count(all), 7);
    assert_true(cf_commit(db));
    assert_int_equal(cf_count(db, Dataset, ""), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        session_test(related_objects_come_with_the_result),
        session_test(children_get_the_key_of_a_new_parent),
        session_test(a_page_takes_two_statements),
        session_test(many_to_one_is_one_statement_for_all),
        session_test(many_to_many_keeps_both_sides),
        session_test(append_and_remove_again_sends_nothing),
        session_test(one_to_one_can_be_moved),
        session_test(trees_are_written_root_first),
        session_test(circles_are_written_in_two_steps),
        session_test(deleting_a_parent_frees_or_is_refused),
        session_test(a_changed_key_changes_the_relationship),
        session_test(lists_keep_their_order_and_lose_deleted_rows),
        session_test(what_was_let_go_loads_nothing),
        session_test(rollback_forgets_what_was_appended),
        session_test(what_was_not_found_cannot_be_put_anywhere),
        session_test(what_is_gone_cannot_be_put_anywhere),
        session_test(loops_may_take_objects_out),
        filled_test(paths_follow_relationships_to_one),
        filled_test(related_rows_are_asked_about),
        filled_test(related_rows_are_counted_and_summed),
        filled_test(rows_are_deleted_by_what_is_related),
        filled_test(unwritten_rows_of_related_tables_are_seen),
    };
    return RUN_TESTS("relation", tests, argc, argv);
}
