/* Objects that come in the same rows as those they are related to: with join(...). */
#include "joined.h"

/* ---- one statement --------------------------------------------------------------------------------------- */

static void the_one_comes_in_the_same_row(void **state)
{
    fixture *f = *state;
    fill(f->db);
    cf_db  *db = other_session(f);
    int64_t before = cf_statements(db);
    int     n = 0;
    cf_forbid_loading(db, true);
    cf_each(Post, p, cf_all(db, Post, "order by id with join(author)")) {
        static const char *const names[] = {"ada", "ada", "bob", "bob", "cid", "cid"};
        Person                  *a = Post_author(p);
        assert_ok(db);
        assert_string_equal(a->name, names[n++]);
        assert_int_equal(a->rank, 2);
        assert_int_equal(cf_decimal_compare(a->pay, pay()), 0);
        assert_non_null(strstr(a->notes.text, "1"));
        assert_ptr_equal(a, cf_get(db, Person, p->author_id));
    }
    assert_int_equal(n, 6);
    assert_int_equal(since(db, &before), 1);
    cf_close(db);
}

static void several_and_none_and_paths_of_several_steps(void **state)
{
    fixture *f = *state;
    fill(f->db);
    cf_db  *db = other_session(f);
    int64_t before = cf_statements(db);
    int     edited = 0, released = 0, n = 0;
    cf_forbid_loading(db, true);
    cf_each(Post, p, cf_all(db, Post, "order by id with join(author.land, editor.boss.boss, release, author.badge)")) {
        Person  *a = Post_author(p), *e = Post_editor(p);
        Release *r = Post_release(p);
        bool     ada = strcmp(a->name, "ada") == 0;
        assert_string_equal(Person_land(a) ? Person_land(a)->name : "", ada ? "Italy" : "");
        assert_string_equal(Person_badge(a) ? Person_badge(a)->motto : "", ada ? "on" : "");
        if (e) {
            edited++;
            assert_string_equal(e->name, "dan");
            assert_string_equal(Person_boss(e)->name, "bob");
            assert_string_equal(Person_boss(Person_boss(e))->name, "ada");
        }
        if (r) {
            released++;
            assert_string_equal(r->version, "1.0");
        }
        n++;
    }
    assert_ok(db);
    assert_int_equal(n, 6);
    assert_int_equal(edited, 3);
    assert_int_equal(released, 1);
    assert_int_equal(since(db, &before), 1);
    cf_close(db);
}

static void one_to_one_from_its_other_end(void **state)
{
    fixture *f = *state;
    fill(f->db);
    cf_db  *db = other_session(f);
    int64_t before = cf_statements(db);
    cf_forbid_loading(db, true);
    CF_LIST(Person) people = cf_all(db, Person, "order by id with join(badge, boss)");
    assert_int_equal(cf_list_count(people), 4);
    assert_string_equal(Person_badge(people[0])->motto, "on");
    assert_null(Person_badge(people[1]));
    assert_null(Person_badge(people[2]));
    assert_string_equal(Person_badge(people[3])->motto, "off");
    assert_null(Person_boss(people[0]));
    assert_ptr_equal(Person_boss(people[1]), people[0]);
    assert_ptr_equal(Person_boss(people[3]), people[1]);
    assert_ok(db);
    assert_int_equal(since(db, &before), 1);
    cf_close(db);
}

/* What is loaded for one of the objects that came so is loaded for all of them. */
static void what_came_is_a_result_of_its_own(void **state)
{
    fixture *f = *state;
    fill(f->db);
    cf_db  *db = other_session(f);
    int64_t before = cf_statements(db);
    int     n = 0;
    cf_each(Post, p, cf_all(db, Post, "order by title, id with join(author)"))
        n += (int)cf_list_count(Person_posts(Post_author(p)));
    assert_int_equal(n, 12);
    assert_int_equal(since(db, &before), 2);
    cf_all(db, Post, "order by id with join(author), load(author.edited, author.staff)");
    assert_int_equal(since(db, &before), 3);
    Person *ada = cf_find(db, Person, "name = 'ada'");
    before = cf_statements(db);
    assert_int_equal(cf_list_count(Person_staff(ada)), 2);
    assert_int_equal(since(db, &before), 0);
    cf_close(db);
}

/* ---- the same as by touching ------------------------------------------------------------------------------- */

static uint32_t seed;

/* 0 to n - 1 */
static size_t below(size_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % n;
}

