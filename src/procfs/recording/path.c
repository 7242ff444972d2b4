// SPDX-License-Identifier: GPL-3.0-or-later
#include "recording/path.h"

#include "recording/piece.h"

#include <stdio.h>

static bool starts(const char *path, const char *with)
{
    return strncmp(path, with, strlen(with)) == 0;
}

static struct ms_place place_of_machine(const char *path)
{
    const char *kind = starts(path, ".machine/cgroup/") ? MS_KIND_CGROUP
                       : starts(path, ".machine/sys/")  ? MS_KIND_SYS
                                                        : MS_KIND_MACHINE;
    return (struct ms_place){.kind = kind, .key = ms_text_of(path)};
}

// Takes a number and the slash after it off the front. 0: there is none.
static uint32_t take_number(const char **path)
{
    const size_t len = strspn(*path, "0123456789");
    uint64_t number;
    if ((*path)[len] != '/' || **path == '0' || !ms_text_u64((struct ms_text){*path, len}, &number) ||
        number > INT32_MAX)
        return 0;
    *path += len + 1;
    return (uint32_t)number;
}

struct ms_place ms_place_of_path(const char *path, char key[MS_PLACE_KEY])
{
    const char *rest = path;
    const uint32_t pid = take_number(&rest);
    if (!pid || !*rest)
        return place_of_machine(path);
    const char *below = starts(rest, "task/") ? rest + strlen("task/") : rest;
    const uint32_t thread = below == rest ? 0 : take_number(&below);
    if (!thread || !*below)
        return (struct ms_place){rest, ms_piece_number(pid, 0), {path, (size_t)(rest - path) - 1}};
    const int len = snprintf(key, MS_PLACE_KEY, "%u/%u", pid, thread);
    return (struct ms_place){below, ms_piece_number(pid, thread), {key, (size_t)len}};
}

bool ms_place_path(const char *kind, uint64_t number, struct ms_text key, struct ms_buf *path)
{
    if (!number) {
        ms_buf_add(path, key.data, key.len);
    } else {
        ms_buf_addf(path, "%u/", (unsigned)(number >> 32));
        if ((uint32_t)number)
            ms_buf_addf(path, "task/%u/", (unsigned)(uint32_t)number);
        ms_buf_adds(path, kind);
    }
    ms_buf_addc(path, '\0');
    return !path->failed;
}
