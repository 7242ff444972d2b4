// SPDX-License-Identifier: GPL-3.0-or-later
// The page table of a process as pagemap shows it: an entry for each page, or runs of pages by PAGEMAP_SCAN
// where the kernel has it (Linux 6.7).
#pragma once

#include "pages/open_file.h"

// An entry of pagemap.
enum ms_entry {
    MS_ENTRY_PFN = (UINT64_C(1) << 55) - 1, // present: frame number; 0: not shown without CAP_SYS_ADMIN
    MS_ENTRY_SWAP_TYPE = 31,                // swapped: which area; the highest are no areas
    MS_ENTRY_EXCLUSIVE = UINT64_C(1) << 56,
    MS_ENTRY_UFFD_WP = UINT64_C(1) << 57,
    MS_ENTRY_GUARD = UINT64_C(1) << 58,
    MS_ENTRY_FILE = UINT64_C(1) << 61,
    MS_ENTRY_SWAP = UINT64_C(1) << 62,
    MS_ENTRY_PRESENT = UINT64_C(1) << 63,
};

// A word of kpageflags.
enum ms_frame_flag {
    MS_FRAME_ANON = 1 << 12,
    MS_FRAME_HUGETLB = 1 << 17,
    MS_FRAME_THP = 1 << 22, // any large folio, also one that is mapped in parts
    MS_FRAME_ZERO = 1 << 24,
};

// What PAGEMAP_SCAN says of a region.
enum ms_scan_category {
    MS_SCAN_FILE = 4,
    MS_SCAN_PRESENT = 8,
    MS_SCAN_SWAPPED = 16,
    MS_SCAN_ZERO = 32,
    MS_SCAN_HUGE = 64,
    MS_SCAN_GUARD = 256, // since 6.15
};

// Layout of the kernel's struct page_region.
struct ms_scan_region {
    uint64_t start;
    uint64_t end;
    uint64_t categories;
};

// What pagemap says of guard regions (MADV_GUARD_INSTALL).
enum ms_guards {
    MS_GUARDS_UNASKED,
    MS_GUARDS_SHOWN,  // MS_ENTRY_GUARD
    MS_GUARDS_HIDDEN, // they look like swap: Linux 6.13 and 6.14
    MS_GUARDS_NONE,   // the kernel has none; before 4.2 the bit is part of a page size
};

struct ms_pagemap {
    struct ms_rawfile file;
    uint64_t page_size;
    int frames;     // fd of kpageflags, -1: not opened, -2: can't be had
    uint64_t known; // categories that the kernel knows
    bool scans;     // as far as is known yet
    enum ms_guards guards;
};

// Opens the pagemap of a process, of the same program image as what was read of it. MS_KNOWN, or why not;
// then there is nothing to close.
enum ms_reason ms_pagemap_open(struct ms_process *process, struct ms_pagemap *out);
void ms_pagemap_close(struct ms_pagemap *map);

// The entries of `count` pages from the page-aligned `addr` on. MS_GONE where the address space ended.
enum ms_reason ms_pagemap_read(struct ms_pagemap *map, uint64_t addr, uint64_t *entries, size_t count);

// Regions of pages that are present, swapped or guarded, from *at on, which moves; as many as there is room
// for. *at == end: that was all. MS_UNSUPPORTED where the kernel has no PAGEMAP_SCAN.
enum ms_reason ms_pagemap_scan(struct ms_pagemap *map, uint64_t *at, uint64_t end,
                               struct ms_scan_region *regions, size_t room, size_t *count);

// The kpageflags of the frames that these entries name, 0 for entries that name none. False where kpageflags
// can't be read: then nothing is known of any.
bool ms_pagemap_frames(struct ms_pagemap *map, const uint64_t *entries, size_t count, uint64_t *flags);

// What it says of guard regions; never MS_GUARDS_UNASKED.
enum ms_guards ms_pagemap_guards(struct ms_pagemap *map);
