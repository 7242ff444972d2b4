// SPDX-License-Identifier: GPL-3.0-or-later
// Control groups for Lua: what their files hold, and which there are.
#include "bind/bind.h"
#include "bind/handles.h"

// core.cgroup_read(source, group, file): the text, or nil and the name of a reason.
static int read_file(lua_State *L)
{
    struct ms_source *source = *ms_check_source(L, 1);
    const char *group = luaL_checkstring(L, 2), *file = luaL_checkstring(L, 3);
    struct ms_buf *text = ms_push_buf(L);
    const int error = ms_source_cgroup_read(source, group, file, text);
    if (error)
        return ms_push_reason(L, (int)ms_source_cgroup_reason(source, group, error));
    return ms_push_content(L, text);
}

// core.cgroup_list(source, group): the names of the groups in it, or nil and the name of a reason.
static int list(lua_State *L)
{
    struct ms_source *source = *ms_check_source(L, 1);
    const char *group = luaL_checkstring(L, 2);
    struct ms_buf *names = ms_push_buf(L);
    const int error = ms_source_cgroup_list(source, group, names);
    if (error)
        return ms_push_reason(L, (int)ms_source_cgroup_reason(source, group, error));
    return ms_push_texts(L, names);
}

const luaL_Reg ms_cgroup_functions[] = {{"cgroup_read", read_file}, {"cgroup_list", list}, {NULL, NULL}};
