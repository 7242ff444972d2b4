// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/sink_file.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { MAX_LINKS = 40 };

// A path taken apart: an open directory and a name in it.
struct place {
    int dir;
    char *name;
};

static int place_open(const char *path, struct place *out)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    if (*path == '\0')
        return ENOENT;
    if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return EISDIR;
    MS_AUTO_FREE char *parent = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    char *copy = strdup(name);
    if (!parent || !copy) {
        free(copy);
        return ENOMEM;
    }
    int dir = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0 && errno == EACCES)
        dir = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) {
        int error = errno;
        free(copy);
        return error;
    }
    *out = (struct place){dir, copy};
    return 0;
}

static void place_close(struct place *place)
{
    close(place->dir);
    free(place->name);
}

// The kernel's own rule for links in sticky directories (fs.protected_symlinks), which may be switched off,
// and the same for special files. Root follows none at all where others could have put it: they would choose
// which of the machine's files is replaced.
static bool planted(int dir, const struct stat *file)
{
    struct stat parent;
    if (fstat(dir, &parent) != 0)
        return true;
    const bool is_sticky = parent.st_mode & S_ISVTX;
    const bool is_own = file->st_uid == geteuid();
    if (is_sticky && (parent.st_mode & S_IWOTH) && !is_own && file->st_uid != parent.st_uid)
        return true;
    const bool others_write = parent.st_uid != 0 || (parent.st_mode & (S_IWGRP | S_IWOTH));
    return geteuid() == 0 && others_write && !(is_sticky && parent.st_uid == 0 && is_own);
}

// What a signal that ends the program finds to remove. A handler has no argument to find it by, and may call
// little more than unlinkat().
static struct doomed {
    volatile sig_atomic_t there;
    int dir;
    char name[NAME_MAX + 1];
} doomed[4];

static void remember(int dir, const char *name)
{
    for (size_t i = 0; i < sizeof doomed / sizeof *doomed; i++) {
        if (doomed[i].there)
            continue;
        doomed[i].dir = dir;
        snprintf(doomed[i].name, sizeof doomed[i].name, "%s", name);
        doomed[i].there = 1;
        return;
    }
}

static void forget(int dir, const char *name)
{
    for (size_t i = 0; i < sizeof doomed / sizeof *doomed; i++) {
        if (doomed[i].there && doomed[i].dir == dir && strcmp(doomed[i].name, name) == 0)
            doomed[i].there = 0;
    }
}

void ms_sink_remove_temporaries(void)
{
    for (size_t i = 0; i < sizeof doomed / sizeof *doomed; i++) {
        if (doomed[i].there)
            unlinkat(doomed[i].dir, doomed[i].name, 0);
    }
}

// No signal comes while a name exists that nobody remembers. Signals are the main thread's.
static void hold_signals(sigset_t *old)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, old);
}

// Opens what is no regular file, or is below /proc, to write into it directly.
static int open_directly(struct ms_sink *sink, int dir, const char *name)
{
    int fd;
    do
        fd = openat(dir, name, O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR && !(sink->stop && *sink->stop));
    if (fd < 0)
        return errno;
    sink->kind = MS_SINK_FD;
    sink->fd = fd;
    sink->owned = true;
    return 0;
}

// Where the link `place` leads, as a path relative to the working directory, into *out (to be freed).
static int follow(const char *path, const struct place *place, char **out)
{
    char target[PATH_MAX];
    ssize_t len = readlinkat(place->dir, place->name, target, sizeof target - 1);
    if (len < 0)
        return errno;
    target[len] = '\0';
    size_t parent = target[0] == '/' ? 0 : strlen(path) - strlen(place->name);
    if (asprintf(out, "%.*s%s", (int)parent, path, target) < 0)
        return ENOMEM;
    return 0;
}

static unsigned default_mode(void)
{
    mode_t mask = umask(077);
    umask(mask);
    return 0666U & ~mask;
}

// The permissions of the file that will be replaced, if it is the caller's own: a stranger's choice of mode
// could open up what is written.
static unsigned mode_for(const struct stat *old)
{
    unsigned mode = default_mode();
    if (!old)
        return mode;
    return old->st_uid == geteuid() ? old->st_mode & 0777 : old->st_mode & mode;
}

static char *temporary_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    unsigned char random[6];
    char suffix[sizeof random + 1] = {0};
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return NULL;
    for (size_t i = 0; i < sizeof random; i++)
        suffix[i] = letters[random[i] % (sizeof letters - 1)];
    char *temp;
    // A name has at most 255 bytes.
    return asprintf(&temp, ".%.247s.%s", name, suffix) < 0 ? NULL : temp;
}

// The path by which a descriptor is given a name, which needs no capability.
static void own_path(int fd, char path[32])
{
    snprintf(path, 32, "/proc/self/fd/%d", fd);
}

