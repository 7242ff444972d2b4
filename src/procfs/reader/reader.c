// SPDX-License-Identifier: GPL-3.0-or-later
// A thread that may be given up on works on processes of its own, which share the loaded blocks of those they
// stand for; what it read is taken over when it is done.
#include "reader/private.h"

#include "base/array.h"

#include <stdlib.h>
#include <time.h>

enum {
    MOST_LOST = 8,
    PIECE = 256, // processes that are handed over at once
    FEW = 32,    // processes of a recording
};

// Ends the threads of a source that is being destroyed.
static void end_readers(struct ms_readers *readers)
{
    ms_pool_destroy(readers->pool);
    for (struct ms_request *request = readers->requests; request; request = request->next)
        request->readers = NULL;
    ms_readaheads_end(readers);
    for (size_t i = 0; i < readers->stuck_count; i++)
        ms_batch_release(readers->stuck[i].batch);
    free(readers->stuck);
    for (size_t i = 0; i < readers->spare_count; i++)
        ms_listing_deinit(&readers->spare[i]);
    free(readers);
}

// ---- how a source is read

static unsigned most_lost(const struct ms_reader_limits *limits)
{
    return limits->jobs > MOST_LOST ? limits->jobs : MOST_LOST;
}

bool ms_reader_configure(struct ms_source *source, const struct ms_reader_limits *limits,
                         struct ms_reader_signs signs)
{
    struct ms_readers *readers = source->readers;
    if (!readers && !(readers = calloc(1, sizeof *readers)))
        return false;
    if (readers->pool &&
        (limits->jobs != readers->limits.jobs || limits->timeout_ms != readers->limits.timeout_ms)) {
        ms_pool_destroy(readers->pool);
        readers->pool = NULL;
    }
    source->readers = readers;
    source->end_readers = end_readers;
    readers->limits = *limits;
    readers->signs = signs;
    ms_source_set_patience(source, limits->timeout_ms, signs.hurry);
    return true;
}

struct ms_reader_limits ms_reader_limits(const struct ms_source *source)
{
    return source->readers ? source->readers->limits : (struct ms_reader_limits){0};
}

struct ms_pool *ms_readers_pool(struct ms_source *source)
{
    struct ms_readers *readers = source->readers;
    if (!readers || readers->limits.jobs == 0)
        return NULL;
    if (!readers->pool) {
        const struct ms_pool_limits limits = {
            .threads = readers->limits.jobs,
            .patience_ms = readers->limits.timeout_ms,
            .most_lost = most_lost(&readers->limits),
            .hurry = readers->signs.hurry,
        };
        readers->pool = ms_pool_create(&limits);
        ms_source_raise_oom_score_adj(source);
    }
    return readers->pool;
}

// ---- what hangs

unsigned ms_reader_lost(const struct ms_source *source)
{
    return source->readers ? source->readers->lost : 0;
}

bool ms_reader_gave_up(const struct ms_source *source)
{
    struct ms_readers *readers = source->readers;
    return readers && readers->stuck_count && ms_pool_lost(readers->pool) >= most_lost(&readers->limits);
}

static void forget_stuck(struct ms_readers *readers, size_t at)
{
    ms_batch_release(readers->stuck[at].batch);
    readers->stuck[at] = readers->stuck[--readers->stuck_count];
}

void ms_reader_begin(struct ms_source *source)
{
    struct ms_readers *readers = source->readers;
    if (!readers)
        return;
    for (size_t i = readers->stuck_count; i-- > 0;)
        if (ms_batch_state(readers->stuck[i].batch, readers->stuck[i].item) == MS_ITEM_RETURNED)
            forget_stuck(readers, i);
    readers->lost = 0;
    for (size_t i = 0; i < readers->stuck_count; i++)
        readers->lost += readers->stuck[i].lost;
}

