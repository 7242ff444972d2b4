// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of pages share among themselves.
#pragma once

#include "pages/pages.h"

// Adds a run after the last; one that is like the last becomes part of it. MS_TOO_LARGE.
enum ms_reason ms_pages_add(struct ms_page_runs *runs, uint64_t start, uint64_t end, enum ms_page_kind kind,
                            enum ms_huge huge);

// Adds a run for each page or more of start-end, by their entries alone.
enum ms_reason ms_pages_by_entries(struct ms_pagemap *map, const struct ms_page_place *place, uint64_t start,
                                   uint64_t end, struct ms_page_runs *out);

// Bytes that the processor maps as one huge page: what one page of its tables covers.
static inline uint64_t ms_pages_huge_size(const struct ms_pagemap *map)
{
    return map->page_size / sizeof(uint64_t) * map->page_size;
}

enum { MS_SCAN_ROOM = 512 };

struct ms_page_walk {
    const struct ms_process *process; // whose pagemap is open; NULL: none
    struct ms_pagemap map;
    uint64_t opened;     // when, in ns
    uint64_t left_at;    // the end of the mapping that was asked for last
    unsigned in_order;   // how many were asked for, each after the one before
    uint64_t ahead;      // bytes after a mapping that a scan goes over, too
    uint64_t from, till; // what was scanned and not taken yet
    size_t next, count;
    struct ms_scan_region regions[MS_SCAN_ROOM];
};

// Opens the pagemap of the process for its mapping at start-end, unless that is open and fresh; or for all
// its mappings, up to `end`.
enum ms_reason ms_page_walk_enter(struct ms_page_walk *walk, struct ms_process *process, uint64_t start,
                                  uint64_t end);
enum ms_reason ms_page_walk_enter_all(struct ms_page_walk *walk, struct ms_process *process, uint64_t end);
void ms_page_walk_leave(struct ms_page_walk *walk); // closes it

// Has regions from `at` on at hand, up to walk->till, of a mapping that ends at `end`.
enum ms_reason ms_page_walk_scan(struct ms_page_walk *walk, uint64_t at, uint64_t end);

// The next region of those, cut to at-till. False where there is none.
bool ms_page_walk_region(struct ms_page_walk *walk, uint64_t at, uint64_t till, struct ms_scan_region *part);
