/**
 * @file carafe/relation.h
 * @brief Relationships between models, declared once for both directions.
 *
 * Columns are fields; relationships are functions. One line at file scope, after
 * the models' CF_MODEL or CF_DECLARE, makes typed functions for both sides:
 *
 *     CF_ONE_TO_MANY(User, datasets, Dataset, user);
 *         Dataset **User_datasets(User *)      the list, NULL-terminated, for cf_each()
 *         void      User_datasets_add(User *, Dataset *), User_datasets_remove(User *, Dataset *)
 *         int64_t   User_datasets_count(User *)
 *         void      User_datasets_insert(User *, Dataset *, size_t index), User_datasets_move(User *, Dataset *, size_t index)
 *                   for lists with a .position, see cf_insert()
 *         User     *Dataset_user(Dataset *)    the one it belongs to, or NULL
 *         void      Dataset_set_user(Dataset *, User *)
 *
 *     CF_MANY_TO_MANY(User, projects, Project, users, user_project);
 *         the four functions of a list for User_projects, and for Project_users
 *
 *     CF_ONE_TO_ONE(User, profile, Profile, user);
 *         Profile *User_profile(User *), User *Profile_user(Profile *), void Profile_set_user(Profile *, User *)
 *
 *     CF_VIEW(User, open_tasks, Task, .where = "status = 'open'");
 *         Task **User_open_tasks(User *), int64_t User_open_tasks_count(User *)
 *
 * Touching the relationship of one object loads it for all objects of the same
 * result: a page of 200 users with their datasets takes two statements.
 * In templates the same names are attributes: `user.datasets`, `dataset.user`, and
 * `user.datasets_count`, which counts without loading. All options and examples are in docs/relationships.md.
 */
#ifndef CARAFE_RELATION_H
#define CARAFE_RELATION_H

#include <carafe/orm.h>

CF_BEGIN_C

typedef enum cf_relation_kind { CF_RELATION_MANY = 1, CF_RELATION_ONE, CF_RELATION_THROUGH } cf_relation_kind;

/** When the other end of a relationship is read from the database. */
typedef enum cf_load_mode {
    CF_LOAD_TOGETHER = 0, /**< when it is touched first, for all objects of the same result */
    CF_LOAD_EAGER,        /**< with the object itself: each query of such objects sends one statement more */
    CF_LOAD_JOINED,       /**< of one: in the same row, by a join that each query of such objects then has */
    CF_LOAD_RAISE,        /**< only by a query's `with load(...)`: touching it before is an error */
    CF_LOAD_NEVER,        /**< lists: never; add, remove and count them, and ask for some of them by a query */
    CF_LOAD_RAISE_SQL     /**< like CF_LOAD_RAISE, but only where a statement would be sent: what the session has is given */
} cf_load_mode;

/** A relationship as declared: the macros fill the first members, the rest are options. */
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
                                association on SQLite as its index has the rows, mostly as they were added */
    const char *position; /**< one-to-many: an integer field of the right model that keeps the list's order: its items are
                               numbered by their places in it */
    int         first_position; /**< the number of the first item */
    const char *other_order_by; /**< the same for the right side's list of a many-to-many relationship */
    const char *where;     /**< a condition of the query language: only such objects are in the left side's list, which is
                                then for looking only */
    bool        view_only; /**< for looking only: nothing is written for it */
    /**
     * What deleting the left object means for the right ones. Default: their key becomes NULL where it may, or is left to
     * the key's own .on_delete if it has one. CF_CASCADE: they are deleted too (by the database, unloaded, where the key says
     * .on_delete = CF_CASCADE). CF_SET_NULL: their key becomes NULL, whatever it says. CF_RESTRICT: nothing is done, so that
     * the database refuses.
     */
    cf_action   on_delete;
    bool        delete_orphans; /**< a right object that leaves its left one is deleted; also means .on_delete = CF_CASCADE */
    cf_load_mode load;       /**< of the left side */
    cf_load_mode other_load; /**< of the right side */
    int         end_;
} cf_relation;

