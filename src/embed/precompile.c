// SPDX-License-Identifier: GPL-3.0-or-later
// Run at build time: writes the compiled-in Lua modules as bytecode, in a C file that defines what embed.h
// declares as ms_precompiled.
#include "embed/embed.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES_A_LINE = 24 };

static int write_bytes(lua_State *L, const void *data, size_t len, void *out)
{
    const unsigned char *bytes = data;
    (void)L;
    for (size_t i = 0; i < len; i++)
        fprintf(out, "%u,%s", bytes[i], i % BYTES_A_LINE == BYTES_A_LINE - 1 ? "\n" : "");
    return 0;
}

// Names of functions and lines stay in: messages are as they are of the text.
static void write_module(lua_State *L, size_t i, FILE *out)
{
    const struct ms_embedded *module = &ms_embedded[i];
    if (luaL_loadbufferx(L, module->text, module->len, module->chunk, "t") != LUA_OK) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        exit(EXIT_FAILURE);
    }
    fprintf(out, "static const unsigned char module_%zu[] = {\n", i);
    lua_dump(L, write_bytes, out, 0);
    fprintf(out, "};\n");
    lua_pop(L, 1);
}

int main(int argc, char **argv)
{
    FILE *out = argc == 2 ? fopen(argv[1], "w") : NULL;
    lua_State *L = luaL_newstate();
    if (!out || !L)
        return EXIT_FAILURE;
    fprintf(out, "// Made by precompile.c.\n#include \"embed/embed.h\"\n\n");
    for (size_t i = 0; i < ms_embedded_count; i++)
        write_module(L, i, out);
    fprintf(out, "\nconst struct ms_precompiled ms_precompiled[] = {\n");
    for (size_t i = 0; i < ms_embedded_count; i++)
        fprintf(out, "    {(const char *)module_%zu, sizeof module_%zu},\n", i, i);
    fprintf(out, "};\n\nconst char ms_precompiled_by[] = {");
    write_bytes(L, lua_ident, strlen(lua_ident), out);
    fprintf(out, "0};\n");
    lua_close(L);
    return fclose(out) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
