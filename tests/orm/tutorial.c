/*
 * The tutorial's models, for tutorial.py: `tutorial write FILE` makes a file with rows, `tutorial read FILE`
 * prints one that Flask-SQLAlchemy made, `tutorial check FILE` what differs from the models.
 */
#include <carafe/relation.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct ModelMetadata {
    int64_t     id;
    const char *name;
    double      accuracy;
    const char *version;
    cf_datetime created_at;
} ModelMetadata;

typedef struct Prediction {
    int64_t     id;
    const char *input_data;
    double      result;
    int64_t     model_id;
} Prediction;

typedef struct User {
    int64_t     id;
    const char *name;
    const char *email;
    bool        active;
} User;

typedef struct Project {
    int64_t      id;
    const char  *name;
    cf_null_date due;
} Project;

CF_MODEL(ModelMetadata,
    CF_COLUMN(id,         .primary_key = true),
    CF_COLUMN(name,       .length = 100),
    CF_COLUMN(accuracy),
    CF_COLUMN(version,    .length = 20, .nullable = true),
    CF_COLUMN(created_at, .default_now = true));
CF_MODEL(Prediction,
    CF_COLUMN(id, .primary_key = true), CF_COLUMN(input_data), CF_COLUMN(result),
    CF_COLUMN(model_id, .references = "model_metadata.id"));
CF_MODEL(User,
    CF_COLUMN(id,     .primary_key = true),
    CF_COLUMN(name,   .length = 100),
    CF_COLUMN(email,  .length = 120, .unique = true),
    CF_COLUMN(active));
CF_MODEL(Project, CF_COLUMN(id, .primary_key = true), CF_COLUMN(name, .length = 100), CF_COLUMN(due));
CF_ASSOCIATION(user_project, "user.id", "project.id");

CF_ONE_TO_MANY(ModelMetadata, predictions, Prediction, model);
CF_MANY_TO_MANY(User, projects, Project, users, user_project);

static bool write_rows(cf_db *db)
{
    cf_datetime when;
    cf_date     due;
    cf_datetime_parse("2024-02-29T12:34:56.000789", 26, &when);
    cf_date_make(2024, 12, 31, &due);
    if (!cf_create_all(db)) return false;
    ModelMetadata *m = cf_add(db, ModelMetadata, .name = "caf\xc3\xa9", .accuracy = 0.1, .created_at = when);
    cf_append(ModelMetadata_predictions(m), cf_add(db, Prediction, .input_data = "line\nline", .result = 1e300));
    User    *u = cf_add(db, User, .name = "Ada", .email = "ada@example.com", .active = true);
    Project *p = cf_add(db, Project, .name = "Loom", .due = CF_SOME(due));
    cf_append(User_projects(u), p);
    return cf_commit(db);
}

static bool read_rows(cf_db *db)
{
    char when[CF_DATETIME_SIZE], due[CF_DATE_SIZE];
    cf_each(ModelMetadata, m, cf_all(db, ModelMetadata, "order by id")) {
        cf_datetime_format(m->created_at, when);
        printf("%" PRId64 " %s %.17g %s %s\n", m->id, m->name, m->accuracy, m->version ? m->version : "-", when);
        cf_each(Prediction, p, ModelMetadata_predictions(m)) printf("  %s %.17g\n", p->input_data, p->result);
    }
    cf_each(User, u, cf_all(db, User, "active = true order by id")) {
        printf("%s %s\n", u->name, u->email);
        cf_each(Project, p, User_projects(u)) {
            if (p->due.set) cf_date_format(p->due.value, due);
            printf("  %s %s\n", p->name, p->due.set ? due : "-");
        }
    }
    return cf_error(db)->code == CF_OK;
}

static void print_line(void *context, const char *message)
{
    fprintf(context, "%s\n", message);
}

int main(int argc, char **argv)
{
    char url[1024];
    if (argc != 3) return 2;
    snprintf(url, sizeof url, "sqlite:///%s", argv[2]);
    cf_database *database = cf_open(url);
    cf_db       *db = cf_session(database);
    bool         ok = db != NULL;
    if (ok && strcmp(argv[1], "write") == 0) ok = write_rows(db);
    else if (ok && strcmp(argv[1], "read") == 0) ok = read_rows(db);
    else if (ok) ok = cf_schema_check(database, print_line, stdout, NULL) >= 0;
    if (db && !ok) fprintf(stderr, "%s\n", cf_error(db)->message);
    cf_close(db);
    cf_shutdown(database);
    return ok ? 0 : 1;
}
