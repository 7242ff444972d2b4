// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <lua.h>
#include <stdbool.h>
#include <stdio.h>

// Writes the text of --version: memsh, Lua, readline, the kernel, a line each, and which fields this kernel
// does not have. That is found out by reading memsh's own process; nothing is said of it where that is not
// possible. False if memory ran out for it.
bool ms_version_print(lua_State *L, FILE *out);
