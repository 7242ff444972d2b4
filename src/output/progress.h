// SPDX-License-Identifier: GPL-3.0-or-later
// A line on the terminal of standard error that shows progress. Whatever else is written to a terminal
// replaces it.
#pragma once

#include "base/text.h"

#include <stdbool.h>

// Whether standard error is a terminal on which a line can be erased.
bool ms_progress_is_seen(void);

// Shows the line instead of the last one, as much of it as fits.
void ms_progress_show(struct ms_text text);

// Erases the line, if there is one.
void ms_progress_clear(void);
