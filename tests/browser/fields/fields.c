/* One page with a field of every type: for the tests in a browser. */
#include <carafe.h>

typedef struct EveryForm {
    const char      *text, *area, *secret, *email, *url, *tel, *search, *color, *week;
    int32_t          whole, slider;
    double           real;
    cf_decimal       exact;
    bool             agreed;
    cf_date          day, month;
    cf_time          clock;
    cf_datetime      moment;
    const char      *size, *plan;
    cf_texts         colors;
    const cf_upload *picture;
} EveryForm;

static const cf_choice sizes[] = {{"", "Choose", NULL}, {"s", "Small", NULL}, {"l", "Large", NULL}, {0}};

CF_FORM(EveryForm,
    CF_FIELD(text,    "Text",     CF_REQUIRED, .description = "Any words"),
    CF_FIELD(area,    "Area",     CF_REQUIRED, .type = CF_FIELD_TEXTAREA),
    CF_FIELD(secret,  "Secret",   CF_REQUIRED, CF_MIN_LENGTH(4), .type = CF_FIELD_PASSWORD),
    CF_FIELD(email,   "Mail",     CF_REQUIRED, CF_EMAIL, .type = CF_FIELD_EMAIL),
    CF_FIELD(url,     "Address",  CF_REQUIRED, CF_URL, .type = CF_FIELD_URL),
    CF_FIELD(tel,     "Phone",    CF_REQUIRED, .type = CF_FIELD_TEL),
    CF_FIELD(search,  "Search",   CF_REQUIRED, .type = CF_FIELD_SEARCH),
    CF_FIELD(color,   "Color",    CF_NONE_OF("#000000"), .type = CF_FIELD_COLOR),
    CF_FIELD(week,    "Week",     CF_REQUIRED, .type = CF_FIELD_WEEK),
    CF_FIELD(whole,   "Whole",    CF_REQUIRED, CF_RANGE(1, 9)),
    CF_FIELD(slider,  "Slider",   CF_NONE_OF("5"), .type = CF_FIELD_INTEGER_RANGE, .default_int = 5),
    CF_FIELD(real,    "Real",     CF_REQUIRED),
    CF_FIELD(exact,   "Exact",    CF_REQUIRED, .widget = {.type = CF_WIDGET_TEXT}),
    CF_FIELD(agreed,  "Agreed",   CF_REQUIRED),
    CF_FIELD(day,     "Day",      CF_REQUIRED),
    CF_FIELD(month,   "Month",    CF_REQUIRED, .type = CF_FIELD_MONTH),
    CF_FIELD(clock,   "Clock",    CF_REQUIRED),
    CF_FIELD(moment,  "Moment",   CF_REQUIRED, .type = CF_FIELD_DATETIME_LOCAL),
    CF_FIELD(size,    "Size",     CF_REQUIRED, .type = CF_FIELD_SELECT, .choices = sizes),
    CF_FIELD(plan,    "Plan",     CF_REQUIRED, .type = CF_FIELD_RADIO, .choice_words = CF_CHOICES("f", "Free", "p", "Paid")),
    CF_FIELD(colors,  "Colours",  CF_REQUIRED, .choice_words = CF_CHOICES("r", "Red", "g", "Green")),
    CF_FIELD(picture, "Picture",  CF_FILE_REQUIRED, CF_FILE_ALLOWED("png", "txt")),
    CF_SUBMIT("Send"));

static cf_response *every_page(cf_request *rq)
{
    EveryForm *form = cf_form(rq, EveryForm);
    if (cf_submitted(form)) return cf_render(rq, "accepted.html", CF_VAR(form));
    return cf_render(rq, "fields.html", CF_VAR(form));
}

int main(int argc, char **argv)
{
    static const cf_route routes[] = {CF_ROUTE("/", every_page, .methods = CF_GET | CF_POST), CF_END};
    static const cf_app   app = {.name = "fields", .routes = routes, .no_database = true};
    return cf_main(&app, argc, argv);
}
