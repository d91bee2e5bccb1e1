/* Relationships that a query forbids to touch: with raise(...). */
#include "joined.h"

/* The session has failed for want of a relationship; goes on. */
static void forbidden(cf_db *db, const char *message)
{
    assert_int_equal(cf_error(db)->code, CF_ERR_NOT_LOADED);
    assert_non_null(strstr(cf_error(db)->message, message));
    assert_non_null(strstr(cf_error(db)->message, "test_raise.c:"));
    assert_true(cf_rollback(db));
}

static void a_query_forbids_to_touch_a_relationship(void **state)
{
    fixture *f = *state;
    fill(f->db);
    cf_db *db = other_session(f);
    CF_LIST(Post) posts = cf_all(db, Post, "order by id with raise(author)");
    assert_null(Post_release(posts[0]));
    assert_ok(db);
    assert_null(Post_author(posts[0]));
    forbidden(db, "and that query forbids to touch it, 'with raise(author)'");
    cf_all(db, Person, ""); /* though it is in the session now */
    assert_null(Post_author(posts[0]));
    forbidden(db, "load it by the query, 'with load(author)'");
    cf_all(db, Post, "with load(author), raise(author)");
    assert_string_equal(Post_author(posts[0])->name, "ada");
    Person *ada = cf_find(db, Person, "name = 'ada' with raise(posts, staff)");
    assert_int_equal(Person_posts_count(ada), 2);
    assert_ok(db);
    assert_null(Person_staff(ada));
    forbidden(db, "Person.staff of a Person, which came from ");
    cf_find(db, Person, "name = 'ada'"); /* which forbids nothing */
    assert_int_equal(cf_list_count(Person_staff(ada)), 2);
    assert_ok(db);
    cf_close(db);
}

static void a_query_forbids_all_it_does_not_load(void **state)
{
    fixture *f = *state;
    fill(f->db);
    cf_db *db = other_session(f);
    CF_LIST(Post) posts = cf_all(db, Post, "order by id with join(author), load(author.staff, release), raise(*)");
    Person *ada = Post_author(posts[0]);
    assert_int_equal(cf_list_count(Person_staff(ada)), 2);
    assert_null(Post_release(posts[0]));
    assert_ok(db);
    assert_null(Post_editor(posts[1]));
    forbidden(db, "'with raise(*)'");
    posts = cf_all(db, Post, "order by id with join(author), load(author.staff, release), raise(*)");
    assert_null(Person_badge(Post_author(posts[0])));
    forbidden(db, "Person.badge");
    posts = cf_all(db, Post, "order by id with join(author), load(author.staff, release), raise(*)");
    assert_null(Person_badge(Person_staff(Post_author(posts[0]))[0]));
    forbidden(db, "Person.badge");
    cf_close(db);
}

static void a_query_forbids_along_a_path(void **state)
{
    fixture *f = *state;
    fill(f->db);
    cf_db *db = other_session(f);
    CF_LIST(Post)
    posts =
        cf_all(db, Post, "order by id with join(author), load(author.staff), raise(author.badge, author.staff.posts)");
    Person *ada = Post_author(posts[0]), *bob = Person_staff(ada)[0];
    assert_non_null(Person_land(ada));
    assert_null(Person_badge(bob));
    assert_ok(db);
    assert_null(Person_posts(bob));
    forbidden(db, "'with raise(author.staff.posts)'");
    assert_null(Person_badge(ada));
    forbidden(db, "'with raise(author.badge)'");
    cf_page(Post) *slice = cf_slice_in(db, (&(cf_paging){.per_page = 2}), Post, "with load(author), raise(editor)");
    cf_forbid_loading(db, true);
    assert_string_equal(Post_author(slice->items[0])->name, "ada");
    assert_null(Post_editor(slice->items[1]));
    forbidden(db, "'with raise(editor)'");
    cf_close(db);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        session_test(a_query_forbids_to_touch_a_relationship),
        session_test(a_query_forbids_all_it_does_not_load),
        session_test(a_query_forbids_along_a_path),
    };
    return RUN_TESTS("raise", tests, argc, argv);
}
