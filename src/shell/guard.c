// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/guard.h"

#include "confine/files.h"

#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// What the world refuses: nil, a message, a number, as Lua's own functions for files have it.
static int refuse(lua_State *L, const char *path, const char *why, int error)
{
    luaL_pushfail(L);
    if (path)
        lua_pushfstring(L, "%s: %s", path, why);
    else
        lua_pushstring(L, why);
    lua_pushinteger(L, error);
    return 3;
}

// What a program would do next is wrong if it went on.
static int no_program(lua_State *L)
{
    return luaL_error(L, "restricted mode runs no programs");
}

static int no_temporary(lua_State *L)
{
    return luaL_error(L, "restricted mode makes no temporary files");
}

static int no_change(lua_State *L)
{
    return refuse(L, luaL_checkstring(L, 1), "restricted mode removes and renames no files", EPERM);
}

static const char writes_nothing[] = "restricted mode writes no file but that of -o";

static int close_file(lua_State *L)
{
    const luaL_Stream *stream = luaL_checkudata(L, 1, LUA_FILEHANDLE);
    return luaL_fileresult(L, fclose(stream->f) == 0, NULL);
}

// Pushes a file that is open for reading. False, with errno: nothing is pushed.
static bool push_file(lua_State *L, const char *path)
{
    luaL_Stream *stream = lua_newuserdatauv(L, sizeof *stream, 0);
    *stream = (luaL_Stream){NULL, NULL}; // which is a closed one
    luaL_setmetatable(L, LUA_FILEHANDLE);
    const int fd = ms_files_open(path, 0);
    stream->f = fd < 0 ? NULL : fdopen(fd, "r");
    if (stream->f) {
        stream->closef = close_file;
        return true;
    }
    const int error = errno;
    if (fd >= 0)
        close(fd);
    lua_pop(L, 1);
    errno = error;
    return false;
}

static int open_file(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    const char *mode = luaL_optstring(L, 2, "r");
    luaL_argcheck(L, *mode && strchr("rwa", *mode), 2, "invalid mode");
    if (strcmp(mode, "r") != 0 && strcmp(mode, "rb") != 0)
        return refuse(L, path, writes_nothing, EPERM);
    return push_file(L, path) ? 1 : refuse(L, path, ms_files_problem(errno), errno);
}

// The file of that name in the place of the name.
static void replace_name(lua_State *L, int index)
{
    const char *path = lua_tostring(L, index);
    if (!push_file(L, path))
        luaL_error(L, "%s: %s", path, ms_files_problem(errno));
    lua_replace(L, index);
}

// Lua's own function (upvalue 1), called with all arguments.
static int call_own(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

static int input(lua_State *L)
{
    if (lua_isstring(L, 1))
        replace_name(L, 1);
    return call_own(L);
}

static int output(lua_State *L)
{
    if (lua_isstring(L, 1))
        return luaL_error(L, "%s: %s", lua_tostring(L, 1), writes_nothing);
    return call_own(L);
}

// lines(path, ...): a loop closes the file at its end, as the fourth value.
static int lines(lua_State *L)
{
    if (lua_isnoneornil(L, 1))
        return call_own(L);
    luaL_checkstring(L, 1);
    replace_name(L, 1);
    lua_pushvalue(L, 1);
    lua_insert(L, 1);
    lua_getfield(L, 2, "lines");
    lua_insert(L, 2); // file, lines, file, ...
    lua_call(L, lua_gettop(L) - 2, 1);
    lua_pushnil(L);
    lua_pushnil(L);
    lua_pushvalue(L, 1);
    return 4;
}

// Functions that go on with Lua's own.
static void wrap(lua_State *L, const char *name, lua_CFunction function)
{
    lua_getfield(L, -1, name);
    lua_pushcclosure(L, function, 1);
    lua_setfield(L, -2, name);
}

static void guard_io(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"open", open_file}, {"popen", no_program}, {"tmpfile", no_temporary}, {NULL, NULL}};
    lua_getglobal(L, LUA_IOLIBNAME);
    luaL_setfuncs(L, functions, 0);
    wrap(L, "input", input);
    wrap(L, "output", output);
    wrap(L, "lines", lines);
    lua_pop(L, 1);
}

static void guard_os(lua_State *L)
{
    static const luaL_Reg functions[] = {{"execute", no_program},
                                         {"remove", no_change},
                                         {"rename", no_change},
                                         {"tmpname", no_temporary},
                                         {NULL, NULL}};
    lua_getglobal(L, LUA_OSLIBNAME);
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
}

static int no_debug(lua_State *L)
{
    return luaL_error(L, "restricted mode has debug.traceback and debug.getinfo alone");
}

// Whoever can exchange the metatables of memsh's values can let its functions take one for another.
static void guard_debug(lua_State *L)
{
    lua_getglobal(L, LUA_DBLIBNAME);
    for (lua_pushnil(L); lua_next(L, -2);) {
        const char *name = lua_tostring(L, -2);
        lua_pop(L, 1);
        if (strcmp(name, "traceback") == 0 || strcmp(name, "getinfo") == 0)
            continue;
        lua_pushcfunction(L, no_debug);
        lua_setfield(L, -3, name);
    }
    lua_pop(L, 1);
}

void ms_guard_open(lua_State *L)
{
    guard_io(L);
    guard_os(L);
    guard_debug(L);
}
