// SPDX-License-Identifier: GPL-3.0-or-later
// Runs of pages of a mapping, by whichever way the kernel has.
#include "pages/private.h"

#include "reader/reader.h"

#include <stdlib.h>

enum { REGIONS = 512, MOST_RUNS = 1 << 20 };

enum ms_reason ms_pages_add(struct ms_page_runs *runs, uint64_t start, uint64_t end, enum ms_page_kind kind,
                            enum ms_huge huge)
{
    struct ms_page_run *last = runs->count ? &runs->runs[runs->count - 1] : NULL;
    if (start >= end)
        return MS_KNOWN;
    if (last && last->kind == kind && last->huge == huge) {
        last->end = end;
        return MS_KNOWN;
    }
    if (runs->count == MOST_RUNS)
        return MS_TOO_LARGE;
    if (runs->count == runs->cap) {
        const size_t cap = runs->cap ? 2 * runs->cap : 64;
        struct ms_page_run *more = realloc(runs->runs, cap * sizeof *more);
        if (!more)
            return MS_OUT_OF_MEMORY;
        runs->runs = more;
        runs->cap = cap;
    }
    runs->runs[runs->count++] = (struct ms_page_run){start, end, kind, huge};
    return MS_KNOWN;
}

// ---- by PAGEMAP_SCAN

// A run that the scan calls huge and anonymous: one entry of each huge page shows whether it is the zero
// page.
static enum ms_reason add_huge(struct ms_pagemap *map, const struct ms_page_place *place,
                               const struct ms_scan_region *region, struct ms_page_runs *out)
{
    const uint64_t size = ms_pages_huge_size(map);
    enum ms_reason why = MS_KNOWN;
    for (uint64_t at = region->start, end; at < region->end && why == MS_KNOWN; at = end) {
        uint64_t entry, flags;
        end = (at / size + 1) * size;
        end = end < region->end ? end : region->end;
        why = ms_pagemap_read(map, at, &entry, 1);
        if (why != MS_KNOWN)
            return why;
        const bool has_flags = ms_pagemap_frames(map, &entry, 1, &flags);
        enum ms_page_kind kind = ms_page_kind_of(entry, place, has_flags, flags);
        if (kind != MS_PAGE_ZERO) // or it changed in between
            kind = MS_PAGE_ANONYMOUS;
        why = ms_pages_add(out, at, end, kind, MS_HUGE_YES);
    }
    return why;
}

static enum ms_reason add_present(struct ms_pagemap *map, const struct ms_page_place *place,
                                  const struct ms_scan_region *region, struct ms_page_runs *out)
{
    const bool huge = region->categories & MS_SCAN_HUGE;
    enum ms_page_kind kind = MS_PAGE_ANONYMOUS;
    if (region->categories & MS_SCAN_ZERO)
        kind = MS_PAGE_ZERO;
    else if (region->categories & MS_SCAN_FILE)
        kind = place->anonymous ? MS_PAGE_ZERO : MS_PAGE_FILE;
    else if (place->shared)
        kind = MS_PAGE_SPECIAL;
    if (kind == MS_PAGE_ANONYMOUS && huge && !place->hugetlb)
        return add_huge(map, place, region, out);
    return ms_pages_add(out, region->start, region->end, kind,
                        huge && kind != MS_PAGE_SPECIAL ? MS_HUGE_YES : MS_HUGE_NO);
}

static enum ms_reason add_region(struct ms_pagemap *map, const struct ms_page_place *place,
                                 const struct ms_scan_region *region, struct ms_page_runs *out)
{
    if (region->categories & MS_SCAN_GUARD)
        return ms_pages_add(out, region->start, region->end, MS_PAGE_GUARD, MS_HUGE_NO);
    if (region->categories & MS_SCAN_PRESENT)
        return add_present(map, place, region, out);
    return ms_pages_by_entries(map, place, region->start, region->end, out);
}

static enum ms_reason by_scan(struct ms_pagemap *map, const struct ms_page_place *place,
                              struct ms_page_runs *out)
{
    struct ms_scan_region regions[REGIONS];
    const enum ms_page_kind nothing = place->device ? MS_PAGE_SPECIAL : MS_PAGE_ABSENT;
    uint64_t done = place->start;
    for (uint64_t at = place->start; at < place->end;) {
        size_t count = 0;
        enum ms_reason why = ms_pagemap_scan(map, &at, place->end, regions, REGIONS, &count);
        for (size_t i = 0; i < count && why == MS_KNOWN; i++) {
            if (regions[i].start < done || regions[i].end > place->end)
                return MS_MALFORMED;
            why = ms_pages_add(out, done, regions[i].start, nothing, MS_HUGE_NO);
            if (why == MS_KNOWN)
                why = add_region(map, place, &regions[i], out);
            done = regions[i].end;
        }
        if (why != MS_KNOWN)
            return why;
        if (ms_source_stopped(map->file.source))
            return MS_IO;
    }
    return ms_pages_add(out, done, place->end, nothing, MS_HUGE_NO);
}

