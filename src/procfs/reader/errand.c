// SPDX-License-Identifier: GPL-3.0-or-later
// What is done in the filesystem of a mapped file, which may be that of a machine that is off.
#include "reader/private.h"

void ms_errand_release(struct ms_errand *errand)
{
    if (atomic_fetch_sub(&errand->holders, 1) != 1)
        return;
    struct ms_source *source = errand->source;
    errand->end(errand);
    ms_source_release(source);
}

static void run(void *ctx, size_t item, struct ms_heartbeat *heartbeat)
{
    struct ms_errand *errand = ctx;
    (void)item;
    errand->run(errand, heartbeat);
}

static void destroy(void *ctx)
{
    ms_errand_release(ctx);
}

static bool hangs(struct ms_source *source, dev_t dev)
{
    struct ms_readers *readers = source->readers;
    bool any = false;
    for (size_t i = readers ? readers->stuck_count : 0; i-- > 0;)
        if (readers->stuck[i].pid == 0 && readers->stuck[i].dev == dev)
            any = ms_readers_is_stuck(source, i) || any;
    return any;
}

enum ms_reason ms_reader_send(struct ms_source *source, dev_t dev, struct ms_errand *errand)
{
    const struct ms_work work = {run, destroy, errand, 1, true};
    ms_source_hold(source);
    errand->source = source;
    atomic_init(&errand->holders, 1);
    if (hangs(source, dev))
        return MS_TIMEOUT;
    struct ms_pool *pool = ms_readers_pool(source);
    atomic_store(&errand->holders, 2); // the batch, and who waits
    struct ms_batch *batch = pool ? ms_pool_submit(pool, &work) : NULL;
    if (!batch) {
        errand->run(errand, NULL);
        destroy(errand);
        return MS_KNOWN;
    }
    ms_batch_wait(batch, source->stop);
    const enum ms_item_state state = ms_batch_state(batch, 0);
    if (state != MS_ITEM_DONE && state != MS_ITEM_DROPPED)
        ms_readers_add_stuck(source->readers, (struct stuck){.dev = dev, .batch = batch});
    ms_batch_release(batch);
    if (state == MS_ITEM_DONE)
        return MS_KNOWN;
    return ms_source_stopped(source) ? MS_IO : MS_TIMEOUT;
}
