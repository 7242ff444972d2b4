// SPDX-License-Identifier: GPL-3.0-or-later
// The footprint by frames of memory: first which frames the set maps and how often, then how often all do.
#include "pages/footprint_private.h"

#include "base/cleanup.h"
#include "pages/frame_counts.h"
#include "pages/pages.h"
#include "reader/reader.h"

#include <stdlib.h>

enum { REGIONS = 512, ENTRIES = 4096, BLOCK = 512, FRAME_NO_PAGE = 1 << 20 };

// ---- the frames of a process

struct gathering {
    struct ms_frames *frames;
    struct ms_pagemap *map;
    bool hugetlb; // the mapping that is read
    uint64_t entries[ENTRIES];
};

static enum ms_reason add_entries(struct gathering *g, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!(g->entries[i] & MS_ENTRY_PRESENT))
            continue;
        const uint64_t frame = g->entries[i] & MS_ENTRY_PFN;
        if (!frame)
            return MS_DENIED; // not shown
        if (!ms_frames_add(g->frames, frame, g->hugetlb))
            return MS_OUT_OF_MEMORY;
    }
    return MS_KNOWN;
}

static enum ms_reason add_range(struct gathering *g, uint64_t start, uint64_t end)
{
    const uint64_t page = g->map->page_size;
    enum ms_reason why = MS_KNOWN;
    while (start < end && why == MS_KNOWN) {
        const uint64_t left = (end - start) / page;
        const size_t count = left < ENTRIES ? (size_t)left : ENTRIES;
        why = ms_pagemap_read(g->map, start, g->entries, count);
        if (why == MS_KNOWN)
            why = add_entries(g, count);
        start += count * page;
    }
    return why;
}

static enum ms_reason add_mapping(struct gathering *g, uint64_t start, uint64_t end)
{
    struct ms_scan_region regions[REGIONS];
    for (uint64_t at = start; at < end;) {
        size_t count = 0;
        enum ms_reason why = ms_pagemap_scan(g->map, &at, end, regions, REGIONS, &count);
        if (why == MS_UNSUPPORTED)
            return add_range(g, at, end);
        for (size_t i = 0; i < count && why == MS_KNOWN; i++)
            if ((regions[i].categories & (MS_SCAN_PRESENT | MS_SCAN_ZERO)) == MS_SCAN_PRESENT)
                why = add_range(g, regions[i].start, regions[i].end);
        if (why != MS_KNOWN)
            return why;
    }
    return MS_KNOWN;
}

static enum ms_reason add_listing(struct gathering *g, const struct ms_listing *listing)
{
    enum ms_reason why = MS_KNOWN;
    for (size_t i = 0; i < listing->count && why == MS_KNOWN; i++) {
        const struct ms_page_place place = ms_page_place(listing, i);
        if (place.unreadable || place.start % g->map->page_size || place.end % g->map->page_size)
            continue;
        g->hugetlb = place.hugetlb;
        why = add_mapping(g, place.start, place.end);
    }
    return why;
}

// *opened is set if pagemap and the listing could be read: what fails then is the content.
static enum ms_reason add_process(struct ms_process *process, struct ms_frames *frames, bool *opened)
{
    struct ms_pagemap map;
    struct ms_listing listing = {0};
    MS_AUTO_FREE struct gathering *g = malloc(sizeof *g);
    enum ms_reason why = g ? ms_pagemap_open(process, &map) : MS_OUT_OF_MEMORY;
    if (why != MS_KNOWN)
        return why;
    why = ms_reader_list(process, false, 0, &listing);
    *opened = why == MS_KNOWN;
    if (*opened) {
        *g = (struct gathering){.frames = frames, .map = &map};
        why = add_listing(g, &listing);
    }
    ms_listing_deinit(&listing);
    ms_pagemap_close(&map);
    return why;
}

// ---- how often all map them

struct census {
    struct ms_source *source;
    int counts;
    int flags;
    uint64_t page_size;
    struct ms_footprint *out;
};

static void add(struct ms_bounds *bounds, uint64_t least, uint64_t most)
{
    bounds->least += least;
    bounds->most += most;
}

