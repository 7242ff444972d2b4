// SPDX-License-Identifier: GPL-3.0-or-later
// What conditions said of processes by what one small file shows (process/verdicts.h). Of a moment gives
// `sift` what it sifted, the ids of processes that are to be looked at, what is to be learnt from them, by
// id, and how many threads of the kernel are left out; nothing where that can't be done.
//
//   core.verdicts(file, {id, ...}, kernel)   of a file (a mask of core.plan) and its fields; nil: not
//   possible verdicts:sift(source[, sifted])          a moment, or what others left of it
//   verdicts:learn(asked, out)               what came of one
//   #sifted, sifted:has(pid), sifted:pid(i)  the processes of which the conditions do not hold
#include "process/verdicts.h"
#include "bind/bind.h"
#include "bind/handles.h"

#include <stdlib.h>

#define VERDICTS_META "memsh.verdicts"
#define SIFTED_META "memsh.sifted"

static struct ms_verdicts *check_verdicts(lua_State *L, int index)
{
    struct ms_verdicts **verdicts = luaL_checkudata(L, index, VERDICTS_META);
    luaL_argcheck(L, *verdicts, index, "closed");
    return *verdicts;
}

static int create(lua_State *L)
{
    const ms_files files = (ms_files)luaL_checkinteger(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    struct ms_verdicts_wish wish = {
        .count = ms_raw_len(L, 2), .kernel = lua_toboolean(L, 3), .none = lua_toboolean(L, 4)};
    luaL_argcheck(L, files >> MS_PROCESS_FILES == 0, 1, "not files of processes");
    if (__builtin_popcountll(files) != 1 || wish.count > MS_VERDICT_FIELDS)
        return 0;
    wish.file = (enum ms_file)__builtin_ctzll(files);
    for (size_t i = 0; i < wish.count; i++)
        wish.fields[i] = ms_check_field_id(L, 2, i + 1);
    struct ms_verdicts **made = lua_newuserdatauv(L, sizeof(struct ms_verdicts *), 0);
    *made = NULL;
    luaL_setmetatable(L, VERDICTS_META);
    if (ms_verdicts_create(&wish, made))
        return luaL_error(L, "not enough memory");
    return *made ? 1 : 0;
}

static int destroy(lua_State *L)
{
    struct ms_verdicts **verdicts = ms_bind_collected(L, VERDICTS_META);
    ms_verdicts_destroy(*verdicts);
    *verdicts = NULL;
    return 0;
}

static int forget_sifted(lua_State *L)
{
    ms_sifted_deinit(ms_bind_collected(L, SIFTED_META));
    return 0;
}

static void push_pids(lua_State *L, const struct ms_sifted *sifted)
{
    lua_createtable(L, (int)sifted->count, 0);
    for (size_t i = 0; i < sifted->count; i++) {
        lua_pushinteger(L, sifted->pids[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static void push_asked(lua_State *L, const struct ms_sifted *sifted)
{
    lua_newtable(L);
    for (size_t i = 0; i < sifted->count; i++) {
        if (sifted->asked[i] <= MS_ASKED_ALWAYS)
            continue;
        lua_pushinteger(L, sifted->asked[i]);
        lua_rawseti(L, -2, sifted->pids[i]);
    }
}

static int sift(lua_State *L)
{
    struct ms_verdicts *verdicts = check_verdicts(L, 1);
    struct ms_source *source = *ms_check_source(L, 2);
    const struct ms_sifted *among = lua_isnoneornil(L, 3) ? NULL : luaL_checkudata(L, 3, SIFTED_META);
    luaL_argcheck(L, ms_source_moment(source), 2, "not a moment of a recording");
    struct ms_sifted *sifted = lua_newuserdatauv(L, sizeof *sifted, 0);
    *sifted = (struct ms_sifted){0};
    luaL_setmetatable(L, SIFTED_META);
    if (ms_verdicts_sift(verdicts, source, among, sifted))
        return 0;
    push_pids(L, sifted);
    push_asked(L, sifted);
    lua_pushinteger(L, (lua_Integer)sifted->kernel);
    return 4;
}

static int learn(lua_State *L)
{
    ms_verdicts_learn(check_verdicts(L, 1), (uint32_t)luaL_checkinteger(L, 2), lua_toboolean(L, 3));
    return 0;
}

static int compare_pids(const void *a, const void *b)
{
    const pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;
    return (x > y) - (x < y);
}

static int has(lua_State *L)
{
    const struct ms_sifted *sifted = luaL_checkudata(L, 1, SIFTED_META);
    const lua_Integer number = luaL_checkinteger(L, 2);
    const pid_t pid = (pid_t)number;
    lua_pushboolean(L, sifted->out_count && number > 0 && number <= INT32_MAX &&
                           bsearch(&pid, sifted->out, sifted->out_count, sizeof pid, compare_pids));
    return 1;
}

static int length(lua_State *L)
{
    const struct ms_sifted *sifted = luaL_checkudata(L, 1, SIFTED_META);
    lua_pushinteger(L, (lua_Integer)sifted->out_count);
    return 1;
}

// sifted:pid(i)
static int pid_at(lua_State *L)
{
    const struct ms_sifted *sifted = luaL_checkudata(L, 1, SIFTED_META);
    const lua_Integer at = luaL_checkinteger(L, 2);
    luaL_argcheck(L, at >= 1 && (lua_Unsigned)at <= sifted->out_count, 2, "no such place");
    lua_pushinteger(L, sifted->out[at - 1]);
    return 1;
}

const luaL_Reg ms_verdicts_functions[] = {{"verdicts", create}, {NULL, NULL}};

void ms_open_verdicts(lua_State *L)
{
    static const luaL_Reg of_verdicts[] = {{"__gc", destroy}, {NULL, NULL}};
    static const luaL_Reg methods[] = {{"sift", sift}, {"learn", learn}, {NULL, NULL}};
    static const luaL_Reg of_sifted[] = {{"__gc", forget_sifted}, {"__len", length}, {NULL, NULL}};
    static const luaL_Reg methods_of_sifted[] = {{"has", has}, {"pid", pid_at}, {NULL, NULL}};
    ms_make_class(L, VERDICTS_META, of_verdicts, methods);
    ms_make_class(L, SIFTED_META, of_sifted, methods_of_sifted);
}
