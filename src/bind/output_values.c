// SPDX-License-Identifier: GPL-3.0-or-later
// Values of Lua as cells, and as JSON.
#include "bind/output_p.h"

#include "base/reason.h"
#include "bind/bind.h"
#include "output/json_text.h"

#include <lauxlib.h>
#include <stdlib.h>

enum { MAX_DEPTH = 100 };

// The value at `index` as a cell, whose text belongs to Lua. False, and *out untouched, for a list and what
// no cell can show.
static bool plain_cell(lua_State *L, int index, struct ms_cell *out)
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
        if (!plain_cell(L, -1, &cell))
            luaL_error(L, "a cell is a number, a text, a list or unknown, not a %s", luaL_typename(L, -1));
        lua_pop(L, 1);
        return cell;
    }
    luaL_checkstack(L, 5, "too many lists in a row");
    size_t count = ms_raw_len(L, -1);
    struct ms_cell *items = lua_newuserdatauv(L, count * sizeof *items + 1, 0);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, -2, (lua_Integer)i + 1);
        if (!plain_cell(L, -1, &items[i]))
            luaL_error(L, "a list holds numbers and texts, not a %s", luaL_typename(L, -1));
        lua_pop(L, 1);
    }
    lua_remove(L, -2);
    cell = (struct ms_cell){.kind = MS_CELL_LIST, .list = {.items = items, .count = count}};
    return cell;
}

// ---- JSON

struct json {
    struct ms_buf *out;
    bool ascii;
    int depth;
};

static void add_value(lua_State *L, int index, struct json *json, bool *lossy);

struct member {
    struct ms_text name;
    lua_Integer key; // where the key itself is in the table of keys
};

static int compare_members(const void *left, const void *right)
{
    const struct member *a = left, *b = right;
    size_t len = a->name.len < b->name.len ? a->name.len : b->name.len;
    int order = len > 0 ? memcmp(a->name.data, b->name.data, len) : 0;
    return order ? order : (a->name.len > b->name.len) - (a->name.len < b->name.len);
}

// The members of the table at `table`, sorted; pushes their storage and the table of keys.
static struct member *push_members(lua_State *L, int table, size_t count)
{
    struct member *members = lua_newuserdatauv(L, count * sizeof *members + 1, 0);
    lua_createtable(L, (int)count, 0);
    int keys = lua_gettop(L);
    size_t i = 0;
    for (lua_pushnil(L); lua_next(L, table) && i < count; i++) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING && !lua_isinteger(L, -1))
            luaL_error(L, "JSON has no words for a key that is a %s", luaL_typename(L, -1));
        members[i].key = (lua_Integer)(2 * i + 1);
        lua_pushvalue(L, -1);
        lua_rawseti(L, keys, members[i].key);
        lua_pushvalue(L, -1);
        members[i].name.data = lua_tolstring(L, -1, &members[i].name.len);
        lua_rawseti(L, keys, members[i].key + 1);
    }
    qsort(members, count, sizeof *members, compare_members);
    for (i = 1; i < count; i++)
        if (ms_text_eq(members[i - 1].name, members[i].name))
            luaL_error(L, "JSON has one place for the keys %s and \"%s\"", members[i].name.data,
                       members[i].name.data);
    return members;
}

static bool has_member(const struct member *members, size_t count, struct ms_text stem, const char *suffix)
{
    size_t extra = strlen(suffix);
    for (size_t i = 0; i < count; i++)
        if (members[i].name.len == stem.len + extra &&
            memcmp(members[i].name.data, stem.data, stem.len) == 0 &&
            memcmp(members[i].name.data + stem.len, suffix, extra) == 0)
            return true;
    return false;
}

static void add_twin(lua_State *L, const struct json *json, struct ms_text name)
{
    struct ms_buf *out = json->out;
    struct ms_text bytes;
    bytes.data = lua_tolstring(L, -1, &bytes.len);
    ms_buf_adds(out, ", ");
    ms_json_string(out, name, json->ascii, NULL);
    out->len -= out->failed ? 0 : 1;
    ms_buf_adds(out, "_b64\": ");
    ms_json_base64(out, bytes);
}

