// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/address_spaces.h"

#include "base/array.h"

#include <errno.h>
#include <stdlib.h>

void ms_spaces_deinit(struct ms_spaces *spaces)
{
    free(spaces->pids);
    ms_spaces_init(spaces);
}

static int insert(struct ms_spaces *spaces, size_t at, pid_t pid)
{
    if (!ms_array_grow(&spaces->pids, spaces->count, sizeof *spaces->pids))
        return -ENOMEM;
    memmove(spaces->pids + at + 1, spaces->pids + at, (spaces->count - at) * sizeof *spaces->pids);
    spaces->pids[at] = pid;
    spaces->count++;
    return 0;
}

// One that has ended has no place in the order any more.
static void drop(struct ms_spaces *spaces, size_t at)
{
    spaces->count--;
    memmove(spaces->pids + at, spaces->pids + at + 1, (spaces->count - at) * sizeof *spaces->pids);
}

// An error of a comparison with another one may be either's, so it is asked of itself then.
int ms_spaces_add(struct ms_spaces *spaces, struct ms_source *source, pid_t pid, pid_t *first)
{
    size_t low = 0, high = spaces->count;
    int order = high ? 0 : ms_source_compare_memory(source, pid, pid);
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        order = ms_source_compare_memory(source, pid, spaces->pids[middle]);
        if (order == 0) {
            *first = spaces->pids[middle];
            return 0;
        }
        if (order == 1) {
            high = middle;
        } else if (order > 0) {
            low = middle + 1;
        } else {
            order = ms_source_compare_memory(source, pid, pid);
            if (order < 0)
                return order;
            drop(spaces, middle);
            low = 0;
            high = spaces->count;
        }
    }
    if (order < 0)
        return order;
    *first = pid;
    return insert(spaces, low, pid);
}
