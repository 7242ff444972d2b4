// SPDX-License-Identifier: GPL-3.0-or-later
// core.regex, core.glob, core.glob_check
#include "base/glob.h"
#include "base/reason.h"
#include "base/regex.h"
#include "bind/bind.h"

#define REGEX_META "memsh.regex"

// ---- regular expressions

enum { REGEX = 1, OPPOSITE, GIVEN_UP };

static int push_unknown(lua_State *L, enum ms_reason why)
{
    ms_push_unknown(L, (int)why, "match", 0);
    return 1;
}

// The first time calls given_up().
static int give_up(lua_State *L)
{
    if (lua_toboolean(L, lua_upvalueindex(GIVEN_UP))) {
        lua_pushvalue(L, lua_upvalueindex(GIVEN_UP));
        lua_pushnil(L);
        lua_replace(L, lua_upvalueindex(GIVEN_UP));
        lua_call(L, 0, 0);
    }
    return push_unknown(L, MS_BUDGET);
}

static int matches(lua_State *L)
{
    struct ms_regex **regex = lua_touserdata(L, lua_upvalueindex(REGEX));
    if (!regex || !*regex)
        return luaL_error(L, "this regular expression was collected");
    const enum ms_match_result found = ms_regex_match(*regex, ms_check_text(L, 1), ms_bind_stop(L));
    if (found == MS_MATCH_STOPPED)
        ms_bind_check_stop(L);
    if (found == MS_MATCH_NO_MEMORY)
        return push_unknown(L, MS_OUT_OF_MEMORY);
    if (found != MS_MATCH_YES && found != MS_MATCH_NO)
        return give_up(L);
    lua_pushboolean(L, (found == MS_MATCH_YES) != lua_toboolean(L, lua_upvalueindex(OPPOSITE)));
    return 1;
}

static int push_error(lua_State *L, const struct ms_match_error *error)
{
    lua_pushnil(L);
    lua_pushstring(L, error->message);
    lua_pushinteger(L, (lua_Integer)error->offset + 1);
    return 3;
}

// core.regex(pattern, opposite, given_up): a function(text) that gives true or false, unknown(budget) where
// the match was given up, and unknown(out_of_memory). given_up() is called the first time that one is given
// up. `opposite`: true where it does not match. nil, a message and the place of the byte for a pattern that
// is malformed.
static int l_regex(lua_State *L)
{
    const struct ms_text pattern = ms_check_text(L, 1);
    lua_settop(L, 3);
    struct ms_regex **regex = lua_newuserdatauv(L, sizeof(struct ms_regex *), 0);
    *regex = NULL;
    luaL_setmetatable(L, REGEX_META);
    struct ms_match_error error;
    *regex = ms_regex_new(pattern, true, &error);
    if (!*regex)
        return push_error(L, &error);
    lua_replace(L, 1);
    lua_pushcclosure(L, matches, GIVEN_UP);
    return 1;
}

static int free_regex(lua_State *L)
{
    struct ms_regex **regex = ms_bind_collected(L, REGEX_META);
    ms_regex_free(*regex);
    *regex = NULL;
    return 0;
}

// ---- globs

// Not luaL_error: it would put a place in front, and the caller is a compiled expression.
static int fail(lua_State *L, const char *why)
{
    lua_pushfstring(L, "glob '%s': %s", lua_tostring(L, 2), why);
    return lua_error(L);
}

static int l_glob(lua_State *L)
{
    const struct ms_text text = ms_check_text(L, 1);
    const struct ms_glob_limits limits = {ms_glob_budget(text), ms_bind_stop(L)};
    struct ms_match_error error = {.offset = 0};
    const enum ms_match_result found = ms_glob(text, ms_check_text(L, 2), &limits, &error);
    if (found == MS_MATCH_MALFORMED)
        return fail(L, error.message);
    if (found == MS_MATCH_COMPLEX)
        return fail(L, "takes too long on one of the texts; make it simpler");
    if (found == MS_MATCH_STOPPED)
        ms_bind_check_stop(L);
    lua_pushboolean(L, found == MS_MATCH_YES);
    return 1;
}

static int l_glob_check(lua_State *L)
{
    struct ms_match_error error;
    if (!ms_glob_check(ms_check_text(L, 1), &error))
        return push_error(L, &error);
    lua_pushboolean(L, true);
    return 1;
}

const luaL_Reg ms_match_functions[] = {
    {"regex", l_regex}, {"glob", l_glob}, {"glob_check", l_glob_check}, {NULL, NULL}};

void ms_open_match(lua_State *L)
{
    static const luaL_Reg meta[] = {{"__gc", free_regex}, {NULL, NULL}};
    ms_make_class(L, REGEX_META, meta, NULL);
}
