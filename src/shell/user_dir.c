// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/user_dir.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

// What does not exist yet will be ours.
static bool is_ours(const char *path)
{
    struct stat info;
    return stat(path, &info) != 0 || info.st_uid == geteuid();
}

const char *ms_user_distrust(void)
{
    struct stat info;
    const char *path = getenv("HOME");
    if (getauxval(AT_SECURE) || getuid() != geteuid() || getgid() != getegid())
        return "memsh has rights that its user has not";
    if (!path || path[0] != '/')
        return "HOME names no directory";
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) // of a system's user: it is not to be made
        return "HOME names no directory that is there";
    return is_ours(path) ? NULL : "HOME is somebody else's";
}

bool ms_user_is_trusted(void)
{
    return !ms_user_distrust();
}

char *ms_user_dir(const char *variable, const char *fallback, const char *name)
{
    char *path = NULL;
    const char *base = getenv(variable);
    if (!ms_user_is_trusted())
        return NULL;
    if (base && base[0] == '/' && !is_ours(base))
        return NULL;
    int made = base && base[0] == '/' ? asprintf(&path, "%s/%s", base, name)
                                      : asprintf(&path, "%s/%s/%s", getenv("HOME"), fallback, name);
    return made < 0 ? NULL : path;
}