void ms_readers_add_stuck(struct ms_readers *readers, struct stuck stuck)
{
    stuck.lost = ms_batch_state(stuck.batch, stuck.item) != MS_ITEM_ABANDONED;
    if (readers->signs.left)
        *readers->signs.left = 1;
    readers->lost += stuck.lost;
    if (!ms_array_grow(&readers->stuck, readers->stuck_count, sizeof *readers->stuck))
        return;
    ms_batch_hold(stuck.batch);
    readers->stuck[readers->stuck_count++] = stuck;
}

// One that was left because of Ctrl-C may just be slow: it is given its time.
static void wait_for_left(struct ms_source *source, const struct stuck *stuck)
{
    const struct timespec moment = {.tv_nsec = 5000000};
    for (unsigned waited = 0; waited < source->readers->limits.timeout_ms; waited += 5) {
        if (ms_batch_state(stuck->batch, stuck->item) == MS_ITEM_RETURNED || ms_source_stopped(source))
            return;
        nanosleep(&moment, NULL);
    }
}

bool ms_readers_is_stuck(struct ms_source *source, size_t at)
{
    struct ms_readers *readers = source->readers;
    struct stuck *stuck = &readers->stuck[at];
    if (stuck->lost)
        return true;
    wait_for_left(source, stuck);
    if (ms_batch_state(stuck->batch, stuck->item) == MS_ITEM_RETURNED) {
        forget_stuck(readers, at);
        return false;
    }
    stuck->lost = true;
    readers->lost++;
    return true;
}

// What is known to hang of a process.
static enum ms_hang hang_of(struct ms_source *source, pid_t pid)
{
    struct ms_readers *readers = source->readers;
    enum ms_hang hang = ms_reader_gave_up(source) ? MS_HANGS_LOCKED : MS_HANGS_NOT;
    for (size_t i = readers ? readers->stuck_count : 0; i-- > 0;) {
        if (readers->stuck[i].pid != pid || !ms_readers_is_stuck(source, i))
            continue;
        hang = readers->stuck[i].at_all ? MS_HANGS_WHOLLY : hang == MS_HANGS_NOT ? MS_HANGS_LOCKED : hang;
    }
    return hang;
}

// ---- jobs

static void pause_after(const struct ms_job *job, unsigned gentle_ms, struct ms_heartbeat *heartbeat)
{
    const bool locked = job->image.out || job->image.want & MS_FILES_LOCKING;
    for (unsigned left = locked ? gentle_ms : 0; left && !ms_heartbeat_stopped(heartbeat);) {
        const unsigned piece = left < 10 ? left : 10;
        nanosleep(&(struct timespec){.tv_nsec = (long)piece * 1000000}, NULL);
        ms_heartbeat_step(heartbeat);
        left -= piece;
    }
}

static void run_job(void *ctx, size_t item, struct ms_heartbeat *heartbeat)
{
    struct ms_jobs *jobs = ctx;
    struct ms_job *job = &jobs->jobs[item];
    job->image.heartbeat = heartbeat;
    ms_snapshot_load(&job->process, &job->image);
    pause_after(job, jobs->gentle_ms, heartbeat);
}

void ms_jobs_destroy(void *ctx)
{
    struct ms_jobs *jobs = ctx;
    for (size_t i = 0; jobs && i < jobs->count; i++) {
        ms_process_deinit(&jobs->jobs[i].process);
        ms_listing_deinit(&jobs->jobs[i].listing);
    }
    if (jobs)
        ms_source_release(jobs->source);
    free(jobs);
}

struct ms_jobs *ms_jobs_create(struct ms_source *source, size_t room)
{
    struct ms_jobs *jobs = calloc(1, sizeof *jobs + room * sizeof jobs->jobs[0]);
    if (!jobs)
        return NULL;
    ms_source_hold(source);
    jobs->source = source;
    jobs->gentle_ms = source->readers->limits.gentle_ms;
    return jobs;
}

