// SPDX-License-Identifier: GPL-3.0-or-later
// One mapping by its address, asked of the kernel by PROCMAP_QUERY (Linux 6.11) without listing the others.
#pragma once

#include "pages/open_file.h"

enum { MS_PROCMAP_BUILD_ID = 64 };

struct ms_procmap_answer {
    uint64_t start;
    uint64_t end;
    uint64_t inode; // 0: no file
    uint32_t major;
    uint32_t minor;
    uint8_t build_id[MS_PROCMAP_BUILD_ID];
    uint32_t build_id_len; // 0: the kernel found none
};

// The mapping that covers `addr`; *found tells whether there is one ([vsyscall] is never found). MS_KNOWN, or
// why it can't be told: MS_UNSUPPORTED where the kernel or the source has no such query.
enum ms_reason ms_procmap_find(const struct ms_rawfile *maps, uint64_t addr, bool *found,
                               struct ms_procmap_answer *out);
