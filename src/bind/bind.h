// SPDX-License-Identifier: GPL-3.0-or-later
// Lua sees memsh's C core as the module "memsh.core": one table, to which each file of bind/ adds its part.
// C keeps no reference to a Lua object; a userdata is made empty, with its metatable, before it acquires
// anything, so that an error raised in between leaves nothing behind.
#pragma once

#include <lua.h>
#include <signal.h>
#include <stdbool.h>

// Opens the module. Leaves its table on the stack.
int luaopen_memsh_core(lua_State *L);

// Tells the core where the "please stop" flag is, which it looks at between two reads and in long loops.
// Set once after the state was made; the flag outlives the state. Without one nothing is ever interrupted.
void ms_bind_set_stop(lua_State *L, const volatile sig_atomic_t *flag);
const volatile sig_atomic_t *ms_bind_stop(lua_State *L);

// Raises the error "interrupted!" if the flag is up.
void ms_bind_check_stop(lua_State *L);

// When the run is to end: `passed` is raised when it is time. While `soft` is up, an answer may end with what
// was read by then; when it goes down and it is time, `end` is called. It outlives the state. Set once.
struct ms_bind_deadline {
    volatile sig_atomic_t passed, soft;
    void (*end)(void);
};
void ms_bind_set_deadline(lua_State *L, struct ms_bind_deadline *deadline);

// Whether a thread that reads may hang for ever: then the program is to end by _exit.
bool ms_bind_left_readers(void);

// Sets how a source is read that was just opened (handles.h).
struct ms_source;
void ms_bind_default_readers(lua_State *L, struct ms_source *source);

// The parts of the module, in the order of their loading: later ones add methods to the types of earlier
// ones.
#define MS_BINDINGS(X)                                                                                       \
    X(unknown)                                                                                               \
    X(fields)                                                                                                \
    X(source)                                                                                                \
    X(process)                                                                                               \
    X(mapping)                                                                                               \
    X(columns)                                                                                               \
    X(tally)                                                                                                 \
    X(readers)                                                                                               \
    X(raw)                                                                                                   \
    X(pages)                                                                                                 \
    X(footprint)                                                                                             \
    X(match)                                                                                                 \
    X(deleted)                                                                                               \
    X(cgroup)                                                                                                \
    X(memory)                                                                                                \
    X(output)                                                                                                \
    X(writer)                                                                                                \
    X(screen)                                                                                                \
    X(progress)                                                                                              \
    X(moment)

// Each adds its functions to the table on top of the stack and leaves the stack as it was.
#define X(name) void ms_bind_##name(lua_State *L);
MS_BINDINGS(X)
#undef X

// A finalizer begins with this: the object at 1, which is of this type, and of no type from here on. What a
// script keeps of it (another finalizer may find it once more) can then only be refused. Raises where a
// script calls: what owns and what is owned are collected in an order that only the collector keeps.
void *ms_bind_collected(lua_State *L, const char *type);

// Pushes an unknown value. `reason` is an enum ms_reason; `field` may be NULL, `pid` 0 for none.
void ms_push_unknown(lua_State *L, int reason, const char *field, int pid);

// The reason (an enum ms_reason) of the unknown value at `index`, or 0 (known) if it is anything else.
int ms_unknown_reason(lua_State *L, int index);