static void fill_at_random(cf_db *db)
{
    static const char *const codes[] = {"it", "no", "is"};
    Land                    *lands[3];
    Person                  *people[30];
    for (int i = 0; i < 3; i++) {
        lands[i] = cf_add(db, Land, .name = codes[i]);
        memcpy(lands[i]->code, codes[i], 3);
    }
    for (size_t i = 0; i < 30; i++) {
        people[i] =
            person(db, cf_arena_printf(cf_session_arena(db), "p%zu", i), i && below(3) ? people[below(i)] : NULL);
        if (below(2)) Person_set_land(people[i], lands[below(3)]);
        if (below(2)) Badge_set_person(cf_add(db, Badge, .motto = people[i]->name), people[i]);
        if (i % 10 == 9) assert_true(cf_flush(db));
    }
    for (int i = 0; i < 60; i++) {
        Post *p = cf_add(db, Post, .title = "t");
        Post_set_author(p, people[below(30)]);
        if (below(2)) Post_set_editor(p, people[below(30)]);
    }
    assert_true(cf_commit(db));
}

/* What is known of a person, as deep as the query below joins. */
static void describe(char *out, size_t size, const Person *p, int depth)
{
    size_t n = strlen(out);
    if (!p || n >= size) return;
    const Land  *land = Person_land(p);
    const Badge *badge = Person_badge(p);
    snprintf(out + n, size - n, " %s(%s %s", p->name, land ? land->name : "-", badge ? badge->motto : "-");
    if (depth) describe(out, size, Person_boss(p), depth - 1);
    n = strlen(out);
    if (n < size) snprintf(out + n, size - n, ")");
}

static void joining_gives_what_touching_gives(void **state)
{
    fixture *f = *state;
    seed = 7;
    fill_at_random(f->db);
    cf_db  *joined = other_session(f), *touched = other_session(f);
    int64_t before = cf_statements(joined);
    CF_LIST(Post)
    a = cf_all(joined, Post,
               "order by id with join(author.land, author.badge, author.boss.land, author.boss.badge, "
               "editor.land, editor.badge, editor.boss.land, editor.boss.badge)");
    CF_LIST(Post) b = cf_all(touched, Post, "order by id");
    assert_int_equal(cf_list_count(a), 60);
    for (int i = 0; i < 60; i++) {
        char one[300] = "", other[300] = "";
        describe(one, sizeof one, Post_author(a[i]), 1);
        describe(other, sizeof other, Post_author(b[i]), 1);
        describe(one, sizeof one, Post_editor(a[i]), 1);
        describe(other, sizeof other, Post_editor(b[i]), 1);
        assert_string_equal(one, other);
    }
    assert_int_equal(since(joined, &before), 1);
    cf_close(joined);
    cf_close(touched);
}

/* ---- with the rest of a query ------------------------------------------------------------------------------ */

static void with_all_clauses_and_verbs(void **state)
{
    fixture *f = *state;
    fill(f->db);
    cf_db *db = other_session(f);
    cf_forbid_loading(db, true);
    int64_t before = cf_statements(db);
    CF_LIST(Post)
    list = cf_all(db, Post,
                  "author.name <> ? and editor.name = 'dan' order by author.name desc, id limit ? offset 1 "
                  "with join(author, editor)",
                  "cid", 5);
    assert_int_equal(cf_list_count(list), 1);
    assert_string_equal(Post_author(list[0])->name, "ada");
    assert_string_equal(Post_editor(list[0])->name, "dan");
    Post *p = cf_find(db, Post, "author.name = 'bob' order by id with join(author.boss)");
    assert_string_equal(Person_boss(Post_author(p))->name, "ada");
    p = cf_one(db, Post, "package = 'carafe' with join(release)");
    assert_string_equal(Post_release(p)->package, "carafe");
    assert_int_equal(since(db, &before), 3);
    list = cf_all(db, Post, "join author as a where a.name = 'cid' with join(author)");
    assert_int_equal(cf_list_count(list), 2);
    list = cf_all(db, Post, "left join author.badge as b where b.motto = 'on' order by id with join(author.badge)");
    assert_int_equal(cf_list_count(list), 2);
    assert_string_equal(Person_badge(Post_author(list[0]))->motto, "on");
    list = cf_all(db, Post, "distinct join author.staff as s where s.id > 0 order by id with join(release)");
    assert_int_equal(cf_list_count(list), 4);
    assert_null(Post_release(list[0]));
    assert_string_equal(Post_release(list[3])->version, "1.0");
    assert_int_equal(since(db, &before), 3);
    assert_ok(db);
    cf_close(db);
}

