/* Names made from names. */
#ifndef CARAFE_BASE_NAMING_H
#define CARAFE_BASE_NAMING_H

#include <carafe/buffer.h>

/*
 * Add the table name of a class: Flask-SQLAlchemy's rule. '_' goes before an ASCII capital that follows [a-z0-9], or that is
 * not the first character and stands before [a-z]; then all is lower-cased and leading '_' are dropped.
 */
void cf_table_name(cf_buffer *out, const char *class_name);

#endif
