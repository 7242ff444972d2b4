// SPDX-License-Identifier: GPL-3.0-or-later
// How memsh's own Lua ends a script from within: the help of a report, wrong use of one, the verdict of an
// audit.
#pragma once

#include <lua.h>
#include <stdbool.h>

// Lua: leave(status [, message]). With a message the script has failed, and memsh prints it; without one
// all went well, and the status is only memsh's exit status. Raises what ends the script.
int ms_leave(lua_State *L);

// Lua: left(): the status and the message of a leave() that was caught, or nil; forgets it.
int ms_leave_caught(lua_State *L);

// True if a script was left: *failed, whether that had a message, which is then pushed, and *status. Forgets
// it, save for the status of what went well.
bool ms_leave_take(lua_State *L, bool *failed, int *status);

// True once a script was left, all having gone well.
bool ms_leave_is_over(lua_State *L);

// The exit status with which the script left; 0 if it did not.
int ms_leave_status(lua_State *L);
