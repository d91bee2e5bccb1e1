/* What a rendering stands on: errors, limits, frames, captured output. */
#include <stdarg.h>
#include <time.h>

#include "template/machine.h"

/* ---- errors and limits ---------------------------------------------------------------------- */

static cf_code code_of(const char *type)
{
    if (!strcmp(type, "TypeError")) return CF_ERR_TYPE;
    if (!strcmp(type, "TemplateNotFound") || !strcmp(type, "TemplatesNotFound")) return CF_ERR_NOT_FOUND;
    return CF_ERR_TEMPLATE;
}

#undef cf_t_raise
bool cf_t_raise(cf_vm *vm, const char *type, const char *format, ...)
{
    if (!vm || !vm->error || vm->error->code != CF_OK) return false;
    vm->error->type = type;
    va_list arguments;
    va_start(arguments, format);
    cf_fail_v(vm->error, code_of(type), format, arguments);
    va_end(arguments);
    return false;
}

bool cf_t_raise_limit(cf_vm *vm, const char *type, const char *what)
{
    if (vm->error && vm->error->code == CF_OK) {
        vm->error->type = type;
        cf_fail(vm->error, CF_ERR_LIMIT, "%s", what);
    }
    return false;
}

#undef cf_t_no_memory
bool cf_t_no_memory(cf_vm *vm)
{
    if (!vm) return false;
    if (vm->error && vm->error->code == CF_OK) {
        vm->error->type = "MemoryError";
        cf_fail(vm->error, CF_ERR_MEMORY, "the template needs more memory than there is or than the limit allows");
    }
    return false;
}

bool cf_t_is_error(const cf_vm *vm, const char *type)
{
    return vm->error->type && strcmp(vm->error->type, type) == 0;
}

static int64_t clock_usec(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void cf_t_start_clock(cf_vm *vm, unsigned milliseconds)
{
    vm->deadline = milliseconds ? clock_usec() + (int64_t)milliseconds * 1000 : 0;
}

bool cf_t_step_slow(cf_vm *vm, uint64_t n)
{
    if (!vm) return true;
    if (vm->steps < n) {
        vm->steps = 0;
        return cf_t_raise_limit(vm, "TemplateRuntimeError", "the template takes more steps than the limit allows");
    }
    vm->steps -= n;
    if (vm->deadline && clock_usec() > vm->deadline)
        return cf_t_raise_limit(vm, "TemplateRuntimeError", "the template takes longer than the limit allows");
    return true;
}

bool cf_t_output_failed(cf_vm *vm)
{
    cf_buffer *out = vm->out;
    if (out->limit && out->size + 1 >= out->limit / 2)
        return cf_t_raise_limit(vm, "TemplateRuntimeError", "the template writes more than the limit allows");
    return cf_t_no_memory(vm);
}

/* ---- frames --------------------------------------------------------------------------------- */

/* Frames of one size class that may be used again. */
struct cf_t_spare {
    struct cf_t_spare *next;
};

static size_t frame_size(const cf_t_code *code)
{
    size_t values = (size_t)code->slot_count + code->stack_size;
    return sizeof(cf_t_frame) + values * sizeof(cf_value) + code->iterator_count * sizeof(cf_t_iter);
}

/* Which list of spare frames a size belongs to; FRAME_CLASSES: none, it is too large. */
static size_t frame_class(size_t size)
{
    size_t rank = (size + 63) / 64;
    return rank < FRAME_CLASSES ? rank : FRAME_CLASSES;
}

cf_t_frame *cf_t_frame_new(cf_vm *vm, const cf_t_code *code, cf_t_frame *parent, cf_t_context *context)
{
    size_t      size = frame_size(code), rank = frame_class(size);
    cf_t_frame *f = NULL;
    if (rank < FRAME_CLASSES && vm->spare[rank]) {
        f = (cf_t_frame *)vm->spare[rank];
        vm->spare[rank] = vm->spare[rank]->next;
        /* Stack and iterators are written before they are read. */
        memset(f, 0, sizeof *f + code->slot_count * sizeof(cf_value));
    } else {
        f = cf_arena_alloc(vm->arena, rank < FRAME_CLASSES ? rank * 64 : size);
    }
    if (!f) {
        cf_t_no_memory(vm);
        return NULL;
    }
    f->code = code;
    f->parent = parent;
    f->context = context;
    f->iterators = (cf_t_iter *)(f->slots + code->slot_count + code->stack_size);
    return f;
}

void cf_t_frame_done(cf_vm *vm, cf_t_frame *f)
{
    if (f->code->captures) return; /* a macro may still see it */
    size_t rank = frame_class(frame_size(f->code));
    if (rank == FRAME_CLASSES) return;
    struct cf_t_spare *s = (struct cf_t_spare *)f;
    s->next = vm->spare[rank];
    vm->spare[rank] = s;
}

/* ---- captured output ------------------------------------------------------------------------ */

struct cf_t_capture {
    struct cf_t_capture *next;
    cf_buffer            buffer;
    cf_buffer           *before;
};

bool cf_t_capture(cf_vm *vm)
{
    struct cf_t_capture *c = vm->spare_captures;
    if (c) {
        vm->spare_captures = c->next;
        cf_buffer_clear(&c->buffer);
    } else {
        c = cf_arena_alloc(vm->arena, sizeof *c);
        if (!c) return cf_t_no_memory(vm);
        c->buffer.limit = cf_t_options(vm->env)->output_limit;
    }
    c->next = vm->captures;
    c->before = vm->out;
    vm->captures = c;
    vm->out = &c->buffer;
    return true;
}

void cf_t_capture_drop(cf_vm *vm)
{
    struct cf_t_capture *c = vm->captures;
    vm->out = c->before;
    vm->captures = c->next;
    c->next = vm->spare_captures;
    vm->spare_captures = c;
}

bool cf_t_captured(cf_vm *vm, cf_value *out)
{
    cf_buffer *b = vm->out;
    if (b->failed) return cf_t_output_failed(vm);
    bool ok = cf_t_new_text(vm, b->data ? b->data : "", b->size, out);
    cf_t_capture_drop(vm);
    return ok;
}

void cf_t_free_captures(cf_vm *vm)
{
    for (struct cf_t_capture *c = vm->captures; c; c = c->next) cf_buffer_free(&c->buffer);
    for (struct cf_t_capture *c = vm->spare_captures; c; c = c->next) cf_buffer_free(&c->buffer);
    vm->captures = vm->spare_captures = NULL;
}
