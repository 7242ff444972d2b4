// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/message.h"

#include "bind/bind.h"
#include "shell/modules.h"
#include "shell/prompt.h"
#include "shell/runtime.h"

#include <ctype.h>
#include <lauxlib.h>
#include <string.h>

// How Lua writes what has no other name: "function: 0x55d0c8", "file (0x55d0c8)".
static const struct form {
    const char *type;
    const char *before;
    const char *after;
} forms[] = {
    {"function", ": 0x", ""}, {"function: builtin", ": 0x", ""},
    {"table", ": 0x", ""},    {"userdata", ": 0x", ""},
    {"thread", ": 0x", ""},   {"file", " (0x", ")"},
    {NULL, NULL, NULL},
};

// The length of the address after the type in `text`, or 0.
static size_t address_length(const struct form *form, const char *text)
{
    size_t len = strlen(form->before);
    if (strncmp(text, form->before, len) != 0)
        return 0;
    while (isxdigit((unsigned char)text[len]))
        len++;
    return strncmp(text + len, form->after, strlen(form->after)) == 0 ? len + strlen(form->after) : 0;
}

// If `text` begins with an object's name: *keep is the length of what stays, *drop that of the address after
// it. Else both are left as they are.
static void find_address(const char *text, size_t *keep, size_t *drop)
{
    for (const struct form *form = forms; form->type; form++) {
        size_t len = strlen(form->type);
        size_t address = strncmp(text, form->type, len) == 0 ? address_length(form, text + len) : 0;
        if (address) {
            *keep = len;
            *drop = address;
            return;
        }
    }
}

// An address within memsh is of use to nobody.
static void push_without_addresses(lua_State *L, const char *text, size_t len)
{
    luaL_Buffer out;
    luaL_buffinit(L, &out);
    for (const char *end = text + len; text < end;) {
        size_t keep = 1;
        size_t drop = 0;
        find_address(text, &keep, &drop);
        luaL_addlstring(&out, text, keep);
        text += keep + drop;
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
        push_without_addresses(L, lua_tolstring(L, -1, &len), ms_raw_len(L, -1));
    else
        lua_pushfstring(L, "an error without a message was raised: a %s value", luaL_typename(L, 1));
}

int ms_message_handler(lua_State *L)
{
    lua_settop(L, 1);
    push_text(L);
    if (ms_runtime_options(L)->interactive)
        ms_prompt_keep_error(L);
    if (ms_runtime_options(L)->traceback || ms_prompt_tracebacks(L))
        luaL_traceback(L, L, lua_tostring(L, -1), 1);
    return 1;
}

void ms_message_hint(lua_State *L, const char *code)
{
    const char *message = lua_tostring(L, -1);
    if (!message || (!strstr(message, "attempt to ") && !strstr(message, " in quotes")))
        return;
    ms_modules_push_function(L, "memsh.prompt.runtime_hints", "after");
    lua_pushvalue(L, -2);
    lua_pushstring(L, code);
    if (lua_pcall(L, 2, 1, 0) == LUA_OK && lua_type(L, -1) == LUA_TSTRING)
        lua_replace(L, -2);
    else
        lua_pop(L, 1);
}

void ms_message_explain(lua_State *L, const char *source, size_t len, const char *chunk)
{
    int top = lua_gettop(L);
    ms_modules_push_function(L, "memsh.prompt.syntax_errors", "explain");
    lua_pushlstring(L, source, len);
    lua_pushstring(L, chunk);
    lua_pushvalue(L, top);
    if (lua_pcall(L, 3, 1, 0) == LUA_OK && lua_type(L, -1) == LUA_TSTRING)
        lua_replace(L, top);
    lua_settop(L, top);
}
