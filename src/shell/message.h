// SPDX-License-Identifier: GPL-3.0-or-later
// Errors of Lua, made readable: one string whatever the error object was, and no address of memsh's own
// memory in it.
#pragma once

#include <lua.h>

// For lua_pcall. Turns any error object into a string; adds a traceback if the options ask for one.
int ms_message_handler(lua_State *L);

// Adds a hint to the message on top of the stack if it is one of the usual slips. `code` is what was run,
// NULL where that is not at hand.
void ms_message_hint(lua_State *L, const char *code);

// Replaces the message of a syntax error on top of the stack by one with an excerpt and a caret, if that can
// be made. `source` is what was compiled, as `chunk` ("=input").
void ms_message_explain(lua_State *L, const char *source, size_t len, const char *chunk);
