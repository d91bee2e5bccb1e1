/*
 * Random programs against a model in memory. Each program adds, changes, exchanges, moves, relates and deletes, with
 * flushes, commits, rollbacks, savepoints and new sessions in between; every state it asks to be written is legal, so nothing may
 * fail, and after each commit another session must see what the model has.
 *
 *     test-orm-property [sqlite|postgresql|mariadb] [PROGRAMS [FIRST]]
 *
 * A failure prints the number of the program and what it did; `PROGRAMS` 1 and `FIRST` that number run it again.
 */
#include "property.h"

/* ---- what programs do ----------------------------------------------------------------------------- */

static void set_parent(program *p, int i, int to)
{
    Node *node = OBJECT(Node, NODE, i), *parent = to == NONE ? NULL : OBJECT(Node, NODE, to);
    int   way = draw(p, 3);
    row  *r = ROW(NODE, i);
    note(p, "node %d: parent %d (way %d)\n", i, to, way);
    if (way == 0 && parent) cf_append(Node_children(parent), node);
    else if (way == 0 && r->to != NONE) cf_remove(Node_children(OBJECT(Node, NODE, r->to)), node);
    else Node_set_parent(node, parent);
    r->to = to;
}

static void add_node(program *p)
{
    int i = some(p, NODE, false), code = free_value(p, NODE, false), place = free_value(p, NODE, true);
    if (i == NONE || code == NONE) return;
    if (draw(p, 3) == 0) place = NONE;
    note(p, "add node %d: code %d, place %d\n", i, code, place);
    Node *node = cf_add(p->db, Node, .code = word(p, "n", code), .height = i);
    if (place != NONE) node->place = SOME(place);
    *ROW(NODE, i) = (row){true, code, place, NONE, NONE, node};
    if (draw(p, 2)) set_parent(p, i, some(p, NODE, true));
}

static void add_owner(program *p)
{
    int i = some(p, OWNER, false), email = free_value(p, OWNER, false);
    if (i == NONE || email == NONE) return;
    note(p, "add owner %d: email %d\n", i, email);
    *ROW(OWNER, i) = (row){true, email, NONE, NONE, NONE, cf_add(p->db, Owner, .email = word(p, "e", email))};
}

static void add_item(program *p)
{
    int i = some(p, ITEM, false), owner = some(p, OWNER, true), name = draw(p, 4);
    if (i == NONE || owner == NONE || !name_free(p, owner, name, NONE)) return;
    note(p, "add item %d: owner %d, name %d\n", i, owner, name);
    Item *item = cf_add(p->db, Item, .name = word(p, "i", name));
    if (draw(p, 2)) Item_set_owner(item, OBJECT(Owner, OWNER, owner));
    else cf_append(Owner_items(OBJECT(Owner, OWNER, owner)), item);
    *ROW(ITEM, i) = (row){true, name, NONE, owner, NONE, item};
}

static void add_part(program *p)
{
    int i = some(p, PART, false), item = some(p, ITEM, true);
    if (i == NONE || item == NONE) return;
    note(p, "add part %d: item %d\n", i, item);
    Part *part = cf_add(p->db, Part, .number = i);
    cf_append(Item_parts(OBJECT(Item, ITEM, item)), part);
    *ROW(PART, i) = (row){true, i, NONE, item, NONE, part};
}

static void add_profile(program *p)
{
    int i = some(p, PROFILE, false);
    if (i == NONE) return;
    note(p, "add profile %d\n", i);
    *ROW(PROFILE, i) = (row){true, i, NONE, NONE, NONE, cf_add(p->db, Profile, .color = i)};
}

static void add_tag(program *p)
{
    int i = some(p, TAG, false), code = free_value(p, TAG, false);
    if (i == NONE || code == NONE) return;
    note(p, "add tag %d: code %d\n", i, code);
    *ROW(TAG, i) = (row){true, code, i, NONE, NONE, cf_add(p->db, Tag, .code = word(p, "t", code), .weight = i)};
}