// ---- by pagemap

// Bytes of the mapping at start-end that smaps says are mapped as huge pages.
static bool huge_in(const struct ms_listing *listing, size_t index, uint64_t *bytes)
{
    static const enum ms_field fields[] = {MS_FIELD_SMAPS_anon_huge_pages, MS_FIELD_SMAPS_shmem_pmd_mapped,
                                           MS_FIELD_SMAPS_file_pmd_mapped};
    *bytes = 0;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const struct ms_value value = ms_listing_get(listing, index, fields[i], NULL);
        if (value.why == MS_KNOWN)
            *bytes += value.number;
        else if (value.why != MS_UNSUPPORTED) // a kernel without such pages
            return false;
    }
    return true;
}

static bool read_huge(struct ms_process *process, const struct ms_page_place *place, uint64_t *bytes)
{
    struct ms_listing listing;
    bool found = false;
    ms_listing_init(&listing);
    if (ms_reader_list(process, true, 0, &listing) == MS_KNOWN)
        for (size_t i = 0; i < listing.count && !found; i++)
            found = listing.vmas[i].start == place->start && listing.vmas[i].end == place->end &&
                    huge_in(&listing, i, bytes);
    ms_listing_deinit(&listing);
    return found;
}

static uint64_t bytes_of(const struct ms_page_runs *runs, enum ms_huge huge)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < runs->count; i++)
        if (runs->runs[i].huge == huge && runs->runs[i].kind != MS_PAGE_ZERO)
            bytes += runs->runs[i].end - runs->runs[i].start;
    return bytes;
}

// Runs that may be huge pages all are, or none is, where the number that smaps gives leaves no other way.
static void settle_huge(struct ms_process *process, const struct ms_page_place *place,
                        struct ms_page_runs *runs)
{
    const uint64_t maybe = bytes_of(runs, MS_HUGE_MAYBE);
    uint64_t bytes = 0;
    if (!maybe || !read_huge(process, place, &bytes) || (bytes && bytes != maybe))
        return;
    const size_t count = runs->count;
    runs->count = 0;
    for (size_t i = 0; i < count; i++) {
        struct ms_page_run run = runs->runs[i];
        if (run.huge == MS_HUGE_MAYBE)
            run.huge = bytes ? MS_HUGE_YES : MS_HUGE_NO;
        ms_pages_add(runs, run.start, run.end, run.kind, run.huge); // never more runs than there were
    }
}

// ---- either

static enum ms_reason walk(struct ms_process *process, struct ms_pagemap *map,
                           const struct ms_page_place *place, enum ms_page_way way, struct ms_page_runs *out)
{
    if (place->unreadable)
        return ms_pages_add(out, place->start, place->end, MS_PAGE_SPECIAL, MS_HUGE_NO);
    enum ms_reason why = MS_UNSUPPORTED;
    if (way != MS_PAGES_BY_PAGEMAP)
        why = by_scan(map, place, out);
    if (why != MS_UNSUPPORTED || way == MS_PAGES_BY_SCAN)
        return why;
    why = ms_pages_by_entries(map, place, place->start, place->end, out);
    if (why == MS_KNOWN)
        settle_huge(process, place, out);
    return why;
}

enum ms_reason ms_pages_ranges(struct ms_process *process, const struct ms_listing *listing, size_t index,
                               enum ms_page_way way, struct ms_page_runs *out)
{
    struct ms_pagemap map;
    struct ms_page_place place = ms_page_place(listing, index);
    struct ms_page_runs runs = {0};
    enum ms_reason why = ms_pagemap_open(process, &map);
    if (why != MS_KNOWN)
        return why;
    if (place.start % map.page_size || place.end % map.page_size)
        why = MS_MALFORMED;
    place.guards = ms_pagemap_guards(&map);
    if (why == MS_KNOWN)
        why = walk(process, &map, &place, way, &runs);
    ms_pagemap_close(&map);
    if (why == MS_KNOWN)
        *out = runs;
    else
        free(runs.runs);
    return why;
}
