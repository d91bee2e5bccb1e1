/* Models that the tests of the data layer share. */
#ifndef CARAFE_TESTS_ORM_MODELS_H
#define CARAFE_TESTS_ORM_MODELS_H

#include <carafe/orm.h>

typedef struct User {
    int64_t     id;
    const char *name;
    const char *email;
    const char *bio;
    bool        active;
    double      quota;
    cf_datetime created_at;
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

#endif
