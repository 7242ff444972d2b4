// SPDX-License-Identifier: GPL-3.0-or-later
// To be preloaded: allocation FAIL_AT of the program fails, with FAIL_FOREVER all after it do, too. How many
// there were is written to the file FAIL_COUNT when it ends. With FAIL_NOT_LUA those of Lua's library do not
// count: where one of them fails Lua collects its garbage and asks again.
#define _GNU_SOURCE // dl_iterate_phdr
#include <stdbool.h>
#include <stdint.h>

static uintptr_t lua_start, lua_end;

static bool is_counted(const void *caller)
{
    return (uintptr_t)caller < lua_start || (uintptr_t)caller >= lua_end;
}
#define MAY_FAIL is_counted
#include "failing_malloc.h"

#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int find_lua(struct dl_phdr_info *info, size_t size, void *ctx)
{
    (void)size, (void)ctx;
    for (int i = 0; strstr(info->dlpi_name, "/liblua") && i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_X) {
            lua_start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            lua_end = lua_start + info->dlpi_phdr[i].p_memsz;
        }
    return 0;
}

__attribute__((constructor)) static void arm(void)
{
    const char *at = getenv("FAIL_AT");
    if (getenv("FAIL_NOT_LUA"))
        dl_iterate_phdr(find_lua, NULL);
    failure_lasts = getenv("FAIL_FOREVER") != NULL;
    until_failure = at ? atol(at) : -1;
}

__attribute__((destructor)) static void write_count(void)
{
    const char *path = getenv("FAIL_COUNT");
    const int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
    if (fd >= 0)
        dprintf(fd, "%ld\n", atol(getenv("FAIL_AT")) - until_failure);
}
