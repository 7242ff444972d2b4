// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "output/database.h"

#include <lua.h>

// The database at `index`; raises if there is none.
struct ms_database *ms_check_database(lua_State *L, int index);
