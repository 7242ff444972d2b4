// SPDX-License-Identifier: GPL-3.0-or-later
#include "bind/bind.h"
#include "bind/handles.h"
#include "pages/address_spaces.h"

#define SPACES_META "memsh.spaces"

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

const luaL_Reg ms_memory_functions[] = {{"spaces", create}, {NULL, NULL}};

void ms_open_memory(lua_State *L)
{
    static const luaL_Reg meta[] = {{"__gc", forget}, {NULL, NULL}};
    static const luaL_Reg methods[] = {{"add", add}, {NULL, NULL}};
    ms_make_class(L, SPACES_META, meta, methods);
}
