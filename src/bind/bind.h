// SPDX-License-Identifier: GPL-3.0-or-later
// Lua sees memsh's C core as the module "memsh.core": one table, to which each file of bind/ adds its part.
// C keeps no reference to a Lua object; a userdata is made empty, with its metatable, before it acquires
// anything, so that an error raised in between leaks nothing.
#pragma once

#include "base/buf.h"
#include "base/text.h"

#include <lauxlib.h>
#include <lua.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

// How long a string or a table's list is: memory holds it, so it is a size on machines of 32 bits, too.
static inline size_t ms_raw_len(lua_State *L, int index)
{
    return (size_t)lua_rawlen(L, index);
}

// Opens the module. Leaves its table on the stack.
int luaopen_memsh_core(lua_State *L);

// Sets the "please stop" flag, which the core looks at between two reads and in long loops. Called once after
// the state was made; the flag outlives the state. Without one nothing is ever interrupted.
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

// Whether a thread that reads may hang for ever: then the program has to end by _exit.
bool ms_bind_left_readers(void);
bool ms_bind_left_recorder(void);

// Sets how a source is read that was just opened (handles.h).
struct ms_source;
void ms_bind_default_readers(lua_State *L, struct ms_source *source);

// clang-format off
// The parts of the module, each with its functions.
#define MS_BINDINGS(X) \
    X(unknown) \
    X(fields) \
    X(source) \
    X(process) \
    X(mapping) \
    X(columns) \
    X(lines) \
    X(tally) \
    X(readers) \
    X(pages) \
    X(footprint) \
    X(match) \
    X(deleted) \
    X(cgroup) \
    X(tmpfs) \
    X(shmem) \
    X(kmsg) \
    X(numa) \
    X(output) \
    X(writer) \
    X(exposition) \
    X(database) \
    X(screen) \
    X(moment) \
    X(recording) \
    X(verdicts) \
    X(recorder)

// Those that have types of userdata: ms_open_NAME makes them, with the module on top of the stack, which it
// leaves as it was.
#define MS_TYPED_BINDINGS(X) \
    X(unknown) \
    X(source) \
    X(process) \
    X(mapping) \
    X(tally) \
    X(pages) \
    X(match) \
    X(footprint) \
    X(output) \
    X(writer) \
    X(exposition) \
    X(database) \
    X(recording) \
    X(verdicts) \
    X(recorder)
// clang-format on

#define X(name) extern const luaL_Reg ms_##name##_functions[];
MS_BINDINGS(X)
#undef X
#define X(name) void ms_open_##name(lua_State *L);
MS_TYPED_BINDINGS(X)
#undef X

// A finalizer begins with this: the object at 1, which is of this type, and of no type from here on. What a
// script keeps of it (another finalizer may find it once more) can then only be refused. Raises where a
// script calls: what owns and what is owned are collected in an order that only the collector keeps.
void *ms_bind_collected(lua_State *L, const char *type);

// Pushes an unknown value. `reason` is an enum ms_reason; `field` may be NULL, `pid` 0 for none.
void ms_push_unknown(lua_State *L, int reason, const char *field, int pid);

// Makes memsh the first victim where memory runs out: for one that can't do so later, when it reads.
void ms_bind_raise_oom_score_adj(void);

// Notes that a value is unknown for this reason: every way of a reason to Lua does. An answer that lacks
// something because memory ran out is not given with status 0.
void ms_bind_note_reason(lua_State *L, int reason);

// Whether anything has been unknown because memory ran out.
bool ms_bind_is_starved(lua_State *L);

// The reason (an enum ms_reason) of the unknown value at `index`, or 0 (known) if it is anything else.
int ms_unknown_reason(lua_State *L, int index);

// Pushes nil and the name of the reason, an enum ms_reason. Returns 2.
int ms_push_reason(lua_State *L, int reason);

// Sets a field of the table on top of the stack.
void ms_set_integer(lua_State *L, const char *key, uint64_t value);
void ms_set_string(lua_State *L, const char *key, const char *value); // nil for NULL

// core.raise: raises the message that is the only value on the stack, placed at the line that called memsh.
int ms_raise(lua_State *L);

// Makes the metatable `name`: with these metamethods, and these methods (NULL: none) as its __index.
void ms_make_class(lua_State *L, const char *name, const luaL_Reg *metamethods, const luaL_Reg *methods);

// Pushes nil, a message, a name: what is asked for writes a file, and restricted mode does not. Returns 3.
int ms_push_sealed(lua_State *L);

// The text at `index`, which Lua owns; raises if there is none.
struct ms_text ms_check_text(lua_State *L, int index);

// Pushes an empty buffer that Lua collects, so that an error raised while it fills leaks nothing.
struct ms_buf *ms_push_buf(lua_State *L);

// Pushes an array of the texts in the buffer, each of which ends with a NUL. Returns 1.
int ms_push_texts(lua_State *L, const struct ms_buf *texts);

// Pushes what the buffer holds, and frees that. Raises if the buffer has failed. Returns 1.
int ms_push_content(lua_State *L, struct ms_buf *buf);
