/* The rows that both programs in C show. */
#ifndef BENCH_TEMPLATE_DATA_H
#define BENCH_TEMPLATE_DATA_H

#include <carafe/types.h>
#include <stdio.h>

typedef struct user {
    int64_t     id;
    const char *name, *email;
    cf_datetime created_at;
} user;

typedef struct fortune {
    int64_t     id;
    const char *message;
} fortune;

static const fortune fortunes[12] = {
    {1, "fortune: No such file or directory"},
    {2, "A computer scientist is someone who fixes things that are not broken."},
    {3, "After enough decimal places, nobody cares."},
    {4, "A bad random number generator: 1, 1, 1, 1, 1, 4.33e+67, 1, 1, 1"},
    {5, "A computer program does what you tell it to do, not what you want it to do."},
    {6, "Emacs is a nice operating system."},
    {7, "Any program that runs right is obsolete."},
    {8, "A list is only as strong as its weakest link."},
    {9, "Feature: A bug with seniority."},
    {10, "Computers make very fast, very accurate mistakes."},
    {11, "<script>alert(\"This should not be displayed in a browser alert box.\");</script>"},
    {12, "\xe3\x83\x95\xe3\x83\xac\xe3\x83\xbc\xe3\x83\xa0\xe3\x83\xaf\xe3\x83\xbc\xe3\x82\xaf"}};

enum { USERS = 1000 };
#define FIRST_MOMENT INT64_C(1700000000000000)
#define TITLE "Tables & chairs"
#define TEXT "A <short> text about what stands in a room, and why."

#endif
