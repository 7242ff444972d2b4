// SPDX-License-Identifier: GPL-3.0-or-later
// One pagemap and one scan for many mappings. A scan costs as much as the mappings and page tables that it
// goes over, and a call is as dear as some mappings; so it goes on beyond the mapping that is asked for once
// several were asked for in order.
#include "pages/private.h"

#include <stdlib.h>
#include <time.h>

enum { IN_ORDER = 8, LEAST_AHEAD = 1 << 20, MOST_AHEAD = 1 << 30, SLOW_NS = MS_PAGES_FRESH_NS / 8 };

static uint64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

struct ms_page_walk *ms_page_walk_create(void)
{
    return calloc(1, sizeof(struct ms_page_walk));
}

void ms_page_walk_leave(struct ms_page_walk *walk)
{
    if (walk->process)
        ms_pagemap_close(&walk->map);
    walk->process = NULL;
    walk->from = walk->till = 0;
}

void ms_page_walk_destroy(struct ms_page_walk *walk)
{
    if (walk)
        ms_page_walk_leave(walk);
    free(walk);
}

static enum ms_reason open_walk(struct ms_page_walk *walk, struct ms_process *process)
{
    ms_page_walk_leave(walk);
    walk->opened = now_ns();
    enum ms_reason why = ms_pagemap_open(process, &walk->map);
    if (why == MS_KNOWN)
        walk->process = process;
    return why;
}

enum ms_reason ms_page_walk_enter(struct ms_page_walk *walk, struct ms_process *process, uint64_t start,
                                  uint64_t end)
{
    const bool is_next = walk->process == process && start >= walk->left_at;
    walk->in_order = is_next ? walk->in_order + 1 : 0;
    walk->ahead = is_next ? walk->ahead : 0;
    walk->left_at = end;
    if (is_next && now_ns() - walk->opened < MS_PAGES_FRESH_NS)
        return MS_KNOWN;
    return open_walk(walk, process);
}

enum ms_reason ms_page_walk_enter_all(struct ms_page_walk *walk, struct ms_process *process, uint64_t end)
{
    walk->in_order = 0;
    walk->ahead = 0;
    walk->left_at = end;
    return open_walk(walk, process);
}

// Scans from `at` to `end`, or as far as there is room for regions.
static enum ms_reason scan(struct ms_page_walk *walk, uint64_t at, uint64_t end)
{
    walk->from = walk->till = at;
    walk->next = walk->count = 0;
    enum ms_reason why =
        ms_pagemap_scan(&walk->map, &walk->till, end, walk->regions, MS_SCAN_ROOM, &walk->count);
    uint64_t last = at;
    for (size_t i = 0; i < walk->count && why == MS_KNOWN; i++) {
        if (walk->regions[i].start < last || walk->regions[i].end > end)
            why = MS_MALFORMED;
        last = walk->regions[i].end;
    }
    return why;
}

// Goes further each time, as long as that is quick: what is seen is to be fresh when it is asked for.
static void adapt(struct ms_page_walk *walk, uint64_t took)
{
    if (walk->in_order < IN_ORDER)
        return;
    if (took > SLOW_NS)
        walk->ahead /= 8;
    else if (walk->ahead < MOST_AHEAD)
        walk->ahead = walk->ahead ? 2 * walk->ahead : LEAST_AHEAD;
}

enum ms_reason ms_page_walk_scan(struct ms_page_walk *walk, uint64_t at, uint64_t end)
{
    if (at >= walk->from && at < walk->till)
        return MS_KNOWN;
    const uint64_t begun = now_ns(), far = walk->left_at + walk->ahead;
    enum ms_reason why = scan(walk, at, far > end ? far : end);
    if (why != MS_KNOWN && why != MS_UNSUPPORTED && far > end) { // after the last address that there may be
        walk->ahead = 0;
        walk->left_at = end;
        why = scan(walk, at, end);
    }
    if (why == MS_KNOWN)
        adapt(walk, now_ns() - begun);
    else
        walk->from = walk->till = 0;
    return why;
}

bool ms_page_walk_region(struct ms_page_walk *walk, uint64_t at, uint64_t till, struct ms_scan_region *part)
{
    while (walk->next < walk->count && walk->regions[walk->next].end <= at)
        walk->next++;
    walk->from = at;
    if (at == till || walk->next == walk->count || walk->regions[walk->next].start >= till)
        return false;
    const struct ms_scan_region *region = &walk->regions[walk->next];
    *part = (struct ms_scan_region){region->start > at ? region->start : at,
                                    region->end < till ? region->end : till, region->categories};
    return true;
}
