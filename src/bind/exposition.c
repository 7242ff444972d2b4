// SPDX-License-Identifier: GPL-3.0-or-later
// core.exposition(format, max_series): what the answers of a run have as metrics, until it is written; and
// what a writer of metrics is told of its columns.
#include "output/exposition.h"

#include "bind/bind.h"
#include "bind/database.h"
#include "bind/exposition.h"
#include "bind/output_p.h"

#include <lauxlib.h>
#include <string.h>

static const char exposition_name[] = "memsh.exposition";

static int core_exposition(lua_State *L)
{
    const bool open = strcmp(luaL_checkstring(L, 1), ms_format_name(MS_FORMAT_OPENMETRICS)) == 0;
    const lua_Integer most = luaL_optinteger(L, 2, MS_EXPOSITION_SERIES);
    luaL_argcheck(L, most > 0, 2, "a number of series");
    struct ms_exposition **doc = lua_newuserdatauv(L, sizeof(struct ms_exposition *), 0);
    *doc = NULL;
    luaL_setmetatable(L, exposition_name);
    *doc = ms_exposition_create(open ? MS_EXPOSITION_OPENMETRICS : MS_EXPOSITION_PROM, (size_t)most);
    return *doc ? 1 : luaL_error(L, "not enough memory");
}

// exposition:write(sink): true, or nil, a message and a name. What is wrong with the document raises.
static int exposition_write(lua_State *L)
{
    struct ms_exposition *doc = *(struct ms_exposition **)luaL_checkudata(L, 1, exposition_name);
    struct ms_sink *sink = ms_check_sink(L, 2);
    const bool done = ms_exposition_write(doc, sink) && ms_sink_flush(sink);
    if (!done && ms_exposition_problem(doc))
        return luaL_error(L, "%s", ms_exposition_problem(doc));
    return ms_push_outcome(L, sink, done);
}

static int exposition_gc(lua_State *L)
{
    ms_exposition_destroy(*(struct ms_exposition **)ms_bind_collected(L, exposition_name));
    return 0;
}

// The text of `key` in the table on top of the stack, which keeps it; empty if there is none.
static struct ms_text text_of(lua_State *L, const char *key)
{
    struct ms_text text = {NULL, 0};
    if (lua_getfield(L, -1, key) == LUA_TSTRING)
        text.data = lua_tolstring(L, -1, &text.len);
    lua_pop(L, 1);
    return text;
}

static bool is_set(lua_State *L, const char *key)
{
    lua_getfield(L, -1, key);
    const bool set = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return set;
}

static struct ms_metric *push_metrics(lua_State *L, int columns, size_t count)
{
    struct ms_metric *metrics = lua_newuserdatauv(L, count * sizeof *metrics + 1, 0);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, columns, (lua_Integer)i + 1);
        metrics[i] = (struct ms_metric){
            .meaning = text_of(L, "meaning"), .counter = is_set(L, "counter"), .id = is_set(L, "id")};
        lua_pop(L, 1);
    }
    return metrics;
}

void ms_push_metric_options(lua_State *L, int columns, int options, struct ms_writer_options *out)
{
    lua_createtable(L, 3, 0);
    const int kept = lua_gettop(L);
    lua_pushvalue(L, columns); // the meanings are its
    lua_rawseti(L, kept, 1);
    out->metrics = push_metrics(L, columns, ms_raw_len(L, columns));
    lua_rawseti(L, kept, 2);
    if (!lua_istable(L, options))
        return;
    if (lua_getfield(L, options, "exposition") != LUA_TNIL)
        out->exposition = *(struct ms_exposition **)luaL_checkudata(L, -1, exposition_name);
    lua_rawseti(L, kept, 3);
    if (lua_getfield(L, options, "database") != LUA_TNIL)
        out->database = ms_check_database(L, -1);
    lua_rawseti(L, kept, 5);
    lua_pushvalue(L, options); // and its texts
    lua_rawseti(L, kept, 6);
    if (lua_getfield(L, options, "create") == LUA_TSTRING)
        out->create = lua_tostring(L, -1);
    if (lua_getfield(L, options, "insert") == LUA_TSTRING)
        out->insert = lua_tostring(L, -1);
    lua_pop(L, 2);
    if (lua_getfield(L, options, "subject") == LUA_TSTRING)
        out->subject = lua_tostring(L, -1);
    lua_rawseti(L, kept, 4);
    if (lua_getfield(L, options, "max_series") == LUA_TNUMBER)
        out->max_series = (size_t)lua_tointeger(L, -1);
    lua_settop(L, kept);
}

const luaL_Reg ms_exposition_functions[] = {{"exposition", core_exposition}, {NULL, NULL}};

void ms_open_exposition(lua_State *L)
{
    static const luaL_Reg meta[] = {{"__gc", exposition_gc}, {NULL, NULL}};
    static const luaL_Reg methods[] = {{"write", exposition_write}, {NULL, NULL}};
    ms_make_class(L, exposition_name, meta, methods);
}
