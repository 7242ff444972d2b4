// SPDX-License-Identifier: GPL-3.0-or-later
// Runs by reading pagemap, entry by entry.
#include "pages/private.h"

#include "base/cleanup.h"

enum { CHUNK = 8192 }; // entries; at least one huge page of them (pages of 64 KiB: 8192)

// A part of the page table that is at hand.
struct window {
    uint64_t start;
    size_t count;
    uint64_t *entries;
    uint64_t *flags;
    bool has_flags;
};

static bool is_present(uint64_t entry)
{
    return entry & MS_ENTRY_PRESENT;
}

// Whether these pages, which start where a huge page would, could be mapped as one: all there, alike, and
// where frames are shown, in the order that they have in a huge page.
static bool looks_huge(const struct window *window, size_t at, size_t pages)
{
    const uint64_t first = window->entries[at] & MS_ENTRY_PFN;
    if (first && first % pages)
        return false;
    for (size_t i = at; i < at + pages; i++) {
        const uint64_t entry = window->entries[i];
        if (!is_present(entry) || (entry ^ window->entries[at]) & MS_ENTRY_FILE)
            return false;
        if (first && (entry & MS_ENTRY_PFN) != first + (i - at))
            return false;
        if (first && window->has_flags && !(window->flags[i] & MS_FRAME_THP))
            return false;
    }
    return true;
}

// Whether a zero page is the huge one, which is never mapped in parts.
static bool is_huge_zero(const struct window *window, size_t i, const struct ms_page_place *place)
{
    if (window->has_flags && window->entries[i] & MS_ENTRY_PFN)
        return window->flags[i] & MS_FRAME_THP;
    return place->anonymous && window->entries[i] & MS_ENTRY_FILE;
}

static enum ms_huge huge_of(const struct window *window, size_t i, enum ms_page_kind kind, bool candidate,
                            const struct ms_page_place *place)
{
    if (!is_present(window->entries[i]) || kind == MS_PAGE_SPECIAL)
        return MS_HUGE_NO;
    if (place->hugetlb)
        return MS_HUGE_YES;
    if (kind == MS_PAGE_ZERO)
        return is_huge_zero(window, i, place) ? MS_HUGE_YES : MS_HUGE_NO;
    return candidate ? MS_HUGE_MAYBE : MS_HUGE_NO;
}

static enum ms_reason add_window(const struct window *window, const struct ms_pagemap *map,
                                 const struct ms_page_place *place, struct ms_page_runs *out)
{
    const uint64_t page = map->page_size, huge_size = ms_pages_huge_size(map);
    const size_t pages = (size_t)(huge_size / page);
    bool candidate = false;
    for (size_t i = 0; i < window->count; i++) {
        const uint64_t addr = window->start + i * page;
        if (addr % huge_size == 0)
            candidate = window->count - i >= pages && looks_huge(window, i, pages);
        const enum ms_page_kind kind =
            ms_page_kind_of(window->entries[i], place, window->has_flags, window->flags[i]);
        enum ms_reason why =
            ms_pages_add(out, addr, addr + page, kind, huge_of(window, i, kind, candidate, place));
        if (why != MS_KNOWN)
            return why;
    }
    return MS_KNOWN;
}

// Huge reservations are mostly empty, and are passed by quickly.
static bool is_empty(const struct window *window)
{
    uint64_t any = 0;
    for (size_t i = 0; i < window->count; i++)
        any |= window->entries[i];
    return any == 0;
}

static enum ms_reason take_window(struct window *window, struct ms_pagemap *map,
                                  const struct ms_page_place *place, struct ms_page_runs *out)
{
    if (is_empty(window)) {
        const uint64_t end = window->start + window->count * map->page_size;
        return ms_pages_add(out, window->start, end, ms_page_kind_of(0, place, false, 0), MS_HUGE_NO);
    }
    window->has_flags = ms_pagemap_frames(map, window->entries, window->count, window->flags);
    return add_window(window, map, place, out);
}

// As much as fits, ending where a huge page does, so that none is cut.
static uint64_t window_end(const struct ms_pagemap *map, uint64_t start, uint64_t end)
{
    const uint64_t most = CHUNK * map->page_size, huge_size = ms_pages_huge_size(map);
    if (end - start <= most)
        return end;
    const uint64_t cut = (start + most) / huge_size * huge_size;
    return cut > start ? cut : start + most;
}

enum ms_reason ms_pages_by_entries(struct ms_pagemap *map, const struct ms_page_place *place, uint64_t start,
                                   uint64_t end, struct ms_page_runs *out)
{
    const uint64_t pages = (end - start) / map->page_size;
    const size_t most = pages < CHUNK ? (size_t)pages : CHUNK;
    MS_AUTO_FREE uint64_t *words = malloc((2 * most + 1) * sizeof *words);
    if (!words)
        return MS_OUT_OF_MEMORY;
    struct window window = {.entries = words, .flags = words + most};
    for (uint64_t at = start; at < end;) {
        const uint64_t next = window_end(map, at, end);
        window.start = at;
        window.count = (size_t)((next - at) / map->page_size);
        enum ms_reason why = ms_pagemap_read(map, at, window.entries, window.count);
        if (why == MS_KNOWN)
            why = take_window(&window, map, place, out);
        if (why != MS_KNOWN)
            return why;
        at = next;
    }
    return MS_KNOWN;
}
