// SPDX-License-Identifier: GPL-3.0-or-later
// Ctrl-C. The first one raises a flag, which the C core looks at, and sets a hook in the Lua state that runs
// at this moment; the hook raises "interrupted!" at every instruction until control is back at the top, so
// that no pcall can swallow it. A second one within two seconds ends memsh wherever it is.
#pragma once

#include <lua.h>
#include <signal.h>
#include <stdbool.h>

// Takes SIGINT for `L` and replaces coroutine.resume, wrap and close by ones that know which state runs.
// Where SIGINT was ignored (nohup, a shell's background job) and `interactive` is false, it stays ignored.
void ms_interrupt_open(lua_State *L, bool interactive);

// From here on SIGTERM and SIGHUP stop the program as Ctrl-C does, so that it tidies up before it dies of
// them.
void ms_interrupt_take_termination(void);

// Before `L` is closed: from here on Ctrl-C touches no Lua state.
void ms_interrupt_close(void);

// The flag, for the core. It is valid for as long as the program runs.
const volatile sig_atomic_t *ms_interrupt_flag(void);

// Does what the first Ctrl-C does; a signal handler may call it.
void ms_interrupt_raise(void);

// Control is back at the top: true if the flag was up. It is down afterwards, and the hook is gone.
bool ms_interrupt_take(lua_State *L);

// Ends the process as the signal that stopped it does unhandled: for SIGINT status 130 for a shell, which
// then also ends its own loop.
_Noreturn void ms_interrupt_die(void);
