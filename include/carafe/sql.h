/**
 * @file carafe/sql.h
 * @brief Raw SQL: statements in the database's own words, for what the query language has no words for.
 *
 *     int64_t n = cf_sql_exec(db, "update user set score = score * ? where id = ?", 1.1, id);
 *     CF_LIST(Usage) usage = cf_sql_rows(db, Usage, "select name, count(*) as total from dataset group by name");
 *
 * The text is a literal, `?` stands for a bound value on every database (in PostgreSQL's it becomes $1, $2, …),
 * and the number of values is checked when the program starts. What the text says is not: it is the database's
 * to judge, names of tables and columns are those of the database, and it may differ from one to the next.
 * Quoted texts, quoted names and comments are left as they are; `??` is one question mark, as in operators of
 * PostgreSQL. Queries in the language of cf_all() are checked and portable: prefer them.
 */
#ifndef CARAFE_SQL_H
#define CARAFE_SQL_H

#include <carafe/collection.h>
#include <carafe/orm.h>

CF_BEGIN_C

#ifndef __cplusplus

/* A site without a model. */
#define CF_SQL_(result_, function_, row_, db_, text_, ...)                                         \
    __extension__({                                                                                \
        _Static_assert(__builtin_constant_p(text_), "an SQL text must be a string literal");       \
        static const uint8_t kinds_[] = {CF_MAP_(CF_KIND_ENTRY_, ##__VA_ARGS__) 0};                \
        static cf_site       site_ = {.text = "" text_,                                            \
                                      .file = __FILE__,                                            \
                                      .line = __LINE__,                                            \
                                      .verb = CF_VERB_SQL,                                         \
                                      .argument_count = sizeof kinds_ - 1,                         \
                                      .argument_kinds = kinds_,                                    \
                                      .row = row_};                                                \
        CF_REGISTER_("cf_sites", entry_, &site_);                                                  \
        (void)entry_;                                                                              \
        const cf_value values_[] = {CF_MAP_(CF_ARGUMENT_, ##__VA_ARGS__){0}};                      \
        (result_) function_((db_), &site_, values_);                                               \
    })

/**
 * Run a statement that changes something, in the session's transaction. What the session has to write is written
 * before; afterwards its objects are read anew when a query finds them.
 * @return rows inserted, changed or deleted, int64_t; 0 after a failure
 */
#define cf_sql_exec(db_, ...) CF_SQL_(int64_t, cf_sql_exec_, NULL, db_, __VA_ARGS__)

/**
 * Rows of a statement as structs with a CF_ROW() table, `CF_LIST(Row)`: each field is read from the column of its name.
 * @return the session's; NULL after a failure, which cf_each() takes as empty
 */
#define cf_sql_rows(db_, Row, ...) CF_SQL_(Row **, cf_sql_rows_, cf_row_##Row##_, db_, __VA_ARGS__)

/** Rows as dictionaries by column name, `cf_list *`, for templates and JSON; the session's. NULL after a failure. */
#define cf_sql_list(db_, ...) CF_SQL_(cf_list *, cf_sql_list_, NULL, db_, __VA_ARGS__)

/** The first column of the first row, `cf_value`; CF_UNDEFINED when there is no row, and after a failure. */
#define cf_sql_value(db_, ...) CF_SQL_(cf_value, cf_sql_value_, NULL, db_, __VA_ARGS__)

#endif

CF_API int64_t  cf_sql_exec_(cf_db *db, cf_site *site, const cf_value *values);
CF_API void    *cf_sql_rows_(cf_db *db, cf_site *site, const cf_value *values);
CF_API cf_list *cf_sql_list_(cf_db *db, cf_site *site, const cf_value *values);
CF_API cf_value cf_sql_value_(cf_db *db, cf_site *site, const cf_value *values);

CF_END_C

#endif
