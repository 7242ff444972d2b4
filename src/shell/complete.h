// SPDX-License-Identifier: GPL-3.0-or-later
// TAB. What the candidates are is decided in lua/memsh/complete.lua, from the text alone.
#pragma once

#include <lua.h>
#include <stddef.h>

// Makes readline ask `L`, which lives as long as readline is used.
void ms_complete_open(lua_State *L);

// The lines of the same entry that stand before the one that is typed. They stay the caller's.
void ms_complete_after(const char *text, size_t len);
