// SPDX-License-Identifier: GPL-3.0-or-later
// Many rows at once: their fields as columns, and the order of columns. A call for each row would cost more
// than what is asked of it.
#include "bind/bind.h"
#include "bind/handles.h"
#include "bind/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 32, BLOCK = 64, FIRST_COLUMN = 6 };

struct fields {
    enum ms_field at[COLUMNS];
    int count;
};

// Rows that are taken together: first which they are, then field by field.
struct block {
    struct ms_row rows[BLOCK];
    int count;
    lua_Integer at;   // the place of the first in the columns
    uint64_t missing; // rows of which a field is not at hand or not known, a bit each
};

// Pushes the columns, and gives the fields that they are of.
static struct fields take_fields(lua_State *L, int ids, int columns)
{
    struct fields fields = {.count = (int)lua_rawlen(L, ids)};
    luaL_argcheck(L, fields.count <= COLUMNS, ids, "too many fields");
    luaL_checkstack(L, fields.count + 2 * BLOCK + 8, "too many fields");
    for (int i = 0; i < fields.count; i++) {
        fields.at[i] = ms_check_field_id(L, ids, (size_t)i + 1);
        luaL_argcheck(L, lua_rawgeti(L, columns, i + 1) == LUA_TTABLE, columns, "not a table");
    }
    return fields;
}

// Whether it is the text that was pushed last: neighbours have one name, and making a string of it is dear.
static bool is_same_text(const struct ms_value *value, const struct ms_value *last, const char *scratch)
{
    return value->unit == MS_UNIT_PATH && last->unit == MS_UNIT_PATH && value->text.data != scratch &&
           value->text.data == last->text.data && value->text.len == last->text.len;
}

static void put_values(lua_State *L, struct block *block, enum ms_field field, int column)
{
    char scratch[MS_SCRATCH];
    struct ms_value value = {0}, last = {0};
    bool known = false;
    lua_pushnil(L);
    for (int i = 0; i < block->count; i++) {
        const struct ms_row *row = &block->rows[i];
        if (i == 0 || ms_fields[field].kind != MS_PROCESS || row->process != row[-1].process) {
            known = ms_rows_value(row, field, scratch, &value);
            if (known && !is_same_text(&value, &last, scratch)) {
                lua_pop(L, 1);
                ms_push_known(L, value);
                last = value;
            }
        }
        if (!known) {
            block->missing |= (uint64_t)1 << i;
            continue;
        }
        lua_pushvalue(L, -1);
        lua_rawseti(L, column, block->at + i);
    }
    lua_pop(L, 1);
}

// The same for a counter of mappings that are kept, of which most questions are.
static void put_counters(lua_State *L, struct block *block, enum ms_field field, int column)
{
    for (int i = 0; i < block->count; i++) {
        const struct ms_lua_mapping *kept = block->rows[i].kept;
        uint64_t number;
        if (kept && ms_packed_number(kept->owner->strings, &kept->kept, field, &number)) {
            lua_pushinteger(L, (lua_Integer)number);
            lua_rawseti(L, column, block->at + i);
        } else {
            block->missing |= (uint64_t)1 << i;
        }
    }
}

// Gives whether some of its rows are not known.
static bool put_block(lua_State *L, const struct fields *fields, struct block *block)
{
    const bool in_listing = block->count && block->rows[0].listing;
    for (int i = 0; i < fields->count; i++) {
        if (ms_listing_is_counter(fields->at[i]) && !in_listing)
            put_counters(L, block, fields->at[i], FIRST_COLUMN + i);
        else
            put_values(L, block, fields->at[i], FIRST_COLUMN + i);
    }
    const bool doubt = block->missing != 0;
    for (; block->missing; block->missing &= block->missing - 1)
        for (int i = 0; i < fields->count; i++) {
            lua_pushnil(L);
            lua_rawseti(L, FIRST_COLUMN + i, block->at + __builtin_ctzll(block->missing));
        }
    return doubt;
}

// core.columns(rows, places, count, {id, ...}, {column, ...}): the fields of `count` rows into tables, one
// for each field, from 1 on. `rows` is an array of rows, or a listing; `places` is the place of the first of
// them there, or an array of the places of all. If one field of a row is not at hand or not known, all of the
// row are nil. Gives whether there is such a row.
static int columns(lua_State *L)
{
    const bool has_places = lua_istable(L, 2);
    const lua_Integer from = has_places ? 0 : luaL_checkinteger(L, 2), count = luaL_checkinteger(L, 3);
    lua_settop(L, FIRST_COLUMN - 1);
    const struct ms_rows rows = ms_rows_at(L, 1);
    const struct fields fields = take_fields(L, 4, 5);
    const int top = lua_gettop(L);
    bool doubt = false;
    for (lua_Integer done = 0; done < count; done += BLOCK) {
        struct block block = {.at = done + 1};
        for (; block.count < BLOCK && done + block.count < count; block.count++) {
            lua_Integer place = from + done + block.count;
            if (has_places) {
                lua_rawgeti(L, 2, block.at + block.count);
                place = lua_tointeger(L, -1);
                lua_pop(L, 1);
            }
            luaL_argcheck(L, ms_rows_take(L, &rows, place, &block.rows[block.count]), 1,
                          "not rows of processes, or mappings that are kept");
        }
        lua_settop(L, top);
        doubt = put_block(L, &fields, &block) || doubt;
    }
    lua_pushboolean(L, doubt);
    return 1;
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
        key->missing = type == FLOATS && isnan(lua_tonumber(L, -1));
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

static bool comes_after(const struct order *order, uint32_t a, uint32_t b)
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
    if (!comes_after(order, rows[half - 1], rows[half]))
        return;
    memcpy(other, rows, half * sizeof *rows);
    size_t left = 0, right = half, at = 0;
    while (left < half && right < count)
        rows[at++] = comes_after(order, other[left], rows[right]) ? rows[right++] : other[left++];
    memcpy(rows + at, other + left, (half - left) * sizeof *rows);
}

static bool flag_at(lua_State *L, int table, int index)
{
    lua_rawgeti(L, table, index);
    const bool flag = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return flag;
}

// core.order(count, {column, ...}, {descending, ...}, {is an address, ...} [, most]): the places of the rows
// in the order of these columns, the first before the second; unknown values, nil and 0/0 last. `most`: of so
// many rows at most. nil where a column has values of types that are not ordered here.
static int order_rows(lua_State *L)
{
    const size_t count = (size_t)luaL_checkinteger(L, 1);
    const lua_Integer most = luaL_optinteger(L, 5, (lua_Integer)count);
    for (int i = 2; i <= 4; i++)
        luaL_checktype(L, i, LUA_TTABLE);
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
    const size_t shown = most >= 0 && (size_t)most < count ? (size_t)most : count;
    lua_createtable(L, (int)shown, 0);
    for (size_t i = 0; i < shown; i++) {
        lua_pushinteger(L, (lua_Integer)rows[i] + 1);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

const luaL_Reg ms_columns_functions[] = {{"columns", columns}, {"order", order_rows}, {NULL, NULL}};
