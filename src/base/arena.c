/* Arenas: blocks that double in size, in the end huge pages, freed together; children and clean-ups. */
#include <carafe/arena.h>
#include <carafe/value.h>

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

#define ALIGNMENT 16u
#define FIRST_BLOCK ((size_t)4096)
#define LARGEST_BLOCK CF_MEM_HUGE
/* Pieces from here on get a block of their own. */
#define LARGE CF_MEM_LARGE

#ifdef CF_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
/* A gap that nobody may touch, so that the sanitizer sees overruns of an allocation. */
#define RED_ZONE ALIGNMENT
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#define RED_ZONE 0u
#endif

typedef struct block {
    struct block *next;
    size_t        size; /* of the data */
    size_t        used;
    size_t        pad;
} block;

typedef struct cleanup {
    struct cleanup *next;
    void (*function)(void *);
    void *argument;
} cleanup;

struct cf_arena {
    cf_arena *parent, *first_child, *next_sibling, *previous_sibling;
    block    *blocks; /* the newest first */
    cleanup  *cleanups;
    size_t    taken;
    size_t    limit;
    bool      failed;
    bool      full; /* because of the limit */
};

_Static_assert(sizeof(block) % ALIGNMENT == 0, "data of a block must be aligned");
_Static_assert(sizeof(cf_header) % ALIGNMENT == 0, "a structure behind its header must be aligned");

static unsigned char *block_data(const block *b)
{
    return (unsigned char *)(uintptr_t)(b + 1);
}

cf_arena *cf_arena_new(cf_arena *parent, size_t limit)
{
    cf_arena *arena = cf_mem_zero(1, sizeof *arena);
    if (!arena) {
        if (parent) parent->failed = true;
        return NULL;
    }
    arena->limit = limit;
    if (parent) {
        arena->parent = parent;
        arena->next_sibling = parent->first_child;
        if (parent->first_child) parent->first_child->previous_sibling = arena;
        parent->first_child = arena;
    }
    return arena;
}

/* Ends the children, then runs the clean-ups; these may still use the arena, even add children. */
static void run_cleanups(cf_arena *arena)
{
    for (;;) {
        while (arena->first_child) cf_arena_free(arena->first_child);
        cleanup *c = arena->cleanups;
        if (!c) return;
        arena->cleanups = c->next;
        c->function(c->argument);
    }
}

static void free_blocks(block *b)
{
    while (b) {
        block *next = b->next;
        UNPOISON(block_data(b), b->size);
        cf_mem_pages_free(b, sizeof *b + b->size);
        b = next;
    }
}

static void unlink_arena(cf_arena *arena)
{
    if (arena->previous_sibling) arena->previous_sibling->next_sibling = arena->next_sibling;
    else if (arena->parent) arena->parent->first_child = arena->next_sibling;
    if (arena->next_sibling) arena->next_sibling->previous_sibling = arena->previous_sibling;
}

void cf_arena_free(cf_arena *arena)
{
    if (!arena) return;
    run_cleanups(arena);
    unlink_arena(arena);
    free_blocks(arena->blocks);
    cf_mem_free(arena);
}

void cf_arena_reset(cf_arena *arena)
{
    if (!arena) return;
    run_cleanups(arena);
    block *kept = arena->blocks;
    if (kept && sizeof *kept + kept->size > LARGEST_BLOCK / 2) { /* too much to clear and to hold */
        free_blocks(kept);
        kept = arena->blocks = NULL;
        arena->taken = 0;
    }
    if (kept) {
        free_blocks(kept->next);
        kept->next = NULL;
        UNPOISON(block_data(kept), kept->size);
        memset(block_data(kept), 0, kept->used);
        kept->used = 0;
        POISON(block_data(kept), kept->size);
        arena->taken = kept->size + sizeof *kept;
    }
    arena->failed = arena->full = false;
}

/* Of the data of the next block. */
static size_t next_size(const cf_arena *arena)
{
    size_t last = arena->blocks ? sizeof(block) + arena->blocks->size : FIRST_BLOCK / 2;
    return (last < LARGEST_BLOCK / 2 ? last * 2 : LARGEST_BLOCK) - sizeof(block);
}

