// SPDX-License-Identifier: GPL-3.0-or-later
// Compiles files.
#pragma once

#include <lua.h>

// luaL_loadfilex, which in restricted mode opens no file but those that may be read. `path` NULL: standard
// input. Leaves a function or a message, and says which as lua_load does; LUA_ERRFILE where it can't be read.
int ms_compile_file(lua_State *L, const char *path, const char *mode);
