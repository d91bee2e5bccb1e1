/* Every type of field, what each column keeps, and what it refuses. */
#define OWN_MODELS
#include "fixture.h"

#include <math.h>

typedef enum Status { STATUS_DRAFT = 1, STATUS_PUBLISHED = 5 } Status;
CF_ENUM(Status, {STATUS_DRAFT, "draft"}, {STATUS_PUBLISHED, "published"});
CF_ENUM(Size, {0, "small"}, {0, "large"});

/* A part that several models share. */
typedef struct Stamps {
    cf_datetime created_at, updated_at;
} Stamps;
#define STAMPS(field)                                 \
    CF_COLUMN(field.created_at, .default_now = true), \
        CF_COLUMN(field.updated_at, .default_now = true, .on_update_now = true)

typedef struct Plain {
    int64_t     id;
    int16_t     i16;
    int32_t     i32;
    int64_t     i64;
    bool        flag;
    float       real;
    double      number;
    const char *text;
    const char *body;
    char        code[4];
    cf_bytes    data;
    cf_date     day;
    cf_time     at;
    cf_datetime moment;
    cf_interval span;
    cf_decimal  price;
    cf_uuid     key;
    cf_json     doc;
    Status      status;
    const char *size;
    Stamps      stamps;
} Plain;

CF_MODEL(Plain,
    CF_COLUMN(id,     .primary_key = true),
    CF_COLUMN(i16), CF_COLUMN(i32), CF_COLUMN(i64), CF_COLUMN(flag), CF_COLUMN(real), CF_COLUMN(number),
    CF_COLUMN(text,   .length = 5),
    CF_COLUMN(body),
    CF_COLUMN(code),
    CF_COLUMN(data,   .length = 8),
    CF_COLUMN(day), CF_COLUMN(at), CF_COLUMN(moment), CF_COLUMN(span),
    CF_COLUMN(price,  .precision = 10, .scale = 2),
    CF_COLUMN(key,    .default_uuid7 = true),
    CF_COLUMN(doc),
    CF_COLUMN(status, .enum_names = CF_ENUM_NAMES(Status)),
    CF_COLUMN(size,   .enum_names = CF_ENUM_NAMES(Size)),
    STAMPS(stamps));

typedef struct Twin {
    int64_t          id;
    cf_null_int16    i16;
    cf_null_int32    i32;
    cf_null_int64    i64;
    cf_null_bool     flag;
    cf_null_float    real;
    cf_null_double   number;
    cf_null_date     day;
    cf_null_time     at;
    cf_null_datetime moment;
    cf_null_interval span;
    cf_null_decimal  price;
    cf_null_uuid     key;
    const char      *text;
    cf_bytes         data;
    cf_json          doc;
} Twin;

CF_MODEL(Twin,
    CF_COLUMN(id, .primary_key = true),
    CF_COLUMN(i16), CF_COLUMN(i32), CF_COLUMN(i64), CF_COLUMN(flag), CF_COLUMN(real), CF_COLUMN(number), CF_COLUMN(day),
    CF_COLUMN(at), CF_COLUMN(moment, .timezone = true), CF_COLUMN(span), CF_COLUMN(price, .precision = 30, .scale = 10),
    CF_COLUMN(key),
    CF_COLUMN(text, .nullable = true),
    CF_COLUMN(data, .nullable = true),
    CF_COLUMN(doc,  .nullable = true));

static int made;

static cf_value make_ticket(cf_arena *arena)
{
    return cf_value_text(cf_arena_printf(arena, "ticket-%d", ++made));
}

typedef struct Defaulted {
    int64_t       id;
    const char   *note;
    cf_null_int32 level;
    cf_null_bool  active;
    const char   *ticket;
    const char   *origin;
    int32_t       side;
    int32_t       area;
} Defaulted;

