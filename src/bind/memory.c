// SPDX-License-Identifier: GPL-3.0-or-later
#include "bind/bind.h"
#include "bind/handles.h"
#include "pages/address_spaces.h"

#define SPACES_META "memsh.spaces"

static int push_why(lua_State *L, struct ms_source *source, pid_t pid, int error)
{
    const bool saved = !ms_source_is_live(source);
    const enum ms_reason why = ms_source_reason(source, (struct ms_target){.pid = pid, .dir = -1}, error);
    lua_pushnil(L);
    lua_pushstring(L, ms_reason_name(saved ? MS_NOT_RECORDED : why));
    return 2;
}

// core.spaces(): address spaces, none yet.
static int create(lua_State *L)
{
    ms_spaces_init(lua_newuserdatauv(L, sizeof(struct ms_spaces), 0));
    luaL_setmetatable(L, SPACES_META);
    return 1;
}

// spaces:add(source, pid): the process with which the space of this one came: another one that shares it, or
// itself; or nil and the name of a reason.
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

static const luaL_Reg methods[] = {{"add", add}, {NULL, NULL}};

static const luaL_Reg functions[] = {{"spaces", create}, {NULL, NULL}};

void ms_bind_memory(lua_State *L)
{
    luaL_newmetatable(L, SPACES_META);
    lua_pushcfunction(L, forget);
    lua_setfield(L, -2, "__gc");
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    luaL_setfuncs(L, functions, 0);
}