static void pages_count_without_the_joins(void **state)
{
    fixture *f = *state;
    fill(f->db);
    cf_db  *db = other_session(f);
    int64_t before = cf_statements(db);
    cf_forbid_loading(db, true);
    cf_page(Post) *page =
        cf_paginate_in(db, (&(cf_paging){.page = 2, .per_page = 2}), Post, "order by id with join(author)");
    assert_int_equal(page->total, 6);
    assert_string_equal(Post_author(page->items[0])->name, "bob");
    assert_int_equal(since(db, &before), 2);
    page = cf_paginate_in(db, (&(cf_paging){.page = 1, .per_page = 2}), Post,
                          "distinct join author.staff as s where s.id > 0 order by id with join(release)");
    assert_ok(db);
    assert_int_equal(page->total, 4);
    assert_null(Post_release(page->items[0]));
    cf_page(Post) *slice =
        cf_slice_in(db, (&(cf_paging){.per_page = 4}), Post, "order by title desc with join(author, editor)");
    assert_string_equal(Post_author(slice->items[1])->name, "bob");
    assert_string_equal(Post_editor(slice->items[0])->name, "dan");
    assert_null(Post_editor(slice->items[3]));
    slice = cf_slice_in(db, (&(cf_paging){.per_page = 2}), Post, "order by editor.name, title with join(editor)");
    assert_null(Post_editor(slice->items[0]));
    assert_non_null(slice->after);
    assert_ok(db);
    cf_close(db);
}

static void slices_go_on_with_joins(void **state)
{
    fixture *f = *state;
    fill(f->db);
    cf_db      *db = other_session(f);
    const char *after = NULL;
    int         n = 0;
    cf_forbid_loading(db, true);
    do {
        cf_page(Post) *slice = cf_slice_in(db, (&(cf_paging){.per_page = 4, .after = after}), Post,
                                           "order by author.name desc with join(author)");
        assert_non_null(slice);
        cf_each(Post, p, slice->items) {
            static const char *const names[] = {"cid", "cid", "bob", "bob", "ada", "ada"};
            assert_string_equal(Post_author(p)->name, names[n++]);
        }
        after = slice->after;
    } while (after);
    assert_int_equal(n, 6);
    assert_ok(db);
    cf_close(db);
}

static void rows_are_locked_with_joins(void **state)
{
    fixture *f = *state;
    fill(f->db);
    cf_db *db = other_session(f);
    Post  *p = cf_find(db, Post, "order by id for update with join(author, editor)");
    assert_ok(db);
    assert_string_equal(Post_author(p)->name, "ada");
    assert_null(Post_editor(p));
    p = cf_find(db, Post, "join author where title = 'b' order by id for update of author with join(author, editor)");
    assert_ok(db);
    assert_string_equal(Post_editor(p)->name, "dan");
    p->title = "c";
    assert_true(cf_commit(db));
    cf_close(db);
}

/* ---- objects that are there ---------------------------------------------------------------------------------- */

static void objects_of_the_session_stay_what_they_are(void **state)
{
    fixture *f = *state;
    fill(f->db);
    cf_db  *db = other_session(f), *another = other_session(f);
    Person *ada = cf_find(db, Person, "name = 'ada'"), *bob = cf_find(db, Person, "name = 'bob'");
    ada->name = "Ada";
    cf_update_where(another, Person, "set name = 'Bob' where name = 'bob'");
    assert_true(cf_commit(another));
    bool before = cf_autoflush(db, false);
    CF_LIST(Post) list = cf_all(db, Post, "order by id with join(author)");
    cf_autoflush(db, before);
    assert_ptr_equal(Post_author(list[0]), ada);
    assert_string_equal(ada->name, "Ada");
    assert_ptr_equal(Post_author(list[2]), bob);
    assert_string_equal(bob->name, "bob");
    cf_expire(db, bob);
    cf_all(db, Post, "with join(author)");
    assert_string_equal(bob->name, "Bob");
    assert_string_equal(ada->name, "Ada");
    cf_close(db);
    cf_close(another);
}

static void what_was_set_or_loaded_before_stays(void **state)
{
    fixture *f = *state;
    fill(f->db);
    cf_db  *db = other_session(f);
    Post   *p = cf_find(db, Post, "order by id");
    Person *cid = cf_find(db, Person, "name = 'cid'");
    Post_set_author(p, cid);
    bool before = cf_autoflush(db, false);
    cf_find(db, Post, "order by id with join(author)");
    assert_ptr_equal(Post_author(p), cid);
    p->author_id = cf_find(db, Person, "name = 'bob'")->id; /* the column is assigned otherwise */
    cf_autoflush(db, before);
    assert_true(cf_rollback(db));
    p = cf_find(db, Post, "order by id with join(author)");
    assert_string_equal(Post_author(p)->name, "ada");
    p->author_id = cid->id;
    assert_string_equal(Post_author(p)->name, "cid");
    cf_close(db);
}

