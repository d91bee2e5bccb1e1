/* {% trans %}: parsing and translating messages. */
#include "template/engine.h"

cf_t_node *cf_t_parse_trans(cf_t_parser *p, int line)
{
    cf_t_syntax_error(p->error, p->file, line, "trans is not there yet");
    return NULL;
}

bool cf_t_do_trans(cf_vm *vm, cf_t_frame *f, const cf_t_op *op, cf_value *sp)
{
    (void)f;
    (void)op;
    (void)sp;
    return cf_t_raise(vm, "TemplateRuntimeError", "trans is not there yet");
}
