// SPDX-License-Identifier: GPL-3.0-or-later
// Whom the kernel killed for lack of memory, by its own log.
#pragma once

#include "parse/parse.h"

// Appends the records of the log that are of kills, for ms_oom_kills_each. 0 or an errno, as ms_source_kmsg.
int ms_oom_kills_load(struct ms_source *source, struct ms_buf *out, double *seconds);
