// SPDX-License-Identifier: GPL-3.0-or-later
// How many columns text takes on a terminal, and how to make it take fewer.
#pragma once

#include "base/buf.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

// The columns that valid UTF-8 without controls takes: two for a wide character, none for a combining one.
// The same whatever the locale is.
size_t ms_width(struct ms_text text);

// Appends escaped text (see escape.h) cut in its middle to at most `columns`, with "…" ("..." if `ascii`) for
// what is missing; as it is if it fits. No character, combining sequence or escape is split. False if there
// is no memory.
bool ms_width_fit(struct ms_buf *out, struct ms_text text, size_t columns, bool ascii);

// Turns blanks into ends of lines where the line would take more than `columns`. A text that has several
// lines already is its author's to lay out, and stays as it is.
void ms_width_fold(char *text, size_t len, size_t columns);
