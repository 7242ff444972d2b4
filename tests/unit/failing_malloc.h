// SPDX-License-Identifier: GPL-3.0-or-later
// Allocations that fail when they are told to, and the number of blocks that are not freed. For one file of a
// test program, without sanitizers (which have a malloc of their own).
#pragma once

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FOREIGN_MALLOC 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define FOREIGN_MALLOC 1
#endif
#endif

#define MAYBE_UNUSED __attribute__((unused))
MAYBE_UNUSED static atomic_long until_failure = -1; // allocations until one fails; below 0: none does
MAYBE_UNUSED static bool failure_lasts;             // so do all after it
MAYBE_UNUSED static atomic_long live_blocks;

#ifndef FOREIGN_MALLOC
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

// Which callers' allocations count: a file may say so before it includes this.
#ifndef MAY_FAIL
#define MAY_FAIL(caller) true
#endif
#define FAILS allocation_fails(__builtin_return_address(0))

static bool allocation_fails(const void *caller)
{
    (void)caller;
    if (!MAY_FAIL(caller))
        return false;
    if (until_failure < 0 || (until_failure > 0 && until_failure-- > 0))
        return false;
    if (!failure_lasts)
        until_failure = -1;
    errno = ENOMEM;
    return true;
}

static void *counted(void *block)
{
    live_blocks += block != NULL;
    return block;
}

void *malloc(size_t size)
{
    return FAILS ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return FAILS ? NULL : counted(__libc_calloc(count, size));
}

void *realloc(void *old, size_t size)
{
    if (FAILS)
        return NULL;
    return old ? __libc_realloc(old, size) : counted(__libc_malloc(size));
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return FAILS ? NULL : counted(__libc_memalign(alignment, size));
}

void free(void *block)
{
    live_blocks -= block != NULL;
    __libc_free(block);
}
#endif