static void add_paper(program *p)
{
    int i = some(p, PAPER, false), title = free_value(p, PAPER, false), tag = some(p, TAG, true);
    if (i == NONE || title == NONE) return;
    note(p, "add paper %d: title %d, tag %d\n", i, title, tag);
    Paper *paper = cf_add(p->db, Paper, .title = word(p, "p", title),
                          .tag_code = tag == NONE ? NULL : OBJECT(Tag, TAG, tag)->code);
    *ROW(PAPER, i) = (row){true, title, NONE, tag, NONE, paper};
}

static void move_node(program *p)
{
    int i = some(p, NODE, true);
    if (i != NONE) set_parent(p, i, draw(p, 4) ? some(p, NODE, true) : NONE);
}

static void move_item(program *p)
{
    int i = some(p, ITEM, true), owner = some(p, OWNER, true);
    if (i == NONE || owner == NONE || !name_free(p, owner, ROW(ITEM, i)->value, i)) return;
    note(p, "item %d: owner %d\n", i, owner);
    if (draw(p, 2)) Item_set_owner(OBJECT(Item, ITEM, i), OBJECT(Owner, OWNER, owner));
    else if (owner != ROW(ITEM, i)->to) cf_append(Owner_items(OBJECT(Owner, OWNER, owner)), OBJECT(Item, ITEM, i));
    ROW(ITEM, i)->to = owner;
}

static void move_part(program *p)
{
    int i = some(p, PART, true), item = some(p, ITEM, true);
    if (i == NONE || item == NONE) return;
    note(p, "part %d: item %d\n", i, item);
    Part_set_item(OBJECT(Part, PART, i), OBJECT(Item, ITEM, item));
    ROW(PART, i)->to = item;
}

/* The profile of an owner: the one it had before is left alone. */
static void set_profile(program *p)
{
    int i = some(p, PROFILE, true), owner = draw(p, 4) ? some(p, OWNER, true) : NONE;
    if (i == NONE) return;
    note(p, "profile %d: owner %d\n", i, owner);
    for (int k = 0; k < MOST; k++)
        if (ROW(PROFILE, k)->alive && owner != NONE && ROW(PROFILE, k)->to == owner && k != i) {
            if (draw(p, 2)) Profile_set_owner(OBJECT(Profile, PROFILE, k), NULL);
            else Owner_set_profile(OBJECT(Owner, OWNER, owner), NULL);
            ROW(PROFILE, k)->to = NONE;
        }
    if (owner != NONE && draw(p, 2)) Owner_set_profile(OBJECT(Owner, OWNER, owner), OBJECT(Profile, PROFILE, i));
    else Profile_set_owner(OBJECT(Profile, PROFILE, i), owner == NONE ? NULL : OBJECT(Owner, OWNER, owner));
    ROW(PROFILE, i)->to = owner;
}

/* Keys without a relationship: rows that have a key already. */
static void set_reviewer(program *p)
{
    int i = some(p, ITEM, true), owner = some(p, OWNER, true);
    if (i == NONE || owner == NONE || !OBJECT(Owner, OWNER, owner)->id) return;
    note(p, "item %d: reviewer %d\n", i, owner);
    OBJECT(Item, ITEM, i)->reviewer_id = SOME(OBJECT(Owner, OWNER, owner)->id);
    ROW(ITEM, i)->other = owner;
}

static void set_main_item(program *p)
{
    int i = some(p, OWNER, true), item = some(p, ITEM, true);
    if (i == NONE || item == NONE || !OBJECT(Item, ITEM, item)->id) return;
    note(p, "owner %d: main item %d\n", i, item);
    OBJECT(Owner, OWNER, i)->main_item_id = SOME(OBJECT(Item, ITEM, item)->id);
    ROW(OWNER, i)->other = item;
}

static void set_paper_tag(program *p)
{
    int i = some(p, PAPER, true), tag = draw(p, 4) ? some(p, TAG, true) : NONE;
    if (i == NONE) return;
    note(p, "paper %d: tag %d\n", i, tag);
    OBJECT(Paper, PAPER, i)->tag_code = tag == NONE ? NULL : OBJECT(Tag, TAG, tag)->code;
    ROW(PAPER, i)->to = tag;
}

