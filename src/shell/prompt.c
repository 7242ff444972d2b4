// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/prompt.h"

#include "base/buf.h"
#include "confine/confine.h"
#include "embed/embed.h"
#include "shell/declaration.h"
#include "shell/leave.h"
#include "shell/modules.h"
#include "shell/read_file.h"
#include "shell/report_path.h"
#include "shell/runtime.h"
#include "shell/verdict.h"

#include <lauxlib.h>
#include <readline/history.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char over_key = 0;
static const char tracebacks_key = 0;
static const char error_key = 0;

static bool get_flag(lua_State *L, const void *key)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, key);
    bool value = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return value;
}

static void set_flag(lua_State *L, const void *key, bool value)
{
    lua_pushboolean(L, value);
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

bool ms_prompt_is_over(lua_State *L)
{
    return get_flag(L, &over_key);
}

bool ms_prompt_tracebacks(lua_State *L)
{
    return get_flag(L, &tracebacks_key);
}

void ms_prompt_keep_error(lua_State *L)
{
    luaL_traceback(L, L, lua_tostring(L, -1), 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &error_key);
}

// quit(): the prompt ends after this entry.
static int quit(lua_State *L)
{
    set_flag(L, &over_key, true);
    return 0;
}

// tracebacks([on]): whether errors show where they came from.
static int tracebacks(lua_State *L)
{
    if (!lua_isnoneornil(L, 1))
        set_flag(L, &tracebacks_key, lua_toboolean(L, 1));
    lua_pushboolean(L, ms_prompt_tracebacks(L));
    return 1;
}

// last_error(): the last one with where it came from, or nil.
static int last_error(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &error_key);
    return 1;
}

// history([n]): the last n entries, the oldest first.
static int history(lua_State *L)
{
    lua_Integer wanted = luaL_optinteger(L, 1, LUA_MAXINTEGER);
    lua_Integer count = wanted < history_length ? wanted : history_length;
    lua_newtable(L);
    for (lua_Integer i = 1; i <= count; i++) {
        const HIST_ENTRY *entry = history_get(history_base + history_length - (int)count + (int)i - 1);
        lua_pushstring(L, entry ? entry->line : "");
        lua_rawseti(L, -2, i);
    }
    return 1;
}

static void set_string(lua_State *L, const char *key, const char *value)
{
    lua_pushstring(L, value); // nil for NULL
    lua_setfield(L, -2, key);
}

static void add_report(void *to, const struct ms_report *report)
{
    lua_State *L = to;
    lua_createtable(L, 0, 3);
    set_string(L, "name", report->name);
    set_string(L, "path", report->path);
    set_string(L, "problem", report->path ? NULL : report->problem);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

// Below the list of reports.
static void add_lack(void *to, const char *directory, int error)
{
    lua_State *L = to;
    lua_pushfstring(L, "%s: %s", directory, strerror(error));
    lua_rawseti(L, -3, (lua_Integer)lua_rawlen(L, -3) + 1);
}

// reports(): { name =, path = } of each saved report, { name =, problem = } of one that is not to be run. And
// a list of the directories that could not be listed, and why.
static int reports(lua_State *L)
{
    lua_newtable(L);
    lua_newtable(L);
    if (!ms_report_each(ms_runtime_options(L)->reports, add_report, add_lack, L))
        return luaL_error(L, "not enough memory");
    lua_insert(L, -2);
    return 2;
}

// about(path): the comment that a report begins with, its first line.
static int about(lua_State *L)
{
    char text[MS_REPORT_ABOUT_MAX];
    if (!ms_report_about(luaL_checkstring(L, 1), text))
        return luaL_error(L, "not enough memory");
    lua_pushstring(L, text);
    return 1;
}

static void add_place(void *to, const char *directory)
{
    lua_State *L = to;
    lua_pushstring(L, directory);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

// report_places(): the directories that are searched for reports, in this order.
static int report_places(lua_State *L)
{
    lua_newtable(L);
    ms_report_each_place(ms_runtime_options(L)->reports, add_place, L);
    return 1;
}

static void set_globals(lua_State *L)
{
    lua_newtable(L);
    for (int i = 0; ms_modules_global_names[i]; i++) {
        lua_pushstring(L, ms_modules_global_names[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "globals");
}

// modules(prefix): what follows it in the names of memsh's modules that begin with it.
static int modules(lua_State *L)
{
    const char *prefix = luaL_checkstring(L, 1);
    const size_t len = strlen(prefix);
    lua_newtable(L);
    for (size_t i = 0; i < ms_embedded_count; i++) {
        if (strncmp(ms_embedded[i].name, prefix, len) != 0)
            continue;
        lua_pushstring(L, ms_embedded[i].name + len);
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    }
    return 1;
}

int ms_prompt_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"quit", quit},
        {"tracebacks", tracebacks},
        {"last_error", last_error},
        {"history", history},
        {"modules", modules},
        {"reports", reports},
        {"about", about},
        {"report_places", report_places},
        {"declaration", ms_declaration},
        {"verdict", ms_verdict_take},
        {"audit_name", ms_verdict_name},
        {"read_file", ms_read_file},
        {"leave", ms_leave},
        {"left", ms_leave_caught},
        {NULL, NULL},
    };
    luaL_newlib(L, functions);
    lua_pushstring(L, MEMSH_VERSION);
    lua_setfield(L, -2, "version");
    lua_pushboolean(L, geteuid() == 0 && !ms_confine_is_on());
    lua_setfield(L, -2, "privileged");
    lua_pushboolean(L, geteuid() != 0 && !ms_confine_is_on());
    lua_setfield(L, -2, "sudo_helps");
    lua_pushboolean(L, ms_confine_is_on());
    lua_setfield(L, -2, "restricted");
    set_globals(L);
    return 1;
}
