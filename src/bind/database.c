// SPDX-License-Identifier: GPL-3.0-or-later
// core.database(path): what the answers of a run have as a SQLite database, until it is written; with the
// content of the file at `path`, if one is given and is there.
#include "bind/database.h"

#include "bind/bind.h"
#include "bind/output_p.h"
#include "confine/files.h"

#include <errno.h>
#include <lauxlib.h>

static const char database_name[] = "memsh.database";

struct ms_database *ms_check_database(lua_State *L, int index)
{
    return *(struct ms_database **)luaL_checkudata(L, index, database_name);
}

static int core_database(lua_State *L)
{
    const char *path = luaL_optstring(L, 1, NULL);
    struct ms_database **database = lua_newuserdatauv(L, sizeof(struct ms_database *), 0);
    *database = NULL;
    luaL_setmetatable(L, database_name);
    const int refused = path ? ms_files_look(path) : 0;
    if (refused && refused != ENOENT)
        return luaL_error(L, "cannot append to %s: %s", path, ms_files_problem(refused));
    *database = ms_database_create(path);
    if (!*database)
        return luaL_error(L, "not enough memory");
    if (!ms_database_problem(*database))
        return 1;
    lua_pushfstring(L, "cannot append to %s: %s", path, ms_database_problem(*database));
    lua_replace(L, 1);
    lua_settop(L, 1);
    return ms_raise(L);
}

// database:write(sink): true, or nil, a message and a name.
static int database_write(lua_State *L)
{
    struct ms_database *database = ms_check_database(L, 1);
    struct ms_sink *sink = ms_check_sink(L, 2);
    const bool done = ms_database_write(database, sink) && ms_sink_flush(sink);
    if (!done && ms_database_problem(database))
        return luaL_error(L, "%s", ms_database_problem(database));
    return ms_push_outcome(L, sink, done);
}

static int database_gc(lua_State *L)
{
    ms_database_destroy(*(struct ms_database **)ms_bind_collected(L, database_name));
    return 0;
}

const luaL_Reg ms_database_functions[] = {{"database", core_database}, {NULL, NULL}};

void ms_open_database(lua_State *L)
{
    static const luaL_Reg meta[] = {{"__gc", database_gc}, {NULL, NULL}};
    static const luaL_Reg methods[] = {{"write", database_write}, {NULL, NULL}};
    ms_make_class(L, database_name, meta, methods);
}
