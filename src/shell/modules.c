// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/modules.h"

#include "bind/bind.h"
#include "confine/confine.h"
#include "embed/embed.h"
#include "shell/compile_file.h"
#include "shell/options.h"
#include "shell/prompt.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

const char *const ms_modules_global_names[] = {
    "procs",  "maps",   "cgroups", "sys",    "proc",   "known",    "why",        "bytes",
    "human",  "fields", "help",    "desc",   "define", "verb",     "footprint",  "reconcile",
    "report", "audit",  "expect",  "budget", "rows",   "read_csv", "read_jsonl", "recording",
    "K",      "M",      "G",       "T",      NULL};

static const char require_key = 0;
static const char before_key = 0;
static const char globals_key = 0; // memsh's own

// Which argument the mode is.
enum { LOADFILE_MODE = 2, LOAD_MODE = 3 };

// Lua's own, which takes bytecode. No Lua value leads to it: not the registry, which `debug` shows, and not
// the stack of calls.
static lua_CFunction plain_load;

// Replaces the mode by one that allows no bytecode.
static void only_text(lua_State *L, int mode)
{
    const char *wanted = luaL_optstring(L, mode, "t");
    if (lua_gettop(L) < mode)
        lua_settop(L, mode);
    lua_pushstring(L, strchr(wanted, 't') ? "t" : "");
    lua_replace(L, mode);
}

// load(chunk, name, mode, env)
static int load_text(lua_State *L)
{
    only_text(L, LOAD_MODE);
    return plain_load(L);
}

// loadfile(file, mode, env)
static int load_text_file(lua_State *L)
{
    only_text(L, LOADFILE_MODE);
    const bool has_environment = !lua_isnone(L, LOADFILE_MODE + 1);
    if (ms_compile_file(L, luaL_optstring(L, 1, NULL), lua_tostring(L, LOADFILE_MODE)) != LUA_OK) {
        luaL_pushfail(L);
        lua_insert(L, -2);
        return 2;
    }
    if (has_environment) {
        lua_pushvalue(L, LOADFILE_MODE + 1);
        lua_setupvalue(L, -2, 1);
    }
    return 1;
}

// Puts `own` in the place of a global function, and gives that.
static lua_CFunction replace_global(lua_State *L, const char *name, lua_CFunction own)
{
    lua_getglobal(L, name);
    lua_CFunction plain = lua_tocfunction(L, -1);
    lua_pop(L, 1);
    lua_pushcfunction(L, own);
    lua_setglobal(L, name);
    return plain;
}

static int did_file(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    return lua_gettop(L) - 1;
}

static int do_file(lua_State *L)
{
    const char *name = luaL_optstring(L, 1, NULL);
    lua_settop(L, 1);
    if (ms_compile_file(L, name, "t") != LUA_OK)
        return lua_error(L);
    lua_callk(L, 0, LUA_MULTRET, 0, did_file);
    return did_file(L, LUA_OK, 0);
}

static int by_name(const void *name, const void *module)
{
    return strcmp(name, ((const struct ms_embedded *)module)->name);
}

// Calls the module's chunk with its name and what the searcher said of it.
static int run_module(lua_State *L)
{
    lua_settop(L, 2);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 2, 1);
    return 1;
}

void ms_modules_keep_globals(lua_State *L)
{
    lua_newtable(L);
    lua_pushglobaltable(L);
    for (lua_pushnil(L); lua_next(L, -2);) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, -5);
    }
    lua_pop(L, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &globals_key);
}

// Gives the chunk on top of the stack memsh's own globals.
static void set_globals(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &globals_key) == LUA_TTABLE)
        lua_setupvalue(L, -2, 1);
    else
        lua_pop(L, 1);
}

// The loader of "memsh": `before` may well have loaded it on its way.
static int run_memsh(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &before_key) == LUA_TFUNCTION) {
        lua_CFunction before = lua_tocfunction(L, -1);
        lua_pushnil(L);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &before_key);
        if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
            ms_modules_before_memsh(L, before);
            return lua_error(L);
        }
    }
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    if (lua_getfield(L, -1, "memsh") != LUA_TNIL)
        return 1;
    lua_settop(L, 2);
    return run_module(L);
}

