// SPDX-License-Identifier: GPL-3.0-or-later
// One mapping by its address, asked of the kernel by PROCMAP_QUERY (Linux 6.11) without listing the others.
#pragma once

#include "pages/open_file.h"

struct ms_procmap_answer {
    uint64_t start;
    uint64_t end;
    struct ms_file_id file; // inode 0: none
};

// The mapping that covers `addr`; *found tells whether there is one ([vsyscall] is never found). MS_KNOWN, or
// why it can't be told: MS_UNSUPPORTED where the kernel or the source has no such query.
enum ms_reason ms_procmap_find(const struct ms_rawfile *maps, uint64_t addr, bool *found,
                               struct ms_procmap_answer *out);