/* Tables that are joined are read: what is unwritten of them is written first. */
static void what_is_joined_is_flushed_first(void **state)
{
    fixture *f = *state;
    fill(f->db);
    cf_db  *db = other_session(f);
    Person *eve = person(db, "eve", NULL);
    Badge  *badge = cf_add(db, Badge, .motto = "new");
    Badge_set_person(badge, eve);
    assert_true(cf_flush(db));
    badge->motto = "newer";
    Badge_set_person(badge, cf_find(db, Person, "name = 'bob'"));
    Person *bob = cf_find(db, Person, "name = 'bob' with join(badge)");
    assert_false(cf_is_modified(db, badge));
    assert_ptr_equal(Person_badge(bob), badge);
    assert_ok(db);
    cf_close(db);
}

/* ---- without being asked for ------------------------------------------------------------------------------- */

/* Three beds in a row, in the one ward of a clinic with a chief. */
static void fill_beds(cf_db *db)
{
    Clinic *clinic = cf_add(db, Clinic, .name = "south");
    Ward   *ward = cf_add(db, Ward, .name = "eyes");
    Bed    *beds[3];
    Ward_set_clinic(ward, clinic);
    Chief_set_clinic(cf_add(db, Chief, .name = "eve"), clinic);
    for (int i = 0; i < 3; i++) {
        beds[i] = cf_add(db, Bed, .ward_id = 0);
        Bed_set_ward(beds[i], ward);
        cf_flush(db);
    }
    Bed_set_next(beds[0], beds[1]);
    Bed_set_next(beds[1], beds[2]);
    assert_true(cf_commit(db));
}

static void relationships_ask_for_joins_themselves(void **state)
{
    fixture *f = *state;
    fill_beds(f->db);
    cf_db *db = other_session(f);
    cf_forbid_loading(db, true);
    int64_t before = cf_statements(db);
    Bed    *bed = cf_find(db, Bed, "order by id");
    assert_string_equal(Clinic_chief(Ward_clinic(Bed_ward(bed)))->name, "eve");
    assert_non_null(Bed_next(bed));
    assert_int_equal(since(db, &before), 1);
    CF_LIST(Bed) beds = cf_all(db, Bed, "ward.clinic.name = 'south' order by id");
    assert_ptr_equal(Bed_next(beds[0]), beds[1]);
    assert_null(Bed_next(beds[2]));
    Chief *eve = cf_find(db, Chief, "");
    assert_string_equal(Chief_clinic(eve)->name, "south");
    assert_ptr_equal(Clinic_chief(cf_find(db, Clinic, "")), eve);
    cf_page(Ward) *page = cf_paginate_in(db, NULL, Ward, "order by id");
    assert_string_equal(Ward_clinic(page->items[0])->name, "south");
    cf_query *q = cf_query_of(db, Ward);
    cf_where(q, Ward, "name = ?", "eyes");
    before = cf_statements(db);
    assert_string_equal(Clinic_chief(Ward_clinic(cf_query_find(q, Ward)))->name, "eve");
    assert_int_equal(since(db, &before), 1);
    assert_ok(db);
    cf_close(db);
}

static void queries_put_together_load_too(void **state)
{
    fixture *f = *state;
    fill(f->db);
    cf_db    *db = other_session(f);
    cf_query *q = cf_query_of(db, Post);
    cf_with(q, Post, "join(author)");
    cf_where(q, Post, "author.name <> ?", "cid");
    cf_order_by(q, Post, "id");
    cf_with(q, Post, "load(author.staff), raise(*)");
    int64_t before = cf_statements(db);
    assert_int_equal(cf_query_count(q), 4);
    assert_true(cf_query_exists(q));
    cf_limit(q, 3);
    CF_LIST(Post) list = cf_query_all(q, Post);
    assert_int_equal(cf_list_count(list), 3);
    assert_int_equal(cf_list_count(Person_staff(Post_author(list[0]))), 2);
    assert_int_equal(since(db, &before), 4);
    assert_ok(db);
    assert_null(Post_editor(list[0])); /* though it has none */
    assert_int_equal(cf_error(db)->code, CF_ERR_NOT_LOADED);
    assert_true(cf_rollback(db));
    cf_close(db);
}

