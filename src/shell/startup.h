// SPDX-License-Identifier: GPL-3.0-or-later
// $XDG_CONFIG_HOME/memsh/init.lua: what somebody wants to have at each prompt. Scripts, -e and reports never
// see it: what they answer must not depend on whose they are.
#pragma once

#include <lua.h>

// Runs the file, if there is one and nobody else could have written it. Says so where it is not run, and what
// went wrong in it; the prompt comes all the same.
void ms_startup_run(lua_State *L);
