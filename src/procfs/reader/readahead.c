// SPDX-License-Identifier: GPL-3.0-or-later
// Files of the processes that come next, read while those before them are looked at.
#include "reader/private.h"

#include <stdlib.h>

struct ms_readahead {
    struct ms_readers *readers; // NULL where it has ended
    struct ms_source *source;   // held
    struct ms_jobs *jobs;       // the batch's
    struct ms_batch *batch;
    pid_t low, top;
    bool settled; // the files are the owners'
    struct ms_readahead *next;
};

static struct ms_jobs *jobs_of(struct ms_process *const *batch, size_t count, ms_files want)
{
    struct ms_jobs *jobs = ms_jobs_create(batch[0]->source, count);
    if (!jobs)
        return NULL;
    jobs->want = want;
    for (size_t i = 0; i < count; i++) {
        ms_requests_wait(batch[i]);
        ms_jobs_add(jobs, batch[i], want);
    }
    return jobs;
}

struct ms_readahead *ms_reader_read_ahead(struct ms_process *const *batch, size_t count, ms_files want)
{
    struct ms_source *source = count ? batch[0]->source : NULL;
    if (!source || !ms_readers_pool(source) || ms_source_stopped(source))
        return NULL;
    struct ms_readahead *ahead = calloc(1, sizeof *ahead);
    struct ms_jobs *jobs = ahead ? jobs_of(batch, count, want) : NULL;
    struct ms_batch *handed = jobs ? ms_jobs_submit(jobs, false) : NULL;
    if (!handed) {
        ms_jobs_destroy(jobs);
        free(ahead);
        return NULL;
    }
    ms_source_hold(source);
    *ahead = (struct ms_readahead){.readers = source->readers,
                                   .source = source,
                                   .jobs = jobs,
                                   .batch = handed,
                                   .low = batch[0]->pid,
                                   .top = batch[count - 1]->pid,
                                   .next = source->readers->ahead};
    source->readers->ahead = ahead;
    return ahead;
}

// What was lost or dropped stays unloaded: who loads it learns why, or reads it.
void ms_readahead_wait(struct ms_readahead *ahead)
{
    if (ahead->settled)
        return;
    ms_batch_wait(ahead->batch, ahead->source->stop);
    ahead->settled = true;
    for (size_t i = 0; i < ahead->jobs->count; i++)
        ms_jobs_settle(ahead->readers, ahead->jobs, ahead->batch, i);
}

void ms_readaheads_wait(struct ms_readers *readers, pid_t pid)
{
    for (struct ms_readahead *one = readers->ahead; one; one = one->next)
        if (!one->settled && pid >= one->low && pid <= one->top)
            ms_readahead_wait(one);
}

void ms_readaheads_end(struct ms_readers *readers)
{
    for (struct ms_readahead *one = readers->ahead; one; one = one->next)
        one->readers = NULL;
}

void ms_readahead_destroy(struct ms_readahead *ahead)
{
    if (!ahead)
        return;
    struct ms_readahead **at = ahead->readers ? &ahead->readers->ahead : NULL;
    while (at && *at && *at != ahead)
        at = &(*at)->next;
    if (at && *at)
        *at = ahead->next;
    ms_batch_release(ahead->batch);
    ms_source_release(ahead->source);
    free(ahead);
}
