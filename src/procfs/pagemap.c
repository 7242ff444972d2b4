// SPDX-License-Identifier: GPL-3.0-or-later
#include "pagemap.h"

#include "cleanup.h"
#include "parse.h"
#include "reader.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

// Layout of the kernel's struct pm_scan_arg: the headers of older systems lack it.
struct scan_arg {
    uint64_t size;
    uint64_t flags;
    uint64_t start;
    uint64_t end;
    uint64_t walk_end;
    uint64_t vec;
    uint64_t vec_len;
    uint64_t max_pages;
    uint64_t category_inverted;
    uint64_t category_mask;
    uint64_t category_anyof_mask;
    uint64_t return_mask;
};

static const uint64_t oldest_categories =
    MS_SCAN_FILE | MS_SCAN_PRESENT | MS_SCAN_SWAPPED | MS_SCAN_ZERO | MS_SCAN_HUGE;

// Whether what stands below the directory is still the program that the process was read as.
static enum ms_reason check_image(struct ms_process *process, struct ms_target target)
{
    struct ms_buf text;
    ms_buf_init(&text);
    target.thread = 0;
    int error = ms_source_read(process->source, target, MS_FILE_STAT, &text);
    const struct ms_stat_id id = ms_parse_stat_id((struct ms_text){text.data, text.len});
    ms_buf_deinit(&text);
    if (error)
        return ms_source_reason(process->source, target, error);
    const bool same = !process->has_start || !id.has_start ||
                      (id.start == process->start && (!process->image || id.image == process->image));
    return same ? MS_KNOWN : MS_GONE;
}

static enum ms_reason open_below(struct ms_process *process, struct ms_pagemap *map)
{
    map->fd = ms_source_open_raw(map->source, map->target, MS_RAW_PAGEMAP);
    enum ms_reason why = check_image(process, map->target);
    if (why != MS_KNOWN || map->fd >= 0)
        return why;
    // A zombie, a kernel thread: no address space since 6.16 and 6.12.y is ESRCH.
    if (map->fd == -ESRCH)
        return MS_NO_MEMORY;
    return ms_source_raw_reason(map->source, map->target, -map->fd);
}

enum ms_reason ms_pagemap_open(struct ms_process *process, struct ms_pagemap *out)
{
    if (process->frozen)
        return MS_NOT_RECORDED;
    if (!process->has_start && !ms_reader_load(&process, 1, MS_FILES(MS_FILE_STAT)))
        return MS_IO;
    int dir = ms_source_open_process(process->source, process->pid);
    if (dir < 0)
        return -dir == ENOENT ? MS_GONE
                              : ms_source_reason(process->source,
                                                 (struct ms_target){.pid = process->pid, .dir = -1}, -dir);
    struct ms_pagemap map = {
        .source = process->source,
        .target = {.pid = process->pid, .dir = dir},
        .page_size = ms_source_page_size(process->source),
        .fd = -1,
        .frames = -1,
        .known = oldest_categories | MS_SCAN_GUARD,
        .scans = ms_source_is_live(process->source),
    };
    if (ms_process_lost_main_thread(process))
        map.target.thread = ms_source_living_thread(process->source, map.target);
    enum ms_reason why = open_below(process, &map);
    if (why == MS_KNOWN && !map.page_size)
        why = MS_NOT_RECORDED;
    if (why != MS_KNOWN)
        ms_pagemap_close(&map);
    else
        *out = map;
    return why;
}

void ms_pagemap_close(struct ms_pagemap *map)
{
    if (map->fd >= 0)
        close(map->fd);
    if (map->frames >= 0)
        close(map->frames);
    if (map->target.dir >= 0)
        close(map->target.dir);
    map->fd = map->frames = map->target.dir = -1;
}

enum ms_reason ms_pagemap_read(struct ms_pagemap *map, uint64_t addr, uint64_t *entries, size_t count)
{
    const size_t len = count * sizeof *entries;
    const ssize_t got =
        ms_source_read_at(map->source, map->fd, entries, len, addr / map->page_size * sizeof *entries);
    if (got < 0)
        return ms_source_raw_reason(map->source, map->target, (int)-got);
    return (size_t)got == len ? MS_KNOWN : MS_GONE;
}

static int scan_once(struct ms_pagemap *map, struct scan_arg *arg)
{
    arg->return_mask = map->known;
    arg->category_anyof_mask = map->known & (MS_SCAN_PRESENT | MS_SCAN_SWAPPED | MS_SCAN_GUARD);
    return ms_source_ask(map->source, map->fd, _IOWR('f', 16, struct scan_arg), arg);
}

enum ms_reason ms_pagemap_scan(struct ms_pagemap *map, uint64_t *at, uint64_t end,
                               struct ms_scan_region *regions, size_t room, size_t *count)
{
    struct scan_arg arg = {
        .size = sizeof arg,
        .start = *at,
        .end = end,
        .vec = (uint64_t)(uintptr_t)regions,
        .vec_len = room,
    };
    if (!map->scans)
        return MS_UNSUPPORTED;
    int got = scan_once(map, &arg);
    if (got == -EINVAL && map->known & MS_SCAN_GUARD) { // a kernel before 6.15
        map->known = oldest_categories;
        got = scan_once(map, &arg);
    }
    if (got == -ENOTTY) {
        map->scans = false;
        return MS_UNSUPPORTED;
    }
    if (got < 0)
        return ms_source_raw_reason(map->source, map->target, -got);
    if ((size_t)got > room || arg.walk_end <= *at || arg.walk_end > end)
        return MS_MALFORMED;
    *at = arg.walk_end;
    *count = (size_t)got;
    return MS_KNOWN;
}

static bool open_frames(struct ms_pagemap *map)
{
    if (map->frames == -1) {
        int fd = ms_source_open_raw(map->source, (struct ms_target){.dir = -1}, MS_RAW_KPAGEFLAGS);
        map->frames = fd >= 0 ? fd : -2;
    }
    return map->frames >= 0;
}

static uint64_t frame_of(uint64_t entry)
{
    return entry & MS_ENTRY_PRESENT ? entry & MS_ENTRY_PFN : 0;
}

bool ms_pagemap_frames(struct ms_pagemap *map, const uint64_t *entries, size_t count, uint64_t *flags)
{
    size_t run;
    for (size_t i = 0; i < count; i += run) {
        const uint64_t frame = frame_of(entries[i]);
        flags[i] = 0;
        run = 1;
        if (!frame)
            continue;
        while (i + run < count && frame_of(entries[i + run]) == frame + run)
            run++;
        if (!open_frames(map))
            return false;
        const size_t len = run * sizeof *flags;
        if (ms_source_read_at(map->source, map->frames, flags + i, len, frame * sizeof *flags) !=
            (ssize_t)len)
            return false;
    }
    return true;
}

bool ms_pagemap_hides_guards(struct ms_pagemap *map)
{
    if (!map->hides_guards_set) {
        struct ms_scan_region region;
        uint64_t at = 0;
        size_t count;
        ms_pagemap_scan(map, &at, map->page_size, &region, 1, &count); // asks for MS_SCAN_GUARD
        map->hides_guards =
            (!map->scans || !(map->known & MS_SCAN_GUARD)) && ms_source_hides_guards(map->source);
        map->hides_guards_set = true;
    }
    return map->hides_guards;
}
