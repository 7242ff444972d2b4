// SPDX-License-Identifier: GPL-3.0-or-later
// Reads files of one process so that all are of one process and one program image.
#pragma once

#include "mappings/listing.h"
#include "pool/heartbeat.h"
#include "process/process.h"

// What is known to hang of a process.
enum ms_hang { MS_HANGS_NOT, MS_HANGS_LOCKED /* files that lock */, MS_HANGS_WHOLLY };

// What is to be read of a process.
struct ms_snapshot_job {
    ms_files want;
    enum ms_hang hang; // files that would hang are unknown(timeout), and stay unread
    uint64_t max_rss;  // where more is resident, those that walk are unknown(budget); 0: no limit
    struct ms_heartbeat *heartbeat; // may be NULL
    struct ms_listing *out;         // mappings, initialised; its content is replaced; NULL: none are wanted
    bool counters;                  // of smaps, not of maps
    bool alone;                     // nothing else is asked of the process
    enum ms_reason why;             // of the listing: MS_KNOWN, or why there is none
};

// Loads what is wanted and not there yet. A file that can't be had leaves a block whose slots are unknown for
// the reason. Where the job is stopped the process lacks some files, and what is there is whole.
void ms_snapshot_load(struct ms_process *process, struct ms_snapshot_job *job);
