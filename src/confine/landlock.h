// SPDX-License-Identifier: GPL-3.0-or-later
// Landlock (Linux 5.13): the kernel opens nothing for this thread, and those that it starts, but for reading
// and below what is named.
#pragma once

#include <stddef.h>

// Which Landlock the kernel has, 0: none.
int ms_landlock_version(void);

// Only what is below the descriptors (directories or files) can be opened from here on, for reading; nothing
// is made, removed or renamed; no TCP port is bound or connected to; no abstract socket and no process
// outside is reached. The kernel's versions differ in what they can refuse. 0 or an errno.
int ms_landlock_restrict(int version, const int *readable, size_t count);