// Adds "unknown": {...} if there are any, in the table at `table`.
static void add_reasons(lua_State *L, int table, int keys, const struct member *members, size_t count,
                        const struct json *json)
{
    struct ms_buf *out = json->out;
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, keys, members[i].key);
        lua_rawget(L, table);
        int reason = ms_unknown_reason(L, -1);
        lua_pop(L, 1);
        if (!reason)
            continue;
        ms_buf_adds(out, any ? ", " : ", \"unknown\": {");
        ms_json_string(out, members[i].name, json->ascii, NULL);
        ms_buf_addf(out, ": \"%s\"", ms_reason_name((enum ms_reason)reason));
        any = true;
    }
    if (any)
        ms_buf_addc(out, '}');
}

static void add_object(lua_State *L, int table, size_t count, struct json *json)
{
    struct ms_buf *out = json->out;
    struct member *members = push_members(L, table, count);
    int keys = lua_gettop(L);
    ms_buf_addc(out, '{');
    for (size_t i = 0; i < count; i++) {
        bool lossy = false;
        ms_buf_adds(out, i > 0 ? ", " : "");
        ms_json_string(out, members[i].name, json->ascii, NULL);
        ms_buf_adds(out, ": ");
        lua_rawgeti(L, keys, members[i].key);
        lua_rawget(L, table);
        add_value(L, lua_gettop(L), json, &lossy);
        if (lossy && !has_member(members, count, members[i].name, "_b64"))
            add_twin(L, json, members[i].name);
        lua_pop(L, 1);
    }
    if (!has_member(members, count, MS_TEXT("unknown"), ""))
        add_reasons(L, table, keys, members, count, json);
    ms_buf_addc(out, '}');
    lua_settop(L, keys - 2);
}

static void add_array(lua_State *L, int table, size_t count, struct json *json)
{
    struct ms_buf *out = json->out;
    ms_buf_addc(out, '[');
    for (size_t i = 1; i <= count; i++) {
        bool lossy;
        ms_buf_adds(out, i > 1 ? ", " : "");
        lua_rawgeti(L, table, (lua_Integer)i);
        add_value(L, lua_gettop(L), json, &lossy);
        lua_pop(L, 1);
    }
    ms_buf_addc(out, ']');
}

static void add_table(lua_State *L, int table, struct json *json)
{
    if (json->depth >= MAX_DEPTH)
        luaL_error(L, "too deep for JSON: a table that is in itself?");
    luaL_checkstack(L, 10, "JSON");
    ms_bind_check_stop(L);
    size_t count = 0, in_array = 0;
    lua_Integer length = (lua_Integer)lua_rawlen(L, table);
    for (lua_pushnil(L); lua_next(L, table); count++) {
        lua_pop(L, 1);
        in_array += lua_isinteger(L, -1) && lua_tointeger(L, -1) >= 1 && lua_tointeger(L, -1) <= length;
    }
    json->depth++;
    if (count > 0 && in_array == count && count == (size_t)length)
        add_array(L, table, count, json);
    else
        add_object(L, table, count, json);
    json->depth--;
}

static void add_value(lua_State *L, int index, struct json *json, bool *lossy)
{
    struct ms_cell cell;
    if (lua_istable(L, index))
        add_table(L, index, json);
    else if (plain_cell(L, index, &cell))
        ms_cell_json(json->out, &cell, MS_COLUMN_ANY, json->ascii, lossy);
    else
        luaL_error(L, "JSON has no words for a %s", luaL_typename(L, index));
}

void ms_json_value(lua_State *L, int index, bool ascii, struct ms_buf *out)
{
    struct json json = {.out = out, .ascii = ascii};
    bool lossy;
    add_value(L, lua_absindex(L, index), &json, &lossy);
    if (out->failed)
        luaL_error(L, "not enough memory");
}
