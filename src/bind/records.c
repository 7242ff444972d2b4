// SPDX-License-Identifier: GPL-3.0-or-later
// The texts of a machine's files that are more than one value, as Lua tables.
#include "bind/records.h"

#include "base/reason.h"
#include "bind/bind.h"

#include <lauxlib.h>

static void push_one(lua_State *L, struct ms_text key, struct ms_text value)
{
    uint64_t number = 0;
    lua_pushlstring(L, key.data, key.len);
    if (value.len && value.data[0] == '"') {
        lua_pushlstring(L, value.data + 1, value.len - 1);
    } else if (value.len && value.data[0] == '?') {
        ms_text_u64((struct ms_text){value.data + 1, value.len - 1}, &number);
        ms_push_unknown(L, (int)number, lua_tostring(L, -1), 0);
    } else {
        ms_text_u64(value, &number);
        lua_pushinteger(L, (lua_Integer)number);
    }
    lua_rawset(L, -3);
}

void ms_push_records(lua_State *L, struct ms_text text)
{
    lua_Integer count = 0;
    lua_newtable(L);
    lua_pushnil(L); // the record that is being filled
    while (text.len) {
        struct ms_text line = ms_text_until(&text, '\n');
        struct ms_text key = ms_text_word(&line);
        if (ms_text_eq(key, MS_TEXT("="))) {
            lua_pop(L, 1);
            lua_newtable(L);
            lua_pushvalue(L, -1);
            lua_rawseti(L, -3, ++count);
        } else if (count) {
            push_one(L, key, ms_text_trim(line));
        }
    }
    lua_pop(L, 1);
}
