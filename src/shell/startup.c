// SPDX-License-Identifier: GPL-3.0-or-later
#include "startup.h"

#include "buf.h"
#include "cleanup.h"
#include "runtime.h"
#include "say.h"
#include "user_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 1 << 20 }; // bytes

// To be freed by the caller; NULL if there is no such place. Never a relative one.
static char *find_path(void)
{
    char *path = NULL;
    const char *base = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    int made = -1;
    if (base && base[0] == '/')
        made = asprintf(&path, "%s/memsh/init.lua", base);
    else if (home && home[0] == '/')
        made = asprintf(&path, "%s/.config/memsh/init.lua", home);
    return made < 0 ? NULL : path;
}

static bool is_trusted_owner(uid_t owner)
{
    return owner == geteuid() || owner == 0;
}

// Why others could put something else at this place, or NULL. In a directory with the sticky bit only owners
// rename and remove.
static const char *judge(const struct stat *info)
{
    if (!is_trusted_owner(info->st_uid))
        return "it belongs to somebody else";
    if (S_ISLNK(info->st_mode) || (S_ISDIR(info->st_mode) && info->st_mode & S_ISVTX))
        return NULL;
    return info->st_mode & (S_IWGRP | S_IWOTH) ? "others can write it (chmod go-w)" : NULL;
}

// Says why the file is not run.
static void refuse(const char *path, const char *part, const char *why)
{
    if (strcmp(path, part) == 0)
        ms_say("%s is not run: %s", path, why);
    else
        ms_say("%s is not run, for %s: %s", path, part, why);
}

// Looks at `path` and at each directory above it, as it is written. False, and said of `shown`, if one of
// them is not to be trusted.
static bool check_parts(const char *path, const char *shown)
{
    struct stat info;
    MS_AUTO_FREE char *part = strdup(path);
    if (!part)
        return false;
    for (size_t len = 1;; len++) {
        len += strcspn(part + len, "/");
        const char end = part[len];
        part[len] = '\0';
        const char *why = lstat(part, &info) == 0 ? judge(&info) : strerror(errno);
        if (why) {
            refuse(shown, part, why);
            return false;
        }
        if (!end)
            return true;
        part[len] = end;
    }
}

// All of the way counts for root: links, and where they lead.
static bool check_way(const char *path)
{
    MS_AUTO_FREE char *real = realpath(path, NULL);
    if (!real)
        refuse(path, path, strerror(errno));
    return real && check_parts(path, path) && check_parts(real, path);
}

static const char *judge_file(int fd)
{
    struct stat info;
    if (fd < 0 || fstat(fd, &info) != 0)
        return strerror(errno);
    if (!S_ISREG(info.st_mode))
        return "it is no file";
    return info.st_size > MOST ? "it is larger than 1 MiB" : judge(&info);
}

// Appends the file. False, and said, if it is not to be run.
static bool read_file(const char *path, struct ms_buf *text)
{
    enum { STEP = 4096 };
    MS_AUTO_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    const char *why = judge_file(fd);
    ssize_t got = 1;
    while (!why && got > 0 && ms_buf_reserve(text, STEP)) {
        got = read(fd, text->data + text->len, STEP);
        text->len += got > 0 ? (size_t)got : 0;
    }
    if (got < 0)
        why = strerror(errno);
    if (why)
        refuse(path, path, why);
    return !why && got == 0;
}

// Compiles and runs it. MS_DONE, or a message is on the stack; nothing is where the file was refused.
static enum ms_status run(lua_State *L, const char *path)
{
    struct ms_buf text;
    int loaded = LUA_OK;
    lua_pushfstring(L, "@%s", path);
    ms_buf_init(&text);
    bool read = read_file(path, &text);
    if (read)
        loaded = luaL_loadbufferx(L, text.len ? text.data : "", text.len, lua_tostring(L, -1), "t");
    ms_buf_deinit(&text);
    if (!read)
        return MS_DONE;
    return loaded == LUA_OK ? ms_runtime_call(L, 0, 0) : MS_FAILED;
}

static bool exists(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0;
}

void ms_startup_run(lua_State *L)
{
    int top = lua_gettop(L);
    const char *distrust = ms_user_distrust();
    char *found = find_path();
    const char *path = lua_pushstring(L, found ? found : ""); // Lua's: what runs may leave through os.exit
    free(found);
    if (exists(path) && distrust)
        ms_say("%s is not run: %s", path, distrust);
    else if (exists(path) && (geteuid() != 0 || check_way(path)))
        ms_runtime_report(L, run(L, path));
    lua_settop(L, top);
}
