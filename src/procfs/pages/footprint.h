// SPDX-License-Identifier: GPL-3.0-or-later
// The memory of a set of processes with every page of it counted once, and what of it nobody else has:
// what would be given back if all of them ended, or could be.
//
// With CAP_SYS_ADMIN pagemap shows which frames of memory a process maps, and kpagecount how often each is
// mapped by anybody. Without, bounds are known: what a process maps alone (USS) and its share (PSS).
#pragma once

#include "process/process.h"

#define MS_NO_BOUND UINT64_MAX

struct ms_bounds {
    uint64_t least;
    uint64_t most; // MS_NO_BOUND: can't be told
};

// In bytes. A page's state is that of the moment when its process was read.
struct ms_footprint {
    enum ms_reason inexact;           // MS_KNOWN: bounds are equal; else why they are not
    size_t processes;                 // that were read; two that share an address space count as two
    size_t without;                   // that have no memory (zombies, threads of the kernel) or have gone
    size_t missing[MS_REASON_COUNT];  // that could not be read, by reason
    struct ms_bounds resident;        // without hugetlb and zero pages, as Rss
    struct ms_bounds freed;           // of these, pages that nobody else maps
    struct ms_bounds freed_anonymous; // of these, anonymous ones; the rest stays while its file does
    struct ms_bounds hugetlb;         // pool huge pages, in none of the others
};

// Of these processes, of one source, each once. MS_KNOWN, MS_TOO_LARGE where memory is short, MS_IO when
// stopped.
enum ms_reason ms_footprint_of(struct ms_process *const *processes, size_t count, struct ms_footprint *out);
