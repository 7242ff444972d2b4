// SPDX-License-Identifier: GPL-3.0-or-later
// Atomics that a worker and its supervisor share. The worker shows that it makes progress, and which file it
// is at; the supervisor tells it to stop.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

struct ms_heartbeat {
    atomic_uint step; // changes with each piece of work: one that stands still is stuck
    atomic_int at;    // what it is at; the meaning is the worker's
    atomic_bool stop;
    atomic_bool careful; // so many hang that nothing more may be begun that can
};

// Each takes NULL for work that nobody watches.
static inline void ms_heartbeat_step(struct ms_heartbeat *heartbeat)
{
    if (heartbeat) // one writer: no read-modify-write is needed
        atomic_store_explicit(&heartbeat->step,
                              atomic_load_explicit(&heartbeat->step, memory_order_relaxed) + 1,
                              memory_order_relaxed);
}

static inline void ms_heartbeat_begin(struct ms_heartbeat *heartbeat, int what)
{
    if (heartbeat)
        atomic_store_explicit(&heartbeat->at, what, memory_order_relaxed);
    ms_heartbeat_step(heartbeat);
}

static inline bool ms_heartbeat_careful(const struct ms_heartbeat *heartbeat)
{
    return heartbeat && atomic_load_explicit(&heartbeat->careful, memory_order_relaxed);
}

static inline bool ms_heartbeat_stopped(const struct ms_heartbeat *heartbeat)
{
    return heartbeat && atomic_load_explicit(&heartbeat->stop, memory_order_relaxed);
}
