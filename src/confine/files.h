// SPDX-License-Identifier: GPL-3.0-or-later
// Which files memsh reads for its user: any one that they may read, until the list is closed; then those that
// were named before. Where the kernel has Landlock it sees to the same.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Adds a file, or a directory and all that is below it; of / itself nothing that is below. One that is not
// there is not added. False where there is no memory.
bool ms_files_name(const char *path);

// From here on nothing else is opened.
void ms_files_close(void);

// Descriptors of what was named, which stay the list's.
size_t ms_files_count(void);
int ms_files_descriptor(size_t index);

// Opens a file as open(2) does, for reading; `flags` are further ones. A closed list refuses what is not on
// it, whatever links lead there (EPERM). -1 with errno.
int ms_files_open(const char *path, int flags);

// Whether a file may be read that somebody else opens: 0, or what ms_files_open() would fail with.
int ms_files_look(const char *path);

// What an errno of ms_files_open means, in words.
const char *ms_files_problem(int error);