CF_MODEL(Defaulted,
    CF_COLUMN(id,     .primary_key = true),
    CF_COLUMN(note,   .nullable = true, .default_text = "none yet"),
    CF_COLUMN(level,  .default_int = 3),
    CF_COLUMN(active, .default_int = 1, .not_null = true),
    CF_COLUMN(ticket, .length = 40, .default_function = make_ticket),
    CF_COLUMN(origin, .length = 20, .nullable = true, .server_default = "'here'"),
    CF_COLUMN(side),
    CF_COLUMN(area,   .computed = "side * side", .stored = true));

typedef struct Secret {
    int64_t     id;
    const char *token;
    cf_bytes    blob;
    cf_json     doc;
} Secret;

CF_MODEL(Secret,
    CF_COLUMN(id,    .primary_key = true),
    CF_COLUMN(token, .encrypted = true, .length = 20),
    CF_COLUMN(blob,  .encrypted = true, .nullable = true),
    CF_COLUMN(doc,   .encrypted = true, .nullable = true));

#define KEY_1 "1:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_2 "2:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

static int open_types(void **state)
{
    static fixture f;
    cf_error       error = {0};
    f.database = cf_open(test_url(), .error = &error, .encryption_keys = KEY_1);
    if (!f.database) print_error("%s\n", error.message);
    f.db = cf_session(f.database);
    if (!f.db || !cf_drop_all(f.db) || !cf_create_all(f.db)) {
        if (f.db) print_error("%s\n", cf_error(f.db)->message);
        return -1;
    }
    *state = &f;
    return 0;
}

#define types_test(name) cmocka_unit_test_setup_teardown(name, open_types, fixture_close)

static void commit(cf_db *db)
{
    if (!cf_commit(db)) fail_msg("%s", cf_error(db)->message);
}

static cf_decimal decimal(const char *text)
{
    cf_decimal d = {0};
    assert_true(cf_decimal_parse(text, strlen(text), &d));
    return d;
}

/* A row that fits; the tests change one thing. */
static Plain fitting(void)
{
    return (Plain){.i16 = -32768,
                   .i32 = 2147483647,
                   .i64 = INT64_MIN,
                   .flag = true,
                   .real = 0.1f,
                   .number = 0.1,
                   .text = "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9",
                   .body = "long'\\\"%_\nbody",
                   .code = "abcd",
                   .data = {"\0\xff\x10", 3},
                   .day = {-719162},
                   .at = {86399999999},
                   .moment = {-62135596800000000},
                   .span = {-86400000001},
                   .price = decimal("-12345678.9"),
                   .doc = {"{\"a\": [1, null, \"\xc3\xa9\"]}"},
                   .status = STATUS_PUBLISHED,
                   .size = "large"};
}

static Plain *add(cf_db *db, const Plain *values)
{
    return cf_add_(db, cf_model_Plain_, values, __FILE__, __LINE__);
}

static void all_types_come_back_as_they_went(void **state)
{
    fixture *f = *state;
    Plain    row = fitting();
    Plain   *mine = add(f->db, &row);
    commit(f->db);
    cf_db *db = other_session(f);
    Plain *p = cf_get(db, Plain, mine->id);
    assert_non_null(p);
    assert_int_equal(p->i16, -32768);
    assert_int_equal(p->i32, 2147483647);
    assert_true(p->i64 == INT64_MIN);
    assert_true(p->flag);
    assert_true(p->real == 0.1f);
    assert_true(p->number == 0.1);
    assert_string_equal(p->text, row.text);
    assert_string_equal(p->body, row.body);
    assert_memory_equal(p->code, "abcd", 4);
    assert_int_equal(p->data.size, 3);
    assert_memory_equal(p->data.data, "\0\xff\x10", 3);
    assert_int_equal(p->day.days, -719162);
    assert_true(p->at.usec == 86399999999);
    assert_true(p->moment.usec == -62135596800000000);
    assert_true(p->span.usec == -86400000001);
    assert_int_equal(cf_decimal_compare(p->price, decimal("-12345678.90")), 0);
    assert_memory_equal(&p->key, &mine->key, sizeof p->key);
    assert_int_equal(p->key.bytes[6] >> 4, 7);
    assert_string_equal(p->doc.text, row.doc.text);
    assert_int_equal(p->status, STATUS_PUBLISHED);
    assert_string_equal(p->size, "large");
    assert_true(p->stamps.created_at.usec != 0);
    cf_close(db);
}

