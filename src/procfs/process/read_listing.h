// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the listing of a process's mappings as often as it takes to have it in order.
#pragma once

#include "mappings/listing.h"
#include "source/source.h"

// From maps, or from smaps with counters. MS_KNOWN, or why there is none.
enum ms_reason ms_read_listing(struct ms_source *source, struct ms_target target, enum ms_file file,
                               struct ms_listing *out);

// The same; where the file is not there from the other one, which has the same mappings: smaps is not in
// every kernel, and people save what they need.
enum ms_reason ms_read_either(struct ms_source *source, struct ms_target target, enum ms_file file,
                              struct ms_listing *out);

// Whether smaps_rollup gives ESRCH: so the kernel says that there is no memory, and it knows.
bool ms_rollup_is_refused(struct ms_source *source, struct ms_target target);
