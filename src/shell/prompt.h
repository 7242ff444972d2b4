// SPDX-License-Identifier: GPL-3.0-or-later
// What the Lua side of the prompt asks of the C side: the module "memsh.prompt".
#pragma once

#include <lua.h>
#include <stdbool.h>

// Opens the module: version, privileged (root, and not restricted), sudo_helps (neither), restricted, names
// (of memsh's modules that are built in), globals (their names), history([n]), reports(), declaration(path),
// leave(), left(), verdict(), audit_name(), read_file(path), last_error(), tracebacks([on]), quit(). The Lua
// side may set `where`, a text, which is shown before the prompt.
int ms_prompt_open(lua_State *L);

// Whether quit() was called.
bool ms_prompt_is_over(lua_State *L);

// Whether errors are to show where they came from: tracebacks(true).
bool ms_prompt_tracebacks(lua_State *L);

// Keeps the message on top of the stack, with where it came from, for last_error().
void ms_prompt_keep_error(lua_State *L);
