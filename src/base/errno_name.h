// SPDX-License-Identifier: GPL-3.0-or-later
// The names by which scripts see an errno and files of memsh keep it: its number is not the same on every
// architecture.
#pragma once

#include "base/text.h"

// 0 where none that a read or write fails with has that name.
int ms_errno_named(struct ms_text name);

// "EIO" for one that no read or write fails with. Static storage.
const char *ms_errno_name(int error);