static void set_tagged(program *p)
{
    int owner = some(p, OWNER, true), tag = some(p, TAG, true);
    if (owner == NONE || tag == NONE) return;
    bool   on = !p->now.tagged[owner][tag];
    Owner *o = OBJECT(Owner, OWNER, owner);
    Tag   *t = OBJECT(Tag, TAG, tag);
    note(p, "owner %d %s tag %d\n", owner, on ? "with" : "without", tag);
    if (draw(p, 2)) {
        if (on) cf_append(Owner_tags(o), t);
        else cf_remove(Owner_tags(o), t);
    } else if (on) {
        cf_append(Tag_owners(t), o);
    } else {
        cf_remove(Tag_owners(t), o);
    }
    p->now.tagged[owner][tag] = on;
}

/* Gives a row its value as the model has it. */
static void write_value(program *p, int table, int i)
{
    const row *r = ROW(table, i);
    switch (table) {
    case NODE: OBJECT(Node, NODE, i)->code = word(p, "n", r->value); break;
    case OWNER: OBJECT(Owner, OWNER, i)->email = word(p, "e", r->value); break;
    case ITEM: OBJECT(Item, ITEM, i)->name = word(p, "i", r->value); break;
    case TAG: OBJECT(Tag, TAG, i)->code = word(p, "t", r->value); break;
    default: OBJECT(Paper, PAPER, i)->title = word(p, "p", r->value); break;
    }
}

/* Does nothing refer to the tag, in the model? Then its key can move. */
static bool tag_alone(program *p, int tag)
{
    for (int i = 0; i < MOST; i++)
        if ((ROW(PAPER, i)->alive && ROW(PAPER, i)->to == tag) || p->now.tagged[i][tag]) return false;
    return true;
}

static bool may_change(program *p, int table, int i)
{
    return i != NONE && (table != TAG || tag_alone(p, i));
}

static void change_value(program *p)
{
    static const int tables[] = {NODE, OWNER, TAG, PAPER};
    int              table = tables[draw(p, 4)], i = some(p, table, true), value = free_value(p, table, false);
    if (!may_change(p, table, i) || value == NONE) return;
    note(p, "table %d row %d: value %d\n", table, i, value);
    ROW(table, i)->value = value;
    write_value(p, table, i);
}

/* Up to four rows of a table pass their values on in a ring. */
static void rotate_values(program *p)
{
    static const int tables[] = {NODE, OWNER, TAG, PAPER};
    int              table = tables[draw(p, 4)], ring[4], count = 2 + draw(p, 3);
    for (int k = 0; k < count; k++) {
        ring[k] = some(p, table, true);
        if (!may_change(p, table, ring[k])) return;
        for (int m = 0; m < k; m++)
            if (ring[m] == ring[k]) return;
    }
    int first = ROW(table, ring[0])->value;
    note(p, "table %d rotates %d", table, ring[0]);
    for (int k = 0; k < count; k++) {
        ROW(table, ring[k])->value = k + 1 < count ? ROW(table, ring[k + 1])->value : first;
        write_value(p, table, ring[k]);
        if (k) note(p, " %d", ring[k]);
    }
    note(p, "\n");
}

static void exchange_places(program *p)
{
    int a = some(p, NODE, true), b = some(p, NODE, true);
    if (a == NONE || a == b) return;
    int place = ROW(NODE, a)->second;
    ROW(NODE, a)->second = ROW(NODE, b)->second;
    ROW(NODE, b)->second = place;
    note(p, "nodes %d and %d exchange places\n", a, b);
    cf_null_int64 kept = OBJECT(Node, NODE, a)->place;
    OBJECT(Node, NODE, a)->place = OBJECT(Node, NODE, b)->place;
    OBJECT(Node, NODE, b)->place = kept;
}

