/* What development warns of: queries that will be slow once their tables are large. */
#ifndef CARAFE_ORM_WATCH_H
#define CARAFE_ORM_WATCH_H

#include "orm/run.h"

/* After a use of a site that went well, while its connection is there: warn of a filter or join without an index, once. */
void cf_watch_run(cf_run *run);

/* The column that related rows are found by when no index begins with one of theirs; or NULL. */
const cf_attribute *cf_watch_side(const struct cf_side *side, const cf_dialect *dialect);
/* Warn of a column without an index when its table is large; false when it is not. */
bool cf_watch_large(cf_db *db, cf_conn *conn, const cf_attribute *attribute, bool join, const char *file, int line);

#endif
