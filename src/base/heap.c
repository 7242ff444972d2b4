// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/heap.h"

#include <malloc.h>

#ifdef M_MMAP_THRESHOLD

void ms_heap_grow_by(size_t size)
{
    mallopt(M_MMAP_THRESHOLD, (int)size);
    mallopt(M_TOP_PAD, (int)size);
}

void ms_heap_keep(size_t size)
{
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, (int)size);
    mallopt(M_TRIM_THRESHOLD, (int)size);
}

#else

void ms_heap_grow_by(size_t size)
{
    (void)size;
}

void ms_heap_keep(size_t size)
{
    (void)size;
}

#endif
