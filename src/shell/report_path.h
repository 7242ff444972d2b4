// SPDX-License-Identifier: GPL-3.0-or-later
// Where a saved report lies. Never in the current directory.
#pragma once

#include <stdbool.h>

// True if `script` names a file (or `-`), not a report.
bool ms_is_file_name(const char *script);

// The path of the report, to be freed by the caller; NULL if there is none: first in the user's data
// directory, then among the installed ones.
char *ms_report_path(const char *name);

// Calls `take` for each report, by name; what a user's own report hides is left out. `about` is the comment
// that the report begins with, in one line; empty for none.
void ms_report_each(void (*take)(void *to, const char *name, const char *path, const char *about), void *to);
