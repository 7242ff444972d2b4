// SPDX-License-Identifier: GPL-3.0-or-later
// Did you mean...? for what is said before there is a Lua state: as memsh.util.suggest judges it.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// The one of `words` (between blanks) that `word` was meant to be, into `out`, ended by NUL. False, and `out`
// untouched, where none is near or it does not fit.
bool ms_nearest(const char *word, const char *words, size_t size, char *out);
