// SPDX-License-Identifier: GPL-3.0-or-later
// Horizontal bars.
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

// How long a bar is where nothing else decides.
enum { MS_BAR_COLUMNS = 20 };

// Appends a bar as long as |share| (0 to 1; more is 1) of `columns`: of block characters, by eighths of a
// column, or of '#' if `blocks` is false. Only a share of 0 is empty. No blanks after it. False if there is
// no memory.
bool ms_bar(struct ms_buf *out, double share, size_t columns, bool blocks);
