// SPDX-License-Identifier: GPL-3.0-or-later
// A value that is not known, and why. Arithmetic hands it on; ordering and concatenation raise, as an answer
// built on it would be made up. (== and truth can't be guarded in Lua: known() and why() are for that.)
#include "base/reason.h"
#include "bind/bind.h"
#include "bind/handles.h"

#include <string.h>

struct unknown {
    enum ms_reason why;
    int pid;
    unsigned long call; // the callback that read it; 0: nobody watches, or it was asked about
    char field[];
};

// What a callback did with the unknown values that it read.
struct watch {
    unsigned long call;
    unsigned open[MS_REASON_COUNT]; // read, and not handed to known() or why()
    bool refused;                   // an unknown was compared or concatenated
};

enum { LEVELS = 16 };

struct watches {
    unsigned long calls; // so far
    bool starved;        // something has been unknown because memory ran out
    bool shown;          // something that could have been read is unknown, and became a text
    int depth;           // callbacks that are running, one in the other
    int active;          // the one that what is read now counts for; 0: none
    struct watch at[LEVELS + 1];
};

static const char watches_key = 0;

static struct watches *watches_of(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &watches_key);
    struct watches *watches = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return watches;
}

static void watch_made(lua_State *L, struct unknown *unknown)
{
    struct watches *watches = watches_of(L);
    struct watch *watch = &watches->at[watches->active];
    unknown->call = watches->active ? watch->call : 0;
    if (unknown->call)
        watch->open[unknown->why]++;
}

// It was asked about: its reader knows that it is unknown.
static void watch_asked(lua_State *L, struct unknown *unknown)
{
    struct watches *watches = watches_of(L);
    for (int i = 1; unknown->call && i <= watches->depth; i++)
        if (watches->at[i].call == unknown->call)
            watches->at[i].open[unknown->why]--;
    unknown->call = 0;
}

void ms_bind_note_reason(lua_State *L, int reason)
{
    if (reason == MS_OUT_OF_MEMORY)
        watches_of(L)->starved = true;
}

bool ms_bind_is_starved(lua_State *L)
{
    return watches_of(L) && watches_of(L)->starved;
}

void ms_push_unknown(lua_State *L, int reason, const char *field, int pid)
{
    ms_bind_note_reason(L, reason);
    const size_t len = field ? strlen(field) : 0;
    struct unknown *unknown = lua_newuserdatauv(L, sizeof *unknown + len + 1, 0);
    unknown->why = (enum ms_reason)reason;
    unknown->pid = pid;
    memcpy(unknown->field, field ? field : "", len + 1);
    luaL_setmetatable(L, MS_UNKNOWN_META);
    watch_made(L, unknown);
}

int ms_unknown_reason(lua_State *L, int index)
{
    const struct unknown *unknown =
        lua_touserdata(L, index) ? luaL_testudata(L, index, MS_UNKNOWN_META) : NULL;
    return unknown ? (int)unknown->why : 0;
}

static int arithmetic(lua_State *L)
{
    lua_settop(L, 2);
    lua_pushvalue(L, ms_unknown_reason(L, 1) ? 1 : 2);
    return 1;
}

// "pss of process 12 is unknown (denied: no permission to read it)"
static int refuse(lua_State *L)
{
    const struct unknown *unknown = lua_touserdata(L, ms_unknown_reason(L, 1) ? 1 : 2);
    struct watches *watches = watches_of(L);
    watches->at[watches->active].refused = true;
    luaL_where(L, 1);
    lua_pushstring(L, unknown->field[0] ? unknown->field : "a value");
    if (unknown->pid)
        lua_pushfstring(L, " of process %d", unknown->pid);
    else
        lua_pushliteral(L, "");
    lua_pushfstring(L, " is unknown (%s: %s); known(v), why(v) and p:get(\"field\", default) ask first",
                    ms_reason_name(unknown->why), ms_reason_text(unknown->why));
    lua_concat(L, 4);
    return lua_error(L);
}

// Whether it was there to be read.
static bool is_missed(enum ms_reason why)
{
    return why != MS_GONE && why != MS_NO_MEMORY && why != MS_UNSUPPORTED && why != MS_NOT_RECORDED;
}

static int to_string(lua_State *L)
{
    const enum ms_reason why = (enum ms_reason)ms_unknown_reason(L, 1);
    watches_of(L)->shown |= is_missed(why);
    lua_pushfstring(L, "unknown (%s)", ms_reason_name(why));
    return 1;
}

// core.has_shown(): whether a value that could not be read became a text, as by print.
static int has_shown(lua_State *L)
{
    lua_pushboolean(L, watches_of(L)->shown);
    return 1;
}

static int index_unknown(lua_State *L)
{
    const struct unknown *unknown = lua_touserdata(L, 1);
    const char *key = luaL_checkstring(L, 2);
    if (strcmp(key, "reason") == 0)
        lua_pushstring(L, ms_reason_name(unknown->why));
    else if (strcmp(key, "field") == 0)
        lua_pushstring(L, unknown->field);
    else if (strcmp(key, "pid") == 0)
        lua_pushinteger(L, unknown->pid);
    else
        return refuse(L);
    return 1;
}

// core.known(v): false for an unknown value, true for anything else, nil included.
static int known(lua_State *L)
{
    luaL_checkany(L, 1);
    const bool is_known = ms_unknown_reason(L, 1) == 0;
    if (!is_known)
        watch_asked(L, lua_touserdata(L, 1));
    lua_pushboolean(L, is_known);
    return 1;
}

static int is_unknown(lua_State *L)
{
    lua_pushboolean(L, ms_unknown_reason(L, 1) != 0);
    return 1;
}

