// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/version.h"

#include <lua.h>
#include <readline/readline.h>
#include <sys/utsname.h>

void ms_version_print(FILE *out)
{
    struct utsname kernel;
    fprintf(out, "memsh %s\n%s\nreadline %s\n", MEMSH_VERSION, LUA_RELEASE, rl_library_version);
    if (uname(&kernel) == 0)
        fprintf(out, "%s %s\n", kernel.sysname, kernel.release);
}
