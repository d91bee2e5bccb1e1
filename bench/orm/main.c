/* bench-orm carafe|limit|prepare WORK FILE: does the work once; exit status 0 when it came out right. */
#include "work.h"

#include <stdio.h>
#include <string.h>

static const work works[] = {
    {"load", carafe_load, limit_load},       {"insert", carafe_insert, limit_insert},
    {"update", carafe_update, limit_update}, {"get", carafe_get, limit_get},
    {"find", carafe_find, limit_find},       {"related", carafe_related, limit_related},
};

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "prepare") == 0) return carafe_prepare(argv[2]) ? 0 : 1;
    for (size_t i = 0; argc == 4 && i < sizeof works / sizeof *works; i++)
        if (strcmp(argv[2], works[i].name) == 0)
            return (strcmp(argv[1], "carafe") == 0 ? works[i].carafe : works[i].limit)(argv[3]) ? 0 : 1;
    fprintf(stderr, "usage: %s prepare FILE | carafe|limit WORK FILE\n", argv[0]);
    return 2;
}
