/* What every test here needs: cmocka with its includes, and allocation failures one after the other. */
#ifndef CARAFE_TESTS_BASE_SUPPORT_H
#define CARAFE_TESTS_BASE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/*
 * Run `body` with the 1st, 2nd, ... allocation failing until it needs fewer than
 * that; returns how many there are. `body` says whether it succeeded, which it
 * must exactly when nothing was refused, and releases what it made.
 */
static inline int fail_each_allocation(bool (*body)(void))
{
    for (int n = 1; n < 1000; n++) {
        long before = cf_mem_count();
        cf_mem_fail_at(n, false);
        bool succeeded = body();
        cf_mem_fail_at(0, false);
        bool refused = cf_mem_count() - before >= n;
        assert_true(succeeded == !refused);
        if (!refused) return n - 1;
    }
    fail_msg("more than 1000 allocations");
    return -1;
}

/* A small generator, the same on every machine (xorshift64*). */
static inline uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545F4914F6CDD1D);
}

#endif
