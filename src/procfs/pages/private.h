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