struct ms_snapshot_job ms_readers_snapshot_job(struct ms_source *source, pid_t pid, ms_files want)
{
    return (struct ms_snapshot_job){
        .want = want,
        .hang = hang_of(source, pid),
        .max_rss = source->readers ? source->readers->limits.max_rss : 0,
    };
}

struct ms_job *ms_jobs_add(struct ms_jobs *jobs, struct ms_process *process, ms_files want)
{
    struct ms_job *job = &jobs->jobs[jobs->count++];
    job->owner = process;
    job->process = *process;
    for (int file = 0; file < MS_PROCESS_FILES; file++)
        ms_block_share(process->blocks[file]);
    job->image = ms_readers_snapshot_job(jobs->source, process->pid, want);
    return job;
}

struct ms_batch *ms_jobs_submit(struct ms_jobs *jobs, bool urgent)
{
    struct ms_pool *pool = ms_readers_pool(jobs->source);
    const struct ms_work work = {run_job, ms_jobs_destroy, jobs, jobs->count, urgent};
    return pool ? ms_pool_submit(pool, &work) : NULL;
}

// Gives the owner what its job has read.
static void adopt(struct ms_job *job)
{
    struct ms_process *owner = job->owner, *from = &job->process;
    ms_process_forget(owner);
    owner->has_start = from->has_start;
    owner->start = from->start;
    owner->image = from->image;
    owner->rereads = from->rereads;
    for (int file = 0; file < MS_PROCESS_FILES; file++) {
        owner->blocks[file] = from->blocks[file];
        from->blocks[file] = NULL;
    }
}

bool ms_jobs_settle(struct ms_readers *readers, struct ms_jobs *jobs, struct ms_batch *batch, size_t at)
{
    struct ms_job *job = &jobs->jobs[at];
    const enum ms_item_state state = ms_batch_state(batch, at);
    if (state == MS_ITEM_DONE)
        adopt(job);
    else if (state != MS_ITEM_DROPPED && readers)
        ms_readers_add_stuck(
            readers, (struct stuck){.pid = job->process.pid,
                                    .at_all = !(ms_file_table[ms_batch_at(batch, at)].traits & MS_LOCKS),
                                    .batch = batch,
                                    .item = at});
    return state == MS_ITEM_DONE;
}

// ---- loading

static void load_here(struct ms_process *process, ms_files want)
{
    struct ms_snapshot_job job = ms_readers_snapshot_job(process->source, process->pid, want);
    ms_snapshot_load(process, &job);
}

// Takes over what was read, and reads here what no thread can be asked for any more.
static void take_jobs(struct ms_jobs *jobs, struct ms_batch *batch)
{
    struct ms_source *source = jobs->source;
    for (size_t i = 0; i < jobs->count; i++)
        if (!ms_jobs_settle(source->readers, jobs, batch, i) && !ms_source_stopped(source))
            load_here(jobs->jobs[i].owner, jobs->want);
}

static void run_jobs(struct ms_jobs *jobs)
{
    const bool alone = jobs->count == 1 && !(jobs->want & MS_FILES_LOCKING);
    struct ms_batch *batch = jobs->count && !alone ? ms_jobs_submit(jobs, true) : NULL;
    if (batch) {
        ms_batch_wait(batch, jobs->source->stop);
        take_jobs(jobs, batch);
        ms_batch_release(batch);
        return;
    }
    for (size_t i = 0; i < jobs->count && !ms_source_stopped(jobs->source); i++)
        load_here(jobs->jobs[i].owner, jobs->want);
    ms_jobs_destroy(jobs);
}

// No process is read twice at once. Rows mostly come in the order of their numbers.
static bool is_among(const struct ms_jobs *jobs, pid_t pid)
{
    if (jobs->count == 0 || pid > jobs->top)
        return false;
    for (size_t i = 0; i < jobs->count; i++)
        if (jobs->jobs[i].process.pid == pid)
            return true;
    return false;
}

