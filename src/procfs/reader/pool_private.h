// SPDX-License-Identifier: GPL-3.0-or-later
// What the owner of a pool and its threads share.
#pragma once

#include "reader/pool.h"

#include <pthread.h>

enum { CACHE_LINE = 64 };

// Each in a cache line of its own: neighbours are written to by different threads.
struct item {
    _Alignas(CACHE_LINE) atomic_int state; // enum ms_item_state
    struct ms_heartbeat heartbeat;
    size_t slot;       // of the thread that runs it
    unsigned seen;     // its step when the owner looked last
    unsigned quiet_ms; // for how long that has been its step
};

struct ms_batch {
    struct ms_pool *pool;
    struct ms_batch *next;      // of the queue
    struct ms_batch *neighbour; // of all that are looked at
    unsigned holds;             // of the owner
    unsigned refs;              // the pool's list of them, and each thread that is in it
    struct ms_work work;
    atomic_size_t at;   // the next item to begin with
    atomic_size_t left; // those that are neither done nor given up on
    struct item items[];
};

enum slot_state { FREE, ALIVE, ENDED };

struct slot {
    enum slot_state state;
    pthread_t thread;
};

struct ms_pool {
    struct ms_pool_limits limits;
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    _Atomic(struct ms_batch *) awaited; // what the owner waits for
    unsigned refs;                      // the owner, each batch, each thread that was given up on
    unsigned alive, lost;
    unsigned idle;  // threads that wait, and that no call is on its way to
    unsigned calls; // to threads that wait
    bool quit;
    struct ms_batch *first, **last; // the queue
    struct ms_batch *held;          // all that are not over, or not released
    struct slot slots[];
};

// The state of an item, from one to another. False where it is not `from`.
bool ms_pool_change_state(struct item *item, enum ms_item_state from, enum ms_item_state to);

// All of these under the lock. The first unlocks, the second does for a moment where there is something to
// free.
void ms_pool_let_go_of_pool(struct ms_pool *pool);
void ms_pool_let_go_of_batch(struct ms_pool *pool, struct ms_batch *batch);
void ms_pool_unqueue(struct ms_pool *pool, const struct ms_batch *batch);

// The first batch of the queue that has items left.
struct ms_batch *ms_pool_next_batch(struct ms_pool *pool);

// Sees to it that `items` more are worked on: by threads that wait, and by new ones.
void ms_pool_call_threads(struct ms_pool *pool, size_t items);
