// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <lua.h>

// Opens module "memsh.options": {version=, options={{short=, long=, argument=, help=, words=}, ...}}, for the
// manual page.
int ms_options_open(lua_State *L);
