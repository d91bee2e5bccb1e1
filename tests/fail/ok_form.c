/* All macros of forms, without a warning. */
#include <carafe/form.h>
typedef enum Size { SMALL, LARGE } Size;
typedef struct Address { const char *street; int32_t number; } Address;
CF_DECLARE_FORM(Address);
CF_FORM(Address, CF_FIELD(street, "Street", CF_REQUIRED), CF_FIELD(number, NULL));
typedef struct UserForm {
    const char *name, *email, *again;
    cf_null_int64 age;
    char code[8];
    Size size;
    Address home;
    cf_texts tags, more;
    CF_ENTRIES(Address) homes;
    const cf_upload *picture;
    bool draft;
} UserForm;
static void check(void *form, const char *field) { if (!field) cf_form_add_error(form, NULL, "no"); }
static const cf_choice sizes[] = {{"0", "Small", NULL}, {"1", "Large", NULL}, {0}};
CF_FORM(UserForm,
    CF_FIELD(name, "Name", CF_REQUIRED, CF_MESSAGE("Who are you?"), CF_LENGTH(1, 5), CF_REGEXP("^[a-z]{1,3}$"), .description = "x"),
    CF_FIELD(email, "Email", CF_EMAIL, .filters = CF_STRIP | CF_LOWER, .render = CF_ATTRIBUTES("class", "wide")),
    CF_FIELD(again, "Again", CF_EQUAL_TO(email), CF_CALL(check), .validate = check),
    CF_FIELD(age, "Age", CF_OPTIONAL, CF_RANGE(1.5, 10), .widget = {CF_WIDGET_RANGE, .step = CF_BOUND_(1)}),
    CF_FIELD(code, "Code", CF_ANY_OF("a", "b"), CF_NONE_OF("c")),
    CF_FIELD(size, "Size", .type = CF_FIELD_SELECT, .choices = sizes),
    CF_FORM_FIELD(home, "Home", Address),
    CF_FIELD(tags, "Tags", .choice_words = CF_CHOICES("", "None", "1", "Large")),
    CF_FIELD_ENTRIES(more, "More", .min_entries = 1, .max_entries = 9),
    CF_FORM_LIST(homes, "Homes", Address),
    CF_FIELD(picture, "Picture", CF_FILE_REQUIRED, CF_FILE_ALLOWED("png", "jpg"), CF_FILE_SIZE(1 << 20)),
    CF_SUBMIT_AS(draft, "Save as draft"),
    CF_FORM_RULE(check),
    CF_SUBMIT("Add User", .render = CF_ATTRIBUTES("class", "btn")));
bool use(cf_arena *arena, const cf_form_input *input, cf_error *error);
bool use(cf_arena *arena, const cf_form_input *input, cf_error *error)
{
    UserForm *form = cf_form_make(arena, cf_form_class_UserForm(), input, error);
    return cf_submitted(form) && form->age.set && form->home.number > 0;
}