CF_API void **cf_related_list_(const void *object, const cf_relation *relation, int side);
CF_API void  *cf_related_one_(const void *object, const cf_relation *relation, int side);
CF_API void   cf_relate_(void *object, const cf_relation *relation, int side, void *other);
CF_API void   cf_related_change_(void *object, const cf_relation *relation, int side, void *other, bool remove);
CF_API int64_t cf_related_count_(const void *object, const cf_relation *relation, int side);
CF_API void   cf_append_(void *list, void *object);
CF_API void   cf_remove_(void *list, void *object);
CF_API void   cf_place_(void *list, void *object, size_t index, bool move);
CF_API void   cf_related_place_(void *object, const cf_relation *relation, void *other, size_t index, bool move);

/**
 * For tests: from now on touching a relationship that is not loaded is an error (CF_ERR_NOT_LOADED) where it would send a
 * statement. `false`: it loads again.
 */
CF_API void cf_forbid_loading(cf_db *db, bool forbid);

#ifndef __cplusplus

/**
 * Append an object to the list that a relationship function returned; both sides know at once,
 * the row follows at the next flush. An object that is in the list already stays where it is.
 * Call the relationship function again to see the longer list. `User_datasets_add(user, dataset)` does the
 * same without loading the list, unless it has a .position. Errors: CF_ERR_MISUSE for NULL, an object of another session, the
 * list of a query, a list for looking only; CF_ERR_DETACHED for an object that was deleted or let go of.
 */
#define cf_append(list_, object_) CF_LIST_CALL_(cf_append_, list_, object_)

/**
 * Remove an object from such a list: its key becomes NULL, or the association row goes. Nothing happens where it is not in it.
 * The array that the program has stays as it is: a loop over it may remove each object.
 */
#define cf_remove(list_, object_) CF_LIST_CALL_(cf_remove_, list_, object_)

/**
 * Lists with a `.position`: put an object into such a list so that it is at `index` then, 0 the first; an index past the
 * end is the end. Those behind it move on; an object that is in the list already is moved. The items' numbers are right at
 * once, their rows follow at the next flush. Errors: CF_ERR_MISUSE for a list without .position; CF_ERR_RANGE where the
 * column cannot hold so large a number.
 */
#define cf_insert(list_, object_, index_) CF_LIST_PLACE_(list_, object_, index_, false)

/** The same for an object that is in the list: CF_ERR_MISUSE if it is not. */
#define cf_move(list_, object_, index_) CF_LIST_PLACE_(list_, object_, index_, true)

#define CF_LIST_PLACE_(list_, object_, index_, move_)                                              \
    __extension__({                                                                                \
        __typeof__(*(list_)) const object_of_the_list_ = (object_);                                \
        cf_place_((list_), object_of_the_list_, (index_), (move_));                                \
    })

#define CF_LIST_CALL_(function_, list_, object_)                                                   \
    __extension__({                                                                                \
        __typeof__(*(list_)) const object_of_the_list_ = (object_);                                \
        function_((list_), object_of_the_list_);                                                   \
    })

