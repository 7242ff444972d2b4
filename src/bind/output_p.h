// SPDX-License-Identifier: GPL-3.0-or-later
// What the bindings of the output layer share.
#pragma once

#include "base/text.h"
#include "output/sink.h"

#include <lauxlib.h>

// The sink at `index`; raises where there is none.
struct ms_sink *ms_check_sink(lua_State *L, int index);

// The text at `index`, which Lua owns; raises where there is none.
struct ms_text ms_check_text(lua_State *L, int index);

// Pushes `done` as true (1), or nil, a message and the name of what is wrong with the sink (3). An
// interrupted write to the terminal is nobody's error: it raises "interrupted!".
int ms_push_outcome(lua_State *L, const struct ms_sink *sink, bool done);

// Adds methods to sinks, which are there already.
void ms_add_sink_methods(lua_State *L, const luaL_Reg *methods);

// Makes the metatable `name` with these methods and this finalizer.
void ms_make_class(lua_State *L, const char *name, const luaL_Reg *methods, lua_CFunction gc);
