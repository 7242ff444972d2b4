// SPDX-License-Identifier: GPL-3.0-or-later
// Runs of pages of a mapping, by whichever way the kernel has.
#include "pages/private.h"

#include "reader/reader.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_RUNS = 1 << 20 };

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

// Adds what the regions at hand say of a mapping from *done on, which moves.
static enum ms_reason take_regions(struct ms_page_walk *walk, const struct ms_page_place *place,
                                   uint64_t *done, struct ms_page_runs *out)
{
    const enum ms_page_kind nothing = place->device ? MS_PAGE_SPECIAL : MS_PAGE_ABSENT;
    const uint64_t till = place->end < walk->till ? place->end : walk->till;
    struct ms_scan_region part;
    enum ms_reason why = MS_KNOWN;
    while (why == MS_KNOWN && ms_page_walk_region(walk, *done, till, &part)) {
        why = ms_pages_add(out, *done, part.start, nothing, MS_HUGE_NO);
        if (why == MS_KNOWN)
            why = add_region(&walk->map, place, &part, out);
        *done = part.end;
    }
    if (why == MS_KNOWN)
        why = ms_pages_add(out, *done, till, nothing, MS_HUGE_NO);
    *done = till;
    return why;
}

static enum ms_reason by_scan(struct ms_page_walk *walk, const struct ms_page_place *place,
                              struct ms_page_runs *out)
{
    for (uint64_t done = place->start; done < place->end;) {
        enum ms_reason why = ms_page_walk_scan(walk, done, place->end);
        if (why == MS_KNOWN)
            why = take_regions(walk, place, &done, out);
        if (why != MS_KNOWN)
            return why;
        if (ms_source_stopped(walk->map.file.source))
            return MS_IO;
    }
    return MS_KNOWN;
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

static enum ms_reason add_mapping(struct ms_page_walk *walk, const struct ms_page_place *place,
                                  enum ms_page_way way, struct ms_page_runs *out)
{
    if (place->start % walk->map.page_size || place->end % walk->map.page_size)
        return MS_MALFORMED;
    if (place->unreadable)
        return ms_pages_add(out, place->start, place->end, MS_PAGE_SPECIAL, MS_HUGE_NO);
    enum ms_reason why = MS_UNSUPPORTED;
    if (way != MS_PAGES_BY_PAGEMAP)
        why = by_scan(walk, place, out);
    if (why != MS_UNSUPPORTED || way == MS_PAGES_BY_SCAN)
        return why;
    return ms_pages_by_entries(&walk->map, place, place->start, place->end, out);
}

static struct ms_page_place place_in(struct ms_page_walk *walk, const struct ms_listing *listing,
                                     size_t index)
{
    struct ms_page_place place = ms_page_place(listing, index);
    place.guards = ms_pagemap_guards(&walk->map);
    return place;
}

enum ms_reason ms_pages_ranges(struct ms_page_walk *walk, struct ms_process *process,
                               const struct ms_listing *listing, size_t index, enum ms_page_way way,
                               struct ms_page_runs *out)
{
    const struct ms_vma *vma = &listing->vmas[index];
    out->count = 0;
    enum ms_reason why = ms_page_walk_enter(walk, process, vma->start, vma->end);
    if (why != MS_KNOWN)
        return why;
    const struct ms_page_place place = place_in(walk, listing, index);
    why = add_mapping(walk, &place, way, out);
    if (why == MS_KNOWN)
        settle_huge(process, &place, out);
    else
        ms_page_walk_leave(walk);
    return why;
}

static void sum_up(const struct ms_page_runs *runs, uint64_t bytes[MS_PAGE_KIND_COUNT])
{
    for (size_t i = 0; i < runs->count; i++)
        bytes[runs->runs[i].kind] += runs->runs[i].end - runs->runs[i].start;
}

// The end of the last mapping that has pages to show.
static uint64_t end_of(const struct ms_listing *listing)
{
    for (size_t i = listing->count; i-- > 0;)
        if (!ms_page_place(listing, i).unreadable)
            return listing->vmas[i].end;
    return 0;
}

enum ms_reason ms_pages_sum(struct ms_page_walk *walk, struct ms_process *process,
                            const struct ms_listing *listing, uint64_t bytes[MS_PAGE_KIND_COUNT])
{
    struct ms_page_runs runs = {0};
    memset(bytes, 0, MS_PAGE_KIND_COUNT * sizeof *bytes);
    enum ms_reason why = ms_page_walk_enter_all(walk, process, end_of(listing));
    for (size_t i = 0; i < listing->count && why == MS_KNOWN; i++) {
        const struct ms_page_place place = place_in(walk, listing, i);
        runs.count = 0;
        if (!place.hugetlb)
            why = add_mapping(walk, &place, MS_PAGES_ANY, &runs);
        sum_up(&runs, bytes);
    }
    free(runs.runs);
    ms_page_walk_leave(walk);
    return why;
}
