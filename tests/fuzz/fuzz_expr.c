// SPDX-License-Identifier: GPL-3.0-or-later
// Any text as a condition, a list of columns and a sort key: it compiles, or it is refused with a message
// that points at it. The first byte of the input chooses which.
#include <lauxlib.h>
#include <lualib.h>
#include <stdint.h>
#include <stdlib.h>

#include "shell/modules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Gives nil, or what is wrong with how the text was taken.
static const char driver[] =
    "local expr, schema, core = require 'memsh.expr.expr', require 'memsh.fields.schema', require "
    "'memsh.core'\n"
    "local row = core.source():process(1)\n"
    "local ways = {\n"
    "  function(text) return expr.predicate(text, schema.process) end,\n"
    "  function(text) return expr.compile(text, schema.mapping) end,\n"
    "  function(text) return expr.list(text, schema.process, nil, { signs = true }) end,\n"
    "  function(text) return expr.list(text, schema.mapping, nil, { names = true, shares = true }) end,\n"
    "}\n"
    "return function(way, text)\n"
    "  local ok, made = pcall(ways[way % #ways + 1], text)\n"
    "  if not ok then\n"
    "    if type(made) ~= 'string' then return 'an error that is no text' end\n"
    "    if made:find '^lua/memsh/' then return made end -- raised by Lua, not by memsh\n"
    "    return nil\n"
    "  end\n"
    "  if way % #ways ~= 0 then return nil end\n"
    "  local answered, value = pcall(made, row)\n"
    "  if not answered and not value:find 'pattern' then return value end\n"
    "end\n";

static lua_State *open_state(void)
{
    lua_State *L = luaL_newstate();
    if (!L)
        abort();
    luaL_openlibs(L);
    ms_modules_open(L, NULL);
    if (luaL_loadbufferx(L, driver, sizeof driver - 1, "=driver", "t") || lua_pcall(L, 0, 1, 0)) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        abort();
    }
    return L;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lua_State *L;
    if (!L)
        L = open_state();
    if (size < 1)
        return 0;
    lua_pushvalue(L, 1);
    lua_pushinteger(L, data[0]);
    lua_pushlstring(L, (const char *)data + 1, size - 1);
    if (lua_pcall(L, 2, 1, 0) || !lua_isnil(L, -1)) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        abort();
    }
    lua_settop(L, 1);
    return 0;
}
