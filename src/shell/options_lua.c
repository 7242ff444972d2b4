// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/options_lua.h"

#include "shell/options.h"

static void set_string(lua_State *L, const char *key, const char *value)
{
    lua_pushstring(L, value); // nil for NULL
    lua_setfield(L, -2, key);
}

static void push_row(lua_State *L, const struct ms_option *row)
{
    const char letter[2] = {row->letter, '\0'};
    lua_createtable(L, 0, 5);
    set_string(L, "short", row->letter ? letter : NULL);
    set_string(L, "long", row->name);
    set_string(L, "argument", row->argument);
    set_string(L, "help", row->help);
    set_string(L, "words", ms_option_words((enum ms_option_id)(row - ms_option_table)));
}

int ms_options_open(lua_State *L)
{
    lua_createtable(L, 0, 2);
    set_string(L, "version", MEMSH_VERSION);
    lua_createtable(L, MS_OPTION_COUNT, 0);
    for (int i = 0; i < MS_OPTION_COUNT; i++) {
        push_row(L, &ms_option_table[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "options");
    return 1;
}
