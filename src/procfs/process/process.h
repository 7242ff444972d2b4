// SPDX-License-Identifier: GPL-3.0-or-later
// One process of a source: its identity, and the blocks of those of its files that were loaded (reader.h
// loads).
#pragma once

#include "source/source.h"
#include "table/file_values.h"

// What time it is for a source by both of its clocks, in seconds, `now` since 1970; and why one is not known.
struct ms_instant {
    double since_boot, now;
    enum ms_reason boot_why, now_why;
};

struct ms_process {
    struct ms_source *source; // borrowed
    pid_t pid;
    bool has_start;
    bool frozen;               // nothing more is read: what is not here is unknown(not_recorded)
    uint64_t start;            // clock ticks after boot; pid and start are its identity
    uint64_t image;            // which program image the blocks are of; see ms_parse_stat_id
    unsigned rereads;          // how often loaded files had to be read again to be of one process
    struct ms_instant read_at; // of a frozen one
    struct ms_block *blocks[MS_PROCESS_FILES];
};

void ms_process_init(struct ms_process *process, struct ms_source *source, pid_t pid);
void ms_process_deinit(struct ms_process *process);

// Nothing more is read of it, and what time it is for it stays as it is now.
void ms_process_freeze(struct ms_process *process);

// Drops what is loaded, keeps the identity.
void ms_process_forget(struct ms_process *process);

// Which files are loaded.
ms_files ms_process_loaded(const struct ms_process *process);

// The value of a field from what is loaded. False where none of its files is.
bool ms_process_get(const struct ms_process *process, enum ms_field field, struct ms_value *out);

// Files that are not loaded and may have a field whose value, from those that are, is unknown for this
// reason.
ms_files ms_process_elsewhere(const struct ms_process *process, enum ms_field field, enum ms_reason why);

// The number of a field that is loaded and known; else false.
bool ms_process_number(const struct ms_process *process, enum ms_field field, uint64_t *number);

// The cheapest files that give all these fields, those in `have` preferred.
ms_files ms_process_plan(const enum ms_field *fields, size_t count, ms_files have);

// Whether it is a thread of the kernel: 1 yes, 0 no, -1 if what is loaded does not say (stat does).
int ms_process_is_kernel(const struct ms_process *process);

// Why nothing that is loaded shows whether it is one; MS_KNOWN: something does.
enum ms_reason ms_process_kernel_doubt(const struct ms_process *process);

// Whether it has no address space for a lasting reason (zombie, kernel thread), as far as stat says.
bool ms_process_has_no_mm(const struct ms_process *process);

// Whether it is about to end, as far as stat says. It loses its address space a while before it is a zombie.
bool ms_process_is_exiting(const struct ms_process *process);

// Whether its main thread has exited and other threads live on, as far as stat says.
bool ms_process_lost_main_thread(const struct ms_process *process);

// Whether all that was loaded of it says that it has ended.
bool ms_process_is_gone(const struct ms_process *process);

// Whether one of these files, loaded later than others, says so.
bool ms_process_ended_before(const struct ms_process *process, ms_files files);
