// SPDX-License-Identifier: GPL-3.0-or-later
// The Lua state as memsh sets it up, and the calls that the runner and the prompt make into it.
#pragma once

#include "shell/options.h"

#include <lua.h>

enum ms_status {
    MS_DONE = 0,
    MS_FAILED = 1,
    MS_WRONG_USE = 2,
    MS_INCOMPLETE = 3, // --strict: something could not be read
    MS_UNWRITTEN = 74,
    MS_LATE = 124, // the deadline has passed
    MS_INTERRUPTED = 130,
};

// A state with the libraries, memsh's modules and globals, and SIGINT in its hands. `options` outlives it.
// NULL, after an error message, if it cannot be made.
lua_State *ms_runtime_open(const struct ms_options *options);
void ms_runtime_close(lua_State *L);

const struct ms_options *ms_runtime_options(lua_State *L);

// Runs what itself calls Lua, so that nothing raised outside of ms_runtime_call (memory that runs out) ends
// memsh at once: it is said, and MS_FAILED.
enum ms_status ms_runtime_protect(lua_State *L, enum ms_status (*run)(lua_State *L, void *ctx), void *ctx);

// Calls the function below its `count` arguments, with errors caught. MS_DONE: the results are on the stack;
// anything else: the message is, as one string.
enum ms_status ms_runtime_call(lua_State *L, int count, int results);

// Shows the `count` values on top of the stack, and pops them. MS_DONE: what the session made of the first
// one (nil if nothing) is on the stack; anything else: a message is.
enum ms_status ms_runtime_show(lua_State *L, int count);

// Says the message on top of the stack on standard error, as of a script, and pops it. Nothing is said of
// MS_DONE.
void ms_runtime_report(lua_State *L, enum ms_status status);

// Ends the program, at once where a reader hangs in the kernel: what exit() does may wait for it. What was
// written to stdout has been flushed.
_Noreturn void ms_runtime_exit(int status);

// The end: what was written is made to arrive, a file of -o takes its name if all went well. Returns
// `status`, or MS_UNWRITTEN instead of MS_DONE. Prints what went wrong.
enum ms_status ms_runtime_finish(lua_State *L, enum ms_status status);
