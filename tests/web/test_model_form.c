/* Forms made from models: what follows from the columns, and what the database is asked. */
#include "check.h"

#include <carafe.h>
#include <carafe/test.h>

typedef enum Rank { RANK_LOW, RANK_HIGH } Rank;
CF_ENUM(Rank, {RANK_LOW, "low"}, {RANK_HIGH, "high"});

typedef struct Team {
    int64_t     id;
    const char *name;
} Team;
CF_MODEL(Team, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = 20));

typedef struct Member {
    int64_t       id;
    const char   *name;
    const char   *email;
    const char   *note;
    int16_t       points;
    bool          active;
    int32_t       rank;
    cf_null_int64 team_id;
    const char   *town;
    const char   *street;
} Member;
CF_MODEL(Member, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = 5, .label = "Full name"),
         CF_COLUMN(email, .column = "mail", .length = 40, .unique = true), CF_COLUMN(note, .nullable = true),
         CF_COLUMN(points), CF_COLUMN(active), CF_COLUMN(rank, .enum_names = CF_ENUM_NAMES(Rank)),
         CF_COLUMN(team_id, .references = "team.id"), CF_COLUMN(town, .nullable = true),
         CF_COLUMN(street, .nullable = true), CF_UNIQUE(town, street));

typedef struct MemberForm {
    const char   *name, *email, *note;
    int16_t       points;
    bool          active;
    int32_t       rank;
    cf_null_int64 team_id;
    const char   *town, *street;
} MemberForm;
CF_MODEL_FORM_WITH(MemberForm, Member, (name, email, note, points, active, rank, team_id, town, street),
                   CF_FIELD(email, "E-mail", CF_EMAIL, CF_ASK, CF_MESSAGE("That address is taken.")),
                   CF_FIELD(team_id, NULL, .type = CF_FIELD_SELECT), CF_SUBMIT("Save"));

typedef struct RaceForm {
    const char *name, *email;
} RaceForm;
CF_MODEL_FORM_WITH(RaceForm, Member, (name, email), CF_FIELD(email, NULL, CF_ASK_NOT, CF_LENGTH(0, 100)));
typedef struct ShortForm {
    const char *name, *email;
} ShortForm;
CF_MODEL_FORM(ShortForm, Member, name, email);

static cf_response *answer(cf_request *rq, const void *form)
{
    cf_buffer out = {0};
    for (size_t i = 0; i < cf_form_field_count(form); i++) {
        const char *name = cf_form_field_name(form, i);
        for (size_t j = 0; j < cf_form_error_count(form, name); j++)
            cf_buffer_printf(&out, "%s: %s\n", name, cf_form_error(form, name, j));
    }
    for (size_t j = 0; j < cf_form_error_count(form, NULL); j++)
        cf_buffer_printf(&out, "form: %s\n", cf_form_error(form, NULL, j));
    cf_buffer_printf(&out, "token %s\n", cf_request_csrf_token(rq));
    cf_form_render(form, "name", NULL, 0, &out, NULL);
    cf_form_render(form, "email", NULL, 0, &out, NULL);
    if (cf_form_has_field(form, "points")) cf_form_render(form, "points", NULL, 0, &out, NULL);
    if (cf_form_has_field(form, "rank")) cf_form_render(form, "rank", NULL, 0, &out, NULL);
    if (cf_form_has_field(form, "team_id")) cf_form_render(form, "team_id", NULL, 0, &out, NULL);
    cf_form_hidden_tag(form, &out, NULL);
    char *text = out.failed ? NULL : cf_arena_text(rq->arena, out.data, out.size);
    cf_buffer_free(&out);
    return cf_html(rq, text);
}

static cf_response *page_edit(cf_request *rq)
{
    Member     *member = cf_arg_int(rq, id) ? cf_get(rq->db, Member, cf_arg_int(rq, id)) : NULL;
    MemberForm *form = cf_form_edit(rq, MemberForm, member);
    CF_LIST(Team) teams = cf_all(rq->db, Team, "order by id");
    if (!form || !cf_form_choices(form, team_id, teams, id, name)) return NULL;
    int64_t before = cf_statements(rq->db);
    if (cf_submitted(form)) {
        if (!member) member = cf_add(rq->db, Member, .name = form->name);
        if (cf_form_copy(form, member) && cf_commit_form(rq->db, form))
            return cf_text(rq, cf_arena_printf(rq->arena, "saved %lld", (long long)member->id));
    }
    return cf_set_header(answer(rq, form), "X-Asked",
                         cf_arena_printf(rq->arena, "%lld", (long long)(cf_statements(rq->db) - before)));
}

static cf_response *page_race(cf_request *rq)
{
    RaceForm *form = cf_form(rq, RaceForm);
    if (cf_submitted(form)) {
        cf_add(rq->db, Member, .name = form->name, .email = form->email);
        if (cf_commit_form(rq->db, form)) return cf_text(rq, "saved");
    }
    return answer(rq, form);
}

static cf_response *page_member(cf_request *rq)
{
    Member *m = cf_get_or_404(rq, Member, cf_arg_int(rq, id));
    if (!m) return NULL;
    return cf_text(rq, cf_arena_printf(rq->arena, "%s|%s|%s|%d|%d|%d|%lld|%s|%s", m->name, m->email,
                                       m->note ? m->note : "NULL", m->points, m->active, m->rank,
                                       m->team_id.set ? (long long)m->team_id.value : -1, m->town ? m->town : "NULL",
                                       m->street ? m->street : "NULL"));
}

