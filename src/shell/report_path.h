// SPDX-License-Identifier: GPL-3.0-or-later
// Where a saved report lies: in the directory of --reports, in the user's data directory, among the installed
// ones. Never in the current directory.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { MS_REPORT_PROBLEM_MAX = 1024, MS_REPORT_ABOUT_MAX = 1024 };

// True if `script` names a file (or `-`), not a report.
bool ms_is_file_name(const char *script);

// The path of the report, to be freed by the caller. `first` is the directory of --reports or NULL. NULL:
// there is none, and `problem` is empty; or there is one that is not to be run, and `problem` says why (with
// raw bytes of names in it): root runs only what nobody else can have written.
char *ms_report_path(const char *first, const char *name, char problem[MS_REPORT_PROBLEM_MAX]);

// Calls `take` for each directory that is searched, in this order.
void ms_report_each_place(const char *first, void (*take)(void *to, const char *directory), void *to);

// One of the reports there are. `path` is NULL where it is not to be run, and `problem` then says why.
struct ms_report {
    const char *name;
    const char *path;
    const char *problem;
};

// Calls `take` for each report, by directory and name; what one of the same name hides is left out. `lacks`
// (or NULL) is called for each directory that is there and could not be listed, with an errno. False if
// memory ran out: then there may be more.
bool ms_report_each(const char *first, void (*take)(void *to, const struct ms_report *report),
                    void (*lacks)(void *to, const char *directory, int error), void *to);

// The comment that a report begins with, its first line; empty for none. False if memory ran out.
bool ms_report_about(const char *path, char about[MS_REPORT_ABOUT_MAX]);
