// SPDX-License-Identifier: GPL-3.0-or-later
// Threads that work through batches of items, for one thread that waits: the owner, who alone calls these
// functions. Threads are made when the first batch comes. An item that stands still for too long is given up
// together with its thread: nothing can be done about a read(2) that hangs in the kernel. Its memory is the
// batch's, which therefore lives until that thread comes back, if it ever does.
#pragma once

#include "pool/heartbeat.h"

#include <signal.h>
#include <stddef.h>

struct ms_pool;
struct ms_batch;

struct ms_pool_limits {
    unsigned threads;
    unsigned patience_ms; // how long an item may stand still
    const volatile sig_atomic_t
        *hurry;         // while it is up an item may stand still for a moment only; may be NULL
    unsigned most_lost; // from so many given up on, one thread is left, and items are told to be careful
};

// No threads are made yet. NULL where there is no memory.
struct ms_pool *ms_pool_create(const struct ms_pool_limits *limits);

// Ends the threads, without waiting for those that hang. Batches may outlive it.
void ms_pool_destroy(struct ms_pool *pool);

// What a batch is: `run` does the item of that number, in any thread; `destroy` frees what `ctx` is, in the
// thread that lets go of it last.
struct ms_work {
    void (*run)(void *ctx, size_t item, struct ms_heartbeat *heartbeat);
    void (*destroy)(void *ctx);
    void *ctx;
    size_t count;
    bool urgent; // before all that wait
};

// Hands over a batch; they are worked on in the order of submission, items in their order. NULL where there
// is neither thread nor memory for it: `ctx` is then still the caller's.
struct ms_batch *ms_pool_submit(struct ms_pool *pool, const struct ms_work *work);

// Waits until each item is done, lost or dropped. When *stop (may be NULL) is raised meanwhile, what was not
// begun in any batch is dropped, and what is being done is told to stop and soon given up on.
void ms_batch_wait(struct ms_batch *batch, const volatile sig_atomic_t *stop);

// Whether there is nothing left to wait for.
bool ms_batch_is_over(const struct ms_batch *batch);

enum ms_item_state {
    MS_ITEM_WAITING,
    MS_ITEM_RUNNING,
    MS_ITEM_DONE,
    MS_ITEM_LOST,      // given up on: it stood still
    MS_ITEM_ABANDONED, // given up on: it did not stop at once when it was told to
    MS_ITEM_RETURNED,  // given up on, and its thread came back
    MS_ITEM_DROPPED,   // never begun: it was stopped before, or no thread could be made
};
enum ms_item_state ms_batch_state(const struct ms_batch *batch, size_t item);

// At what (see ms_heartbeat_begin) an item was last.
int ms_batch_at(const struct ms_batch *batch, size_t item);

// One hold more: it takes one release more.
void ms_batch_hold(struct ms_batch *batch);

// Lets go of a batch: what of it was not begun is dropped, what is being done goes on unheard.
void ms_batch_release(struct ms_batch *batch);

// The heartbeat of the item that the calling thread works on; NULL in a thread of no pool.
struct ms_heartbeat *ms_pool_heartbeat(void);

// How many threads are out: given up on, and not come back.
unsigned ms_pool_lost(struct ms_pool *pool);
