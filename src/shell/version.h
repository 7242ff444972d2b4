// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stdio.h>

// Writes the text of --version: memsh, Lua, readline, the kernel, a line each.
void ms_version_print(FILE *out);
