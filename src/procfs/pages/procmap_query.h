// SPDX-License-Identifier: GPL-3.0-or-later
// One mapping by its address, asked of the kernel by PROCMAP_QUERY (Linux 6.11) without listing the others.
#pragma once

#include "pages/buildid.h"
#include "pages/open_file.h"

struct ms_procmap_answer {
    uint64_t start;
    uint64_t end;
    struct ms_file_id file; // inode 0: none
};

// The mapping that covers `addr`; *found says whether there is one ([vsyscall] is never found). MS_KNOWN, or
// why that is not known: MS_UNSUPPORTED where the kernel or the source has no such query.
enum ms_reason ms_procmap_find(const struct ms_rawfile *maps, uint64_t addr, bool *found,
                               struct ms_procmap_answer *out);

// The same if it maps `file`, else MS_GONE.
enum ms_reason ms_procmap_check(const struct ms_rawfile *maps, uint64_t addr, const struct ms_file_id *file,
                                struct ms_procmap_answer *out);

// The build id of the file mapped at `addr`, as the kernel reads it there. Only for a regular file of a
// btrfs: of others it may crash the kernel (see procmap_query.c). MS_KNOWN where it has one, MS_GONE where
// another file is mapped there by now, MS_DENIED where the kernel gives none: it found none in the first
// page, or, before 6.12, that page is not in memory.
enum ms_reason ms_procmap_btrfs_id(const struct ms_rawfile *maps, uint64_t addr,
                                   const struct ms_file_id *file, struct ms_build_id *out);
