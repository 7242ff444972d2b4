// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/version.h"

#include "shell/modules.h"

#include <readline/readline.h>
#include <sys/utsname.h>
#include <unistd.h>

void ms_version_print(lua_State *L, FILE *out)
{
    struct utsname kernel;
    fprintf(out, "memsh %s\n%s\nreadline %s\n", MEMSH_VERSION, LUA_RELEASE, rl_library_version);
    if (uname(&kernel) == 0)
        fprintf(out, "%s %s\n", kernel.sysname, kernel.release);
    ms_modules_push_function(L, "memsh.help.missing_fields", "text");
    lua_pushinteger(L, getpid());
    if (lua_pcall(L, 1, 1, 0) == LUA_OK && lua_rawlen(L, -1) > 0)
        fprintf(out, "%s\n", lua_tostring(L, -1));
    lua_pop(L, 1);
}