static void exchange_items(program *p)
{
    int a = some(p, ITEM, true), b = some(p, ITEM, true);
    if (a == NONE || a == b) return;
    row *x = ROW(ITEM, a), *y = ROW(ITEM, b);
    int  owner = x->to, name = x->value;
    note(p, "items %d and %d exchange owners and names\n", a, b);
    Item_set_owner(x->object, OBJECT(Owner, OWNER, y->to));
    Item_set_owner(y->object, OBJECT(Owner, OWNER, owner));
    x->to = y->to;
    x->value = y->value;
    y->to = owner;
    y->value = name;
    write_value(p, ITEM, a);
    write_value(p, ITEM, b);
}

/* ---- deleting: what refers to the row is dealt with first, as the declared relationships do it or by hand -------- */

static void delete_row(program *p, int table, int i)
{
    note(p, "delete %d of table %d\n", i, table);
    cf_delete(p->db, ROW(table, i)->object);
    *ROW(table, i) = (row){.alive = false};
}

static void delete_node(program *p)
{
    int i = some(p, NODE, true);
    if (i == NONE) return;
    for (int k = 0; k < MOST; k++)
        if (ROW(NODE, k)->alive && ROW(NODE, k)->to == i) ROW(NODE, k)->to = NONE; /* by the relationship */
    delete_row(p, NODE, i);
}

static void delete_item_at(program *p, int i)
{
    for (int k = 0; k < MOST; k++) {
        if (ROW(OWNER, k)->alive && ROW(OWNER, k)->other == i) {
            OBJECT(Owner, OWNER, k)->main_item_id = (cf_null_int64){0};
            ROW(OWNER, k)->other = NONE;
        }
        if (ROW(PART, k)->alive && ROW(PART, k)->to == i) *ROW(PART, k) = (row){.alive = false}; /* cascade */
    }
    delete_row(p, ITEM, i);
}

static void delete_item(program *p)
{
    int i = some(p, ITEM, true);
    if (i != NONE) delete_item_at(p, i);
}

static void delete_owner(program *p)
{
    int i = some(p, OWNER, true), heir = some(p, OWNER, true);
    if (i == NONE) return;
    for (int k = 0; k < MOST; k++) {
        row *item = ROW(ITEM, k), *profile = ROW(PROFILE, k);
        if (item->alive && item->other == i) {
            ((Item *)item->object)->reviewer_id = (cf_null_int64){0};
            item->other = NONE;
        }
        if (profile->alive && profile->to == i) profile->to = NONE; /* by the relationship */
        p->now.tagged[i][k] = false;
        if (!item->alive || item->to != i) continue;
        if (heir == i || !name_free(p, heir, item->value, k)) {
            delete_item_at(p, k);
            continue;
        }
        note(p, "item %d: owner %d\n", k, heir);
        Item_set_owner(item->object, OBJECT(Owner, OWNER, heir));
        item->to = heir;
    }
    delete_row(p, OWNER, i);
}

static void delete_tag(program *p)
{
    int i = some(p, TAG, true), heir = some(p, TAG, true);
    if (i == NONE) return;
    for (int k = 0; k < MOST; k++) {
        row *paper = ROW(PAPER, k);
        p->now.tagged[k][i] = false;
        if (!paper->alive || paper->to != i) continue;
        ((Paper *)paper->object)->tag_code = heir == i ? NULL : OBJECT(Tag, TAG, heir)->code;
        paper->to = heir == i ? NONE : heir;
    }
    delete_row(p, TAG, i);
}

static void delete_leaf(program *p)
{
    static const int tables[] = {PART, PROFILE, PAPER};
    int              table = tables[draw(p, 3)], i = some(p, table, true);
    if (i != NONE) delete_row(p, table, i);
}

/* ---- transactions, and comparing ---------------------------------------------------------------------- */

#define SAME(condition) MUST(condition, "another session sees " #condition " otherwise")

