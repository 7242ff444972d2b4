// SPDX-License-Identifier: GPL-3.0-or-later
// How a source is read: by how many threads, until when, within which limits.
#include "bind.h"
#include "handles.h"

#include <sched.h>

enum { USUAL_JOBS = 4, USUAL_TIMEOUT_MS = 2000 };

// Threads may outlive the Lua state.
static volatile sig_atomic_t left;

bool ms_bind_left_readers(void)
{
    return left;
}

static unsigned cpus(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : USUAL_JOBS;
}

void ms_bind_default_readers(struct ms_source *source)
{
    const unsigned number = cpus();
    const struct ms_reader_limits limits = {
        .jobs = number < USUAL_JOBS ? number : USUAL_JOBS,
        .timeout_ms = USUAL_TIMEOUT_MS,
    };
    ms_reader_configure(source, &limits, &left);
}

static lua_Integer given(lua_State *L, const char *key, lua_Integer usual)
{
    lua_getfield(L, 2, key);
    const lua_Integer value = luaL_optinteger(L, -1, usual);
    lua_pop(L, 1);
    return value;
}

// core.limit(source, {jobs, timeout_ms, gentle_ms, max_rss}): what is named changes; max_rss 0 is none.
static int limit(lua_State *L)
{
    struct ms_source *source = *ms_check_source(L, 1);
    struct ms_reader_limits limits = ms_reader_limits(source);
    luaL_checktype(L, 2, LUA_TTABLE);
    limits.jobs = (unsigned)given(L, "jobs", limits.jobs);
    limits.timeout_ms = (unsigned)given(L, "timeout_ms", limits.timeout_ms);
    limits.gentle_ms = (unsigned)given(L, "gentle_ms", limits.gentle_ms);
    limits.max_rss = (uint64_t)given(L, "max_rss", (lua_Integer)limits.max_rss);
    if (!ms_reader_configure(source, &limits, &left))
        return luaL_error(L, "not enough memory");
    return 0;
}

static void set_integer(lua_State *L, const char *key, uint64_t value)
{
    lua_pushinteger(L, (lua_Integer)value);
    lua_setfield(L, -2, key);
}

// core.readers(source): {jobs, timeout_ms, gentle_ms, max_rss, lost, gave_up}: the limits, how many readers
// were given up on in this question, and whether files that may hang are no longer opened for it.
static int readers(lua_State *L)
{
    const struct ms_source *source = *ms_check_source(L, 1);
    const struct ms_reader_limits limits = ms_reader_limits(source);
    lua_createtable(L, 0, 6);
    set_integer(L, "jobs", limits.jobs);
    set_integer(L, "timeout_ms", limits.timeout_ms);
    set_integer(L, "gentle_ms", limits.gentle_ms);
    set_integer(L, "max_rss", limits.max_rss);
    set_integer(L, "lost", ms_reader_lost(source));
    lua_pushboolean(L, ms_reader_gave_up(source));
    lua_setfield(L, -2, "gave_up");
    return 1;
}

static const luaL_Reg functions[] = {{"limit", limit}, {"readers", readers}, {NULL, NULL}};

void ms_bind_readers(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
