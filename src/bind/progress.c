// SPDX-License-Identifier: GPL-3.0-or-later
// core.progress(): how far the work is, on the terminal.
#include "output/progress.h"
#include "bind/bind.h"

#include <lauxlib.h>

// core.progress(text) shows the line, core.progress() takes it away; gives whether there is a terminal to see
// it.
static int progress(lua_State *L)
{
    struct ms_text text;
    text.data = luaL_optlstring(L, 1, NULL, &text.len);
    bool seen = ms_progress_is_seen();
    if (!text.data)
        ms_progress_clear();
    else if (seen)
        ms_progress_show(text);
    lua_pushboolean(L, seen);
    return 1;
}

void ms_bind_progress(lua_State *L)
{
    lua_pushcfunction(L, progress);
    lua_setfield(L, -2, "progress");
}