static void compare_one(program *p, cf_db *db, int i)
{
    const row *r = ROW(NODE, i);
    if (r->alive) {
        Node *x = cf_get(db, Node, ((Node *)r->object)->id);
        SAME(x && strcmp(x->code, word(p, "n", r->value)) == 0);
        SAME(x->place.set == (r->second != NONE) && (r->second == NONE || x->place.value == r->second));
        SAME(r->to == NONE ? !x->parent_id.set : x->parent_id.value == OBJECT(Node, NODE, r->to)->id);
    }
    if ((r = ROW(OWNER, i))->alive) {
        Owner *x = cf_get(db, Owner, ((Owner *)r->object)->id);
        SAME(x && strcmp(x->email, word(p, "e", r->value)) == 0);
        SAME(r->other == NONE ? !x->main_item_id.set : x->main_item_id.value == OBJECT(Item, ITEM, r->other)->id);
        for (int k = 0; k < MOST; k++)
            SAME(!ROW(TAG, k)->alive || p->now.tagged[i][k] == cf_exists(db, OwnerTag, "owner_id = ? and tag_code = ?",
                                                                         x->id, OBJECT(Tag, TAG, k)->code));
    }
    if ((r = ROW(ITEM, i))->alive) {
        Item *x = cf_get(db, Item, ((Item *)r->object)->id);
        SAME(x && strcmp(x->name, word(p, "i", r->value)) == 0 && x->owner_id == OBJECT(Owner, OWNER, r->to)->id);
        SAME(r->other == NONE ? !x->reviewer_id.set : x->reviewer_id.value == OBJECT(Owner, OWNER, r->other)->id);
    }
    if ((r = ROW(PART, i))->alive) {
        Part *x = cf_get(db, Part, ((Part *)r->object)->id);
        SAME(x && x->item_id == OBJECT(Item, ITEM, r->to)->id);
    }
    if ((r = ROW(PROFILE, i))->alive) {
        Profile *x = cf_get(db, Profile, ((Profile *)r->object)->id);
        SAME(x && (r->to == NONE ? !x->owner_id.set : x->owner_id.value == OBJECT(Owner, OWNER, r->to)->id));
    }
    if ((r = ROW(TAG, i))->alive) {
        Tag *x = cf_get(db, Tag, word(p, "t", r->value));
        SAME(x && x->weight == r->second);
    }
    if ((r = ROW(PAPER, i))->alive) {
        Paper *x = cf_get(db, Paper, ((Paper *)r->object)->id);
        SAME(x && strcmp(x->title, word(p, "p", r->value)) == 0);
        SAME(r->to == NONE ? !x->tag_code : strcmp(x->tag_code, word(p, "t", ROW(TAG, r->to)->value)) == 0);
        SAME(x->revision == ((Paper *)r->object)->revision);
    }
}

static void compare(program *p)
{
    cf_db  *db = other_session(p->f);
    int64_t counts[TABLES] = {0};
    for (int t = 0; t < TABLES; t++)
        for (int i = 0; i < MOST; i++) counts[t] += p->now.rows[t][i].alive;
    SAME(cf_all(db, Node, "") && cf_all(db, Owner, "") && cf_all(db, Item, "") && cf_all(db, Part, ""));
    SAME(cf_all(db, Profile, "") && cf_all(db, Tag, "") && cf_all(db, Paper, ""));
    SAME(cf_count(db, Node, "") == counts[NODE] && cf_count(db, Owner, "") == counts[OWNER]);
    SAME(cf_count(db, Item, "") == counts[ITEM] && cf_count(db, Part, "") == counts[PART]);
    SAME(cf_count(db, Profile, "") == counts[PROFILE] && cf_count(db, Tag, "") == counts[TAG]);
    SAME(cf_count(db, Paper, "") == counts[PAPER]);
    for (int i = 0; i < MOST; i++) compare_one(p, db, i);
    SAME(cf_error(db)->code == CF_OK);
    cf_close(db);
}

/* All objects anew, in a session that knows nothing. */
static void reload(program *p)
{
    world *w = &p->now;
    note(p, "new session\n");
    cf_db *before = p->db;
    p->db = other_session(p->f);
    for (int i = 0; i < MOST; i++) {
#define RELOAD(T, table, key)                                \
    if (w->rows[table][i].alive) {                           \
        T *x = w->rows[table][i].object;                     \
        w->rows[table][i].object = cf_get(p->db, T, x->key); \
    }
        RELOAD(Node, NODE, id);
        RELOAD(Owner, OWNER, id);
        RELOAD(Item, ITEM, id);
        RELOAD(Part, PART, id);
        RELOAD(Profile, PROFILE, id);
        RELOAD(Tag, TAG, code);
        RELOAD(Paper, PAPER, id);
    }
    cf_close(before);
    p->committed = p->now;
}

