// SPDX-License-Identifier: GPL-3.0-or-later
// Sums of mappings by groups, made of whole listings.
#include "bind/bind.h"
#include "bind/handles.h"
#include "mappings/streaming_sums.h"

#define TALLY_META "memsh.tally"

struct ms_group_sums *ms_check_tally(lua_State *L, int index)
{
    return luaL_checkudata(L, index, TALLY_META);
}

static bool take_keys(lua_State *L, struct ms_group_sums *tally)
{
    const size_t count = ms_raw_len(L, 1);
    for (size_t i = 0; i < count && i < MS_TALLY_KEYS; i++) {
        tally->keys[i] = ms_check_field_id(L, 1, i + 1);
        if (!ms_group_sums_is_key(tally->keys[i]))
            return false;
    }
    tally->key_count = (unsigned)count;
    return count <= MS_TALLY_KEYS;
}

static bool take_sums(lua_State *L, struct ms_group_sums *tally)
{
    const size_t count = ms_raw_len(L, 2);
    for (size_t i = 0; i < count && i < MS_TALLY_SUMS; i++) {
        tally->sums[i] = ms_check_field_id(L, 2, i + 1);
        if (!ms_group_sums_is_sum(tally->sums[i]))
            return false;
        lua_rawgeti(L, 3, (lua_Integer)i + 1);
        tally->once[i] = lua_toboolean(L, -1);
        lua_pop(L, 1);
    }
    tally->sum_count = (unsigned)count;
    return count <= MS_TALLY_SUMS;
}

// core.tally({key, ...}, {summed, ...}, {once, ...} [, doubts]): ids of fields of mappings, and whether an
// address space counts once in a sum; `doubts`: listings with doubtful paths, if these are keys, are refused.
// nil if listings cannot answer it.
static int create(lua_State *L)
{
    for (int i = 1; i <= 3; i++)
        luaL_checktype(L, i, LUA_TTABLE);
    lua_settop(L, 4);
    struct ms_group_sums *tally = lua_newuserdatauv(L, sizeof *tally, 0);
    ms_group_sums_init(tally);
    tally->doubts = lua_toboolean(L, 4);
    luaL_setmetatable(L, TALLY_META);
    if (!take_keys(L, tally) || !take_sums(L, tally))
        lua_pushnil(L);
    return 1;
}

// tally:add(listing, number, again): adds the number-th listing, which may have been summed as it was read,
// if it was asked for with a tally like this one; `again`: its address space was counted. False where one of
// the numbers is unknown: nothing was added.
static int add(lua_State *L)
{
    struct ms_group_sums *tally = ms_check_tally(L, 1);
    const struct ms_lua_listing *handle = luaL_checkudata(L, 2, MS_LISTING_META);
    const struct ms_listing *listing = &handle->listing;
    const uint64_t number = (uint64_t)luaL_checkinteger(L, 3);
    const bool again = lua_toboolean(L, 4);
    const enum ms_reason why = ms_listing_is_summed(listing)
                                   ? ms_group_sums_merge(tally, &listing->sums->tally, number, again)
                                   : ms_group_sums_add(tally, listing, number, again);
    if (why == MS_OUT_OF_MEMORY)
        return luaL_error(L, "not enough memory");
    lua_pushboolean(L, why == MS_KNOWN);
    return 1;
}

static int count(lua_State *L)
{
    const struct ms_group_sums *tally = ms_check_tally(L, 1);
    lua_pushinteger(L, (lua_Integer)tally->count);
    return 1;
}

// tally:group(n): the number of the listing that it came from first, its mappings, its processes, its keys.
static int group(lua_State *L)
{
    const struct ms_group_sums *tally = ms_check_tally(L, 1);
    const lua_Integer index = luaL_checkinteger(L, 2);
    luaL_argcheck(L, index >= 1 && (size_t)index <= tally->count, 2, "no such group");
    const struct ms_summed_group *found = &tally->groups[index - 1];
    size_t at = 0;
    lua_pushinteger(L, (lua_Integer)found->first);
    lua_pushinteger(L, (lua_Integer)found->count);
    lua_pushinteger(L, (lua_Integer)found->processes);
    for (unsigned i = 0; i < tally->key_count; i++)
        ms_push_known(L, ms_group_sums_key(tally, (size_t)index - 1, i, &at));
    return 3 + (int)tally->key_count;
}

// tally:total(n, m): of the m-th sum of a group how many numbers were added, their sum (modulo 2^64, as Lua's
// integers are, and how often 2^64 is to be added to that), the least, the greatest.
static int total(lua_State *L)
{
    const struct ms_group_sums *tally = ms_check_tally(L, 1);
    const lua_Integer index = luaL_checkinteger(L, 2), which = luaL_checkinteger(L, 3);
    luaL_argcheck(L, index >= 1 && (size_t)index <= tally->count, 2, "no such group");
    luaL_argcheck(L, which >= 1 && which <= tally->sum_count, 3, "no such sum");
    const struct ms_group_total *sum =
        &tally->totals[(size_t)(index - 1) * tally->sum_count + (size_t)which - 1];
    lua_pushinteger(L, (lua_Integer)sum->count);
    lua_pushinteger(L, (lua_Integer)sum->sum);
    lua_pushinteger(L, (lua_Integer)(sum->high + (sum->sum > INT64_MAX)));
    lua_pushinteger(L, (lua_Integer)sum->min);
    lua_pushinteger(L, (lua_Integer)sum->max);
    return 5;
}

static int forget(lua_State *L)
{
    ms_group_sums_deinit(ms_bind_collected(L, TALLY_META));
    return 0;
}

const luaL_Reg ms_tally_functions[] = {{"tally", create}, {NULL, NULL}};

void ms_open_tally(lua_State *L)
{
    static const luaL_Reg meta[] = {{"__gc", forget}, {"__len", count}, {NULL, NULL}};
    static const luaL_Reg methods[] = {{"add", add}, {"group", group}, {"total", total}, {NULL, NULL}};
    ms_make_class(L, TALLY_META, meta, methods);
}
