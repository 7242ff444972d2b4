// SPDX-License-Identifier: GPL-3.0-or-later
// Arrays that grow one by one. Their capacity needs no field: it follows from the count.
#pragma once

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// Makes room for one more in an array of `count` items of `size` bytes; `slot` is the address of the pointer
// to it (NULL with count 0). False if there is no memory: the array is then as it was.
static inline bool ms_array_grow(void *slot, size_t count, size_t size)
{
    void *items;
    if (count & (count - 1)) // full at each power of two
        return true;
    memcpy(&items, slot, sizeof items);
    items = reallocarray(items, count ? 2 * count : 1, size);
    if (items)
        memcpy(slot, &items, sizeof items);
    return items != NULL;
}
