// SPDX-License-Identifier: GPL-3.0-or-later
#include "bind/rows.h"

struct ms_rows ms_rows_at(lua_State *L, int index)
{
    const struct ms_lua_listing *listing = luaL_testudata(L, index, MS_LISTING_META);
    struct ms_rows rows = {.index = index, .listing = listing ? &listing->listing : NULL};
    if (listing) {
        lua_getiuservalue(L, index, 1);
        rows.owner = lua_touserdata(L, -1);
        lua_pop(L, 1);
        return rows;
    }
    luaL_checktype(L, index, LUA_TTABLE);
    luaL_getmetatable(L, MS_MAPPING_META);
    luaL_getmetatable(L, MS_PROCESS_META);
    rows.mapping_meta = lua_topointer(L, -2);
    rows.process_meta = lua_topointer(L, -1);
    lua_pop(L, 2);
    return rows;
}

static bool take_from_array(lua_State *L, const struct ms_rows *rows, lua_Integer place, struct ms_row *row)
{
    lua_rawgeti(L, rows->index, place);
    const void *data = lua_touserdata(L, -1);
    const void *meta = data && lua_getmetatable(L, -1) ? lua_topointer(L, -1) : NULL;
    row->listing = NULL;
    row->kept = meta == rows->mapping_meta ? data : NULL;
    row->process = meta == rows->process_meta ? data : row->kept ? row->kept->owner : NULL;
    return data && row->process && !ms_lua_process_is_over(row->process) &&
           !(row->kept && row->kept->listing);
}

bool ms_rows_take(lua_State *L, const struct ms_rows *rows, lua_Integer place, struct ms_row *row)
{
    if (!rows->listing)
        return take_from_array(L, rows, place, row);
    *row = (struct ms_row){.listing = rows->listing, .process = rows->owner, .index = (size_t)(place - 1)};
    return place >= 1 && row->index < rows->listing->count;
}

bool ms_rows_value(const struct ms_row *row, enum ms_field field, char *scratch, struct ms_value *value)
{
    if (!row->listing)
        return ms_row_value(row->kept, row->process, (int)field, scratch, value);
    if (ms_fields[field].kind == MS_MAPPING && field != MS_FIELD_VMA_path) { // nothing else is ever doubtful
        *value = ms_listing_get(row->listing, row->index, field, scratch);
        return value->why == MS_KNOWN;
    }
    const struct ms_lua_mapping view = {.listing = row->listing, .index = row->index};
    return ms_row_value(&view, row->process, (int)field, scratch, value);
}
