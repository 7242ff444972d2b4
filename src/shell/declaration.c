// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/declaration.h"

#include <lauxlib.h>

// Many times what a declaration takes.
enum { MOST_INSTRUCTIONS = 1000000 };

static void too_long(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    luaL_error(L, "a report begins with its declaration; this one computes first");
}

// report{...}: hands its argument out, and never comes back.
static int hand_out(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    return lua_yield(L, 1);
}

static int give_upvalue(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    return 1;
}

static void push_names(lua_State *L)
{
    static const char *const sizes[] = {"K", "M", "G", "T"};
    lua_newtable(L);
    lua_pushcfunction(L, hand_out);
    lua_setfield(L, -2, "report");
    lua_pushvalue(L, -1);
    lua_pushcclosure(L, give_upvalue, 1);
    lua_setfield(L, -2, "require");
    for (int i = 0; i < 4; i++) {
        lua_pushinteger(L, (lua_Integer)1 << (10 * (i + 1)));
        lua_setfield(L, -2, sizes[i]);
    }
}

int ms_declaration(lua_State *L)
{
    int count = 0;
    const char *path = luaL_checkstring(L, 1);
    lua_State *thread = lua_newthread(L);
    if (luaL_loadfilex(thread, path, "t") != LUA_OK) {
        lua_pushnil(L);
        lua_xmove(thread, L, 1);
        return 2;
    }
    push_names(thread);
    lua_setupvalue(thread, -2, 1);
    lua_sethook(thread, too_long, LUA_MASKCOUNT, MOST_INSTRUCTIONS);
    int status = lua_resume(thread, L, 0, &count);
    if (status == LUA_YIELD && count == 1 && lua_istable(thread, -1)) {
        lua_xmove(thread, L, 1);
        return 1;
    }
    lua_pushnil(L);
    if (status == LUA_OK || status == LUA_YIELD)
        lua_pushliteral(L, "it declares no report");
    else
        lua_xmove(thread, L, 1);
    return 2;
}

bool ms_declaration_exists(lua_State *L, const char *path)
{
    int top = lua_gettop(L);
    lua_pushcfunction(L, ms_declaration);
    lua_pushstring(L, path);
    bool exists = lua_pcall(L, 1, 1, 0) == LUA_OK && lua_istable(L, -1);
    lua_settop(L, top);
    return exists;
}
