// SPDX-License-Identifier: GPL-3.0-or-later
// Control groups for Lua: what their files hold, and which there are.
#include "bind/bind.h"
#include "bind/handles.h"

#include <string.h>

static int failure(lua_State *L, struct ms_source *source, const char *group, int error)
{
    lua_pushnil(L);
    lua_pushstring(L, ms_reason_name(ms_source_cgroup_reason(source, group, error)));
    return 2;
}

// Moves text into a Lua string. An error for want of memory would leave it, which ends the program anyway.
static void push_buf(lua_State *L, struct ms_buf *text)
{
    lua_pushlstring(L, text->len ? text->data : "", text->len);
    ms_buf_deinit(text);
}

// core.cgroup_read(source, group, file): the text, or nil and the name of a reason.
static int read_file(lua_State *L)
{
    struct ms_source *source = *ms_check_source(L, 1);
    const char *group = luaL_checkstring(L, 2);
    struct ms_buf text;
    ms_buf_init(&text);
    const int error = ms_source_cgroup_read(source, group, luaL_checkstring(L, 3), &text);
    if (!error) {
        push_buf(L, &text);
        return 1;
    }
    ms_buf_deinit(&text);
    return failure(L, source, group, error);
}

static void push_names(lua_State *L, const char *names, size_t len)
{
    lua_newtable(L);
    for (lua_Integer i = 1; len; i++) {
        const size_t size = strlen(names) + 1;
        lua_pushlstring(L, names, size - 1);
        lua_rawseti(L, -2, i);
        names += size;
        len -= size;
    }
}

// core.cgroup_list(source, group): the names of the groups in it, or nil and the name of a reason.
static int list(lua_State *L)
{
    struct ms_source *source = *ms_check_source(L, 1);
    const char *group = luaL_checkstring(L, 2);
    struct ms_buf names;
    ms_buf_init(&names);
    const int error = ms_source_cgroup_list(source, group, &names);
    if (error) {
        ms_buf_deinit(&names);
        return failure(L, source, group, error);
    }
    push_buf(L, &names);
    size_t len;
    const char *bytes = lua_tolstring(L, -1, &len);
    push_names(L, bytes, len);
    return 1;
}

static const luaL_Reg functions[] = {{"cgroup_read", read_file}, {"cgroup_list", list}, {NULL, NULL}};

void ms_bind_cgroup(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
