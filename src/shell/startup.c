// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/startup.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "confine/confine.h"
#include "shell/modules.h"
#include "shell/report_trust.h"
#include "shell/runtime.h"
#include "shell/stderr.h"
#include "shell/user_dir.h"

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

// Why others could have written what is in the file, or NULL.
static const char *judge(const struct stat *info)
{
    if (!S_ISREG(info->st_mode))
        return "it is no file";
    if (info->st_uid != geteuid() && info->st_uid != 0)
        return "it is somebody else's";
    if (info->st_mode & (S_IWGRP | S_IWOTH))
        return "others can write it (chmod go-w)";
    return info->st_size > MOST ? "it is larger than 1 MiB" : NULL;
}

static const char *judge_file(int fd)
{
    struct stat info;
    return fd < 0 || fstat(fd, &info) != 0 ? strerror(errno) : judge(&info);
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
        ms_stderr_print("%s is not run: %s", path, why);
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

// The path as root may run it, pushed; nothing, and said, if others could lead it elsewhere. Frees `found`.
static const char *push_trusted(lua_State *L, char *found)
{
    char problem[MS_REPORT_PROBLEM_MAX];
    char *path = ms_report_trusted(found, NULL, problem);
    if (!path) {
        ms_stderr_print("%s", problem);
        return NULL;
    }
    const char *pushed = lua_pushstring(L, path); // Lua's: what runs may leave through os.exit
    free(path);
    return pushed;
}

// memsh.prompt.init, for :save: what the session was begun with.
static void keep_path(lua_State *L, const char *path)
{
    ms_modules_require(L, "memsh.prompt");
    lua_pushstring(L, path);
    lua_setfield(L, -2, "init");
    lua_pop(L, 1);
}

void ms_startup_run(lua_State *L)
{
    if (ms_confine_is_on()) // it has no HOME, and reads nothing there
        return;
    int top = lua_gettop(L);
    char *found = find_path();
    const char *distrust = ms_user_distrust();
    if (!found || !exists(found) || distrust) {
        if (found && exists(found))
            ms_stderr_print("%s is not run: %s", found, distrust);
        free(found);
        return;
    }
    const char *path = push_trusted(L, found);
    if (path) {
        keep_path(L, path);
        ms_runtime_report(L, run(L, path));
    }
    lua_settop(L, top);
}
