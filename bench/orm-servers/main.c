/* bench-orm-servers prepare URL | carafe|limit WORK URL: does the work once; exit status 0 when it came out right. */
#include "by_hand.h"

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "prepare") == 0) return carafe_prepare(argv[2]) ? 0 : 1;
    if (argc == 4) {
        const server *s = strncmp(argv[3], "postgresql", 10) == 0 ? &by_libpq : &by_connector;
        const work    works[] = {
               {"load", carafe_load, s->load},          {"get", carafe_get, s->get},
               {"related", carafe_related, s->related}, {"update", carafe_update, s->update},
               {"delete", carafe_delete, s->delete},    {"insert", carafe_insert, s->insert},
        };
        for (size_t i = 0; i < sizeof works / sizeof *works; i++)
            if (strcmp(argv[2], works[i].name) == 0)
                return (strcmp(argv[1], "carafe") == 0 ? works[i].carafe : works[i].limit)(argv[3]) ? 0 : 1;
    }
    fprintf(stderr, "usage: %s prepare URL | carafe|limit WORK URL\n", argv[0]);
    return 2;
}
