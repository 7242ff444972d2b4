// SPDX-License-Identifier: GPL-3.0-or-later
// What is done in the filesystem of a mapped file, which may be that of a machine that is off.
#include "reader/private.h"

static bool hangs(struct ms_source *source, dev_t dev)
{
    struct ms_readers *readers = source->readers;
    bool any = false;
    for (size_t i = readers ? readers->stuck_count : 0; i-- > 0;)
        if (readers->stuck[i].pid == 0 && readers->stuck[i].dev == dev)
            any = ms_readers_is_stuck(source, i) || any;
    return any;
}

static enum ms_reason do_here(const struct ms_errand *errand)
{
    errand->run(errand->ctx, 0, NULL);
    errand->destroy(errand->ctx);
    return MS_KNOWN;
}

enum ms_reason ms_reader_send(struct ms_source *source, dev_t dev, const struct ms_errand *errand)
{
    const struct ms_work work = {
        .run = errand->run, .destroy = errand->destroy, .ctx = errand->ctx, .count = 1, .urgent = true};
    if (hangs(source, dev)) {
        errand->destroy(errand->ctx);
        return MS_TIMEOUT;
    }
    struct ms_pool *pool = ms_readers_pool(source);
    struct ms_batch *batch = pool ? ms_pool_submit(pool, &work) : NULL;
    if (!batch)
        return do_here(errand);
    ms_batch_wait(batch, source->stop);
    const enum ms_item_state state = ms_batch_state(batch, 0);
    if (state != MS_ITEM_DONE && state != MS_ITEM_DROPPED)
        ms_readers_add_stuck(source->readers, (struct stuck){.dev = dev, .batch = batch});
    ms_batch_release(batch);
    if (state == MS_ITEM_DONE)
        return MS_KNOWN;
    return ms_source_stopped(source) ? MS_IO : MS_TIMEOUT;
}
