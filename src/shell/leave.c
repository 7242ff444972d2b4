// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/leave.h"

#include <lauxlib.h>

static const char pending_key = 0; // {status, message or nil}, from leave() on until somebody took it
static const char status_key = 0;  // the status of a script that left when all went well

int ms_leave(lua_State *L)
{
    lua_Integer status = luaL_checkinteger(L, 1);
    lua_settop(L, 2);
    lua_createtable(L, 2, 0);
    lua_pushinteger(L, status);
    lua_rawseti(L, -2, 1);
    lua_pushvalue(L, 2);
    lua_rawseti(L, -2, 2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &pending_key);
    if (lua_isnil(L, 2))
        lua_pushliteral(L, "the script has ended");
    return lua_error(L);
}

// Pushes the status and the message, and forgets them; pushes nothing if no script left.
static bool push_pending(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &pending_key) != LUA_TTABLE) {
        lua_pop(L, 1);
        return false;
    }
    lua_rawgeti(L, -1, 1);
    lua_rawgeti(L, -2, 2);
    lua_remove(L, -3);
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &pending_key);
    return true;
}

int ms_leave_caught(lua_State *L)
{
    return push_pending(L) ? 2 : 0;
}

bool ms_leave_take(lua_State *L, bool *failed, int *status)
{
    if (!push_pending(L))
        return false;
    *status = (int)lua_tointeger(L, -2);
    *failed = !lua_isnil(L, -1);
    if (*failed) {
        lua_remove(L, -2);
        return true;
    }
    lua_pop(L, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &status_key);
    return true;
}

bool ms_leave_is_over(lua_State *L)
{
    bool over = lua_rawgetp(L, LUA_REGISTRYINDEX, &status_key) == LUA_TNUMBER;
    lua_pop(L, 1);
    return over;
}

int ms_leave_status(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &status_key);
    int status = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
    return status;
}