static void null_stays_null_and_zero_stays_zero(void **state)
{
    fixture *f = *state;
    Twin    *nothing = cf_add(f->db, Twin, .text = NULL);
    Twin    *zero = cf_add(f->db, Twin, .i16 = CF_SOME(0), .i32 = CF_SOME(0), .i64 = CF_SOME(0), .flag = CF_SOME(false),
                           .real = CF_SOME(0), .number = CF_SOME(0), .day = CF_SOME((cf_date){0}),
                           .at = CF_SOME((cf_time){0}), .moment = CF_SOME((cf_datetime){0}),
                           .span = CF_SOME((cf_interval){0}), .price = CF_SOME((cf_decimal){0}),
                           .key = CF_SOME((cf_uuid){{0}}), .text = "", .data = {"", 0}, .doc = {"null"});
    commit(f->db);
    cf_db *db = other_session(f);
    Twin  *n = cf_get(db, Twin, nothing->id), *z = cf_get(db, Twin, zero->id);
    assert_ok(db);
    assert_false(n->i16.set || n->i32.set || n->i64.set || n->flag.set || n->real.set || n->number.set || n->day.set ||
                 n->at.set || n->moment.set || n->span.set || n->price.set || n->key.set);
    assert_null(n->text);
    assert_null(n->data.data);
    assert_null(n->doc.text);
    assert_true(z->i16.set && z->i32.set && z->i64.set && z->flag.set && z->real.set && z->number.set && z->day.set &&
                z->at.set && z->moment.set && z->span.set && z->price.set && z->key.set);
    assert_string_equal(z->text, "");
    assert_non_null(z->data.data);
    assert_int_equal(z->data.size, 0);
    assert_string_equal(z->doc.text, "null");
    cf_close(db);
}

static void refused(cf_db *db, const Plain *row, cf_code code, const char *message)
{
    add(db, row);
    assert_false(cf_commit(db));
    assert_int_equal(cf_error(db)->code, code);
    assert_string_equal(cf_error(db)->message, message);
    assert_string_equal(cf_error(db)->table, "plain");
    assert_true(cf_error(db)->columns[0] != '\0');
    assert_true(cf_rollback(db));
}

static void what_a_column_cannot_keep_is_refused_by_name(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    Plain  p = fitting();
    p.text = "123456";
    refused(db, &p, CF_ERR_RANGE, "Plain.text has 6 characters, the most is 5");
    p = fitting(), p.text = "\xff";
    refused(db, &p, CF_ERR_TYPE, "Plain.text is not valid UTF-8");
    p = fitting(), p.text = NULL;
    refused(db, &p, CF_ERR_NOT_NULL, "Plain.text must not be NULL");
    p = fitting(), p.data = (cf_bytes){"123456789", 9};
    refused(db, &p, CF_ERR_RANGE, "Plain.data has 9 bytes, the most is 8");
    p = fitting(), p.price = decimal("1.005");
    refused(db, &p, CF_ERR_RANGE, "Plain.price is 1.005: the most behind the point is 2 digits; round it yourself");
    p = fitting(), p.price = decimal("123456789");
    refused(db, &p, CF_ERR_RANGE, "Plain.price is 123456789: the most before the point is 8 digits");
    p = fitting(), p.status = (Status)2;
    refused(db, &p, CF_ERR_RANGE, "Plain.status is 2, which is none of its enumeration (draft, published)");
    p = fitting(), p.size = "medium";
    refused(db, &p, CF_ERR_RANGE, "Plain.size is 'medium', which is none of small, large");
    p = fitting(), p.day.days = 2932897;
    refused(db, &p, CF_ERR_RANGE, "Plain.day is outside the years 1 to 9999");
    p = fitting(), p.moment.usec = INT64_MAX;
    refused(db, &p, CF_ERR_RANGE, "Plain.moment is outside the years 1 to 9999");
    p = fitting(), p.at.usec = 86400000000;
    refused(db, &p, CF_ERR_RANGE, "Plain.at is no time of day");
    p = fitting(), p.doc.text = "{\"a\": }";
    add(db, &p);
    assert_false(cf_commit(db));
    assert_non_null(strstr(cf_error(db)->message, "Plain.doc is no JSON document: "));
    assert_true(cf_rollback(db));
    assert_int_equal(cf_count(db, Plain, ""), 0);
}

