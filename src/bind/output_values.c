// SPDX-License-Identifier: GPL-3.0-or-later
#include "bind/output_p.h"

#include "bind/bind.h"

#include <lauxlib.h>

bool ms_plain_cell(lua_State *L, int index, struct ms_cell *out)
{
    struct ms_cell cell = {.kind = MS_CELL_EMPTY};
    switch (lua_type(L, index)) {
    case LUA_TNIL:
        break;
    case LUA_TBOOLEAN:
        cell.kind = MS_CELL_BOOLEAN;
        cell.boolean = lua_toboolean(L, index);
        break;
    case LUA_TNUMBER:
        cell.kind = lua_isinteger(L, index) ? MS_CELL_INTEGER : MS_CELL_NUMBER;
        if (cell.kind == MS_CELL_INTEGER)
            cell.integer = lua_tointeger(L, index);
        else
            cell.number = lua_tonumber(L, index);
        break;
    case LUA_TSTRING:
        cell.kind = MS_CELL_TEXT;
        cell.text.data = lua_tolstring(L, index, &cell.text.len);
        break;
    default:
        cell.kind = MS_CELL_UNKNOWN;
        cell.reason = (enum ms_reason)ms_unknown_reason(L, index);
        if (cell.reason == MS_KNOWN)
            return false;
    }
    *out = cell;
    return true;
}

struct ms_cell ms_to_cell(lua_State *L)
{
    struct ms_cell cell;
    if (!lua_istable(L, -1)) {
        if (!ms_plain_cell(L, -1, &cell))
            luaL_error(L, "a cell is a number, a text, a list or unknown, not a %s", luaL_typename(L, -1));
        lua_pop(L, 1);
        return cell;
    }
    luaL_checkstack(L, 5, "too many lists in a row");
    size_t count = lua_rawlen(L, -1);
    struct ms_cell *items = lua_newuserdatauv(L, count * sizeof *items + 1, 0);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, -2, (lua_Integer)i + 1);
        if (!ms_plain_cell(L, -1, &items[i]))
            luaL_error(L, "a list holds numbers and texts, not a %s", luaL_typename(L, -1));
        lua_pop(L, 1);
    }
    lua_remove(L, -2);
    cell = (struct ms_cell){.kind = MS_CELL_LIST, .list = {.items = items, .count = count}};
    return cell;
}