// Leaves the loader and where it comes from, as package.searchers want it. The chunk is on the stack.
static int give_loader(lua_State *L, const char *name, const char *from)
{
    lua_pushcclosure(L, strcmp(name, "memsh") == 0 ? run_memsh : run_module, 1);
    lua_pushstring(L, from);
    return 2;
}

// The release of liblua. Weak, so that the linker does not fix its length: the loader warns where another
// library has a longer one.
#pragma weak lua_ident

static int load_embedded(lua_State *L, const struct ms_embedded *module)
{
    if (strcmp(lua_ident, ms_precompiled_by) == 0) {
        const struct ms_precompiled *made = &ms_precompiled[module - ms_embedded];
        if (luaL_loadbufferx(L, made->code, made->len, module->chunk, "b") == LUA_OK)
            return LUA_OK;
        lua_pop(L, 1);
    }
    return luaL_loadbufferx(L, module->text, module->len, module->chunk, "t");
}

static int search_embedded(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    const struct ms_embedded *module =
        bsearch(name, ms_embedded, ms_embedded_count, sizeof *ms_embedded, by_name);
    if (!module) {
        lua_pushfstring(L, "memsh has no module '%s' built in", name);
        return 1;
    }
    if (load_embedded(L, module) != LUA_OK)
        return lua_error(L);
    set_globals(L);
    return give_loader(L, name, module->chunk + 1);
}

// Looks along `path`; leaves a loader or says where it looked.
static int search_path(lua_State *L, const char *path)
{
    const char *name = luaL_checkstring(L, 1);
    lua_getglobal(L, LUA_LOADLIBNAME);
    if (lua_getfield(L, -1, "searchpath") != LUA_TFUNCTION)
        return luaL_error(L, "package.searchpath is no function");
    lua_pushstring(L, name);
    lua_pushstring(L, path);
    lua_call(L, 2, 2);
    if (lua_isnil(L, -2))
        return 1;
    const char *file = lua_tostring(L, -2);
    if (ms_compile_file(L, file, "t") != LUA_OK)
        return luaL_error(L, "cannot load module '%s':\n\t%s", name, lua_tostring(L, -1));
    return give_loader(L, name, file);
}

static int search_lua_dir(lua_State *L)
{
    int found = search_path(L, lua_tostring(L, lua_upvalueindex(1)));
    if (found == 2) {
        lua_getupvalue(L, -2, 1); // the chunk, of its loader
        set_globals(L);
        lua_pop(L, 1);
    }
    return found;
}

static int search_package_path(lua_State *L)
{
    lua_getglobal(L, LUA_LOADLIBNAME);
    lua_getfield(L, -1, "path");
    const char *path = lua_tostring(L, -1);
    if (!path)
        return luaL_error(L, "package.path is no string");
    return *path ? search_path(L, path) : 0;
}

// With file capabilities memsh may do what its user may not, and native code could do anything with them.
static const char *no_native_code(void)
{
    if (ms_confine_is_on())
        return "restricted mode loads no native code";
    return getauxval(AT_SECURE) ? "native code is not loaded: memsh has rights that its user has not" : NULL;
}

static int refuse_library(lua_State *L)
{
    return luaL_error(L, "%s", no_native_code());
}

// In the place of search_c where native code is not loaded.
static int refuse_c(lua_State *L)
{
    lua_getglobal(L, LUA_LOADLIBNAME);
    if (lua_getfield(L, -1, "cpath") != LUA_TSTRING || !lua_rawlen(L, -1))
        return 0;
    lua_pushfstring(L, "%s (package.cpath)", no_native_code());
    return 1;
}

// One of Lua's own two searchers for C libraries (the upvalue), which has nothing to say of an empty path.
static int search_c(lua_State *L)
{
    lua_settop(L, 1);
    lua_getglobal(L, LUA_LOADLIBNAME);
    lua_getfield(L, -1, "cpath");
    const char *path = lua_tostring(L, -1);
    if (path && !*path)
        return 0;
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, 1);
    lua_call(L, 1, 2);
    return 2;
}

