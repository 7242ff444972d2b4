// SPDX-License-Identifier: GPL-3.0-or-later
// Where Lua code comes from: the modules that are compiled in, and files, always as text. Nothing is ever
// looked for in the current directory.
#pragma once

#include <lua.h>

// Replaces load, loadfile, dofile and the module searchers; sets package.path and package.cpath. `lua_dir`
// may be NULL. Called once, after the standard libraries are open.
void ms_modules_open(lua_State *L, const char *lua_dir);

// `before` is called with no arguments before module "memsh" loads for the first time, however that comes
// about.
void ms_modules_before_memsh(lua_State *L, lua_CFunction before);

// Pushes the module `name`, loading it at first use, whatever a script did to `require`. Raises what it
// raises.
void ms_modules_require(lua_State *L, const char *name);

// Pushes a function that calls function `name` of `module`, which is loaded only then.
void ms_modules_push_function(lua_State *L, const char *module, const char *name);

// From here on memsh's own modules see the globals as they are now, whatever a script makes of `type` or
// `require`.
void ms_modules_keep_globals(lua_State *L);

// Lets the global names of the query language come from module "memsh" at their first use.
void ms_modules_globals(lua_State *L);

// The names that ms_modules_globals gives, ended by NULL.
extern const char *const ms_modules_global_names[];
