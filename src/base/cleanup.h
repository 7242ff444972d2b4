// SPDX-License-Identifier: GPL-3.0-or-later
// Scope guards. Only below bind/: a Lua error jumps over them.
#pragma once

#include <stdlib.h>
#include <unistd.h>

static inline void ms_cleanup_free_(void *slot)
{
    free(*(void **)slot);
}

static inline void ms_cleanup_close_(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

#define MS_AUTO_FREE __attribute__((cleanup(ms_cleanup_free_)))
#define MS_AUTO_CLOSE __attribute__((cleanup(ms_cleanup_close_)))
