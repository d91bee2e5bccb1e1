// gcc: selector of type .(struct )?Address \*
// clang: controlling expression type 'Address \*'
/* A list of forms whose structs are others. */
#include <carafe/form.h>
typedef struct Address { const char *street; } Address;
typedef struct Person { const char *name; } Person;
CF_DECLARE_FORM(Person);
typedef struct OrderForm { CF_ENTRIES(Address) to; } OrderForm;
CF_FORM(OrderForm, CF_FORM_LIST(to, "To", Person));
