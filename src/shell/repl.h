// SPDX-License-Identifier: GPL-3.0-or-later
// The prompt.
#pragma once

#include "shell/runtime.h"

// Reads, runs and shows until Ctrl-D.
enum ms_status ms_repl_run(lua_State *L);
