/**
 * @file carafe/relation.h
 * @brief Relationships between models, declared once for both directions.
 *
 * Columns are fields; relationships are functions. One line at file scope, after
 * the models' CF_MODEL or CF_DECLARE, makes typed functions for both sides:
 *
 *     CF_ONE_TO_MANY(User, datasets, Dataset, user);
 *         Dataset **User_datasets(User *)      the list, NULL-terminated, for cf_each()
 *         User     *Dataset_user(Dataset *)    the one it belongs to, or NULL
 *         void      Dataset_set_user(Dataset *, User *)
 *
 *     CF_MANY_TO_MANY(User, projects, Project, users, user_project);
 *         Project **User_projects(User *), User **Project_users(Project *)
 *
 *     CF_ONE_TO_ONE(User, profile, Profile, user);
 *         Profile *User_profile(User *), User *Profile_user(Profile *), void Profile_set_user(Profile *, User *)
 *
 * Touching the relationship of one object loads it for all objects of the same
 * result: a page of 200 users with their datasets takes two statements.
 * In templates the same names are attributes: `user.datasets`, `dataset.user`.
 */
#ifndef CARAFE_RELATION_H
#define CARAFE_RELATION_H

#include <carafe/orm.h>

CF_BEGIN_C

typedef enum cf_relation_kind { CF_RELATION_MANY = 1, CF_RELATION_ONE, CF_RELATION_THROUGH } cf_relation_kind;

/** A relationship as declared; made by the macros. */
typedef struct cf_relation {
    cf_relation_kind kind;
    cf_model_fn     *left;
    const char      *left_name; /**< the left model's name for the right one */
    cf_model_fn     *right;
    const char      *right_name;
    cf_model_fn     *through; /**< the association, or NULL */
    const char      *file;
    int              line;
    const struct cf_use_dot_names_for_options *guard_;

    const char *key;       /**< the field of the right model (of the association) that refers to the left one, where there are
                                several; those of a composite key with commas: "tenant, author" */
    const char *other_key; /**< the same for the association's reference to the right model */
    const char *order_by;  /**< order of the left side's list, such as "name, id desc"; default: by primary key, over an
                                association as the database gives them */
    cf_action   on_delete; /**< CF_CASCADE: deleting the left object deletes the right ones too; CF_RESTRICT: they are left
                                as they are, and the database refuses; default: their key becomes NULL where it may */
    int         end_;
} cf_relation;

CF_API void **cf_related_list_(const void *object, const cf_relation *relation, int side);
CF_API void  *cf_related_one_(const void *object, const cf_relation *relation, int side);
CF_API void   cf_relate_(void *object, const cf_relation *relation, int side, void *other);
CF_API void   cf_append_(void *list, void *object);
CF_API void   cf_remove_(void *list, void *object);

#ifndef __cplusplus

/**
 * Append an object to the list that a relationship function returned; both sides know at once,
 * the row follows at the next flush. An object that is in the list already stays where it is.
 * Call the relationship function again to see the longer list.
 */
#define cf_append(list_, object_) CF_LIST_CALL_(cf_append_, list_, object_)

/** Remove an object from such a list: its key becomes NULL, or the association row goes. */
#define cf_remove(list_, object_) CF_LIST_CALL_(cf_remove_, list_, object_)

#define CF_LIST_CALL_(function_, list_, object_)                                                   \
    __extension__({                                                                                \
        __typeof__(*(list_)) const object_of_the_list_ = (object_);                                \
        function_((list_), object_of_the_list_);                                                   \
    })

#define CF_RELATION_(kind_, A, a_name, B, b_name, through_, ...)                                   \
    static const cf_relation cf_relation_##A##_##a_name##_ = {.kind = kind_,                       \
                                                              .left = cf_model_##A##_,             \
                                                              .left_name = #a_name,                \
                                                              .right = cf_model_##B##_,            \
                                                              .right_name = #b_name,               \
                                                              .through = through_,                 \
                                                              .file = __FILE__,                    \
                                                              .line = __LINE__,                    \
                                                              __VA_ARGS__};                        \
    CF_REGISTER_("cf_relations", cf_relation_entry_##A##_##a_name##_, &cf_relation_##A##_##a_name##_)

#define CF_LIST_SIDE_(A, a_name, relation_A, relation_name, B, side)                               \
    CF_UNUSED static inline B **A##_##a_name(const A *object)                                      \
    {                                                                                              \
        return (B **)cf_related_list_(object, &cf_relation_##relation_A##_##relation_name##_, side); \
    }                                                                                              \
    typedef A cf_side_of_##A##_##a_name##_

#define CF_ONE_SIDE_(A, a_name, relation_A, relation_name, B, side)                                \
    CF_UNUSED static inline B *A##_##a_name(const A *object)                                       \
    {                                                                                              \
        return cf_related_one_(object, &cf_relation_##relation_A##_##relation_name##_, side);      \
    }                                                                                              \
    CF_UNUSED static inline void A##_set_##a_name(A *object, B *other)                             \
    {                                                                                              \
        cf_relate_(object, &cf_relation_##relation_A##_##relation_name##_, side, other);           \
    }                                                                                              \
    typedef A cf_side_of_##A##_##a_name##_

/** Each B belongs to at most one A; see above. Options: .key .order_by .on_delete, see cf_relation. */
#define CF_ONE_TO_MANY(...) CF_ONE_TO_MANY_(__VA_ARGS__, .end_ = 0)
#define CF_ONE_TO_MANY_(A, a_name, B, b_name, ...)                                                 \
    CF_RELATION_(CF_RELATION_MANY, A, a_name, B, b_name, NULL, __VA_ARGS__);                       \
    CF_LIST_SIDE_(A, a_name, A, a_name, B, 0);                                                     \
    CF_ONE_SIDE_(B, b_name, A, a_name, A, 1)

/** Each B belongs to at most one A, each A has at most one B. */
#define CF_ONE_TO_ONE(...) CF_ONE_TO_ONE_(__VA_ARGS__, .end_ = 0)
#define CF_ONE_TO_ONE_(A, a_name, B, b_name, ...)                                                  \
    CF_RELATION_(CF_RELATION_ONE, A, a_name, B, b_name, NULL, __VA_ARGS__);                        \
    CF_ONE_SIDE_(A, a_name, A, a_name, B, 0);                                                      \
    CF_ONE_SIDE_(B, b_name, A, a_name, A, 1)

/** Each A has many Bs and each B many As; `association` is the model of the table between them. */
#define CF_MANY_TO_MANY(...) CF_MANY_TO_MANY_(__VA_ARGS__, .end_ = 0)
#define CF_MANY_TO_MANY_(A, a_name, B, b_name, association, ...)                                   \
    CF_RELATION_(CF_RELATION_THROUGH, A, a_name, B, b_name, cf_model_##association##_, __VA_ARGS__); \
    CF_LIST_SIDE_(A, a_name, A, a_name, B, 0);                                                     \
    CF_LIST_SIDE_(B, b_name, A, a_name, A, 1)

#endif

CF_END_C

#endif
