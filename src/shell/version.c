// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/version.h"

#include "bind/bind.h"
#include "confine/confine.h"
#include "shell/modules.h"

#include <errno.h>
#include <readline/readline.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

// Without /proc, or a part of it, that is all there is to say; without memory it is not.
static bool lacks_memory(lua_State *L, int status)
{
    const char *message = lua_tostring(L, -1);
    const char *word = status == LUA_OK ? strerror(ENOMEM) : "memory";
    return status == LUA_ERRMEM || (message && strstr(message, word)) || ms_bind_is_starved(L);
}

bool ms_version_print(lua_State *L, FILE *out)
{
    struct utsname kernel;
    char confinement[MS_CONFINE_TEXT_MAX];
    fprintf(out, "memsh %s\n%s\nreadline %s\n", MEMSH_VERSION, LUA_RELEASE, rl_library_version);
    if (uname(&kernel) == 0)
        fprintf(out, "%s %s\n", kernel.sysname, kernel.release);
    else
        fprintf(out, "the kernel's release is not known: %s\n", strerror(errno));
    ms_confine_describe(confinement);
    fprintf(out, "%s\n", confinement);
    ms_modules_push_function(L, "memsh.help.missing_fields", "text");
    lua_pushinteger(L, getpid());
    const int status = lua_pcall(L, 1, 1, 0);
    const bool starved = lacks_memory(L, status);
    if (status == LUA_OK && !starved && lua_rawlen(L, -1) > 0)
        fprintf(out, "%s\n", lua_tostring(L, -1));
    lua_pop(L, 1);
    return !starved;
}
