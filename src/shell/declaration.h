// SPDX-License-Identifier: GPL-3.0-or-later
// What a report says of itself, found out without running it.
#pragma once

#include <lua.h>
#include <stdbool.h>

// Lua: declaration(path): the table that the file hands to report{...}; nil, why there is none, and whether
// that is since it would take too long. The file runs until there and no further, with nothing at hand but
// `report`, `require` (which gives the same), K M G T and the methods of strings, and not for long: what its
// patterns may cost is bounded, too.
int ms_declaration(lua_State *L);

// True if the file declares a report.
bool ms_declaration_exists(lua_State *L, const char *path);
