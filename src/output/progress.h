// SPDX-License-Identifier: GPL-3.0-or-later
// A line on the terminal of standard error that says how far the work is. It is in nobody's way: whatever
// else is written to a terminal takes its place.
#pragma once

#include "base/text.h"

#include <stdbool.h>

// Whether standard error is a terminal where a line can be taken back.
bool ms_progress_is_seen(void);

// Shows the line in place of the last one, as much of it as fits.
void ms_progress_show(struct ms_text text);

// Takes the line away, if there is one.
void ms_progress_clear(void);
