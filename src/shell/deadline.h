// SPDX-License-Identifier: GPL-3.0-or-later
// --deadline: an answer that is being shown ends with what was read by then; anything else is interrupted as
// by Ctrl-C; and what does not end within two seconds more is ended.
#pragma once

#include <lua.h>
#include <stdbool.h>

// Starts the clock. `status` is that of a program that has to be ended.
void ms_deadline_start(unsigned milliseconds, int status);

// Makes it known to the core.
void ms_deadline_open(lua_State *L);

bool ms_deadline_has_passed(void);

// An answer that could be cut short is over.
void ms_deadline_harden(void);
