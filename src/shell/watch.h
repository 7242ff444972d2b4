// SPDX-License-Identifier: GPL-3.0-or-later
// --watch: what the command line asks for, again and again.
#pragma once

#include "shell/runtime.h"

// Runs code, script or report as ms_script_run() does, every options->watch seconds, options->count times or
// until something ends it.
enum ms_status ms_watch_run(lua_State *L, int argc, char **argv);
