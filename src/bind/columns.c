// SPDX-License-Identifier: GPL-3.0-or-later
// Many rows at once: their fields as columns, and the order of columns. A call for each row would cost more
// than what is asked of it.
#include "bind.h"
#include "handles.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 32, FIRST_COLUMN = 6 };

struct fields {
    enum ms_field at[COLUMNS];
    int count;
};

// Pushes the columns, and gives the fields that they are of.
static struct fields take_fields(lua_State *L, int ids, int columns)
{
    struct fields fields = {.count = (int)lua_rawlen(L, ids)};
    luaL_argcheck(L, fields.count <= COLUMNS, ids, "too many fields");
    luaL_checkstack(L, fields.count + 8, "too many fields");
    for (int i = 0; i < fields.count; i++) {
        lua_rawgeti(L, ids, i + 1);
        const lua_Integer id = luaL_checkinteger(L, -1);
        lua_pop(L, 1);
        luaL_argcheck(L, id >= 0 && id < MS_FIELD_COUNT, ids, "not a field id");
        fields.at[i] = (enum ms_field)id;
        luaL_argcheck(L, lua_rawgeti(L, columns, i + 1) == LUA_TTABLE, columns, "not a table");
    }
    return fields;
}

// Puts the fields of one row at `at`. Where one is not at hand or not known, the first column has none.
static void put_row(lua_State *L, const struct fields *fields, int first_column, lua_Integer at,
                    const struct ms_lua_mapping *mapping, const struct ms_lua_process *process)
{
    char scratch[MS_SCRATCH];
    struct ms_value value;
    for (int i = 0; i < fields->count; i++) {
        if (!ms_row_value(mapping, process, (int)fields->at[i], scratch, &value)) {
            lua_pushnil(L);
            lua_rawseti(L, first_column, at);
            return;
        }
        ms_push_known(L, value);
        lua_rawseti(L, first_column + i, at);
    }
}

// The row on top, which is a kept mapping of a process, or a process. `metas`: where their metatables are, to
// be compared: to look them up by name would take half of the time.
static const struct ms_lua_process *row_on_top(lua_State *L, int metas, const struct ms_lua_mapping **mapping)
{
    void *row = lua_touserdata(L, -1);
    *mapping = NULL;
    if (!row || !lua_getmetatable(L, -1))
        return NULL;
    const bool is_mapping = lua_rawequal(L, -1, metas), is_process = lua_rawequal(L, -1, metas + 1);
    lua_pop(L, 1);
    if (is_process)
        return row;
    *mapping = row;
    return is_mapping && !(*mapping)->listing ? (*mapping)->owner : NULL;
}

static int columns_of_rows(lua_State *L, const struct fields *fields, lua_Integer from, lua_Integer count)
{
    luaL_getmetatable(L, MS_MAPPING_META);
    luaL_getmetatable(L, MS_PROCESS_META);
    const int metas = lua_gettop(L) - 1;
    for (lua_Integer i = 0; i < count; i++) {
        const struct ms_lua_mapping *mapping;
        lua_rawgeti(L, 1, from + i);
        const struct ms_lua_process *process = row_on_top(L, metas, &mapping);
        luaL_argcheck(L, process, 1, "not rows of processes, or mappings that are kept");
        put_row(L, fields, FIRST_COLUMN, i + 1, mapping, process);
        lua_pop(L, 1);
    }
    return 0;
}

static int columns_of_listing(lua_State *L, const struct fields *fields, lua_Integer from, lua_Integer count)
{
    const struct ms_lua_listing *listing = lua_touserdata(L, 1);
    lua_getiuservalue(L, 1, 1);
    const struct ms_lua_process *process = lua_touserdata(L, -1);
    luaL_argcheck(L, from >= 1 && count >= 0 && (size_t)(from + count - 1) <= listing->listing.count, 3,
                  "no such mapping");
    for (lua_Integer i = 0; i < count; i++) {
        const struct ms_lua_mapping view = {.listing = &listing->listing, .index = (size_t)(from + i - 1)};
        put_row(L, fields, FIRST_COLUMN, i + 1, &view, process);
    }
    return 0;
}

// core.columns(rows, from, count, {id, ...}, {column, ...}): the fields of `count` rows into tables, one for
// each field, from 1 on. `rows` is an array of rows, or a listing. Where a field of a row is not at hand or
// not known, the first column has nil.
static int columns(lua_State *L)
{
    const bool is_listing = luaL_testudata(L, 1, MS_LISTING_META);
    const lua_Integer from = luaL_checkinteger(L, 2), count = luaL_checkinteger(L, 3);
    lua_settop(L, FIRST_COLUMN - 1);
    const struct fields fields = take_fields(L, 4, 5);
    return (is_listing ? columns_of_listing : columns_of_rows)(L, &fields, from, count);
}

// ---- order

enum type { NOTHING, INTEGERS, FLOATS, TEXTS, BOOLEANS };

// A column to sort by. Numbers become keys that compare as unsigned ones.
struct column {
    enum type type;
    bool descending;
    bool is_addr;
    struct key {
        union {
            uint64_t number;
            struct ms_text text;
        };
        bool missing;
    } * keys;
};

struct order {
    struct column columns[COLUMNS];
    int count;
};

