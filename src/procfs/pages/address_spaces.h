// SPDX-License-Identifier: GPL-3.0-or-later
// The address spaces of processes: which were met before. The kernel tells of two processes whether they
// share one, and in some order which comes first if not, so that one among n is found by log n questions.
#pragma once

#include "source/source.h"

struct ms_spaces {
    pid_t *pids; // one of each space, in the kernel's order
    size_t count;
    size_t cap;
};

void ms_spaces_init(struct ms_spaces *spaces);
void ms_spaces_deinit(struct ms_spaces *spaces);

// Adds the space of a process. 0, and the process with which it came: another one that shares it, else this
// one; or a negative errno, where the kernel does not tell.
int ms_spaces_add(struct ms_spaces *spaces, struct ms_source *source, pid_t pid, pid_t *first);