// A file without a name: nothing is left of it, whatever ends the program. -1 where the filesystem or a
// missing /proc does not allow it.
static int open_nameless(int dir)
{
    char path[32];
    int fd = openat(dir, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    own_path(fd, path);
    if (access(path, F_OK) == 0)
        return fd;
    close(fd);
    return -1;
}

// A new name in `dir` for which `make` gives 0 or more; EEXIST and EINTR are tried again. What `make` gave,
// or a negative errno. *out is to be freed.
static int find_name(int dir, const char *name, int (*make)(int dir, const char *temp, int fd), int fd,
                     char **out)
{
    for (int tries = 0; tries < 100; tries++) {
        char *temp = temporary_name(name);
        if (!temp)
            return -ENOMEM;
        int made = make(dir, temp, fd);
        int error = errno;
        if (made >= 0) {
            remember(dir, temp);
            *out = temp;
            return made;
        }
        free(temp);
        if (error != EEXIST && error != EINTR)
            return -error;
    }
    return -EEXIST;
}

static int make_named(int dir, const char *temp, int unused)
{
    (void)unused;
    return openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

static int make_link(int dir, const char *temp, int fd)
{
    char path[32];
    own_path(fd, path);
    return linkat(AT_FDCWD, path, dir, temp, AT_SYMLINK_FOLLOW);
}

static int open_named(const struct place *place, char **temp)
{
    sigset_t old;
    hold_signals(&old);
    int fd = find_name(place->dir, place->name, make_named, -1, temp);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return fd;
}

// Takes over `place` if it succeeds.
static int open_temporary(struct ms_sink *sink, struct place *place, const struct stat *old)
{
    char *temp = NULL;
    int fd = open_nameless(place->dir);
    if (fd < 0)
        fd = open_named(place, &temp);
    if (fd < 0)
        return -fd;
    sink->kind = MS_SINK_FILE;
    sink->fd = fd;
    sink->dir = place->dir;
    sink->name = place->name;
    sink->temp = temp;
    sink->mode = mode_for(old);
    return 0;
}

static bool in_proc(int dir)
{
    struct statfs fs;
    return fstatfs(dir, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

// The descriptor that a name like /dev/fd/3 stands for, or -1. It is used as it is: opening the name once
// more would start at the front of a file that the shell has already begun.
static int named_descriptor(const char *path)
{
    static const char *const parents[] = {"/proc/self/fd/", "/dev/fd/"};
    for (size_t i = 0; i < sizeof parents / sizeof *parents; i++) {
        size_t len = strlen(parents[i]);
        uint64_t fd;
        if (strncmp(path, parents[i], len) == 0 && ms_text_u64(ms_text_of(path + len), &fd) && fd <= INT_MAX)
            return (int)fd;
    }
    return -1;
}

static int open_descriptor(struct ms_sink *sink, int named)
{
    int fd = fcntl(named, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    sink->kind = MS_SINK_FD;
    sink->fd = fd;
    sink->owned = true;
    return 0;
}

// One step towards the file that will be replaced: opens it, or sets *next to where the link leads.
static int step(struct ms_sink *sink, const char *path, char **next)
{
    struct place place = {-1, NULL};
    if (named_descriptor(path) >= 0)
        return open_descriptor(sink, named_descriptor(path));
    int error = place_open(path, &place);
    if (error)
        return error;
    struct stat old;
    bool there = fstatat(place.dir, place.name, &old, AT_SYMLINK_NOFOLLOW) == 0;
    if (!there && errno != ENOENT)
        error = errno;
    else if (!there || S_ISREG(old.st_mode))
        error = open_temporary(sink, &place, there ? &old : NULL);
    else if (S_ISDIR(old.st_mode))
        error = EISDIR;
    else if (planted(place.dir, &old))
        error = EACCES;
    else if (S_ISLNK(old.st_mode) && !in_proc(place.dir))
        error = follow(path, &place, next);
    else
        error = open_directly(sink, place.dir, place.name);
    if (sink->kind != MS_SINK_FILE)
        place_close(&place);
    return error;
}

int ms_sink_file_open(struct ms_sink *sink, const char *path)
{
    MS_AUTO_FREE char *here = strdup(path);
    if (!here)
        return ENOMEM;
    for (int links = 0; links <= MAX_LINKS; links++) {
        char *next = NULL;
        int error = step(sink, here, &next);
        if (error || sink->kind != MS_SINK_CLOSED)
            return error;
        free(here);
        here = next;
    }
    return ELOOP;
}

// Some file systems have nothing to synchronise, and say so in one of these ways.
static int synchronise(int fd)
{
    if (fsync(fd) == 0 || errno == EINVAL || errno == EROFS || errno == ENOTSUP || errno == EBADF)
        return 0;
    return errno;
}

// linkat() replaces nothing, so a file without a name gets one for the moment until it is renamed.
static int put_in_place(struct ms_sink *sink)
{
    int named = sink->temp ? 0 : find_name(sink->dir, sink->name, make_link, sink->fd, &sink->temp);
    if (named < 0)
        return -named;
    int fd = sink->fd;
    sink->fd = -1;
    if (close(fd) != 0)
        return errno;
    if (renameat(sink->dir, sink->temp, sink->dir, sink->name) != 0)
        return errno;
    forget(sink->dir, sink->temp);
    free(sink->temp);
    sink->temp = NULL;
    return 0;
}

int ms_sink_file_finish(struct ms_sink *sink)
{
    sigset_t old;
    if (fchmod(sink->fd, sink->mode) != 0)
        return errno;
    int error = synchronise(sink->fd);
    if (error)
        return error;
    hold_signals(&old);
    error = put_in_place(sink);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return error ? error : synchronise(sink->dir);
}

void ms_sink_file_drop(struct ms_sink *sink)
{
    if (sink->fd >= 0)
        close(sink->fd);
    if (sink->temp) {
        unlinkat(sink->dir, sink->temp, 0);
        forget(sink->dir, sink->temp);
    }
    close(sink->dir);
    free(sink->temp);
    free(sink->name);
}

void ms_sink_file_hand_over(struct ms_sink *sink)
{
    if (sink->temp)
        forget(sink->dir, sink->temp);
    close(sink->dir);
    free(sink->temp);
    free(sink->name);
    sink->temp = sink->name = NULL;
    sink->dir = -1;
}
