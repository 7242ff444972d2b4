// SPDX-License-Identifier: GPL-3.0-or-later
// The address spaces of processes: which were met before. The kernel says of two processes whether they
// share one, and in some order which is first if not, so that one among n is found by log n questions.
#pragma once

#include "source/source.h"

struct ms_spaces {
    pid_t *pids; // one of each space, in the kernel's order
    size_t count;
};

static inline void ms_spaces_init(struct ms_spaces *spaces)
{
    *spaces = (struct ms_spaces){0};
}

void ms_spaces_deinit(struct ms_spaces *spaces);

// Adds the space of a process. 0, and the process with which it came: another one that shares it, else this
// one; or a negative errno if the kernel does not say.
int ms_spaces_add(struct ms_spaces *spaces, struct ms_source *source, pid_t pid, pid_t *first);
