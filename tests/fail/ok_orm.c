/* All macros of the data layer, without a warning. */
#include <carafe/orm.h>
typedef struct Item { int64_t id; const char *name; char code[4]; cf_null_int32 size; cf_date day; bool on; } Item;
CF_DECLARE(Item);
CF_MODEL(Item,
    CF_TABLE("items"),
    CF_COLUMN(id,   .primary_key = true),
    CF_COLUMN(name, .length = 10, .unique = true, .label = "Name"),
    CF_COLUMN(code, .default_text = "new"),
    CF_COLUMN(size, .index = true),
    CF_COLUMN(day,  .default_now = true),
    CF_COLUMN(on),
    CF_UNIQUE(code, size), CF_INDEX(day, on), CF_CHECK("size > 0"));
int64_t use(cf_db *db, const char *text, cf_null_int32 size);
int64_t use(cf_db *db, const char *text, cf_null_int32 size)
{
    const int64_t ids[] = {1, 2};
    CF_LIST(Item) list = cf_all(db, Item, "name = ? and size = ? and id in (?)", text, size, CF_ARRAY(ids, 2));
    cf_each (Item, item, list) item->on = true;
    Item *one = cf_find(db, Item, "order by id desc");
    cf_delete(db, one);
    one = cf_get(db, Item, 7);
    cf_add(db, Item, .name = text, .size = CF_SOME(3));
    cf_add(db, Item, .name = text, .size = CF_NONE);
    if (cf_exists(db, Item, "day > ?", (one ? one->day : (cf_date){0}))) return cf_count(db, Item, "");
    return cf_commit(db) ? cf_delete_where(db, Item, "all") : 0;
}
