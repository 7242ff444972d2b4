// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/text.h"

#include <lua.h>

// Pushes a list of records (see sysfs.h) as an array of tables. The text outlives the call.
void ms_push_records(lua_State *L, struct ms_text text);
