// SPDX-License-Identifier: GPL-3.0-or-later
#include "bind/bind.h"
#include "bind/handles.h"

#include <string.h>

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

// Lua's own name for what called. In a hook the collector has no other one, and a hook's own arguments are no
// objects.
static bool is_collectors_call(lua_State *L)
{
    lua_Debug ar;
    if (!lua_getstack(L, 0, &ar) || !lua_getinfo(L, "n", &ar))
        return false;
    return strcmp(ar.namewhat, "hook") == 0 ||
           (strcmp(ar.namewhat, "metamethod") == 0 && strcmp(ar.name, "__gc") == 0);
}

void *ms_bind_collected(lua_State *L, const char *type)
{
    void *object = luaL_checkudata(L, 1, type);
    if (!is_collectors_call(L))
        luaL_error(L, "__gc is the garbage collector's to call");
    lua_pushnil(L);
    lua_setmetatable(L, 1);
    return object;
}

// Whether a function is memsh's own Lua.
static bool is_own(const lua_Debug *ar)
{
    return strstr(ar->source, "lua/memsh/") || strcmp(ar->source, "=expr") == 0;
}

// core.raise(message): an error of whoever called memsh, placed at that line, however deep it was found.
static int raise_error(lua_State *L)
{
    lua_Debug ar;
    lua_settop(L, 1);
    for (int level = 1; lua_type(L, 1) == LUA_TSTRING && lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline <= 0 || is_own(&ar))
            continue;
        lua_pushfstring(L, "%s:%d: %s", ar.short_src, ar.currentline, lua_tostring(L, 1));
        break;
    }
    return lua_error(L);
}

static const luaL_Reg functions[] = {{"raise", raise_error}, {NULL, NULL}};

int luaopen_memsh_core(lua_State *L)
{
    lua_newtable(L);
#define X(name) ms_bind_##name(L);
    MS_BINDINGS(X)
#undef X
    luaL_setfuncs(L, functions, 0);
    return 1;
}
