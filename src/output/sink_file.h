// SPDX-License-Identifier: GPL-3.0-or-later
// The file part of a sink; only sink.c uses it.
#pragma once

#include "output/sink.h"

// Makes `sink`, which is closed, a file (or a descriptor of its own, for what is no regular file).
// Returns 0 or errno.
int ms_sink_file_open(struct ms_sink *sink, const char *path);

// Leaves the names of the temporary file, and the care for it, to another process.
void ms_sink_file_hand_over(struct ms_sink *sink);

// Puts the temporary file in its place. Returns 0 or errno; ms_sink_file_drop() comes after it either way.
int ms_sink_file_finish(struct ms_sink *sink);

// Removes the temporary file if it is still there; closes and frees.
void ms_sink_file_drop(struct ms_sink *sink);
