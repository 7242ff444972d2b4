// SPDX-License-Identifier: GPL-3.0-or-later
// core.match, core.match_check, core.glob, core.glob_check
#include "base/match.h"
#include "base/glob.h"
#include "bind/bind.h"

#include <lauxlib.h>

typedef enum ms_match_result matcher(struct ms_text, struct ms_text, const struct ms_match_limits *,
                                     struct ms_match_error *);
typedef bool checker(struct ms_text, struct ms_match_error *);

static struct ms_text text_arg(lua_State *L, int index)
{
    struct ms_text text;
    text.data = luaL_checklstring(L, index, &text.len);
    return text;
}

// Not luaL_error: it would put a place in front, and the caller is a compiled expression.
static int fail(lua_State *L, const char *what, const char *why)
{
    lua_pushfstring(L, "%s '%s': %s", what, lua_tostring(L, 2), why);
    return lua_error(L);
}

static int run(lua_State *L, matcher *match, const char *what)
{
    struct ms_text text = text_arg(L, 1);
    struct ms_text pattern = text_arg(L, 2);
    struct ms_match_limits limits = {ms_match_budget(text), ms_bind_stop(L)};
    struct ms_match_error error = {"", 0};
    switch (match(text, pattern, &limits, &error)) {
    case MS_MATCH_YES:
        lua_pushboolean(L, true);
        return 1;
    case MS_MATCH_MALFORMED:
        return fail(L, what, error.message);
    case MS_MATCH_COMPLEX:
        return fail(L, what, "takes too long on one of the texts; make it simpler, or anchor it with ^");
    case MS_MATCH_STOPPED:
        ms_bind_check_stop(L);
        return fail(L, what, "interrupted");
    case MS_MATCH_NO:
        break;
    }
    lua_pushboolean(L, false);
    return 1;
}

static int check(lua_State *L, checker *is_sound)
{
    struct ms_match_error error;
    if (is_sound(text_arg(L, 1), &error)) {
        lua_pushboolean(L, true);
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, error.message);
    lua_pushinteger(L, (lua_Integer)error.offset + 1);
    return 3;
}

static int l_match(lua_State *L)
{
    return run(L, ms_match, "pattern");
}

static int l_match_check(lua_State *L)
{
    return check(L, ms_match_check);
}

static int l_glob(lua_State *L)
{
    return run(L, ms_glob, "glob");
}

static int l_glob_check(lua_State *L)
{
    return check(L, ms_glob_check);
}

void ms_bind_match(lua_State *L)
{
    static const luaL_Reg functions[] = {{"match", l_match},
                                         {"match_check", l_match_check},
                                         {"glob", l_glob},
                                         {"glob_check", l_glob_check},
                                         {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
