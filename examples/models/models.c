/* Machine-learning models and their predictions. */
#include <carafe.h>

typedef struct ModelMetadata {
    int64_t     id;
    const char *name;
    double      accuracy;
    const char *version;
    cf_datetime created_at;
} ModelMetadata;

CF_MODEL(ModelMetadata,
    CF_COLUMN(id,         .primary_key = true),
    CF_COLUMN(name,       .length = 100),
    CF_COLUMN(accuracy),
    CF_COLUMN(version,    .length = 20, .nullable = true),
    CF_COLUMN(created_at, .default_now = true));

typedef struct Prediction {
    int64_t     id;
    const char *input_data;
    double      result;
    int64_t     model_id;
} Prediction;

CF_MODEL(Prediction,
    CF_COLUMN(id,       .primary_key = true),
    CF_COLUMN(input_data),
    CF_COLUMN(result),
    CF_COLUMN(model_id, .references = "model_metadata.id", .index = true));

CF_ONE_TO_MANY(ModelMetadata, predictions, Prediction, model);

typedef struct ModelForm {
    const char *name;
    double      accuracy;
    const char *version;
} ModelForm;

CF_FORM(ModelForm,
    CF_FIELD(name,     "Model Name", CF_REQUIRED),
    CF_FIELD(accuracy, "Accuracy",   CF_REQUIRED),
    CF_FIELD(version,  "Version"),
    CF_SUBMIT("Add Model"));

typedef struct PredictionForm {
    const char *input_data;
    double      result;
    int64_t     model_id;
} PredictionForm;

CF_FORM(PredictionForm,
    CF_FIELD(input_data, "Input Data", CF_REQUIRED),
    CF_FIELD(result,     "Result",     CF_REQUIRED),
    CF_FIELD(model_id,   "Model ID",   CF_REQUIRED),
    CF_SUBMIT("Add Prediction"));

static cf_response *index_page(cf_request *rq)
{
    CF_LIST(ModelMetadata) models = cf_all(rq->db, ModelMetadata, "order by id");
    return cf_render(rq, "models.html", CF_VAR(models));
}

static cf_response *add_model(cf_request *rq)
{
    ModelForm *form = cf_form(rq, ModelForm);
    if (cf_submitted(form)) {
        cf_add(rq->db, ModelMetadata, .name = form->name, .accuracy = form->accuracy, .version = form->version);
        if (cf_commit_form(rq->db, form)) return cf_redirect(rq, "index");
    }
    return cf_render(rq, "add_model.html", CF_VAR(form));
}

static cf_response *add_prediction(cf_request *rq)
{
    PredictionForm *form = cf_form(rq, PredictionForm);
    if (cf_submitted(form)) {
        cf_add(rq->db, Prediction, .input_data = form->input_data, .result = form->result, .model_id = form->model_id);
        if (cf_commit_form(rq->db, form)) return cf_redirect(rq, "index");
    }
    return cf_render(rq, "add_prediction.html", CF_VAR(form));
}

int main(int argc, char **argv)
{
    static const cf_route routes[] = {
        CF_ROUTE("/",               index_page,     .endpoint = "index"),
        CF_ROUTE("/add_model",      add_model,      .methods = CF_GET | CF_POST),
        CF_ROUTE("/add_prediction", add_prediction, .methods = CF_GET | CF_POST),
        CF_END
    };
    static const cf_app app = { .name = "models", .routes = routes };
    return cf_main(&app, argc, argv);
}
