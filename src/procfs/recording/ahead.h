// SPDX-License-Identifier: GPL-3.0-or-later
// Moments that are opened, and of which pieces are decompressed, by a thread before anybody asks for them.
#pragma once

#include "recording/recording.h"

#include <signal.h>

struct ms_pool;
struct ms_ahead;

enum { MS_AHEAD_KINDS = 16 };

// The kinds of pieces that will be asked for (static strings, NULL after the last): those of all processes,
// and those of some.
struct ms_ahead_wish {
    const char *all[MS_AHEAD_KINDS], *some[MS_AHEAD_KINDS];
    struct ms_pid_list of; // is copied
};

// Hands it to a thread of the pool. NULL where that is not possible.
struct ms_ahead *ms_moment_ahead(struct ms_pool *pool, struct ms_recording *recording, int64_t moment,
                                 const struct ms_ahead_wish *wish);

// Waits for the moment, which is then the caller's. 0 or an errno: EAGAIN where the thread did not come to
// it, so that it is to be opened as any other.
int ms_ahead_take(struct ms_ahead *ahead, const volatile sig_atomic_t *stop, struct ms_moment **out);
void ms_ahead_destroy(struct ms_ahead *ahead);
