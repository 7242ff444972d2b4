// SPDX-License-Identifier: GPL-3.0-or-later
#include "message.h"

#include "modules.h"
#include "runtime.h"

#include <ctype.h>
#include <lauxlib.h>
#include <string.h>

// The length of what lua_tolstring would have called "function: 0x55d0c8" behind the name, else 0.
static size_t address_length(const char *text)
{
    size_t len = strlen(": 0x");
    if (strncmp(text, ": 0x", len) != 0)
        return 0;
    while (isxdigit((unsigned char)text[len]))
        len++;
    return len;
}

static size_t type_length(const char *text)
{
    static const char *const types[] = {"function", "table", "userdata", "thread", "function: builtin", NULL};
    for (const char *const *type = types; *type; type++) {
        size_t len = strlen(*type);
        if (strncmp(text, *type, len) == 0)
            return len;
    }
    return 0;
}

// An address says where something lies in memsh, to nobody's use.
static void push_without_addresses(lua_State *L, const char *text, size_t len)
{
    luaL_Buffer out;
    luaL_buffinit(L, &out);
    for (const char *end = text + len; text < end;) {
        size_t type = type_length(text);
        size_t address = type ? address_length(text + type) : 0;
        size_t keep = address ? type : 1;
        luaL_addlstring(&out, text, keep);
        text += keep + address;
    }
    luaL_pushresult(&out);
}

static void push_text(lua_State *L)
{
    size_t len;
    const char *text = lua_tolstring(L, 1, &len);
    if (text)
        push_without_addresses(L, text, len);
    else if (luaL_callmeta(L, 1, "__tostring") && lua_type(L, -1) == LUA_TSTRING)
        push_without_addresses(L, lua_tolstring(L, -1, &len), lua_rawlen(L, -1));
    else
        lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 1));
}

int ms_message_handler(lua_State *L)
{
    lua_settop(L, 1);
    push_text(L);
    if (ms_runtime_options(L)->traceback)
        luaL_traceback(L, L, lua_tostring(L, -1), 1);
    return 1;
}

static int explain(lua_State *L)
{
    lua_settop(L, 3);
    ms_modules_require(L, "memsh.syntax");
    lua_getfield(L, -1, "explain");
    lua_insert(L, 1);
    lua_settop(L, 4);
    lua_call(L, 3, 1);
    return 1;
}

void ms_message_explain(lua_State *L, const char *source, size_t len, const char *chunk)
{
    int top = lua_gettop(L);
    lua_pushcfunction(L, explain);
    lua_pushlstring(L, source, len);
    lua_pushstring(L, chunk);
    lua_pushvalue(L, top);
    if (lua_pcall(L, 3, 1, 0) == LUA_OK && lua_type(L, -1) == LUA_TSTRING)
        lua_replace(L, top);
    lua_settop(L, top);
}
