// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/pagemap.h"

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

enum ms_reason ms_pagemap_open(struct ms_process *process, struct ms_pagemap *out)
{
    struct ms_pagemap map = {
        .page_size = ms_source_page_size(process->source),
        .frames = -1,
        .known = oldest_categories | MS_SCAN_GUARD,
        .scans = ms_source_is_live(process->source),
    };
    enum ms_reason why = ms_rawfile_open(process, MS_RAW_PAGEMAP, &map.file);
    if (why != MS_KNOWN)
        return why;
    if (!map.page_size) {
        ms_rawfile_close(&map.file);
        return MS_NOT_RECORDED;
    }
    *out = map;
    return MS_KNOWN;
}

void ms_pagemap_close(struct ms_pagemap *map)
{
    if (map->frames >= 0)
        close(map->frames);
    ms_rawfile_close(&map->file);
}

enum ms_reason ms_pagemap_read(struct ms_pagemap *map, uint64_t addr, uint64_t *entries, size_t count)
{
    const size_t len = count * sizeof *entries;
    const ssize_t got = ms_source_read_at(map->file.source, map->file.target, map->file.fd, entries, len,
                                          addr / map->page_size * sizeof *entries);
    if (got < 0)
        return ms_source_raw_reason(map->file.source, map->file.target, (int)-got);
    return (size_t)got == len ? MS_KNOWN : MS_GONE;
}

static int scan_once(struct ms_pagemap *map, struct scan_arg *arg)
{
    arg->return_mask = map->known;
    arg->category_anyof_mask = map->known & (MS_SCAN_PRESENT | MS_SCAN_SWAPPED | MS_SCAN_GUARD);
    return ms_source_ask(map->file.source, map->file.fd, _IOWR('f', 16, struct scan_arg), arg);
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
        return ms_source_raw_reason(map->file.source, map->file.target, -got);
    if ((size_t)got > room || arg.walk_end <= *at || arg.walk_end > end)
        return MS_MALFORMED;
    // A scan of an address space that is over finds nothing, and a read of it ends at once.
    uint64_t entry;
    enum ms_reason why = ms_pagemap_read(map, 0, &entry, 1);
    if (why != MS_KNOWN)
        return why;
    *at = arg.walk_end;
    *count = (size_t)got;
    return MS_KNOWN;
}

static bool open_frames(struct ms_pagemap *map)
{
    if (map->frames == -1) {
        int fd = ms_source_open_raw(map->file.source, (struct ms_target){.dir = -1}, MS_RAW_KPAGEFLAGS);
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
        if (ms_source_read_at(map->file.source, (struct ms_target){.dir = -1}, map->frames, flags + i, len,
                              frame * sizeof *flags) != (ssize_t)len)
            return false;
    }
    return true;
}

enum ms_guards ms_pagemap_guards(struct ms_pagemap *map)
{
    struct ms_scan_region region;
    uint64_t at = 0;
    size_t count;
    if (map->guards != MS_GUARDS_UNASKED)
        return map->guards;
    ms_pagemap_scan(map, &at, map->page_size, &region, 1, &count); // learns which categories there are
    if (!ms_source_is_live(map->file.source) || (map->scans && map->known & MS_SCAN_GUARD))
        map->guards = MS_GUARDS_SHOWN;
    else
        map->guards = ms_source_hides_guards(map->file.source) ? MS_GUARDS_HIDDEN : MS_GUARDS_NONE;
    return map->guards;
}
