// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of the reader share.
#pragma once

#include "pool/pool.h"
#include "process/snapshot.h"
#include "reader/reader.h"
#include "source/private.h"

enum { SPARE_LISTINGS = 16 };

// A process, or a filesystem, that a thread of ours hangs at.
struct stuck {
    pid_t pid;   // 0: a filesystem
    dev_t dev;   // of it
    bool lost;   // it timed out; else it was left when it did not stop at once
    bool at_all; // at a file that locks nothing: anything else may hang, too
    struct ms_batch *batch;
    size_t item;
};

struct ms_readers {
    struct ms_reader_limits limits;
    struct ms_reader_signs signs;
    struct ms_pool *pool;
    unsigned lost; // in this question
    struct stuck *stuck;
    size_t stuck_count;
    struct ms_request *requests; // those that were not taken yet
    struct ms_readahead *ahead;
    struct ms_listing spare[SPARE_LISTINGS];
    size_t spare_count;
};

struct ms_job {
    struct ms_process *owner;  // whom it is for: not the thread's
    struct ms_process process; // what the thread works on
    struct ms_snapshot_job image;
    struct ms_listing listing;
};

struct ms_jobs {
    struct ms_source *source; // held
    ms_files want;
    unsigned gentle_ms;
    pid_t top; // the highest number among them
    size_t count;
    struct ms_job jobs[];
};

struct ms_request {
    struct ms_readers *readers; // NULL where it has ended
    struct ms_source *source;   // held
    struct ms_process *owner;
    bool counters;
    bool alone; // nothing else is asked of the process
    ms_files with;
    struct ms_streaming_sums *sums; // for the listing, until that is begun
    struct ms_jobs *jobs;           // one; the batch's
    struct ms_batch *batch;         // NULL: it is read when it is taken
    bool settled;                   // the files are the owner's
    struct ms_request *next;
};

// The pool of a source; NULL where who asks reads.
struct ms_pool *ms_readers_pool(struct ms_source *source);

// Notes that a thread hangs.
void ms_readers_add_stuck(struct ms_readers *readers, struct stuck stuck);

// Whether one that was noted hangs still; else it is forgotten, and the last one is in its place.
bool ms_readers_is_stuck(struct ms_source *source, size_t at);

// A job under the limits of the source.
struct ms_snapshot_job ms_readers_snapshot_job(struct ms_source *source, pid_t pid, ms_files want);

// Jobs for at most `room` processes, or NULL; a process is added with what is loaded of it.
struct ms_jobs *ms_jobs_create(struct ms_source *source, size_t room);
struct ms_job *ms_jobs_add(struct ms_jobs *jobs, struct ms_process *process, ms_files want);
void ms_jobs_destroy(void *jobs);

// Hands the jobs over: they are the batch's. NULL where there is no thread: they are still the caller's.
// `urgent`: they are waited for at once, and go before what is read ahead.
struct ms_batch *ms_jobs_submit(struct ms_jobs *jobs, bool urgent);

// After the batch: gives the owner what the job has read, or notes that it hangs (not without `readers`).
// Whether it was read.
bool ms_jobs_settle(struct ms_readers *readers, struct ms_jobs *jobs, struct ms_batch *batch, size_t at);

// Waits for the requests of a process: it is read by nobody else then, and has what they loaded.
void ms_requests_wait(struct ms_process *process);

// Waits for what is read ahead of a process; what was read ahead is nobody's any more.
void ms_readaheads_wait(struct ms_readers *readers, pid_t pid);
void ms_readaheads_end(struct ms_readers *readers);