static block *add_block(cf_arena *arena, size_t need)
{
    /* A block made for one large piece goes behind the current one, which may have room left. */
    bool   single = arena->blocks && need >= LARGE;
    size_t size = next_size(arena);
    if (size < need || single || cf_mem_is_apart()) size = need;
    if (arena->limit && size + sizeof(block) > arena->limit - arena->taken) {
        size = need;
        arena->full |= size + sizeof(block) > arena->limit - arena->taken;
        if (size + sizeof(block) > arena->limit - arena->taken) return NULL;
    }
    block *b = cf_mem_pages(sizeof *b + size);
    if (!b) return NULL;
    b->size = size;
    POISON(block_data(b), size);
    arena->taken += size + sizeof *b;
    if (single) {
        b->next = arena->blocks->next;
        arena->blocks->next = b;
    } else {
        b->next = arena->blocks;
        arena->blocks = b;
    }
    return b;
}

void *cf_arena_alloc(cf_arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2) {
        arena->failed = true;
        return NULL;
    }
    size_t need = ((size ? size : 1) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT + RED_ZONE;
    block *b = arena->blocks;
    if (!b || b->size - b->used < need) {
        b = add_block(arena, need);
        if (!b) {
            arena->failed = true;
            return NULL;
        }
    }
    unsigned char *p = block_data(b) + b->used;
    b->used += need;
    UNPOISON(p, size ? size : 1);
    return p;
}

void *cf_arena_array(cf_arena *arena, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) {
        arena->failed = true;
        return NULL;
    }
    return cf_arena_alloc(arena, total);
}

char *cf_arena_text(cf_arena *arena, const char *text, size_t size)
{
    char *copy = cf_arena_alloc(arena, size < SIZE_MAX ? size + 1 : size);
    if (copy && size) memcpy(copy, text, size);
    return copy;
}

char *cf_arena_copy(cf_arena *arena, const char *text)
{
    return text ? cf_arena_text(arena, text, strlen(text)) : NULL;
}

char *cf_arena_vprintf(cf_arena *arena, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int   size = vsnprintf(NULL, 0, format, arguments);
    char *text = cf_arena_alloc(arena, size < 0 ? SIZE_MAX : (size_t)size + 1);
    if (text) vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    return text;
}

char *cf_arena_printf(cf_arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = cf_arena_vprintf(arena, format, arguments);
    va_end(arguments);
    return text;
}

/* Differs from process to process, so that no stored text can look like a header. */
static uintptr_t check_word(const cf_header *header)
{
    static char anchor;
    return (uintptr_t)header ^ (uintptr_t)&anchor ^ (uintptr_t)0x5ca1ab1e0ddba11dULL;
}

void *cf_arena_object(cf_arena *arena, const cf_class *cls, size_t size)
{
    if (size > SIZE_MAX / 4) {
        arena->failed = true;
        return NULL;
    }
    /* At least one byte, so that the structure lies within what the arena has handed out. */
    cf_header *header = cf_arena_alloc(arena, sizeof *header + (size ? size : 1));
    if (!header) return NULL;
    header->object.cls = cls;
    header->check = check_word(header);
    return header + 1;
}

bool cf_arena_holds(const cf_arena *arena, const void *pointer)
{
    uintptr_t at = (uintptr_t)pointer;
    for (const block *b = arena->blocks; b; b = b->next) {
        uintptr_t start = (uintptr_t)block_data(b);
        if (at < start + sizeof(cf_header) || at >= start + b->used) continue;
        if ((at - start) % ALIGNMENT) return false;
        const cf_header *header = cf_header_of(pointer);
#ifdef CF_ASAN
        if (__asan_region_is_poisoned((void *)(uintptr_t)header, sizeof *header)) return false;
#endif
        return header->check == check_word(header);
    }
    for (const cf_arena *child = arena->first_child; child; child = child->next_sibling)
        if (cf_arena_holds(child, pointer)) return true;
    return false;
}

bool cf_arena_on_free(cf_arena *arena, void (*function)(void *), void *argument)
{
    cleanup *c = cf_arena_alloc(arena, sizeof *c);
    if (!c) return false;
    c->function = function;
    c->argument = argument;
    c->next = arena->cleanups;
    arena->cleanups = c;
    return true;
}

bool cf_arena_failed(const cf_arena *arena)
{
    return arena->failed;
}

bool cf_arena_full(const cf_arena *arena)
{
    return arena->full;
}

size_t cf_arena_size(const cf_arena *arena)
{
    return arena->taken;
}