static void numbers_that_a_server_lacks_are_refused_there(void **state)
{
    fixture *f = *state;
    bool     postgres = strncmp(test_url(), "postgres", 8) == 0, sqlite = strncmp(test_url(), "sqlite", 6) == 0;
    Plain    p = fitting();
    p.number = NAN;
    Plain *row = add(f->db, &p);
    assert_int_equal(cf_commit(f->db), postgres);
    assert_true(cf_rollback(f->db));
    p.number = INFINITY;
    row = add(f->db, &p);
    assert_int_equal(cf_commit(f->db), postgres || sqlite);
    if (postgres || sqlite) {
        cf_db *db = other_session(f);
        assert_true(isinf(cf_get(db, Plain, row->id)->number));
        cf_close(db);
    }
    assert_true(cf_rollback(f->db));
}

static void enumerations_are_stored_and_asked_for_by_name(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    Plain  p = fitting();
    add(db, &p);
    p.status = STATUS_DRAFT;
    add(db, &p);
    commit(db);
    Status wanted[] = {STATUS_DRAFT, STATUS_PUBLISHED};
    assert_int_equal(cf_count(db, Plain, "status = ?", STATUS_DRAFT), 1);
    assert_int_equal(cf_count(db, Plain, "status = 'published'"), 1);
    assert_int_equal(cf_count(db, Plain, "status = ?", "published"), 1);
    assert_int_equal(cf_count(db, Plain, "status in (?, ?)", wanted[0], wanted[1]), 2);
    assert_int_equal(cf_count(db, Plain, "status like 'd%'"), 1);
    assert_ok(db);
    assert_int_equal(cf_count(db, Plain, "status = ?", 77), 0);
    assert_int_equal(cf_error(db)->code, CF_ERR_RANGE);
}

static void decimals_compare_by_value(void **state)
{
    cf_db      *db = ((fixture *)*state)->db;
    const char *prices[] = {"9.5", "10", "100.25", "-3"};
    for (size_t i = 0; i < 4; i++) {
        Plain p = fitting();
        p.price = decimal(prices[i]);
        add(db, &p);
    }
    commit(db);
    cf_decimal ten = decimal("10.000");
    assert_int_equal(cf_count(db, Plain, "price > ?", 9), 3);
    assert_int_equal(cf_count(db, Plain, "price >= ?", &ten), 2);
    assert_int_equal(cf_count(db, Plain, "price = ?", &ten), 1);
    assert_int_equal(cf_count(db, Plain, "price between 9.25 and 10.5"), 2);
    CF_LIST(Plain) all = cf_all(db, Plain, "order by price");
    assert_int_equal(cf_decimal_compare(all[0]->price, decimal("-3")), 0);
    assert_int_equal(cf_decimal_compare(all[1]->price, decimal("9.5")), 0);
    assert_int_equal(cf_decimal_compare(all[3]->price, decimal("100.25")), 0);
}

