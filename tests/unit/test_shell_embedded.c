// SPDX-License-Identifier: GPL-3.0-or-later
// The Lua modules that are compiled in, as text and as bytecode.
#include "embed/embed.h"

#include <lauxlib.h>
#include <lualib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int add_bytes(lua_State *L, const void *data, size_t len, void *buffer)
{
    (void)L;
    luaL_addlstring(buffer, data, len);
    return 0;
}

// The bytecode of the function on top of the stack, in its place.
static void dump(lua_State *L)
{
    luaL_Buffer buffer;
    lua_State *other = luaL_newstate(); // the buffer lives on a stack of its own
    luaL_buffinit(other, &buffer);
    assert_int_equal(lua_dump(L, add_bytes, &buffer, 0), 0);
    luaL_pushresult(&buffer);
    size_t len;
    const char *bytes = lua_tolstring(other, -1, &len);
    lua_pop(L, 1);
    lua_pushlstring(L, bytes, len);
    lua_close(other);
}

static void bytecode_is_of_the_text(void **state)
{
    (void)state;
    if (!*ms_precompiled_by)
        skip();
    assert_string_equal(ms_precompiled_by, lua_ident);
    lua_State *L = luaL_newstate();
    for (size_t i = 0; i < ms_embedded_count; i++) {
        const struct ms_embedded *module = &ms_embedded[i];
        const struct ms_precompiled *made = &ms_precompiled[i];
        assert_int_equal(luaL_loadbufferx(L, made->code, made->len, module->chunk, "b"), LUA_OK);
        assert_int_equal(luaL_loadbufferx(L, module->text, module->len, module->chunk, "t"), LUA_OK);
        dump(L);
        size_t len;
        const char *bytes = lua_tolstring(L, -1, &len);
        assert_int_equal(len, made->len);
        assert_memory_equal(bytes, made->code, len);
        lua_settop(L, 0);
    }
    lua_close(L);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(bytecode_is_of_the_text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
