// SPDX-License-Identifier: GPL-3.0-or-later
// Lua's own libraries in restricted mode: what the kernel would refuse says so in a sentence, files are
// opened only if they may be read, and of `debug` there is what no value can be changed by.
#pragma once

#include <lua.h>

// Replaces functions of io, os and debug, which are open. Native code is in modules.c.
void ms_guard_open(lua_State *L);
