// SPDX-License-Identifier: GPL-3.0-or-later
// Listings of mappings, read ahead.
#include "mappings/streaming_sums.h"
#include "reader/private.h"

#include <stdlib.h>

// A larger listing is not kept for the next one.
enum { SPARE_MAPPINGS = 2048 };

void ms_reader_recycle(struct ms_source *source, struct ms_listing *listing)
{
    struct ms_readers *readers = source->readers;
    const bool fits = listing->cap && listing->cap <= SPARE_MAPPINGS && !listing->wide;
    if (!readers || !fits || readers->spare_count >= SPARE_LISTINGS) {
        ms_listing_deinit(listing);
        return;
    }
    ms_listing_clear(listing);
    readers->spare[readers->spare_count++] = *listing;
    ms_listing_init(listing);
}

static struct ms_listing spare_listing(struct ms_readers *readers)
{
    return readers->spare_count ? readers->spare[--readers->spare_count] : (struct ms_listing){0};
}

static void set_sums(struct ms_listing *listing, struct ms_request *request)
{
    ms_streaming_sums_destroy(listing->sums);
    listing->sums = request->sums;
    request->sums = NULL;
}

static void set_listing(struct ms_snapshot_job *image, bool counters, bool alone, struct ms_listing *out)
{
    image->alone = alone;
    image->counters = counters;
    image->out = out;
}

// Hands the request over to a thread, if there is one.
static void begin(struct ms_request *request)
{
    struct ms_source *source = request->source;
    struct ms_jobs *jobs = ms_jobs_create(source, 1);
    if (!jobs)
        return;
    struct ms_job *job = ms_jobs_add(jobs, request->owner, request->with);
    job->listing = spare_listing(source->readers);
    set_listing(&job->image, request->counters, request->alone, &job->listing);
    set_sums(&job->listing, request);
    request->batch = ms_jobs_submit(jobs, false);
    if (request->batch)
        request->jobs = jobs;
    else
        ms_jobs_destroy(jobs);
}

struct ms_request *ms_reader_request_sums(struct ms_process *process, bool counters, ms_files with,
                                          bool alone, const struct ms_group_sums *like)
{
    struct ms_request *request = calloc(1, sizeof *request);
    struct ms_source *source = process->source;
    if (!request)
        return NULL;
    ms_requests_wait(process);
    ms_source_hold(source);
    *request = (struct ms_request){.readers = source->readers,
                                   .source = source,
                                   .owner = process,
                                   .counters = counters,
                                   .alone = alone,
                                   .with = with,
                                   .sums = like ? ms_streaming_sums_create(like) : NULL};
    if (ms_readers_pool(source) && !process->frozen)
        begin(request);
    if (request->batch) {
        request->next = source->readers->requests;
        source->readers->requests = request;
    }
    return request;
}

struct ms_request *ms_reader_request(struct ms_process *process, bool counters, ms_files with)
{
    return ms_reader_request_sums(process, counters, with, false, NULL);
}

// The request in the middle of those that were made since this one (the newest is first), or NULL.
static struct ms_request *middle_of_later(const struct ms_request *request)
{
    size_t later = 0;
    struct ms_request *one = request->readers ? request->readers->requests : NULL;
    for (const struct ms_request *other = one; other && other != request; other = other->next)
        later++;
    for (later /= 2; one && later; later--)
        one = one->next;
    return one;
}

// Whoever must wait waits until there are several to take: being woken for each costs as much as reading a
// small one.
static void wait_for(const struct ms_request *request)
{
    const struct ms_request *later = ms_batch_is_over(request->batch) ? NULL : middle_of_later(request);
    if (later && later->batch)
        ms_batch_wait(later->batch, request->source->stop);
    ms_batch_wait(request->batch, request->source->stop);
}

// Waits for the thread; the files that it loaded become the process's.
static void settle(struct ms_request *request)
{
    if (request->settled || !request->batch)
        return;
    wait_for(request);
    request->settled = true;
    ms_jobs_settle(request->readers, request->jobs, request->batch, 0);
}

void ms_requests_wait(struct ms_process *process)
{
    struct ms_readers *readers = process->source->readers;
    if (readers)
        ms_readaheads_wait(readers, process->pid);
    for (struct ms_request *one = readers ? readers->requests : NULL; one; one = one->next)
        if (!one->settled && one->owner->pid == process->pid)
            settle(one);
}

static enum ms_reason list_here(struct ms_process *process, bool counters, bool alone, ms_files with,
                                struct ms_listing *out)
{
    struct ms_snapshot_job job = ms_readers_snapshot_job(process->source, process->pid, with);
    set_listing(&job, counters, alone, out);
    ms_snapshot_load(process, &job);
    return job.why;
}

enum ms_reason ms_request_take(struct ms_request *request, struct ms_listing *out)
{
    settle(request);
    if (request->batch && ms_batch_state(request->batch, 0) == MS_ITEM_DONE) {
        struct ms_job *job = &request->jobs->jobs[0];
        ms_listing_deinit(out);
        *out = job->listing;
        ms_listing_init(&job->listing);
        return job->image.why;
    }
    if (ms_source_stopped(request->source))
        return MS_IO;
    set_sums(out, request);
    return list_here(request->owner, request->counters, request->alone, request->with, out);
}

void ms_request_destroy(struct ms_request *request)
{
    if (!request)
        return;
    struct ms_request **at = request->readers ? &request->readers->requests : NULL;
    while (at && *at && *at != request)
        at = &(*at)->next;
    if (at && *at)
        *at = request->next;
    ms_batch_release(request->batch);
    ms_source_release(request->source);
    ms_streaming_sums_destroy(request->sums);
    free(request);
}

enum ms_reason ms_reader_list(struct ms_process *process, bool counters, ms_files with,
                              struct ms_listing *out)
{
    struct ms_request *request =
        ms_readers_pool(process->source) ? ms_reader_request(process, counters, with) : NULL;
    if (!request)
        return list_here(process, counters, false, with, out);
    const enum ms_reason why = ms_request_take(request, out);
    ms_request_destroy(request);
    return why;
}
