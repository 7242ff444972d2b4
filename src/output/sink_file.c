// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/sink_file.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
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
// and the same for special files.
static bool planted(int dir, const struct stat *file)
{
    struct stat parent;
    if (fstat(dir, &parent) != 0)
        return true;
    bool open_to_all = (parent.st_mode & S_ISVTX) && (parent.st_mode & S_IWOTH);
    return open_to_all && file->st_uid != geteuid() && file->st_uid != parent.st_uid;
}

// Opens what is no regular file, or stands below /proc, to write into it directly.
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

// Takes over `place` if it succeeds.
static int open_temporary(struct ms_sink *sink, struct place *place, const struct stat *old)
{
    for (int tries = 0; tries < 100; tries++) {
        char *temp = temporary_name(place->name);
        if (!temp)
            return ENOMEM;
        int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
        int fd = openat(place->dir, temp, flags, 0600);
        if (fd >= 0) {
            sink->kind = MS_SINK_FILE;
            sink->fd = fd;
            sink->dir = place->dir;
            sink->name = place->name;
            sink->temp = temp;
            sink->mode = mode_for(old);
            return 0;
        }
        int error = errno;
        free(temp);
        if (error != EEXIST && error != EINTR)
            return error;
    }
    return EEXIST;
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

int ms_sink_file_finish(struct ms_sink *sink)
{
    if (fchmod(sink->fd, sink->mode) != 0)
        return errno;
    int error = synchronise(sink->fd);
    int fd = sink->fd;
    sink->fd = -1;
    if (close(fd) != 0 && !error)
        error = errno;
    if (error)
        return error;
    if (renameat(sink->dir, sink->temp, sink->dir, sink->name) != 0)
        return errno;
    free(sink->temp);
    sink->temp = NULL;
    return synchronise(sink->dir);
}

void ms_sink_file_drop(struct ms_sink *sink)
{
    if (sink->fd >= 0)
        close(sink->fd);
    if (sink->temp)
        unlinkat(sink->dir, sink->temp, 0);
    close(sink->dir);
    free(sink->temp);
    free(sink->name);
}