/* A savepoint, or its end: returned to or released. */
static void savepoint(program *p)
{
    if (!p->savepoint) {
        note(p, "savepoint\n");
        p->savepoint = cf_savepoint(p->db);
        MUST(p->savepoint, "savepoint");
        p->saved = p->now;
    } else if (draw(p, 2)) {
        note(p, "return to the savepoint\n");
        MUST(cf_savepoint_rollback(p->db, p->savepoint), "return to the savepoint");
        p->now = p->saved;
        p->savepoint = 0;
    } else {
        note(p, "release the savepoint\n");
        MUST(cf_savepoint_release(p->db, p->savepoint), "release the savepoint");
        p->savepoint = 0;
    }
}

static void commit(program *p)
{
    note(p, "commit\n");
    p->savepoint = 0;
    MUST(cf_commit(p->db), "commit");
    compare(p);
    p->committed = p->now;
    if (draw(p, 3) == 0) reload(p);
}

static void end_or_flush(program *p)
{
    switch (draw(p, 5)) {
    case 0:
        note(p, "rollback\n");
        MUST(cf_rollback(p->db), "rollback");
        p->now = p->committed;
        p->savepoint = 0;
        break;
    case 1: commit(p); break;
    default: note(p, "flush\n"); MUST(cf_flush(p->db), "flush");
    }
}

static void (*const actions[])(program *) = {
    add_node,     add_node,      add_owner,     add_owner,       add_item,       add_item,    add_part,
    add_profile,  add_tag,       add_paper,     move_node,       move_node,      move_item,   move_part,
    set_profile,  set_profile,   set_reviewer,  set_main_item,   set_paper_tag,  set_tagged,  set_tagged,
    change_value, rotate_values, rotate_values, exchange_places, exchange_items, delete_node, delete_item,
    delete_owner, delete_tag,    delete_leaf,   end_or_flush,    savepoint,
};

static void empty_tables(cf_db *db)
{
    cf_each(Owner, o, cf_all(db, Owner, "main_item_id is not null")) o->main_item_id = (cf_null_int64){0};
    cf_each(Node, n, cf_all(db, Node, "parent_id is not null")) n->parent_id = (cf_null_int64){0};
    cf_flush(db);
    cf_delete_where(db, OwnerTag, "all");
    cf_delete_where(db, Paper, "all");
    cf_delete_where(db, Tag, "all");
    cf_delete_where(db, Profile, "all");
    cf_delete_where(db, Part, "all");
    cf_delete_where(db, Item, "all");
    cf_delete_where(db, Owner, "all");
    cf_delete_where(db, Node, "all");
    assert_true(cf_commit(db));
    cf_close(db);
}

static void run_program(fixture *f, unsigned number)
{
    static program whole;
    program       *p = &whole;
    memset(p, 0, sizeof *p);
    p->f = f;
    p->number = number;
    p->random = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
    p->db = other_session(f);
    int steps = 10 + draw(p, 50);
    for (int i = 0; i < steps; i++) {
        actions[draw(p, sizeof actions / sizeof *actions)](p);
        MUST(cf_error(p->db)->code == CF_OK, "an action");
    }
    commit(p);
    cf_close(p->db);
    empty_tables(other_session(f));
}

static unsigned programs = 300, first;

static void random_programs_do_what_the_model_does(void **state)
{
    for (unsigned i = 0; i < programs; i++) run_program(*state, first + i);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {session_test(random_programs_do_what_the_model_does)};
    if (argc > 2) programs = (unsigned)atoi(argv[2]);
    if (argc > 3) first = (unsigned)atoi(argv[3]);
    return RUN_TESTS("property", tests, argc, argv);
}
