/* Models that the tests of the data layer share. */
#ifndef CARAFE_TESTS_ORM_MODELS_H
#define CARAFE_TESTS_ORM_MODELS_H

#include <carafe/relation.h>

typedef struct User {
    int64_t       id;
    const char   *name;
    const char   *email;
    const char   *bio;
    bool          active;
    double        quota;
    cf_datetime   created_at;
    cf_null_int64 age;
} User;
CF_DECLARE(User);

typedef struct Dataset {
    int64_t     id;
    const char *name;
    int32_t     size;
    int64_t     user_id;
} Dataset;
CF_DECLARE(Dataset);

typedef struct Country {
    char        code[3];
    const char *name;
} Country;
CF_DECLARE(Country);

typedef struct Membership {
    int64_t     user_id;
    const char *group_name;
    cf_date     since;
} Membership;
CF_DECLARE(Membership);

typedef struct Setting {
    int64_t     id;
    const char *key;
    const char *value;
    int32_t     version;
} Setting;
CF_DECLARE(Setting);

typedef struct Project {
    int64_t     id;
    const char *name;
} Project;
CF_DECLARE(Project);

typedef struct UserProject {
    int64_t user_id;
    int64_t project_id;
} UserProject;
CF_DECLARE(UserProject);

typedef struct Profile {
    int64_t       id;
    cf_null_int64 user_id;
    const char   *motto;
} Profile;
CF_DECLARE(Profile);

typedef struct Node {
    int64_t       id;
    const char   *name;
    cf_null_int64 parent_id;
} Node;
CF_DECLARE(Node);

CF_ONE_TO_MANY(User, datasets, Dataset, user, .order_by = "size desc, id");
CF_MANY_TO_MANY(User, projects, Project, users, UserProject);
CF_ONE_TO_ONE(User, profile, Profile, user);
CF_ONE_TO_MANY(Node, children, Node, parent, .on_delete = CF_CASCADE);

#endif
