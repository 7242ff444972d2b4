// SPDX-License-Identifier: GPL-3.0-or-later
// The environment of a restricted memsh.
#pragma once

#include <stdbool.h>

// Leaves only variables that say how to show something: TERM, COLUMNS, LINES, LANG, LC_ALL, LC_CTYPE,
// NO_COLOR, FORCE_COLOR, TZ. One that could name a file (TZ=/etc/shadow, TERM=../x) goes, too. False where
// there is no memory for that.
bool ms_environment_reduce(void);
