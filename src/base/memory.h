/* The only door to the system's allocator; tests make the n-th allocation fail. */
#ifndef CARAFE_BASE_MEMORY_H
#define CARAFE_BASE_MEMORY_H

#include <carafe/core.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CF_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define CF_ASAN 1
#endif

/** Uninitialised memory of `size` bytes (at least one), or NULL. Free it with cf_mem_free(). */
void *cf_mem_alloc(size_t size);
/** Zeroed memory for `count` elements of `size` bytes; NULL also when the product overflows. */
void *cf_mem_zero(size_t count, size_t size);
/** Resize, keeping the content; on NULL the old memory stays valid. */
void *cf_mem_resize(void *memory, size_t size);
/** A copy of a NUL-terminated text, or NULL. */
char *cf_mem_copy(const char *text);
/** NULL is allowed. */
void cf_mem_free(void *memory);

/** Memory of this size and more comes in whole pages, from CF_MEM_HUGE on in huge ones, from cf_mem_pages(). */
#define CF_MEM_LARGE ((size_t)1 << 18)
#define CF_MEM_HUGE ((size_t)2 << 20)
/**
 * `size` zeroed bytes for those who will fill them. Large memory has its pages taken at once, which is cheaper than one
 * by one at first use, and huge pages as far as it fills them and the system has some. NULL when out of memory. Free it
 * with cf_mem_pages_free() and the same size.
 */
void *cf_mem_pages(size_t size);
/** NULL is allowed. */
void cf_mem_pages_free(void *pages, size_t size);

/** For tests: fail the n-th allocation from now on (1 is the next), and all later ones if `stay`; 0 switches it off. */
CF_API void cf_mem_fail_at(long n, bool stay);
/** For tests: allocations made by this process so far. */
CF_API long cf_mem_count(void);
/** For tests: each piece of an arena from now on is an allocation of its own, so that each can fail. */
CF_API void cf_mem_apart(bool apart);
bool        cf_mem_is_apart(void);

#endif