static void judge(struct census *census, uint16_t times, uint64_t all, uint64_t flags)
{
    struct ms_footprint *out = census->out;
    const uint64_t bytes = census->page_size;
    if (flags & (MS_FRAME_ZERO | FRAME_NO_PAGE))
        return;
    add(&out->resident, bytes, bytes);
    if (all > times && times < MS_FRAME_OFTEN)
        return;
    // Of a frame that was met too often to count, it is not known.
    const uint64_t least = all <= times ? bytes : 0;
    add(&out->freed, least, bytes);
    if (flags & MS_FRAME_ANON)
        add(&out->freed_anonymous, least, bytes);
}

static bool is_empty(const struct ms_frame_chunk *chunk, size_t at)
{
    for (size_t i = at; i < at + BLOCK; i++)
        if (chunk->times[i])
            return false;
    return true;
}

// Words of a file that has one for each frame; those after its end are `after`.
static enum ms_reason read_words(struct census *census, int fd, uint64_t first, uint64_t *words,
                                 uint64_t after)
{
    const struct ms_target machine = {.dir = -1};
    const ssize_t got =
        ms_source_read_at(census->source, machine, fd, words, BLOCK * sizeof *words, first * sizeof *words);
    if (got < 0)
        return ms_source_raw_reason(census->source, machine, (int)-got);
    for (size_t i = (size_t)got / sizeof *words; i < BLOCK; i++)
        words[i] = after;
    return MS_KNOWN;
}

static enum ms_reason count_block(struct census *census, const struct ms_frame_chunk *chunk, uint64_t first,
                                  size_t at)
{
    uint64_t counts[BLOCK], flags[BLOCK];
    enum ms_reason why = read_words(census, census->counts, first + at, counts, 0);
    if (why == MS_KNOWN)
        why = read_words(census, census->flags, first + at, flags, FRAME_NO_PAGE);
    for (size_t i = 0; i < BLOCK && why == MS_KNOWN; i++) {
        const size_t in = at + i;
        if (!chunk->times[in])
            continue;
        if (chunk->hugetlb[in / 8] >> in % 8 & 1)
            add(&census->out->hugetlb, census->page_size, census->page_size);
        else
            judge(census, chunk->times[in], counts[i], flags[i]);
    }
    return why;
}

static enum ms_reason count_frames(struct census *census, const struct ms_frames *frames)
{
    enum ms_reason why = MS_KNOWN;
    for (size_t i = 0; i < frames->count; i++)
        for (size_t at = 0; frames->chunks[i] && at < MS_FRAME_CHUNK && why == MS_KNOWN; at += BLOCK)
            if (!is_empty(frames->chunks[i], at))
                why = count_block(census, frames->chunks[i], i * MS_FRAME_CHUNK, at);
    return why;
}

static enum ms_reason take_census(struct ms_source *source, const struct ms_frames *frames,
                                  struct ms_footprint *out)
{
    const struct ms_target system = {.dir = -1};
    MS_AUTO_CLOSE int counts = ms_source_open_raw(source, system, MS_RAW_KPAGECOUNT);
    MS_AUTO_CLOSE int flags = ms_source_open_raw(source, system, MS_RAW_KPAGEFLAGS);
    if (counts < 0 || flags < 0)
        return ms_source_raw_reason(source, system, counts < 0 ? -counts : -flags);
    struct census census = {source, counts, flags, ms_source_page_size(source), out};
    return count_frames(&census, frames);
}

// ---- both

enum ms_reason ms_footprint_by_frames(const struct ms_members *members, struct ms_footprint *out)
{
    struct ms_frames frames;
    enum ms_reason why = MS_KNOWN;
    ms_frames_init(&frames);
    for (size_t i = 0; i < members->count && why == MS_KNOWN; i++) {
        bool opened = false;
        why = add_process(members->list[i], &frames, &opened);
        if (why == MS_KNOWN && i >= members->clear)
            why = MS_UNSUPPORTED; // a page that is mapped once may have been counted twice
        else if (why == MS_KNOWN)
            out->processes += members->weight[i];
        else if (!(opened && why == MS_DENIED) && why != MS_OUT_OF_MEMORY)
            why = ms_footprint_miss(out, members->list[i], why, members->weight[i]);
    }
    if (why == MS_KNOWN && members->count)
        why = take_census(members->list[0]->source, &frames, out);
    ms_frames_deinit(&frames);
    return why;
}