// core.why(v): the name of the reason, nil for a known value.
static int why(lua_State *L)
{
    luaL_checkany(L, 1);
    const int reason = ms_unknown_reason(L, 1);
    if (!reason)
        return 0;
    watch_asked(L, lua_touserdata(L, 1));
    lua_pushstring(L, ms_reason_name((enum ms_reason)reason));
    return 1;
}

static int reason_named(lua_State *L, const char *name)
{
    for (int i = 1; i < MS_REASON_COUNT; i++)
        if (strcmp(ms_reason_name((enum ms_reason)i), name) == 0)
            return i;
    return luaL_argerror(L, 1, "not a reason");
}

// core.unknown(reason [, field [, pid]])
static int make_unknown(lua_State *L)
{
    ms_push_unknown(L, reason_named(L, luaL_checkstring(L, 1)), luaL_optstring(L, 2, NULL),
                    (int)luaL_optinteger(L, 3, 0));
    return 1;
}

// The first reason of those that the callback met and did not ask about, 0 for none.
static int left_open(const struct watch *watch)
{
    for (int i = 1; i < MS_REASON_COUNT; i++)
        if (watch->open[i])
            return i;
    return 0;
}

// The error of a callback, and at which row.
static int raise_at_row(lua_State *L)
{
    const char *message = lua_tostring(L, -1);
    if (message && strstr(message, "interrupted!") == NULL) {
        luaL_tolstring(L, 2, NULL);
        lua_pushfstring(L, "%s (in a function, at %s)", message, lua_tostring(L, -1));
    }
    return lua_error(L);
}

// core.call(f, row): what f(row) gives, and the name of a reason if it read an unknown value of that kind
// without handing it to known(), why() or get(), or failed because it compared one.
static int call(lua_State *L)
{
    struct watches *watches = watches_of(L);
    lua_settop(L, 2);
    if (watches->depth == LEVELS) {
        lua_pushliteral(L, "queries are nested too deeply in functions");
        return lua_error(L);
    }
    const int before = watches->active;
    watches->active = ++watches->depth;
    struct watch *watch = &watches->at[watches->active];
    *watch = (struct watch){.call = ++watches->calls};
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    const int status = lua_pcall(L, 1, 1, 0);
    watches->depth--;
    watches->active = before;
    const int reason = left_open(watch);
    if (status != LUA_OK && !(watch->refused && reason))
        return raise_at_row(L);
    if (status != LUA_OK) {
        lua_pop(L, 1);
        lua_pushnil(L);
    }
    lua_pushstring(L, reason ? ms_reason_name((enum ms_reason)reason) : NULL);
    return 2;
}

// core.quietly(f, value): f(value), as something that the callback does not see: of the unknown values that
// are read for it only the one that it gives counts.
static int quietly(lua_State *L)
{
    struct watches *watches = watches_of(L);
    const int before = watches->active;
    lua_settop(L, 2);
    watches->active = 0;
    const int status = lua_pcall(L, 1, 1, 0);
    watches->active = before;
    if (status != LUA_OK)
        return lua_error(L);
    if (ms_unknown_reason(L, -1))
        watch_made(L, lua_touserdata(L, -1));
    return 1;
}

// core.is_watched(): whether a callback is running.
static int is_watched(lua_State *L)
{
    lua_pushboolean(L, watches_of(L)->active != 0);
    return 1;
}

// core.note_reason(name): something that was asked for is unknown for this reason.
static int note_reason(lua_State *L)
{
    ms_bind_note_reason(L, reason_named(L, luaL_checkstring(L, 1)));
    return 0;
}

// core.reasons(): the names of all of them.
static int reasons(lua_State *L)
{
    lua_createtable(L, MS_REASON_COUNT - 1, 0);
    for (int i = 1; i < MS_REASON_COUNT; i++) {
        lua_pushstring(L, ms_reason_name((enum ms_reason)i));
        lua_rawseti(L, -2, i);
    }
    return 1;
}

// core.reason_text(name): one clause for people.
static int reason_text(lua_State *L)
{
    lua_pushstring(L, ms_reason_text((enum ms_reason)reason_named(L, luaL_checkstring(L, 1))));
    return 1;
}

static const luaL_Reg metamethods[] = {
    {"__add", arithmetic},  {"__sub", arithmetic},     {"__mul", arithmetic},  {"__div", arithmetic},
    {"__idiv", arithmetic}, {"__mod", arithmetic},     {"__pow", arithmetic},  {"__unm", arithmetic},
    {"__band", arithmetic}, {"__bor", arithmetic},     {"__bxor", arithmetic}, {"__bnot", arithmetic},
    {"__shl", arithmetic},  {"__shr", arithmetic},     {"__lt", refuse},       {"__le", refuse},
    {"__concat", refuse},   {"__len", refuse},         {"__call", refuse},     {"__index", index_unknown},
    {"__newindex", refuse}, {"__tostring", to_string}, {NULL, NULL},
};

const luaL_Reg ms_unknown_functions[] = {
    {"known", known},
    {"is_unknown", is_unknown},
    {"why", why},
    {"unknown", make_unknown},
    {"reasons", reasons},
    {"reason_text", reason_text},
    {"call", call},
    {"quietly", quietly},
    {"is_watched", is_watched},
    {"note_reason", note_reason},
    {"has_shown", has_shown},
    {NULL, NULL},
};

void ms_open_unknown(lua_State *L)
{
    ms_make_class(L, MS_UNKNOWN_META, metamethods, NULL);
    *(struct watches *)lua_newuserdatauv(L, sizeof(struct watches), 0) = (struct watches){0};
    lua_rawsetp(L, LUA_REGISTRYINDEX, &watches_key);
}
