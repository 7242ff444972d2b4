// SPDX-License-Identifier: GPL-3.0-or-later
#include "bind/bind.h"
#include "bind/handles.h"

#include <string.h>

#define BUF_META "memsh.buffer"

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

int ms_push_reason(lua_State *L, int reason)
{
    ms_bind_note_reason(L, reason);
    lua_pushnil(L);
    lua_pushstring(L, ms_reason_name((enum ms_reason)reason));
    return 2;
}

void ms_set_integer(lua_State *L, const char *key, uint64_t value)
{
    lua_pushinteger(L, (lua_Integer)value);
    lua_setfield(L, -2, key);
}

void ms_set_number(lua_State *L, const char *key, struct ms_value value)
{
    if (value.why == MS_KNOWN)
        lua_pushinteger(L, (lua_Integer)value.number);
    else
        ms_push_unknown(L, (int)value.why, key, 0);
    lua_setfield(L, -2, key);
}

void ms_set_string(lua_State *L, const char *key, const char *value)
{
    lua_pushstring(L, value);
    lua_setfield(L, -2, key);
}

void ms_make_class(lua_State *L, const char *name, const luaL_Reg *metamethods, const luaL_Reg *methods)
{
    luaL_newmetatable(L, name);
    luaL_setfuncs(L, metamethods, 0);
    if (methods) {
        lua_newtable(L);
        luaL_setfuncs(L, methods, 0);
        lua_setfield(L, -2, "__index");
    }
    ms_set_string(L, "__metatable", "protected");
    lua_pop(L, 1);
}

struct ms_text ms_check_text(lua_State *L, int index)
{
    struct ms_text text;
    text.data = luaL_checklstring(L, index, &text.len);
    return text;
}

static int free_buf(lua_State *L)
{
    ms_buf_deinit(ms_bind_collected(L, BUF_META));
    return 0;
}

struct ms_buf *ms_push_buf(lua_State *L)
{
    struct ms_buf *buf = lua_newuserdatauv(L, sizeof *buf, 0);
    ms_buf_init(buf);
    luaL_setmetatable(L, BUF_META);
    return buf;
}

int ms_push_texts(lua_State *L, const struct ms_buf *texts)
{
    size_t at = 0;
    lua_newtable(L);
    for (lua_Integer i = 1; at < texts->len; i++) {
        lua_pushstring(L, texts->data + at);
        lua_rawseti(L, -2, i);
        at += strlen(texts->data + at) + 1;
    }
    return 1;
}

int ms_push_content(lua_State *L, struct ms_buf *buf)
{
    if (buf->failed)
        return luaL_error(L, "not enough memory");
    lua_pushlstring(L, buf->len ? buf->data : "", buf->len);
    ms_buf_deinit(buf);
    return 1;
}

// Whether a function is memsh's own Lua.
static bool is_own(const lua_Debug *ar)
{
    return strstr(ar->source, "lua/memsh/") || strcmp(ar->source, "=expr") == 0;
}

// core.raise(message): an error of whoever called memsh, placed at that line, however deep it was found.
int ms_raise(lua_State *L)
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

int luaopen_memsh_core(lua_State *L)
{
    static const luaL_Reg of_buf[] = {{"__gc", free_buf}, {NULL, NULL}};
    ms_make_class(L, BUF_META, of_buf, NULL);
    lua_newtable(L);
#define X(name) luaL_setfuncs(L, ms_##name##_functions, 0);
    MS_BINDINGS(X)
#undef X
#define X(name) ms_open_##name(L);
    MS_TYPED_BINDINGS(X)
#undef X
    lua_pushcfunction(L, ms_raise);
    lua_setfield(L, -2, "raise");
    return 1;
}
