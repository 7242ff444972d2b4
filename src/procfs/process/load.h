// SPDX-License-Identifier: GPL-3.0-or-later
// Reads one file of a process, as it is now. (snapshot.h sees to it that several are of one process.)
#pragma once

#include "mappings/listing.h"
#include "process/process.h"

// Reads a file into its block, which holds nothing but a reason where it can't be read, and is missing where
// there is no memory for even that. MS_NO_MEMORY: the file is as it is where there is no address space.
enum ms_reason ms_load_file(struct ms_process *process, struct ms_target target, enum ms_file file);

// Reads maps, or smaps with counters, a second time where mappings changed meanwhile. Where the file is not
// there its mappings come from the other one: smaps is not in every kernel, and people save what they need.
// MS_KNOWN, or why there is none.
enum ms_reason ms_load_listing(struct ms_source *source, struct ms_target target, enum ms_file file,
                               struct ms_listing *out);

// Makes the block of a file whose fields are sums over mappings from a listing of them, which is of smaps if
// the file is. False where the listing is not whole, or only summed, or has no counters that the file needs.
bool ms_load_sums_of(struct ms_process *process, enum ms_file file, const struct ms_listing *listing);

// Whether smaps_rollup gives ESRCH: so the kernel says that there is no memory, and it knows.
bool ms_rollup_is_refused(struct ms_source *source, struct ms_target target);

// Makes these files unknown for `why`; not loaded, if that is MS_KNOWN.
void ms_load_unknown(struct ms_process *process, ms_files files, enum ms_reason why);
