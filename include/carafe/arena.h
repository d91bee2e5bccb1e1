/**
 * @file carafe/arena.h
 * @brief Memory that is freed all at once.
 *
 * An arena hands out memory and frees all of it together with cf_arena_free()
 * or cf_arena_reset(). Arenas form a tree: freeing one frees its children.
 * A failed allocation is remembered, so that a series of them needs one check.
 * An arena belongs to one thread at a time.
 *
 *     cf_arena *arena = cf_arena_new(NULL, 0);
 *     char *greeting = cf_arena_printf(arena, "hello, %s", "Ada");
 *     if (cf_arena_failed(arena)) return 1;
 *     puts(greeting);
 *     cf_arena_free(arena);
 */
#ifndef CARAFE_ARENA_H
#define CARAFE_ARENA_H

#include <carafe/core.h>
#include <stdarg.h>

CF_BEGIN_C

typedef struct cf_arena cf_arena;
typedef struct cf_class cf_class;

/**
 * Make an arena.
 * @param parent the arena it dies with, or NULL; the same thread uses both
 * @param limit  the most bytes it may take from the system; 0: no limit
 * @return the arena, to be freed with cf_arena_free() or with its parent; NULL when out of memory
 */
CF_API cf_arena *cf_arena_new(cf_arena *parent, size_t limit);

/** Free the arena, its children and all their memory, after running the clean-ups. NULL is allowed. */
CF_API void cf_arena_free(cf_arena *arena);

/** Free all but one block for reuse, and the children; forgets a failure. Clean-ups are run. */
CF_API void cf_arena_reset(cf_arena *arena);

/**
 * Allocate `size` zeroed bytes, aligned for any type. O(1) but for new blocks.
 * @return memory that lives as long as the arena, never NULL for size 0;
 *         NULL when out of memory or past the limit (then cf_arena_failed() is true)
 */
CF_API void *cf_arena_alloc(cf_arena *arena, size_t size);

/** The same for `count` elements of `size` bytes; NULL also when the product overflows. */
CF_API void *cf_arena_array(cf_arena *arena, size_t count, size_t size);

/** A NUL-terminated copy of `size` bytes; `text` may be NULL when size is 0. NULL when out of memory. */
CF_API char *cf_arena_text(cf_arena *arena, const char *text, size_t size);

/** A copy of a NUL-terminated text; NULL for NULL, and when out of memory. */
CF_API char *cf_arena_copy(cf_arena *arena, const char *text);

/** A formatted text, as by printf. NULL when out of memory. */
CF_API char *cf_arena_printf(cf_arena *arena, const char *format, ...) CF_PRINTF(2, 3);
CF_API char *cf_arena_vprintf(cf_arena *arena, const char *format, va_list arguments);

/**
 * Allocate a structure that knows its class: cf_object_of() finds it again from
 * the pointer. Models, lists and forms are such.
 * @return the zeroed structure, or NULL when out of memory
 */
CF_API void *cf_arena_object(cf_arena *arena, const cf_class *cls, size_t size);

/** Is `pointer` a structure made by cf_arena_object() on this arena or a child of it? Reads no foreign memory. */
CF_API bool cf_arena_holds(const cf_arena *arena, const void *pointer);

/** Run `function(argument)` when the arena is freed or reset, last added first. False when out of memory. */
CF_API bool cf_arena_on_free(cf_arena *arena, void (*function)(void *), void *argument);

/** Has an allocation failed since the arena was made or reset? */
CF_API bool cf_arena_failed(const cf_arena *arena);

/** Was it refused, as the arena would have taken more than its limit? */
CF_API bool cf_arena_full(const cf_arena *arena);

/** Bytes taken from the system by this arena, without its children. */
CF_API size_t cf_arena_size(const cf_arena *arena);

CF_END_C

#endif
