// gcc: has no member named .title.
// clang: no member named 'title'
/* Choices by a member that the objects do not have. */
#include <carafe.h>
typedef struct Team { int64_t id; const char *name; } Team;
typedef struct UserForm { int64_t team_id; } UserForm;
bool offer(UserForm *form, CF_LIST(Team) teams);
bool offer(UserForm *form, CF_LIST(Team) teams) { return cf_form_choices(form, team_id, teams, id, title); }
