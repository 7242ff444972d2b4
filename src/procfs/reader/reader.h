// SPDX-License-Identifier: GPL-3.0-or-later
// Loads files of processes. Callers say what they want of a whole batch, so that how it is read (in which
// order, by how many threads, until when) is this file's business alone.
#pragma once

#include "mappings/group_sums.h"
#include "mappings/listing.h"
#include "process/process.h"

#include <signal.h>
#include <stdatomic.h>

struct ms_reader_limits {
    unsigned jobs;       // threads that read; 0: who asks reads, and nothing is given up on
    unsigned timeout_ms; // a file that gives nothing for so long is given up on, with the thread
    unsigned gentle_ms;  // pause of a thread after a process of which a file was read that locks it
    uint64_t max_rss;    // bytes: of processes with more the files that walk over pages stay unread; 0: none
};

// Flags that outlive the source; each may be NULL.
struct ms_reader_signs {
    volatile sig_atomic_t *left; // is raised when a thread is given up on: the program is to end by _exit
    const volatile sig_atomic_t *hurry; // while it is up what stands still is given up on almost at once
};

// Sets how a source is read, from the next load on. Without it jobs is 0. False where there is no memory.
bool ms_reader_configure(struct ms_source *source, const struct ms_reader_limits *limits,
                         struct ms_reader_signs signs);
struct ms_reader_limits ms_reader_limits(const struct ms_source *source);

// A question begins: what hung in another one and came back is asked again.
void ms_reader_begin(struct ms_source *source);

// How many readers were given up on in this question; and whether those are so many that files which may hang
// are no longer opened.
unsigned ms_reader_lost(const struct ms_source *source);
bool ms_reader_gave_up(const struct ms_source *source);

// Loads the files of `want` that each process lacks. A file that can't be had leaves a block whose slots are
// unknown for the reason. What is loaded for one process is of one process and one program image: files read
// together are read below one directory fd with stat first and last, and again if the process was replaced or
// executed another program in between; a process that ended meanwhile, whose number was given to another, or
// that executes programs without end is `gone`. No process is read by two threads at once.
// False where the source was told to stop; processes then lack some files, and what is there is whole.
bool ms_reader_load(struct ms_process *const *batch, size_t count, ms_files want);

// Loads stat too if that is needed to know whether a process is a thread of the kernel.
bool ms_reader_load_kernel(struct ms_process *const *batch, size_t count);

// Reads the mappings of a process into `out` (initialised; its content is replaced): from smaps with all
// counters, or from maps. MS_KNOWN, or why there are none (MS_NO_MEMORY: a zombie or a kernel thread). Loads
// the files of `with` (and stat) beside it, so that they are of the same process image.
enum ms_reason ms_reader_list(struct ms_process *process, bool counters, ms_files with,
                              struct ms_listing *out);

// The same, begun now and taken later. The process outlives the request; NULL where there is no memory.
struct ms_request;
struct ms_request *ms_reader_request(struct ms_process *process, bool counters, ms_files with);

// The same. `alone`: nothing else is or will be asked of the process, so that its file is all that is opened
// where that is enough to know that it is whole. `like`: the mappings are only to be summed, in the groups of
// that tally: they are summed as they are read, and not kept, where that can be (ms_listing_is_summed); NULL:
// they are kept.
struct ms_request *ms_reader_request_sums(struct ms_process *process, bool counters, ms_files with,
                                          bool alone, const struct ms_group_sums *like);

enum ms_reason ms_request_take(struct ms_request *request, struct ms_listing *out); // once
void ms_request_destroy(struct ms_request *request);

// Begins to load the files of `want` of processes of one source, of which nothing is loaded yet, in the order
// of their numbers. They outlive it. NULL where nothing is read ahead: no thread, no memory, told to stop.
// Who loads one of them waits for it.
struct ms_readahead;
struct ms_readahead *ms_reader_read_ahead(struct ms_process *const *batch, size_t count, ms_files want);
void ms_readahead_wait(struct ms_readahead *ahead);    // waits; what was read is theirs
void ms_readahead_destroy(struct ms_readahead *ahead); // what was not begun is dropped

// For who reads a file without the reader: MS_TIMEOUT where the process hangs (it is tried where the file
// takes the lock of the address space), MS_BUDGET where its pages are to be walked over and are too many,
// else MS_KNOWN.
enum ms_reason ms_reader_refusal(struct ms_process *process, bool locks, bool walks);

// One thing that may hang in a filesystem. It begins an allocated struct with all that it works on, because
// its thread may never come back. `run` and `end`, which frees it, are set by who makes it.
struct ms_errand {
    void (*run)(struct ms_errand *errand, struct ms_heartbeat *heartbeat);
    void (*end)(struct ms_errand *errand);
    struct ms_source *source; // held until `end` returns
    atomic_uint holders;
};

// Runs it, in a thread if there are some. MS_KNOWN when it is done; MS_TIMEOUT if it was given up on, and at
// once while another one hangs in the filesystem `dev`; MS_IO when stopped. The caller releases it, once, in
// any case.
enum ms_reason ms_reader_send(struct ms_source *source, dev_t dev, struct ms_errand *errand);
void ms_errand_release(struct ms_errand *errand);

// Takes a listing that is no longer needed: its memory may serve another.
void ms_reader_recycle(struct ms_source *source, struct ms_listing *listing);
