// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/read_file.h"

#include "base/errno_name.h"
#include "confine/files.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// More than any baseline has.
enum { MOST_BYTES = 64 << 20 };

// Neither a directory nor a pipe has a size.
static int refuse(lua_State *L, const struct stat *info)
{
    luaL_pushfail(L);
    lua_pushstring(L, S_ISDIR(info->st_mode) ? "it is a directory" : "it is no ordinary file");
    lua_pushstring(L, S_ISDIR(info->st_mode) ? "EISDIR" : "EINVAL");
    return 3;
}

static int fail(lua_State *L, int error)
{
    luaL_pushfail(L);
    lua_pushstring(L, ms_files_problem(error));
    lua_pushstring(L, ms_errno_name(error));
    return 3;
}

// Reads up to `size` bytes. Returns how many, or -1 with errno.
static ssize_t read_all(int fd, char *into, size_t size)
{
    size_t len = 0;
    while (len < size) {
        ssize_t some = read(fd, into + len, size - len);
        if (some < 0 && errno == EINTR)
            continue;
        if (some < 0)
            return -1;
        if (some == 0)
            break;
        len += (size_t)some;
    }
    return (ssize_t)len;
}

int ms_read_file(lua_State *L)
{
    struct stat info;
    const char *path = luaL_checkstring(L, 1);
    const int refused = ms_files_look(path);
    if (refused || stat(path, &info) != 0)
        return fail(L, refused ? refused : errno);
    if (!S_ISREG(info.st_mode))
        return refuse(L, &info);
    if (info.st_size > MOST_BYTES)
        return fail(L, EFBIG);
    char *buffer =
        lua_newuserdatauv(L, (size_t)info.st_size + 1, 0); // before there is a descriptor to be lost
    int fd = ms_files_open(path, O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return fail(L, errno);
    ssize_t len = read_all(fd, buffer, (size_t)info.st_size);
    int error = errno;
    close(fd);
    if (len < 0)
        return fail(L, error);
    lua_pushlstring(L, buffer, (size_t)len);
    return 1;
}
