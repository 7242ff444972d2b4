// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/open_no_links.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

static int open_part(int at, const char *name, size_t len, int flags)
{
    char part[NAME_MAX + 1];
    if (len > NAME_MAX || (len == 2 && memcmp(name, "..", len) == 0)) {
        errno = len > NAME_MAX ? ENAMETOOLONG : EXDEV;
        return -1;
    }
    *(char *)mempcpy(part, len ? name : ".", len ? len : 1) = '\0';
    return openat(at, part, flags | O_NOFOLLOW | O_CLOEXEC);
}

int ms_open_no_links(int at, const char *path, int flags)
{
    int dir = at;
    path += strspn(path, "/");
    do {
        const size_t len = strcspn(path, "/");
        const char *rest = path + len + strspn(path + len, "/");
        const int next = open_part(dir, path, len, *rest ? O_PATH | O_DIRECTORY : flags);
        const int error = errno;
        if (dir != at)
            close(dir);
        errno = error;
        dir = next;
        path = rest;
    } while (dir >= 0 && *path);
    return dir;
}
