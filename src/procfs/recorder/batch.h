// SPDX-License-Identifier: GPL-3.0-or-later
// The files of some processes, read by a thread that may be given up on.
#pragma once

#include "base/buf.h"
#include "parse/parse.h"
#include "pool/heartbeat.h"
#include "source/source.h"

#include <stdatomic.h>

// Which process and program image had a number at the moment before, so that it need not be asked twice.
struct ms_recorded_id {
    pid_t pid;
    bool stuck; // its reader hung
    struct ms_stat_id id;
};

struct ms_recorded_ids {
    struct ms_recorded_id *ids; // ascending
    size_t count, room;
};

bool ms_recorded_ids_add(struct ms_recorded_ids *ids, const struct ms_recorded_id *id);
const struct ms_recorded_id *ms_recorded_ids_find(const struct ms_recorded_ids *ids, pid_t pid);

struct ms_record_file {
    const char *name; // "status"
    pid_t thread;     // 0: of the process itself
    size_t start, len;
    int error;
    size_t packed; // the text is a frame of so many bytes; 0: it is none
};

enum { MS_RECORD_FILES = 2 * MS_PROCESS_FILES + 4 };

struct ms_record_process {
    pid_t pid;
    ms_files want;
    bool packs;               // what is large is compressed while it is read
    bool mounts;              // its mounts, too, where they are others than ours
    bool stuck;               // files that wait for a lock of its address space are not opened
    struct ms_stat_id before; // of the moment before; has_start false: it was not there
    bool gone;                // it ended meanwhile: nothing is known
    struct ms_stat_id id;
    struct ms_buf text;
    struct ms_record_file files[MS_RECORD_FILES];
    size_t file_count;
};

// Reads the files so that they are of one process and one program image, stat being the last.
void ms_record_process_read(struct ms_source *source, struct ms_record_process *process,
                            struct ms_heartbeat *heartbeat);
void ms_record_process_free(struct ms_record_process *process);

struct ms_record_batch {
    atomic_uint holders;
    struct ms_source *source; // held
    size_t count;
    struct ms_record_process processes[];
};

struct ms_record_batch *ms_record_batch_create(struct ms_source *source, size_t count);
void ms_record_batch_hold(struct ms_record_batch *batch);
void ms_record_batch_release(struct ms_record_batch *batch); // NULL: nothing

// For the pool: `ctx` is a batch.
void ms_record_batch_run(void *ctx, size_t item, struct ms_heartbeat *heartbeat);
void ms_record_batch_end(void *ctx);
