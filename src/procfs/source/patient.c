// SPDX-License-Identifier: GPL-3.0-or-later
// A saved root may lie on a filesystem that hangs (FUSE, NFS), and who asks for something of it may have a
// deadline and gets Ctrl-C: a thread asks the filesystem, and is left alone where it takes too long.
#include "source/private.h"

#include "pool/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { USUAL_PATIENCE_MS = 2000, MOST_LOST = 8 };

// Nothing in it is of who asks: the thread may outlive that.
struct errand {
    struct ms_source *source; // held
    ms_ask *ask;
    size_t max;
    int error;
    struct ms_buf text;
    char path[];
};

static void destroy(void *ctx)
{
    struct errand *errand = ctx;
    ms_source_release(errand->source);
    ms_buf_deinit(&errand->text);
    free(errand);
}

static struct errand *create(struct ms_source *source, ms_ask *ask, const char *path, size_t max)
{
    const size_t size = strlen(path) + 1;
    struct errand *errand = calloc(1, sizeof *errand + size);
    if (!errand)
        return NULL;
    errand->source = source;
    errand->ask = ask;
    errand->max = max;
    memcpy(errand->path, path, size);
    ms_source_hold(source);
    return errand;
}

static void run(void *ctx, size_t item, struct ms_heartbeat *heartbeat)
{
    struct errand *errand = ctx;
    (void)item;
    (void)heartbeat;
    errand->error = errand->ask(errand->source, errand->path, errand->max, &errand->text);
}

static struct ms_pool *pool_of(struct ms_source *source)
{
    const struct ms_pool_limits limits = {
        .threads = 1,
        .patience_ms = source->patience_ms ? source->patience_ms : USUAL_PATIENCE_MS,
        .hurry = source->hurry,
        .most_lost = MOST_LOST,
    };
    if (!source->patient)
        source->patient = ms_pool_create(&limits);
    return source->patient;
}

void ms_source_set_patience(struct ms_source *source, unsigned milliseconds,
                            const volatile sig_atomic_t *hurry)
{
    ms_pool_destroy(source->patient);
    source->patient = NULL;
    source->patience_ms = milliseconds;
    source->hurry = hurry;
}

// Takes over what was said. 0 or an errno.
static int take(struct errand *errand, struct ms_buf *out)
{
    if (errand->error)
        return errand->error;
    if (out->len)
        return ms_buf_add(out, errand->text.data, errand->text.len) ? 0 : ENOMEM;
    ms_buf_deinit(out);
    *out = errand->text;
    ms_buf_init(&errand->text);
    return 0;
}

// What came of a batch that is over. 0 or an errno.
static int outcome(const struct ms_source *source, const struct ms_batch *batch, struct errand *errand,
                   struct ms_buf *out)
{
    switch (ms_batch_state(batch, 0)) {
    case MS_ITEM_DONE:
        return take(errand, out);
    case MS_ITEM_DROPPED: // stopped before it began, or there is no thread
        return ms_source_stopped(source) ? EINTR : ENOMEM;
    default:
        return ms_source_stopped(source) ? EINTR : ETIMEDOUT;
    }
}

static int ask_by_thread(struct ms_source *source, ms_ask *ask, const char *path, size_t max,
                         struct ms_buf *out)
{
    if (ms_source_stopped(source))
        return EINTR;
    struct ms_pool *pool = pool_of(source);
    if (pool && ms_pool_lost(pool) >= MOST_LOST) // more would hang, too
        return ETIMEDOUT;
    struct errand *errand = pool ? create(source, ask, path, max) : NULL;
    if (!errand)
        return ENOMEM;
    struct ms_batch *batch = ms_pool_submit(pool, &(struct ms_work){run, destroy, errand, 1, true});
    if (!batch) {
        destroy(errand);
        return ENOMEM;
    }
    ms_batch_wait(batch, source->stop);
    const int error = outcome(source, batch, errand, out);
    ms_batch_release(batch);
    return error;
}

int ms_source_patiently(struct ms_source *source, ms_ask *ask, const char *path, size_t max,
                        struct ms_buf *out)
{
    const bool at_hand = source->moment && ms_source_is_at_hand(source, path);
    const bool here = source->live || at_hand || ms_pool_heartbeat(); // a thread that is watched may hang
    return here ? ask(source, path, max, out) : ask_by_thread(source, ask, path, max, out);
}
