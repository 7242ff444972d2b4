// SPDX-License-Identifier: GPL-3.0-or-later
// The names by which files of memsh keep an errno: its number is not the same on every architecture.
#pragma once

#include "base/text.h"

// 0 where no errno that a file keeps has that name.
int ms_errno_named(struct ms_text name);

// "EIO" for one that no file keeps. Static storage.
const char *ms_errno_name(int error);
