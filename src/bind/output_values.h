// SPDX-License-Identifier: GPL-3.0-or-later
// Lua values as cells.
#pragma once

#include "output/cell.h"

#include <lua.h>

// The value on top of the stack, popped, as a cell, whose text belongs to Lua and must be reachable from
// elsewhere as long as the cell is used. For a list, an array of its items is left on the stack instead, and
// must stay there as long. Raises for a value that no cell can show.
struct ms_cell ms_to_cell(lua_State *L);
