// SPDX-License-Identifier: GPL-3.0-or-later
// Shuts memsh in. What it needs is open by then, what it was named is in the list of files, and the
// environment is reduced. README.md says what that promises.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { MS_CONFINE_TEXT_MAX = 256 };

// What is asked of the confinement.
struct ms_confine_wish {
    bool only_files; // no process of this machine is read: the kernel may hide them
    bool whole;      // all of it or nothing
};

// Of the calling thread and those that it starts, for good: capabilities, files, system calls, and of the
// process core dumps and who may look at it. False where a part of it that must be there
// could not be had: then nothing may run, and `problem` says which.
bool ms_confine(struct ms_confine_wish wish, char problem[MS_CONFINE_TEXT_MAX]);

bool ms_confine_is_on(void);

// In words, for --version.
void ms_confine_describe(char text[MS_CONFINE_TEXT_MAX]);

// Users' names from here on: the text of /etc/passwd, NULL where memsh is not confined.
const char *ms_confine_passwd(size_t *len);