static cf_response *page_team(cf_request *rq)
{
    cf_add(rq->db, Team, .name = "Blue & <co>");
    cf_commit(rq->db);
    return cf_text(rq, "made");
}

static const cf_route routes[] = {CF_ROUTE("/edit/<int:id>", page_edit, .methods = CF_GET | CF_POST),
                                  CF_ROUTE("/race", page_race, .methods = CF_GET | CF_POST),
                                  CF_ROUTE("/member/<int:id>", page_member), CF_ROUTE("/team", page_team), CF_END};
static const cf_app   app = {.name = "model_form", .routes = routes};

static cf_client *client;

static int set_up(void **state)
{
    client = cf_client_new(&app, "sqlite://");
    return client && cf_client_get(client, "/team") == 200 ? 0 : -1;
}

static int tear_down(void **state)
{
    cf_client_free(client);
    return 0;
}

#define BODY_HAS(text) \
    if (!strstr(cf_client_body(client), text)) fail_msg("not in the body: %s\n%s", text, cf_client_body(client))
#define BODY_HAS_NOT(text) \
    if (strstr(cf_client_body(client), text)) fail_msg("in the body: %s\n%s", text, cf_client_body(client))
#define POST(target, ...) (cf_client_get(client, target), cf_client_post(client, target, __VA_ARGS__, NULL))

static void rules_follow_from_the_columns(void **state)
{
    cf_client_get(client, "/edit/0");
    BODY_HAS("id=\"name\" maxlength=\"5\" name=\"name\" required");
    BODY_HAS("max=\"32767\" min=\"-32768\"");
    BODY_HAS("<option value=\"0\">low</option><option value=\"1\">high</option>");
    BODY_HAS("<option selected value=\"\"></option><option value=\"1\">Blue &amp; &lt;co&gt;</option>");
    POST("/edit/0", "name", "abcdef", "email", "nobody", "points", "40000", "rank", "7", "team_id", "9");
    BODY_HAS("name: Field cannot be longer than 5 characters.");
    BODY_HAS("email: Invalid email address.");
    BODY_HAS("points: The number is out of range.");
    BODY_HAS("rank: Not a valid choice.");
    BODY_HAS("team_id: Not a valid choice.");
    POST("/edit/0", "name", "", "email", "", "points", "", "rank", "0");
    BODY_HAS("name: This field is required.");
    BODY_HAS("email: This field is required.");
    BODY_HAS("points: This field is required.");
    BODY_HAS_NOT("note: ");
    BODY_HAS_NOT("active: ");
}

static void labels_follow_from_model_and_form(void **state)
{
    const cf_form_class *cls = cf_form_class_MemberForm();
    assert_ptr_equal(cls, cf_form_class_MemberForm());
    assert_string_equal(cls->fields[0].label, "Full name");
    assert_string_equal(cls->fields[1].label, "E-mail");
    assert_null(cls->fields[2].label);
    assert_int_equal(cf_form_class_ShortForm()->field_count, 3);
    cf_error error = {0};
    assert_true(cf_form_class_check(cls, &error));
}

static void a_row_is_stored_and_edited(void **state)
{
    POST("/edit/0", "name", "Ada", "email", "ada@example.com", "points", "0", "active", "y", "rank", "1", "team_id",
         "1", "note", "", "town", "Ulm", "street", "A 1");
    assert_string_equal(cf_client_body(client), "saved 1");
    cf_client_get(client, "/member/1");
    assert_string_equal(cf_client_body(client), "Ada|ada@example.com|NULL|0|1|1|1|Ulm|A 1");
    cf_client_get(client, "/edit/1");
    BODY_HAS("value=\"ada@example.com\"");
    BODY_HAS("<option selected value=\"1\">high</option>");
    POST("/edit/1", "name", "Ada L", "email", "ada@example.com", "points", "7", "rank", "0", "team_id", "", "note",
         "hm", "town", "Ulm", "street", "A 1");
    assert_string_equal(cf_client_body(client), "saved 1");
    cf_client_get(client, "/member/1");
    assert_string_equal(cf_client_body(client), "Ada L|ada@example.com|hm|7|0|0|-1|Ulm|A 1");
}

static void what_must_be_unique_is_asked_for(void **state)
{
    POST("/edit/0", "name", "Eve", "email", "ada@example.com", "points", "0", "rank", "0", "town", "Ulm", "street",
         "A 1");
    BODY_HAS("email: That address is taken.");
    BODY_HAS("town: Already in use.");
    assert_string_equal(cf_client_header(client, "X-Asked"), "2");
    POST("/edit/0", "name", "Bob", "email", "bob@example.com", "points", "0", "rank", "0", "town", "Ulm", "street", "");
    assert_string_equal(cf_client_body(client), "saved 2");
    /* another's value, while one's own is all right */
    POST("/edit/2", "name", "Bob", "email", "ada@example.com", "points", "0", "rank", "0");
    BODY_HAS("email: That address is taken.");
    assert_string_equal(cf_client_header(client, "X-Asked"), "1");
}

static void a_lost_race_is_an_error_of_the_field_too(void **state)
{
    POST("/race", "name", "Zoe", "email", "bob@example.com");
    assert_int_equal(cf_client_status(client), 200);
    BODY_HAS("email: Already in use.");
    cf_client_get(client, "/race");
    BODY_HAS("maxlength=\"100\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_follow_from_the_columns),
        cmocka_unit_test(labels_follow_from_model_and_form),
        cmocka_unit_test(a_row_is_stored_and_edited),
        cmocka_unit_test(what_must_be_unique_is_asked_for),
        cmocka_unit_test(a_lost_race_is_an_error_of_the_field_too),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
