/* Around fragments about forms: declarations at file scope. */
#include <carafe.h>

typedef struct Address {
    const char *street;
    int32_t     number;
} Address;
CF_FORM(Address, CF_FIELD(street, "Street", CF_REQUIRED), CF_FIELD(number, "No."));

/* HERE */
