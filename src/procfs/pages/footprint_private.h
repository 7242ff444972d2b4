// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of the footprint share among themselves.
#pragma once

#include "pages/footprint.h"

// Processes of which no two share an address space, as far as the kernel says.
struct ms_members {
    struct ms_process **list;
    uint32_t *weight; // how many processes each stands for
    size_t count;
    size_t clear; // of the first so many it is certain
};

// Fills *out (the caller frees both lists) from those that have memory; the others are counted in `without`.
// MS_KNOWN, MS_TOO_LARGE, MS_IO when stopped.
enum ms_reason ms_members_of(struct ms_process *const *processes, size_t count, struct ms_members *out,
                             size_t *without);

// By frames of memory. MS_DENIED where pagemap does not show them, MS_UNSUPPORTED where there is no
// kpagecount.
enum ms_reason ms_footprint_by_frames(const struct ms_members *members, struct ms_footprint *out);

// Bounds by smaps_rollup.
enum ms_reason ms_footprint_by_shares(const struct ms_members *members, struct ms_footprint *out);

// Counts a process that could not be read. MS_IO when stopped, else MS_KNOWN.
static inline enum ms_reason ms_footprint_miss(struct ms_footprint *footprint,
                                               const struct ms_process *process, enum ms_reason why,
                                               uint32_t weight)
{
    if (ms_source_stopped(process->source))
        return MS_IO;
    if (why == MS_GONE || why == MS_NO_MEMORY)
        footprint->without += weight;
    else
        footprint->missing[why] += weight;
    return MS_KNOWN;
}