// Appends old.searchers[index], or the function on top if index is 0, to the new searchers.
static void append(lua_State *L, int old, int new, lua_Integer index)
{
    if (index)
        lua_rawgeti(L, old, index);
    lua_rawseti(L, new, (lua_Integer)lua_rawlen(L, new) + 1);
}

static void add_c_searchers(lua_State *L, int old, int new)
{
    if (no_native_code()) {
        lua_pushcfunction(L, refuse_library);
        lua_setfield(L, old - 1, "loadlib");
        lua_pushcfunction(L, refuse_c);
        append(L, old, new, 0);
        return;
    }
    for (lua_Integer i = 3; i <= 4; i++) {
        lua_rawgeti(L, old, i);
        lua_pushcclosure(L, search_c, 1);
        append(L, old, new, 0);
    }
}

// package.searchers: preload, --lua-dir, compiled in, package.path as text, and the two for C as they were.
static void set_searchers(lua_State *L, const char *lua_dir)
{
    lua_getglobal(L, LUA_LOADLIBNAME);
    lua_getfield(L, -1, "searchers");
    int old = lua_gettop(L);
    lua_newtable(L);
    int new = lua_gettop(L);
    append(L, old, new, 1);
    if (lua_dir) {
        lua_pushfstring(L, "%s/?.lua;%s/?/init.lua", lua_dir, lua_dir);
        lua_pushcclosure(L, search_lua_dir, 1);
        append(L, old, new, 0);
    }
    lua_pushcfunction(L, search_embedded);
    append(L, old, new, 0);
    lua_pushcfunction(L, search_package_path);
    append(L, old, new, 0);
    add_c_searchers(L, old, new);
    lua_setfield(L, old - 1, "searchers");
    lua_pushliteral(L, "");
    lua_setfield(L, old - 1, "path");
    lua_pushliteral(L, "");
    lua_setfield(L, old - 1, "cpath");
    lua_settop(L, old - 2);
}

void ms_modules_open(lua_State *L, const char *lua_dir)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushcfunction(L, luaopen_memsh_core);
    lua_setfield(L, -2, "memsh.core");
    lua_pushcfunction(L, ms_options_open);
    lua_setfield(L, -2, "memsh.options");
    lua_pushcfunction(L, ms_prompt_open);
    lua_setfield(L, -2, "memsh.prompt");
    lua_pop(L, 1);
    plain_load = replace_global(L, "load", load_text);
    replace_global(L, "loadfile", load_text_file);
    replace_global(L, "dofile", do_file);
    lua_getglobal(L, "require");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &require_key);
    set_searchers(L, lua_dir);
}

void ms_modules_before_memsh(lua_State *L, lua_CFunction before)
{
    lua_pushcfunction(L, before);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &before_key);
}

void ms_modules_require(lua_State *L, const char *name)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &require_key);
    lua_pushstring(L, name);
    lua_call(L, 1, 1);
}

// The function (upvalue 2) of the module (upvalue 1), called with all arguments.
static int call_named(lua_State *L)
{
    ms_modules_require(L, lua_tostring(L, lua_upvalueindex(1)));
    lua_getfield(L, -1, lua_tostring(L, lua_upvalueindex(2)));
    lua_insert(L, 1);
    lua_pop(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

void ms_modules_push_function(lua_State *L, const char *module, const char *name)
{
    lua_pushstring(L, module);
    lua_pushstring(L, name);
    lua_pushcclosure(L, call_named, 2);
}

// __index of the globals: upvalue 1 is the set of names. What is found stays.
static int get_global(lua_State *L)
{
    lua_settop(L, 2);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) == LUA_TNIL)
        return 1;
    ms_modules_require(L, "memsh");
    lua_pushvalue(L, 2);
    lua_gettable(L, -2);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -2);
    lua_rawset(L, 1);
    return 1;
}

void ms_modules_globals(lua_State *L)
{
    lua_pushglobaltable(L);
    lua_createtable(L, 0, 1);
    lua_newtable(L);
    for (const char *const *name = ms_modules_global_names; *name; name++) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, *name);
    }
    lua_pushcclosure(L, get_global, 1);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}
