/* cmocka with what it wants included first. */
#ifndef CARAFE_TESTS_WEB_CHECK_H
#define CARAFE_TESTS_WEB_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#endif
