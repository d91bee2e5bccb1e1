#include "base/memory.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

/* ---- pages ------------------------------------------------------------------------------------- */

/* The leak sanitizer looks for pointers in the allocator's memory alone: there pages come from it, too. */
#ifdef CF_ASAN
void *cf_mem_pages(size_t size)
{
    return cf_mem_zero(1, size);
}

void cf_mem_pages_free(void *pages, size_t size)
{
    (void)size;
    cf_mem_free(pages);
}
#else
static size_t whole_pages(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return size > SIZE_MAX / 2 ? 0 : (size + page - 1) / page * page;
}

/* At an address that is a multiple of `alignment`: what was mapped around it goes back. */
static char *map(size_t size, size_t alignment)
{
    char *all = mmap(NULL, size + alignment, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) return NULL;
    size_t before = alignment ? -(uintptr_t)all & (alignment - 1) : 0;
    if (before) munmap(all, before);
    if (before < alignment) munmap(all + before + size, alignment - before);
    return all + before;
}

void *cf_mem_pages(size_t size)
{
    if (size < CF_MEM_LARGE) return cf_mem_zero(1, size);
    size_t whole = whole_pages(size);
    char  *pages = refused() || !whole ? NULL : map(whole, whole < CF_MEM_HUGE ? 0 : CF_MEM_HUGE);
    if (!pages) return NULL;
    /* Hints: failure does not matter. */
    if (whole >= CF_MEM_HUGE) (void)madvise(pages, whole / CF_MEM_HUGE * CF_MEM_HUGE, MADV_HUGEPAGE);
#ifdef MADV_POPULATE_WRITE
    (void)madvise(pages, whole, MADV_POPULATE_WRITE);
#endif
    return pages;
}

void cf_mem_pages_free(void *pages, size_t size)
{
    if (size < CF_MEM_LARGE) cf_mem_free(pages);
    else if (pages) munmap(pages, whole_pages(size));
}
#endif
