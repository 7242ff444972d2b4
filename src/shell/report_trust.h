// SPDX-License-Identifier: GPL-3.0-or-later
// Whether a report is one that root may run: found by name, it was not looked at by whoever runs it.
#pragma once

#include "shell/report_path.h"

// The directory that the last file was found to be safe in, for those that are looked at one after the other.
struct ms_trusted_directory {
    char *named; // as it was given; NULL: there is none
    char *real;
};

void ms_trusted_directory_deinit(struct ms_trusted_directory *last);

// For an ordinary user `path` as it is. For root its real path, if neither the file nor a directory on the
// way to it can be written or replaced by anybody but root and the owner of the memsh that runs; else NULL,
// and `problem` says what is wrong. `last` may be NULL. Frees `path` unless it is what is returned, which is
// the caller's to free.
char *ms_report_trusted(char *path, struct ms_trusted_directory *last, char problem[MS_REPORT_PROBLEM_MAX]);