/* What is computed of them is a number on SQLite, or the text of one. */
static void computed_decimals_compare_by_value(void **state)
{
    cf_db      *db = ((fixture *)*state)->db;
    const char *prices[] = {"9.5", "10", "100.25", "-3"};
    for (size_t i = 0; i < 4; i++) {
        Plain p = fitting();
        p.price = decimal(prices[i]);
        add(db, &p);
    }
    commit(db);
    cf_decimal ten = decimal("10"), eleven = decimal("11.0");
    assert_int_equal(cf_count(db, Plain, "price + 1 >= ?", &eleven), 2);
    assert_int_equal(cf_count(db, Plain, "? <= price + 1", &eleven), 2);
    assert_int_equal(cf_count(db, Plain, "price + 1 = ?", &eleven), 1);
    assert_int_equal(cf_count(db, Plain, "price + 1 in (?, 101.25)", &eleven), 2);
    assert_int_equal(cf_count(db, Plain, "price + 1 between ? and 101", &eleven), 1);
    assert_int_equal(cf_count(db, Plain, "coalesce(price, 0) > ?", &ten), 1);
    assert_int_equal(cf_count(db, Plain, "case when price < 0 then 0 else price end > ?", &ten), 1);
    assert_int_equal(cf_count(db, Plain, "(select max(price) from Plain) > ?", &ten), 4);
    assert_int_equal(cf_scalar(db, int64_t, Plain, "select count(*) having sum(price) > ?", &ten), 4);
    CF_LIST(Plain) all = cf_all(db, Plain, "order by coalesce(price, 0)");
    assert_int_equal(cf_decimal_compare(all[1]->price, decimal("9.5")), 0);
    assert_int_equal(cf_decimal_compare(all[2]->price, ten), 0);
}

static void defaults_fire_only_where_nothing_was_set(void **state)
{
    fixture   *f = *state;
    Defaulted *nothing = cf_add(f->db, Defaulted, .side = 3);
    Defaulted *null = cf_add(f->db, Defaulted, .note = CF_NULL_TEXT, .level = CF_NONE, .active = CF_SOME(false),
                             .ticket = "own", .origin = CF_NULL_TEXT, .side = 4);
    Defaulted *set = cf_add(f->db, Defaulted, .note = "", .level = CF_SOME(0), .origin = "there");
    commit(f->db);
    assert_null(null->note);
    cf_db     *db = other_session(f);
    Defaulted *n = cf_get(db, Defaulted, nothing->id), *x = cf_get(db, Defaulted, null->id),
              *s = cf_get(db, Defaulted, set->id);
    assert_string_equal(n->note, "none yet");
    assert_int_equal(n->level.value, 3);
    assert_true(n->active.set && n->active.value);
    assert_non_null(strstr(n->ticket, "ticket-"));
    assert_string_equal(n->origin, "here");
    assert_string_equal(nothing->origin, "here");
    assert_int_equal(nothing->area, 9);
    assert_null(x->note);
    assert_false(x->level.set);
    assert_false(x->active.value);
    assert_string_equal(x->ticket, "own");
    assert_null(x->origin);
    assert_string_equal(s->note, "");
    assert_true(s->level.set && s->level.value == 0);
    assert_string_equal(s->origin, "there");
    assert_string_not_equal(s->ticket, n->ticket);
    cf_close(db);
}

static void computed_columns_are_read_back_and_never_written(void **state)
{
    cf_db     *db = ((fixture *)*state)->db;
    Defaulted *d = cf_add(db, Defaulted, .side = 5, .area = 1000);
    commit(db);
    assert_int_equal(d->area, 25);
    d->side = 6;
    commit(db);
    assert_int_equal(d->area, 36);
    d->area = 7;
    commit(db);
    assert_ok(db);
    assert_int_equal(cf_count(db, Defaulted, "area = 36"), 1);
}

static void a_document_is_compared_by_its_text(void **state)
{
    cf_db *db = ((fixture *)*state)->db;
    Twin  *t = cf_add(db, Twin, .doc = {"{\"n\": 1}"});
    commit(db);
    t->doc.text = cf_arena_copy(cf_session_arena(db), "{\"n\": 1}");
    assert_false(cf_has_changes(db));
    t->doc.text = "{\"n\": 2}";
    assert_true(cf_has_changes(db));
    commit(db);
}

static void a_moment_with_a_time_zone_is_utc(void **state)
{
    fixture    *f = *state;
    cf_datetime moment;
    assert_true(cf_datetime_parse("2024-01-02T03:04:05+02:00", 25, &moment));
    Twin *t = cf_add(f->db, Twin, .moment = CF_SOME(moment));
    commit(f->db);
    cf_db *db = other_session(f);
    assert_true(cf_get(db, Twin, t->id)->moment.value.usec == moment.usec);
    cf_close(db);
}

