// Every option that reads well must compile without a warning.
#include <carafe.h>
typedef enum Stage { STAGE_NEW, STAGE_DONE } Stage;
CF_ENUM(Stage, {STAGE_NEW, "new"}, {STAGE_DONE, "done"});
typedef struct Stamps { cf_datetime created_at, updated_at; } Stamps;
#define STAMPS(field) CF_COLUMN(field.created_at, .default_now = true), CF_COLUMN(field.updated_at, .on_update_now = true)
static cf_value token(cf_arena *arena) { return cf_value_text(cf_arena_copy(arena, "x")); }
typedef struct A { cf_uuid id; const char *name, *secret; Stage stage; int32_t size, area; cf_null_bool sure; Stamps stamps; } A;
CF_MODEL(A,
    CF_TABLE("all_of_it", .comment = "all", .bind = "one"),
    CF_COLUMN(id,     .primary_key = true, .default_uuid7 = true),
    CF_COLUMN(name,   .length = 20, .default_function = token),
    CF_COLUMN(secret, .encrypted = true, .nullable = true),
    CF_COLUMN(stage,  .enum_names = CF_ENUM_NAMES(Stage)),
    CF_COLUMN(size,   .check = "size > 0"),
    CF_COLUMN(area,   .computed = "size * size", .stored = true),
    CF_COLUMN(sure,   .not_null = true, .default_int = 1),
    STAMPS(stamps),
    CF_UNIQUE(name, stage),
    CF_UNIQUE_ON((name, size), .deferrable = true),
    CF_INDEX_ON((name, size), .descending = "size", .where = "size > 10"),
    CF_INDEX_SQL("lower(name)", .unique = true),
    CF_CHECK("size < 100", .name = "ck_size"),
    CF_FOREIGN_KEY((name), "all_of_it(name)", .on_delete = CF_CASCADE));
CF_ASSOCIATION(a_a, "left_id -> all_of_it.id", "right_id -> all_of_it.id");
const A *use(cf_db *db);
const A *use(cf_db *db)
{
    (void)cf_reencrypt(db, A);
    return cf_add(db, A, .name = CF_NULL_TEXT, .sure = CF_SOME(false), .stage = STAGE_DONE);
}
