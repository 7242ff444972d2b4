// SPDX-License-Identifier: GPL-3.0-or-later
// The memory of a set of processes, for the global function footprint(), and which processes share theirs.
#include "pages/footprint.h"
#include "bind/bind.h"
#include "bind/handles.h"
#include "pages/address_spaces.h"

#include <stdio.h>

#define SPACES_META "memsh.spaces"

static void set_bound(lua_State *L, const char *name, const char *suffix, uint64_t bytes, enum ms_reason why)
{
    char key[64];
    snprintf(key, sizeof key, "%s%s", name, suffix);
    if (bytes == MS_NO_BOUND)
        ms_push_unknown(L, (int)why, key, 0);
    else
        lua_pushinteger(L, (lua_Integer)bytes);
    lua_setfield(L, -2, key);
}

// NAME is known where its bounds are one, NAME_min and NAME_max as far as they can be.
static void set_bounds(lua_State *L, const char *name, struct ms_bounds bounds, enum ms_reason why)
{
    set_bound(L, name, "", bounds.least == bounds.most ? bounds.least : MS_NO_BOUND, why);
    set_bound(L, name, "_min", bounds.least, why);
    set_bound(L, name, "_max", bounds.most, why);
}

// The field "partial": how many processes could not be read, by reason. None where all could.
static void set_missing(lua_State *L, const struct ms_footprint *footprint)
{
    size_t total = 0;
    lua_newtable(L);
    for (int i = 1; i < MS_REASON_COUNT; i++)
        if (footprint->missing[i]) {
            ms_bind_note_reason(L, i);
            ms_set_integer(L, ms_reason_name((enum ms_reason)i), footprint->missing[i]);
            total += footprint->missing[i];
        }
    if (total)
        lua_setfield(L, -2, "partial");
    else
        lua_pop(L, 1);
}

static void push_footprint(lua_State *L, const struct ms_footprint *footprint)
{
    lua_createtable(L, 0, 18);
    lua_pushboolean(L, footprint->inexact == MS_KNOWN);
    lua_setfield(L, -2, "exact");
    ms_set_integer(L, "processes", footprint->processes);
    ms_set_integer(L, "without_memory", footprint->without);
    set_bounds(L, "resident", footprint->resident, footprint->inexact);
    set_bounds(L, "freed", footprint->freed, footprint->inexact);
    set_bounds(L, "freed_anonymous", footprint->freed_anonymous, footprint->inexact);
    set_bounds(L, "hugetlb", footprint->hugetlb, footprint->inexact);
    set_missing(L, footprint);
}

// core.footprint(processes): a table of numbers; or nil, message, name. Each process is there once.
static int footprint_of(lua_State *L)
{
    struct ms_footprint footprint = {0};
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    const size_t count = ms_raw_len(L, 1);
    struct ms_process **list = lua_newuserdatauv(L, (count + 1) * sizeof(struct ms_process *), 0);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, 1, (lua_Integer)i + 1);
        list[i] = ms_check_process(L, -1); // the table keeps it alive
        lua_pop(L, 1);
    }
    const enum ms_reason why = ms_footprint_of(list, count, &footprint);
    ms_bind_check_stop(L);
    if (why != MS_KNOWN)
        return ms_push_failure(L, why, "footprint");
    push_footprint(L, &footprint);
    return 1;
}

// ---- address spaces

static int push_why(lua_State *L, struct ms_source *source, pid_t pid, int error)
{
    const bool saved = !ms_source_is_live(source);
    const enum ms_reason why = ms_source_reason(source, (struct ms_target){.pid = pid, .dir = -1}, error);
    return ms_push_reason(L, (int)(saved ? MS_NOT_RECORDED : why));
}

// core.spaces(): address spaces, none yet.
static int create(lua_State *L)
{
    ms_spaces_init(lua_newuserdatauv(L, sizeof(struct ms_spaces), 0));
    luaL_setmetatable(L, SPACES_META);
    return 1;
}

// spaces:add(source, pid): the process that first came with the address space of this one: another one that
// shares it, or itself; or nil and the name of a reason.
static int add(lua_State *L)
{
    struct ms_spaces *spaces = luaL_checkudata(L, 1, SPACES_META);
    struct ms_source *source = *ms_check_source(L, 2);
    const pid_t pid = (pid_t)luaL_checkinteger(L, 3);
    pid_t first;
    const int error = ms_spaces_add(spaces, source, pid, &first);
    if (error < 0)
        return push_why(L, source, pid, -error);
    lua_pushinteger(L, first);
    return 1;
}

static int forget(lua_State *L)
{
    ms_spaces_deinit(ms_bind_collected(L, SPACES_META));
    return 0;
}

const luaL_Reg ms_footprint_functions[] = {{"footprint", footprint_of}, {"spaces", create}, {NULL, NULL}};

void ms_open_footprint(lua_State *L)
{
    static const luaL_Reg meta[] = {{"__gc", forget}, {NULL, NULL}};
    static const luaL_Reg methods[] = {{"add", add}, {NULL, NULL}};
    ms_make_class(L, SPACES_META, meta, methods);
}
