// SPDX-License-Identifier: GPL-3.0-or-later
#include "bind.h"
#include "handles.h"

// core.compare_memory(source, pid, pid): 0 where they have one address space, 1 or 2 for which comes first in
// some order; or nil and the name of a reason.
static int compare(lua_State *L)
{
    struct ms_source *source = *ms_check_source(L, 1);
    const pid_t a = (pid_t)luaL_checkinteger(L, 2), b = (pid_t)luaL_checkinteger(L, 3);
    const int order = ms_source_compare_memory(source, a, b);
    if (order >= 0) {
        lua_pushinteger(L, order);
        return 1;
    }
    const bool saved = !ms_source_is_live(source);
    const enum ms_reason why = ms_source_reason(source, (struct ms_target){.pid = a, .dir = -1}, -order);
    lua_pushnil(L);
    lua_pushstring(L, ms_reason_name(saved ? MS_NOT_RECORDED : why));
    return 2;
}

static const luaL_Reg functions[] = {{"compare_memory", compare}, {NULL, NULL}};

void ms_bind_memory(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
