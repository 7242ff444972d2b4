// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/lock.h"

#include "base/cleanup.h"
#include "shell/stderr.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

bool ms_lock_is_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return *name && *name != '.' && strlen(name) < 200 && name[strspn(name, allowed)] == '\0';
}

// Opens the directory, making it if need be. -1 where it is not ours alone.
static int open_dir(const char *path)
{
    struct stat info;
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        return -1;
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0)
        return -1;
    if (fstat(dir, &info) == 0 && info.st_uid == geteuid() && !(info.st_mode & (S_IWGRP | S_IWOTH)))
        return dir;
    close(dir);
    errno = EPERM;
    return -1;
}

// The directory that the variable names, if it does, and what is below it.
static int open_named(const char *variable, const char *below)
{
    char path[PATH_MAX];
    const char *base = getenv(variable);
    if (!base || *base != '/')
        return -1;
    snprintf(path, sizeof path, "%s%s", base, below);
    return open_dir(path);
}

static int open_place(void)
{
    char path[64];
    if (geteuid() == 0)
        return open_dir("/run/memsh");
    int dir = open_named("RUNTIME_DIRECTORY", "");
    if (dir < 0)
        dir = open_named("XDG_RUNTIME_DIR", "/memsh");
    snprintf(path, sizeof path, "/run/user/%lu/memsh", (unsigned long)geteuid());
    return dir < 0 ? open_dir(path) : dir;
}

static enum ms_lock refuse(const char *name)
{
    ms_stderr_print("cannot take the lock %s: %s%s", name, strerror(errno),
                    geteuid() == 0 ? "" : "; it needs XDG_RUNTIME_DIR, or RuntimeDirectory= of a service");
    return MS_LOCK_FAILED;
}

// The file was last touched by the run that holds it, when it took it.
static enum ms_lock say_held(const char *name, int fd)
{
    struct stat info;
    struct tm local;
    char since[64] = "an unknown time";
    if (fstat(fd, &info) == 0 && localtime_r(&info.st_mtime, &local))
        strftime(since, sizeof since, "%Y-%m-%d %H:%M:%S", &local);
    close(fd);
    ms_stderr_print("%s: previous run still active since %s", name, since);
    return MS_LOCK_HELD;
}

enum ms_lock ms_lock_take(const char *name)
{
    char file[256];
    MS_AUTO_CLOSE int dir = open_place();
    if (dir < 0)
        return refuse(name);
    snprintf(file, sizeof file, "%s.lock", name);
    int fd = openat(dir, file, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return refuse(name);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            return say_held(name, fd);
        close(fd);
        return refuse(name);
    }
    futimens(fd, NULL);
    return MS_LOCK_TAKEN; // the descriptor stays open
}
