// SPDX-License-Identifier: GPL-3.0-or-later
// A process of its own that puts a finished file in its place: one that is restricted may not do so itself.
// It knows that file alone, and one order.
#pragma once

#include "output/sink.h"

// Starts it for an open sink of the kind MS_SINK_FILE, whose names are its from here on. 0 or an errno.
int ms_sink_deputy_start(struct ms_sink *sink);

// The same as ms_sink_file_finish() and ms_sink_file_drop(). Should memsh end before, the file goes.
int ms_sink_deputy_finish(struct ms_sink *sink);
void ms_sink_deputy_drop(struct ms_sink *sink);
