// SPDX-License-Identifier: GPL-3.0-or-later
// NUMA nodes of mappings for Lua.
#include "bind/bind.h"
#include "bind/handles.h"
#include "parse/parse.h"

// A table by address, on top of the stack when a line begins; that of the line is above it from then on.
static void add_node(void *ctx, uint64_t address, int node, uint64_t bytes)
{
    lua_State *L = ctx;
    if (node == MS_NO_NODE) {
        lua_settop(L, 3);
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_rawseti(L, 3, (lua_Integer)address);
        return;
    }
    lua_pushinteger(L, (lua_Integer)bytes);
    lua_rawseti(L, 4, node);
}

// core.numa_maps(source, text): the bytes on each node by the address of the mapping; nil, name for a text
// that makes no sense.
static int numa_maps(lua_State *L)
{
    struct ms_source *source = *ms_check_source(L, 1);
    const struct ms_text text = ms_check_text(L, 2);
    lua_settop(L, 2);
    lua_newtable(L);
    if (!ms_numa_maps_each(text, ms_source_page_size(source), add_node, L))
        return ms_push_reason(L, MS_MALFORMED);
    lua_settop(L, 3);
    return 1;
}

const luaL_Reg ms_numa_functions[] = {{"numa_maps", numa_maps}, {NULL, NULL}};
