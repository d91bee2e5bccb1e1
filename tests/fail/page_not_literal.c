// gcc: a query text must be a string literal|expected string literal|expected .\).
// clang: a query text must be a string literal|expected string literal|expected .\).
#include <carafe.h>
typedef struct User { int64_t id; } User;
CF_MODEL(User, CF_COLUMN(id, .primary_key = true));
void f(cf_db *db, const char *text);
void f(cf_db *db, const char *text) { (void)cf_paginate_in(db, NULL, User, text); }
