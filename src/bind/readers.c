// SPDX-License-Identifier: GPL-3.0-or-later
// How a source is read: by how many threads, until when, within which limits.
#include "bind/bind.h"
#include "bind/handles.h"

#include <sched.h>

enum { USUAL_JOBS = 4, USUAL_TIMEOUT_MS = 2000 };

// Threads may outlive the Lua state.
static volatile sig_atomic_t left;

static const char deadline_key = 0; // light userdata: struct ms_bind_deadline

bool ms_bind_left_readers(void)
{
    return left;
}

static unsigned cpus(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : USUAL_JOBS;
}

void ms_bind_set_deadline(lua_State *L, struct ms_bind_deadline *deadline)
{
    lua_pushlightuserdata(L, deadline);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &deadline_key);
}

static struct ms_bind_deadline *deadline_of(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &deadline_key);
    struct ms_bind_deadline *deadline = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return deadline;
}

static struct ms_reader_signs signs_of(lua_State *L)
{
    const struct ms_bind_deadline *deadline = deadline_of(L);
    return (struct ms_reader_signs){.left = &left, .hurry = deadline ? &deadline->passed : NULL};
}

void ms_bind_default_readers(lua_State *L, struct ms_source *source)
{
    const unsigned number = cpus();
    const struct ms_reader_limits limits = {
        .jobs = number < USUAL_JOBS ? number : USUAL_JOBS,
        .timeout_ms = USUAL_TIMEOUT_MS,
    };
    ms_reader_configure(source, &limits, signs_of(L));
}

static lua_Integer given(lua_State *L, const char *key, lua_Integer usual)
{
    lua_getfield(L, 2, key);
    const lua_Integer value = luaL_optinteger(L, -1, usual);
    lua_pop(L, 1);
    return value;
}

// core.limit(source, {jobs, timeout_ms, gentle_ms, max_rss}): what is named changes; max_rss 0 is no limit.
static int limit(lua_State *L)
{
    struct ms_source *source = *ms_check_source(L, 1);
    struct ms_reader_limits limits = ms_reader_limits(source);
    luaL_checktype(L, 2, LUA_TTABLE);
    limits.jobs = (unsigned)given(L, "jobs", limits.jobs);
    limits.timeout_ms = (unsigned)given(L, "timeout_ms", limits.timeout_ms);
    limits.gentle_ms = (unsigned)given(L, "gentle_ms", limits.gentle_ms);
    limits.max_rss = (uint64_t)given(L, "max_rss", (lua_Integer)limits.max_rss);
    if (!ms_reader_configure(source, &limits, signs_of(L)))
        return luaL_error(L, "not enough memory");
    return 0;
}

// core.readers(source): {jobs, timeout_ms, gentle_ms, max_rss, lost, gave_up}: the limits, how many readers
// were given up on in this question, and whether files that may hang are no longer opened for it.
static int readers(lua_State *L)
{
    const struct ms_source *source = *ms_check_source(L, 1);
    const struct ms_reader_limits limits = ms_reader_limits(source);
    lua_createtable(L, 0, 6);
    ms_set_integer(L, "jobs", limits.jobs);
    ms_set_integer(L, "timeout_ms", limits.timeout_ms);
    ms_set_integer(L, "gentle_ms", limits.gentle_ms);
    ms_set_integer(L, "max_rss", limits.max_rss);
    ms_set_integer(L, "lost", ms_reader_lost(source));
    lua_pushboolean(L, ms_reader_gave_up(source));
    lua_setfield(L, -2, "gave_up");
    return 1;
}

// core.may_end_early(whether): from now on an answer may end with what was read by the deadline; or it has
// been shown, and where it is time the run ends.
static int may_end_early(lua_State *L)
{
    struct ms_bind_deadline *deadline = deadline_of(L);
    if (!deadline)
        return 0;
    deadline->soft = lua_toboolean(L, 1);
    if (!deadline->soft && deadline->passed)
        deadline->end();
    return 0;
}

// core.is_late(): whether an answer that may is to end now.
static int is_late(lua_State *L)
{
    const struct ms_bind_deadline *deadline = deadline_of(L);
    lua_pushboolean(L, deadline && deadline->soft && deadline->passed);
    return 1;
}

const luaL_Reg ms_readers_functions[] = {{"limit", limit},
                                         {"readers", readers},
                                         {"may_end_early", may_end_early},
                                         {"is_late", is_late},
                                         {NULL, NULL}};
