// SPDX-License-Identifier: GPL-3.0-or-later
#include "bind.h"
#include "handles.h"

static const char stop_key = 0;

void ms_bind_set_stop(lua_State *L, const volatile sig_atomic_t *flag)
{
    lua_pushlightuserdata(L, (void *)(uintptr_t)flag);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &stop_key);
}

const volatile sig_atomic_t *ms_bind_stop(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &stop_key);
    const volatile sig_atomic_t *flag = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return flag;
}

void ms_bind_check_stop(lua_State *L)
{
    const volatile sig_atomic_t *flag = ms_bind_stop(L);
    if (flag && *flag)
        luaL_error(L, "interrupted!");
}

int luaopen_memsh_core(lua_State *L)
{
    lua_newtable(L);
    ms_bind_unknown(L);
    ms_bind_fields(L);
    ms_bind_source(L);
    ms_bind_process(L);
    ms_bind_mapping(L);
    ms_bind_raw(L);
    ms_bind_match(L);
    ms_bind_output(L);
    return 1;
}