static uint64_t key_of_float(double number)
{
    uint64_t bits;
    if (number != number) // what is not a number comes last
        return UINT64_MAX;
    number += 0.0; // of 0 there is one
    memcpy(&bits, &number, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

// False where it is of a type that is not ordered here.
static bool take_key(lua_State *L, struct column *column, struct key *key)
{
    enum type type = NOTHING;
    size_t len;
    switch (lua_type(L, -1)) {
    case LUA_TNUMBER:
        type = lua_isinteger(L, -1) ? INTEGERS : FLOATS;
        key->number = type == INTEGERS ? (uint64_t)lua_tointeger(L, -1) : key_of_float(lua_tonumber(L, -1));
        break;
    case LUA_TSTRING:
        type = TEXTS;
        key->text.data = lua_tolstring(L, -1, &len);
        key->text.len = len;
        break;
    case LUA_TBOOLEAN:
        type = BOOLEANS;
        key->number = (uint64_t)lua_toboolean(L, -1);
        break;
    default:
        key->missing = lua_isnil(L, -1) || ms_unknown_reason(L, -1);
        return key->missing;
    }
    if (column->type == NOTHING)
        column->type = type;
    return column->type == type;
}

static bool take_column(lua_State *L, int table, size_t count, struct column *column)
{
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, table, (lua_Integer)i + 1);
        const bool fits = take_key(L, column, &column->keys[i]);
        lua_pop(L, 1);
        if (!fits)
            return false;
    }
    for (size_t i = 0; column->type == INTEGERS && !column->is_addr && i < count; i++)
        column->keys[i].number ^= (uint64_t)1 << 63;
    return true;
}

static int compare_texts(struct ms_text a, struct ms_text b)
{
    const size_t len = a.len < b.len ? a.len : b.len;
    const int sign = len ? memcmp(a.data, b.data, len) : 0;
    return sign ? sign : (a.len > b.len) - (a.len < b.len);
}

static int compare_in(const struct column *column, uint32_t a, uint32_t b)
{
    const struct key *x = &column->keys[a], *y = &column->keys[b];
    if (x->missing || y->missing)
        return x->missing - y->missing;
    const int sign = column->type == TEXTS ? compare_texts(x->text, y->text)
                                           : (x->number > y->number) - (x->number < y->number);
    return column->descending ? -sign : sign;
}

static bool comes_behind(const struct order *order, uint32_t a, uint32_t b)
{
    for (int i = 0; i < order->count; i++) {
        const int sign = compare_in(&order->columns[i], a, b);
        if (sign)
            return sign > 0;
    }
    return false;
}

// Equal ones stay as they were.
static void merge_sort(const struct order *order, uint32_t *rows, uint32_t *other, size_t count)
{
    const size_t half = count / 2;
    if (count < 2)
        return;
    merge_sort(order, rows, other, half);
    merge_sort(order, rows + half, other, count - half);
    if (!comes_behind(order, rows[half - 1], rows[half]))
        return;
    memcpy(other, rows, half * sizeof *rows);
    size_t left = 0, right = half, at = 0;
    while (left < half && right < count)
        rows[at++] = comes_behind(order, other[left], rows[right]) ? rows[right++] : other[left++];
    memcpy(rows + at, other + left, (half - left) * sizeof *rows);
}

static bool flag_at(lua_State *L, int table, int index)
{
    lua_rawgeti(L, table, index);
    const bool flag = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return flag;
}

// core.order(count, {column, ...}, {descending, ...}, {is an address, ...}): the places of the rows in the
// order of these columns, the first before the second; unknown values and nil last. nil where a column has
// values of types that are not ordered here.
static int order_rows(lua_State *L)
{
    const size_t count = (size_t)luaL_checkinteger(L, 1);
    struct order order = {.count = (int)lua_rawlen(L, 2)};
    luaL_argcheck(L, count <= INT32_MAX, 1, "too many rows");
    luaL_argcheck(L, order.count <= COLUMNS, 2, "too many columns");
    luaL_checkstack(L, order.count + 8, "too many columns");
    bool fits = true;
    for (int i = 0; i < order.count && fits; i++) {
        struct column *column = &order.columns[i];
        *column = (struct column){.descending = flag_at(L, 3, i + 1), .is_addr = flag_at(L, 4, i + 1)};
        column->keys = lua_newuserdatauv(L, (count + 1) * sizeof *column->keys, 0);
        memset(column->keys, 0, (count + 1) * sizeof *column->keys);
        lua_rawgeti(L, 2, i + 1);
        luaL_checktype(L, -1, LUA_TTABLE);
        fits = take_column(L, lua_gettop(L), count, column);
        lua_pop(L, 1);
    }
    if (!fits)
        return 0;
    uint32_t *rows = lua_newuserdatauv(L, (2 * count + 1) * sizeof *rows, 0);
    for (size_t i = 0; i < count; i++)
        rows[i] = (uint32_t)i;
    merge_sort(&order, rows, rows + count, count);
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_pushinteger(L, (lua_Integer)rows[i] + 1);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static const luaL_Reg functions[] = {{"columns", columns}, {"order", order_rows}, {NULL, NULL}};

void ms_bind_columns(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
