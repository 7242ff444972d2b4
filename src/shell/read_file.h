// SPDX-License-Identifier: GPL-3.0-or-later
// For memsh's own Lua, which has no io.
#pragma once

#include <lua.h>

// Lua: read_file(path): the text of a regular file, or nil, a message and the name of the error.
int ms_read_file(lua_State *L);