/* ---- encryption --------------------------------------------------------------------------------------- */

static void secrets_are_ciphertext_in_the_database(void **state)
{
    fixture *f = *state;
    Secret  *s = cf_add(f->db, Secret, .token = "hunter2 hunter2", .blob = {"\0\1", 2}, .doc = {"{\"a\": 1}"});
    Secret  *same = cf_add(f->db, Secret, .token = "hunter2 hunter2");
    commit(f->db);
    cf_db  *db = other_session(f);
    Secret *read = cf_get(db, Secret, s->id);
    assert_non_null(read);
    assert_string_equal(read->token, "hunter2 hunter2");
    assert_int_equal(read->blob.size, 2);
    assert_memory_equal(read->blob.data, "\0\1", 2);
    assert_string_equal(read->doc.text, "{\"a\": 1}");
    assert_null(cf_get(db, Secret, same->id)->blob.data);
    assert_ok(db);
    cf_close(db);
    cf_add(f->db, Secret, .token = "123456789012345678901");
    assert_false(cf_commit(f->db));
    assert_string_equal(cf_error(f->db)->message, "Secret.token has 21 characters, the most is 20");
}

static void keys_are_rotated(void **state)
{
    fixture *f = *state;
    cf_error error = {0};
    if (strcmp(test_url(), "sqlite://") == 0) return; /* a second cf_open() is another database there */
    Secret *s = cf_add(f->db, Secret, .token = "old");
    commit(f->db);
    cf_database *both = cf_open(test_url(), .error = &error, .encryption_keys = KEY_2 ", " KEY_1);
    assert_non_null(both);
    cf_db *db = cf_session(both);
    assert_string_equal(cf_get(db, Secret, s->id)->token, "old");
    assert_int_equal(cf_reencrypt(db, Secret), 1);
    assert_int_equal(cf_reencrypt(db, Secret), 0);
    commit(db);
    cf_close(db);
    cf_shutdown(both);
    cf_database *second = cf_open(test_url(), .error = &error, .encryption_keys = KEY_2);
    db = cf_session(second);
    assert_string_equal(cf_get(db, Secret, s->id)->token, "old");
    cf_close(db);
    cf_shutdown(second);
    db = other_session(f);
    assert_null(cf_get(db, Secret, s->id));
    assert_string_equal(cf_error(db)->message,
                        "Secret.token was encrypted with key 2, which is not among .encryption_keys");
    cf_close(db);
}

static void wrong_keys_are_told_at_the_start(void **state)
{
    static const struct {
        const char *keys, *message;
    } cases[] = {
        {NULL, "Secret.token is encrypted: cf_open() needs .encryption_keys"},
        {" , ", "there is no encryption key in the text given"},
        {"secret", "encryption key 1 must be written as NUMBER:KEY"},
        {"1:secret", "encryption key 1 must be 32 bytes in base64 or hexadecimal"},
        {KEY_1 "," KEY_1, "there are two encryption keys 1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cf_error error = {0};
        assert_null(cf_open("sqlite://", .error = &error, .encryption_keys = cases[i].keys));
        assert_string_equal(error.message, cases[i].message);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        types_test(all_types_come_back_as_they_went),
        types_test(null_stays_null_and_zero_stays_zero),
        types_test(what_a_column_cannot_keep_is_refused_by_name),
        types_test(numbers_that_a_server_lacks_are_refused_there),
        types_test(enumerations_are_stored_and_asked_for_by_name),
        types_test(decimals_compare_by_value),
        types_test(computed_decimals_compare_by_value),
        types_test(defaults_fire_only_where_nothing_was_set),
        types_test(computed_columns_are_read_back_and_never_written),
        types_test(a_document_is_compared_by_its_text),
        types_test(a_moment_with_a_time_zone_is_utc),
        types_test(secrets_are_ciphertext_in_the_database),
        types_test(keys_are_rotated),
        cmocka_unit_test(wrong_keys_are_told_at_the_start),
    };
    return RUN_TESTS("types", tests, argc, argv);
}
