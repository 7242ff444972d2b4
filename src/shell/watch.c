// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/watch.h"

#include "shell/leave.h"
#include "shell/modules.h"
#include "shell/script.h"

// Calls memsh.prompt.watch's function `name` with the `count` values on top of the stack. *result, if it is
// not NULL: whether it gave true. What it raises is said.
static enum ms_status call(lua_State *L, const char *name, int count, bool *result)
{
    ms_modules_push_function(L, "memsh.prompt.watch", name);
    lua_insert(L, -(count + 1));
    enum ms_status status = ms_runtime_call(L, count, 1);
    if (status != MS_DONE) {
        ms_runtime_report(L, status);
        return status;
    }
    if (result)
        *result = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return MS_DONE;
}

static enum ms_status start(lua_State *L)
{
    const struct ms_options *options = ms_runtime_options(L);
    lua_pushnumber(L, options->watch);
    if (options->count > 0)
        lua_pushinteger(L, options->count);
    else
        lua_pushnil(L);
    lua_pushstring(L, options->code_count > 0 ? options->code[options->code_count - 1] : options->script);
    return call(L, "start", 3, NULL);
}

static enum ms_status tick(lua_State *L, int argc, char **argv)
{
    enum ms_status status = call(L, "begin", 0, NULL);
    if (status == MS_DONE)
        status = ms_script_run(L, argc, argv);
    return status == MS_DONE ? call(L, "finish", 0, NULL) : status;
}

enum ms_status ms_watch_run(lua_State *L, int argc, char **argv)
{
    bool more = true;
    enum ms_status status = start(L);
    while (status == MS_DONE && more) {
        status = tick(L, argc, argv);
        if (status != MS_DONE || ms_leave_is_over(L))
            break;
        status = call(L, "wait", 0, &more);
    }
    enum ms_status end = call(L, "stop", 0, NULL);
    return status == MS_DONE ? end : status;
}
