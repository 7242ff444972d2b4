// SPDX-License-Identifier: GPL-3.0-or-later
// Runs what the command line names: -e's, a script, a saved report.
#pragma once

#include "shell/runtime.h"

// Runs all of it. Says what went wrong.
enum ms_status ms_script_run(lua_State *L, int argc, char **argv);
