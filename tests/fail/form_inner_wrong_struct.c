// gcc: selector of type .(struct )?Address.
// clang: controlling expression type 'Address'
/* A form inside a form whose struct is another. */
#include <carafe/form.h>
typedef struct Address { const char *street; } Address;
typedef struct Person { const char *name; } Person;
CF_DECLARE_FORM(Person);
typedef struct OrderForm { Address to; } OrderForm;
CF_FORM(OrderForm, CF_FORM_FIELD(to, "To", Person));