/* Where it cannot be, they are loaded when they are touched. */
static void what_cannot_be_joined_is_touched(void **state)
{
    fixture *f = *state;
    fill_beds(f->db);
    cf_db  *db = other_session(f);
    int64_t before = cf_statements(db);
    CF_LIST(Clinic) clinics = cf_all(db, Clinic, "distinct join wards");
    assert_string_equal(Clinic_chief(clinics[0])->name, "eve");
    assert_int_equal(since(db, &before), 2);
    cf_expunge_all(db);
    Bed *bed = cf_find(db, Bed, "order by id for update");
    assert_string_equal(Ward_clinic(Bed_ward(bed))->name, "south");
    assert_true(cf_rollback(db));
    cf_expunge_all(db);
    before = cf_statements(db);
    Ward *ward = cf_find(db, Ward, "");
    cf_each(Bed, b, Ward_beds(ward)) assert_true(!Bed_next(b) || Bed_ward(b) == ward);
    assert_int_equal(since(db, &before), 2);
    assert_ok(db);
    cf_close(db);
}

static void streams_bring_what_is_joined(void **state)
{
    fixture *f = *state;
    fill(f->db);
    fill_beds(f->db);
    cf_db  *db = other_session(f);
    int64_t before = cf_statements(db);
    int     n = 0, edited = 0;
    cf_stream(Post, p, db, "order by id with join(author.land, editor)") {
        static const char *const names[] = {"ada", "ada", "bob", "bob", "cid", "cid"};
        Person                  *a = Post_author(p);
        assert_string_equal(a->name, names[n]);
        assert_string_equal(Person_land(a) ? Person_land(a)->name : "", n < 2 ? "Italy" : "");
        edited += Post_editor(p) != NULL;
        assert_null(Post_release(p));
        n++;
    }
    assert_int_equal(n, 6);
    assert_int_equal(edited, 3);
    cf_stream(Bed, bed, db, "order by id") assert_string_equal(Ward_clinic(Bed_ward(bed))->name, "south");
    assert_int_equal(since(db, &before), 2);
    assert_ok(db);
    cf_close(db);
}

/* ---- what is not there ------------------------------------------------------------------------------------- */

static void those_deleted_softly_are_none(void **state)
{
    fixture *f = *state;
    cf_db   *db = f->db;
    Club    *chess = cf_add(db, Club, .name = "chess"), *golf = cf_add(db, Club, .name = "golf");
    Member_set_club(cf_add(db, Member, .name = "a"), chess);
    Member_set_club(cf_add(db, Member, .name = "b"), golf);
    assert_true(cf_commit(db));
    cf_delete(db, golf);
    assert_true(cf_commit(db));
    db = other_session(f);
    int64_t before = cf_statements(db);
    CF_LIST(Member) list = cf_all(db, Member, "order by id with join(club)");
    assert_int_equal(cf_list_count(list), 2);
    assert_string_equal(Member_club(list[0])->name, "chess");
    assert_null(Member_club(list[1]));
    assert_null(Member_club(list[1]));
    assert_int_equal(since(db, &before), 1);
    cf_expire_all(db);
    before = cf_statements(db);
    list = cf_all(db, Member, "order by id with load(club)");
    assert_null(Member_club(list[1]));
    assert_null(Member_club(list[1]));
    assert_int_equal(since(db, &before), 2);
    cf_show_deleted(db, true);
    assert_string_equal(Member_club(list[1])->name, "golf");
    cf_expunge_all(db);
    before = cf_statements(db);
    list = cf_all(db, Member, "order by id with join(club)");
    assert_string_equal(Member_club(list[1])->name, "golf");
    assert_int_equal(since(db, &before), 1);
    cf_close(db);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        session_test(the_one_comes_in_the_same_row),
        session_test(several_and_none_and_paths_of_several_steps),
        session_test(one_to_one_from_its_other_end),
        session_test(what_came_is_a_result_of_its_own),
        session_test(joining_gives_what_touching_gives),
        session_test(with_all_clauses_and_verbs),
        session_test(pages_count_without_the_joins),
        session_test(slices_go_on_with_joins),
        session_test(rows_are_locked_with_joins),
        session_test(objects_of_the_session_stay_what_they_are),
        session_test(what_was_set_or_loaded_before_stays),
        session_test(what_is_joined_is_flushed_first),
        session_test(relationships_ask_for_joins_themselves),
        session_test(queries_put_together_load_too),
        session_test(what_cannot_be_joined_is_touched),
        session_test(streams_bring_what_is_joined),
        session_test(those_deleted_softly_are_none),
    };
    return RUN_TESTS("joined", tests, argc, argv);
}
