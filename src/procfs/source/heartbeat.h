// SPDX-License-Identifier: GPL-3.0-or-later
// What one who works tells of it while it goes on, and is told, by atomics alone: whether it moves, at what
// it is, and that it is to stop.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

struct ms_watch {
    atomic_uint step; // changes with each piece of work: one that stands still is stuck
    atomic_int at;    // what it is at; the meaning is the worker's
    atomic_bool stop;
    atomic_bool careful; // so many hang that nothing more may be begun that can
};

// Each takes NULL for work that nobody watches.
static inline void ms_watch_step(struct ms_watch *watch)
{
    if (watch) // one writer: no read-modify-write is needed
        atomic_store_explicit(&watch->step, atomic_load_explicit(&watch->step, memory_order_relaxed) + 1,
                              memory_order_relaxed);
}

static inline void ms_watch_begin(struct ms_watch *watch, int what)
{
    if (watch)
        atomic_store_explicit(&watch->at, what, memory_order_relaxed);
    ms_watch_step(watch);
}

static inline bool ms_watch_careful(const struct ms_watch *watch)
{
    return watch && atomic_load_explicit(&watch->careful, memory_order_relaxed);
}

static inline bool ms_watch_stopped(const struct ms_watch *watch)
{
    return watch && atomic_load_explicit(&watch->stop, memory_order_relaxed);
}
