// SPDX-License-Identifier: GPL-3.0-or-later
#include "recording/ahead.h"

#include "pool/pool.h"

#include <errno.h>
#include <stdlib.h>

// What a thread works on, which may outlive whoever wanted it.
struct errand {
    struct ms_recording *recording; // held
    int64_t id;
    struct ms_ahead_wish wish;
    struct ms_moment *moment;
    int error;
    pid_t pids[];
};

struct ms_ahead {
    struct errand *errand; // the batch's
    struct ms_batch *batch;
};

static void destroy_errand(void *ctx)
{
    struct errand *errand = ctx;
    ms_moment_close(errand->moment);
    ms_recording_release(errand->recording);
    free(errand);
}

// That it was decompressed is all that is wanted; who asks for it is told what is wrong with one.
static int touch(void *ctx, const struct ms_piece *piece)
{
    (void)piece;
    ms_heartbeat_step(ctx);
    return ms_heartbeat_stopped(ctx) ? EINTR : 0;
}

static void run(void *ctx, size_t item, struct ms_heartbeat *heartbeat)
{
    struct errand *errand = ctx;
    const struct ms_ahead_wish *wish = &errand->wish;
    (void)item;
    errand->error = ms_moment_open(errand->recording, errand->id, &errand->moment);
    ms_heartbeat_step(heartbeat);
    if (errand->error)
        return;
    for (size_t i = 0; i < MS_AHEAD_KINDS && wish->all[i]; i++)
        ms_moment_pieces(errand->moment, wish->all[i], (struct ms_pid_list){0}, touch, heartbeat);
    for (size_t i = 0; i < MS_AHEAD_KINDS && wish->some[i]; i++)
        ms_moment_pieces(errand->moment, wish->some[i], wish->of, touch, heartbeat);
}

static struct errand *create_errand(struct ms_recording *recording, int64_t moment,
                                    const struct ms_ahead_wish *wish)
{
    const size_t bytes = wish->of.count * sizeof *wish->of.pids;
    struct errand *errand = calloc(1, sizeof *errand + bytes);
    if (!errand)
        return NULL;
    ms_recording_hold(recording);
    errand->recording = recording;
    errand->id = moment;
    errand->wish = *wish;
    if (bytes)
        memcpy(errand->pids, wish->of.pids, bytes);
    errand->wish.of.pids = errand->pids;
    return errand;
}

struct ms_ahead *ms_moment_ahead(struct ms_pool *pool, struct ms_recording *recording, int64_t moment,
                                 const struct ms_ahead_wish *wish)
{
    struct ms_ahead *ahead = calloc(1, sizeof *ahead);
    struct errand *errand = ahead ? create_errand(recording, moment, wish) : NULL;
    const struct ms_work work = {run, destroy_errand, errand, 1, false};
    if (errand && (ahead->batch = ms_pool_submit(pool, &work))) {
        ahead->errand = errand;
        return ahead;
    }
    if (errand)
        destroy_errand(errand);
    free(ahead);
    return NULL;
}

int ms_ahead_take(struct ms_ahead *ahead, const volatile sig_atomic_t *stop, struct ms_moment **out)
{
    ms_batch_wait(ahead->batch, stop);
    if (ms_batch_state(ahead->batch, 0) != MS_ITEM_DONE)
        return EAGAIN;
    *out = ahead->errand->moment;
    ahead->errand->moment = NULL;
    return ahead->errand->error;
}

void ms_ahead_destroy(struct ms_ahead *ahead)
{
    if (!ahead)
        return;
    ms_batch_release(ahead->batch);
    free(ahead);
}
