// SPDX-License-Identifier: GPL-3.0-or-later
// A moment becomes a saved procfs root again (source/source.h): a directory of files, with what could not be
// read in `errors`.
#pragma once

#include "recording/recording.h"

// Makes the directory, or takes one that is empty, and writes the whole moment or nothing. 0 or an errno:
// ENOTEMPTY where there is something in it, EBADMSG where a part of the moment is damaged.
int ms_moment_export(struct ms_moment *moment, const char *directory);
