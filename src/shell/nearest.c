// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/nearest.h"

#include "shell/modules.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <string.h>

static void push_words(lua_State *L, const char *words)
{
    lua_newtable(L);
    for (lua_Integer i = 1; *words; i++) {
        size_t len = strcspn(words, " ");
        lua_pushlstring(L, words, len);
        lua_rawseti(L, -2, i);
        words += len + strspn(words + len, " ");
    }
}

// Word and words in, the nearest out.
static int ask(lua_State *L)
{
    luaL_openlibs(L);
    ms_modules_open(L, NULL);
    ms_modules_require(L, "memsh.util.suggest");
    lua_getfield(L, -1, "nearest");
    lua_pushvalue(L, 1);
    push_words(L, lua_tostring(L, 2));
    lua_call(L, 2, 1);
    return 1;
}

bool ms_nearest(const char *word, const char *words, size_t size, char *out)
{
    lua_State *L = luaL_newstate();
    if (!L)
        return false;
    lua_pushcfunction(L, ask);
    lua_pushstring(L, word);
    lua_pushstring(L, words);
    bool found =
        lua_pcall(L, 2, 1, 0) == LUA_OK && lua_type(L, -1) == LUA_TSTRING && lua_rawlen(L, -1) < size;
    if (found)
        snprintf(out, size, "%s", lua_tostring(L, -1));
    lua_close(L);
    return found;
}