#define CF_RELATION_(kind_, A, a_name, B, b_text, through_, ...)                                   \
    static const cf_relation cf_relation_##A##_##a_name##_ = {.kind = kind_,                       \
                                                              .left = cf_model_##A##_,             \
                                                              .left_name = #a_name,                \
                                                              .right = cf_model_##B##_,            \
                                                              .right_name = b_text,                \
                                                              .through = through_,                 \
                                                              .file = __FILE__,                    \
                                                              .line = __LINE__,                    \
                                                              __VA_ARGS__};                        \
    CF_REGISTER_("cf_relations", cf_relation_entry_##A##_##a_name##_, &cf_relation_##A##_##a_name##_)

#define CF_VIEW_SIDE_(A, a_name, relation_A, relation_name, B, side)                               \
    CF_UNUSED static inline B **A##_##a_name(const A *object)                                      \
    {                                                                                              \
        return (B **)cf_related_list_(object, &cf_relation_##relation_A##_##relation_name##_, side); \
    }                                                                                              \
    CF_UNUSED static inline int64_t A##_##a_name##_count(const A *object)                          \
    {                                                                                              \
        return cf_related_count_(object, &cf_relation_##relation_A##_##relation_name##_, side);    \
    }                                                                                              \
    typedef A cf_side_of_##A##_##a_name##_

#define CF_LIST_SIDE_(A, a_name, relation_A, relation_name, B, side)                               \
    CF_VIEW_SIDE_(A, a_name, relation_A, relation_name, B, side);                                  \
    CF_UNUSED static inline void A##_##a_name##_add(A *object, B *other)                           \
    {                                                                                              \
        cf_related_change_(object, &cf_relation_##relation_A##_##relation_name##_, side, other, false); \
    }                                                                                              \
    CF_UNUSED static inline void A##_##a_name##_remove(A *object, B *other)                        \
    {                                                                                              \
        cf_related_change_(object, &cf_relation_##relation_A##_##relation_name##_, side, other, true); \
    }                                                                                              \
    typedef B cf_item_of_##A##_##a_name##_

#define CF_PLACES_(A, a_name, B)                                                                   \
    CF_UNUSED static inline void A##_##a_name##_insert(A *object, B *other, size_t index)          \
    {                                                                                              \
        cf_related_place_(object, &cf_relation_##A##_##a_name##_, other, index, false);            \
    }                                                                                              \
    CF_UNUSED static inline void A##_##a_name##_move(A *object, B *other, size_t index)            \
    {                                                                                              \
        cf_related_place_(object, &cf_relation_##A##_##a_name##_, other, index, true);             \
    }                                                                                              \
    typedef B cf_item_with_place_of_##A##_##a_name##_

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

/** Each B belongs to at most one A; see above. For options see cf_relation. */
#define CF_ONE_TO_MANY(...) CF_ONE_TO_MANY_(__VA_ARGS__, .end_ = 0)
#define CF_ONE_TO_MANY_(A, a_name, B, b_name, ...)                                                 \
    CF_RELATION_(CF_RELATION_MANY, A, a_name, B, #b_name, NULL, __VA_ARGS__);                       \
    CF_LIST_SIDE_(A, a_name, A, a_name, B, 0);                                                     \
    CF_PLACES_(A, a_name, B);                                                                      \
    CF_ONE_SIDE_(B, b_name, A, a_name, A, 1)

/** Each B belongs to at most one A, each A has at most one B. */
#define CF_ONE_TO_ONE(...) CF_ONE_TO_ONE_(__VA_ARGS__, .end_ = 0)
#define CF_ONE_TO_ONE_(A, a_name, B, b_name, ...)                                                  \
    CF_RELATION_(CF_RELATION_ONE, A, a_name, B, #b_name, NULL, __VA_ARGS__);                        \
    CF_ONE_SIDE_(A, a_name, A, a_name, B, 0);                                                      \
    CF_ONE_SIDE_(B, b_name, A, a_name, A, 1)

/** A list to look at: those Bs of an A that fulfil .where, or all in another order. There is no other direction. */
#define CF_VIEW(...) CF_VIEW_(__VA_ARGS__, .end_ = 0)
#define CF_VIEW_(A, a_name, B, ...)                                                                \
    CF_RELATION_(CF_RELATION_MANY, A, a_name, B, NULL, NULL, .view_only = true, __VA_ARGS__);      \
    CF_VIEW_SIDE_(A, a_name, A, a_name, B, 0)

/** Each A has many Bs and each B many As; `association` is the model of the table between them. */
#define CF_MANY_TO_MANY(...) CF_MANY_TO_MANY_(__VA_ARGS__, .end_ = 0)
#define CF_MANY_TO_MANY_(A, a_name, B, b_name, association, ...)                                   \
    CF_RELATION_(CF_RELATION_THROUGH, A, a_name, B, #b_name, cf_model_##association##_, __VA_ARGS__); \
    CF_LIST_SIDE_(A, a_name, A, a_name, B, 0);                                                     \
    CF_LIST_SIDE_(B, b_name, A, a_name, A, 1)

#endif

CF_END_C

#endif
