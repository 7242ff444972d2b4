// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stdio.h>

// Writes the text of --version: memsh, Lua, readline and the kernel, one a line.
void ms_version_print(FILE *out);
