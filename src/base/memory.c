#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_long allocations;
static atomic_long fail_at; /* 0: never */
static atomic_bool fail_stays;
static atomic_bool pieces_apart;

/* True when this allocation is to fail for a test. */
static bool refused(void)
{
    long n = atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed) + 1;
    long at = atomic_load_explicit(&fail_at, memory_order_relaxed);
    if (at == 0) return false;
    return n == at || (n > at && atomic_load_explicit(&fail_stays, memory_order_relaxed));
}

void cf_mem_fail_at(long n, bool stay)
{
    atomic_store(&fail_stays, stay);
    atomic_store(&fail_at, n > 0 ? atomic_load(&allocations) + n : 0);
}

long cf_mem_count(void)
{
    return atomic_load(&allocations);
}

void cf_mem_apart(bool apart)
{
    atomic_store(&pieces_apart, apart);
}

bool cf_mem_is_apart(void)
{
    return atomic_load_explicit(&pieces_apart, memory_order_relaxed);
}

void *cf_mem_alloc(size_t size)
{
    if (refused()) return NULL;
    return malloc(size ? size : 1);
}

void *cf_mem_zero(size_t count, size_t size)
{
    size_t total;
    if (refused() || __builtin_mul_overflow(count, size, &total)) return NULL;
    return calloc(count ? count : 1, size ? size : 1);
}

void *cf_mem_resize(void *memory, size_t size)
{
    if (refused()) return NULL;
    return realloc(memory, size ? size : 1);
}

char *cf_mem_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char  *copy = cf_mem_alloc(size);
    if (copy) memcpy(copy, text, size);
    return copy;
}

void cf_mem_free(void *memory)
{
    free(memory);
}