// Hands over as many as may be read at once; gives how many.
static size_t load_piece(struct ms_process *const *batch, size_t count, ms_files want)
{
    struct ms_source *source = batch[0]->source;
    struct ms_jobs *jobs = ms_jobs_create(source, count < PIECE ? count : PIECE);
    size_t at = 0;
    if (!jobs) {
        load_here(batch[0], want);
        return 1;
    }
    jobs->want = want;
    for (; at < count && jobs->count < PIECE; at++) {
        struct ms_process *process = batch[at];
        if (process->source != source || is_among(jobs, process->pid))
            break;
        ms_requests_wait(process);
        if (process->frozen)
            load_here(process, want);
        else if (want & ~ms_process_loaded(process))
            ms_jobs_add(jobs, process, want);
        jobs->top = process->pid > jobs->top ? process->pid : jobs->top;
    }
    run_jobs(jobs);
    return at;
}

static bool is_at_hand(const struct ms_process *process, ms_files files)
{
    const struct ms_target target = {.pid = process->pid, .dir = -1};
    bool is = true;
    for (; files && is; files &= files - 1)
        is = ms_source_has_at_hand(process->source, target, (enum ms_file)__builtin_ctzll(files));
    return is;
}

// A single process is not worth a thread if nothing that is read of it can hang; nor are a few of a recording
// whose files were decompressed already.
static bool is_read_here(const struct ms_process *process, size_t count, ms_files want)
{
    const struct ms_readers *readers = process->source->readers;
    const ms_files missing = want & ~ms_process_loaded(process);
    return !readers || readers->limits.jobs == 0 || (count == 1 && !(missing & MS_FILES_LOCKING)) ||
           (count <= FEW && is_at_hand(process, missing));
}

bool ms_reader_load(struct ms_process *const *batch, size_t count, ms_files want)
{
    for (size_t at = 0; at < count;) {
        if (!(want & ~ms_process_loaded(batch[at]))) {
            at++;
            continue;
        }
        if (is_read_here(batch[at], count, want)) {
            ms_requests_wait(batch[at]);
            load_here(batch[at++], want);
        } else {
            at += load_piece(batch + at, count - at, want);
        }
        if (ms_source_stopped(batch[0]->source))
            return false;
    }
    return true;
}

// Has a thread read what anybody may read and what takes the lock of the address space: where that hangs, so
// would who asks, whom nothing stops.
static void try_lock(const struct ms_process *process)
{
    struct ms_process probe, *batch = &probe;
    if (!ms_readers_pool(process->source) || !ms_source_is_live(process->source))
        return;
    ms_process_init(&probe, process->source, process->pid);
    ms_reader_load(&batch, 1, MS_FILES(MS_FILE_CMDLINE));
    ms_process_deinit(&probe);
}

enum ms_reason ms_reader_refusal(struct ms_process *process, bool locks, bool walks)
{
    const uint64_t max_rss = ms_reader_limits(process->source).max_rss;
    uint64_t res;
    if (locks)
        try_lock(process);
    const enum ms_hang hang = hang_of(process->source, process->pid);
    if (hang == MS_HANGS_WHOLLY || (locks && hang == MS_HANGS_LOCKED))
        return MS_TIMEOUT;
    if (!walks || !max_rss || !ms_reader_load(&process, 1, MS_FILES(MS_FILE_STATM)))
        return MS_KNOWN;
    return ms_process_number(process, MS_FIELD_STATM_res, &res) && res > max_rss ? MS_BUDGET : MS_KNOWN;
}

bool ms_reader_load_kernel(struct ms_process *const *batch, size_t count)
{
    for (size_t at = 0; at < count;) {
        struct ms_process *unclear[PIECE];
        size_t number = 0;
        for (; at < count && number < PIECE; at++)
            if (ms_process_is_kernel(batch[at]) < 0)
                unclear[number++] = batch[at];
        if (!ms_reader_load(unclear, number, MS_FILES(MS_FILE_STAT)))
            return false;
    }
    return true;
}
