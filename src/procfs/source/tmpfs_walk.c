// SPDX-License-Identifier: GPL-3.0-or-later
// Who owns the files of a tmpfs: no file of /proc has that, so its directories are read.
#include "source/private.h"

#include "base/array.h"
#include "pool/heartbeat.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { DEPTH_MAX = 64, LOOK_EVERY = 64 };

struct walk {
    struct ms_tmpfs_walk *out;
    struct ms_heartbeat *heartbeat;
    struct ms_buf path; // of the directory that is read, a slash at its end
    void *linked;       // inodes of files with several names that were counted (tsearch)
    dev_t dev;
    uint64_t end_ns;
    unsigned depth;
    int error; // ends the walk
};

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

// Notes when it has to end.
static bool goes_on(struct walk *walk)
{
    ms_heartbeat_step(walk->heartbeat);
    if (ms_heartbeat_stopped(walk->heartbeat))
        walk->error = EINTR;
    else if (walk->out->files >= walk->out->most_files ||
             (walk->out->files % LOOK_EVERY == 0 && now_ns() >= walk->end_ns))
        walk->out->is_cut = true;
    return !walk->error && !walk->out->is_cut;
}

// A directory, on this filesystem alone and through no link. Who may not leave its time of access alone
// changes that, as ls does.
static int open_directory(int at, const char *name)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
    struct open_how how = {.flags = (unsigned)flags | O_NOATIME,
                           .resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS};
    int fd = (int)syscall(SYS_openat2, at, name, &how, sizeof how);
    if (fd >= 0 || errno == EXDEV)
        return fd;
    fd = openat(at, name, flags | O_NOATIME); // before Linux 5.6, or a sandbox
    return fd < 0 && errno == EPERM ? openat(at, name, flags) : fd;
}

static int compare_inodes(const void *a, const void *b)
{
    const uintptr_t x = (uintptr_t)a, y = (uintptr_t)b;
    return (x > y) - (x < y);
}

static void keep_nothing(void *inode)
{
    (void)inode;
}

// Whether another name of the file was counted.
static bool is_counted(struct walk *walk, const struct stat *file)
{
    if (file->st_nlink < 2)
        return false;
    const void *key = (const void *)(uintptr_t)file->st_ino;
    if (tfind(key, &walk->linked, compare_inodes))
        return true;
    if (!tsearch(key, &walk->linked, compare_inodes))
        walk->error = ENOMEM;
    return false;
}

static struct ms_tmpfs_owner *owner_of(struct ms_tmpfs_walk *out, uint64_t uid)
{
    for (size_t i = 0; i < out->owner_count; i++)
        if (out->owners[i].uid == uid)
            return &out->owners[i];
    if (!ms_array_grow(&out->owners, out->owner_count, sizeof *out->owners))
        return NULL;
    out->owners[out->owner_count] = (struct ms_tmpfs_owner){.uid = uid};
    return &out->owners[out->owner_count++];
}

static void count_file(struct walk *walk, const char *name, const struct stat *file)
{
    const uint64_t bytes = (uint64_t)file->st_blocks * 512;
    struct ms_tmpfs_owner *owner = owner_of(walk->out, file->st_uid);
    if (!owner) {
        walk->error = ENOMEM;
        return;
    }
    owner->files++;
    owner->bytes += bytes;
    if (bytes <= owner->largest)
        return;
    char *path = NULL;
    if (asprintf(&path, "%.*s%s", (int)walk->path.len, walk->path.data, name) < 0) {
        walk->error = ENOMEM;
        return;
    }
    free(owner->path);
    owner->path = path;
    owner->largest = bytes;
}

static void read_directory(struct walk *walk, int fd); // takes the descriptor over

static void enter(struct walk *walk, int at, const char *name)
{
    struct stat st;
    const int fd = walk->depth < DEPTH_MAX ? open_directory(at, name) : -1;
    if (fd < 0) {
        walk->out->closed += errno != EXDEV && errno != ENOENT;
        return;
    }
    if (fstat(fd, &st) || st.st_dev != walk->dev) {
        close(fd);
        return;
    }
    const size_t len = walk->path.len;
    ms_buf_addf(&walk->path, "%s/", name);
    walk->depth++;
    read_directory(walk, fd);
    walk->depth--;
    walk->path.len = len;
}

static void take_entry(struct walk *walk, int at, const struct dirent *entry)
{
    struct stat st;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
        return;
    if (entry->d_type == DT_DIR) {
        errno = 0;
        enter(walk, at, entry->d_name);
        return;
    }
    walk->out->files++;
    if (entry->d_type == DT_REG && !fstatat(at, entry->d_name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) &&
        S_ISREG(st.st_mode) && st.st_dev == walk->dev && !is_counted(walk, &st))
        count_file(walk, entry->d_name, &st);
}

static void read_directory(struct walk *walk, int fd)
{
    const struct dirent *entry;
    DIR *dir = walk->path.failed ? NULL : fdopendir(fd);
    if (!dir) {
        walk->error = ENOMEM;
        close(fd);
        return;
    }
    while (goes_on(walk) && (entry = readdir(dir)) != NULL)
        take_entry(walk, fd, entry);
    closedir(dir);
}

// The directory where it is mounted, or a negative errno.
static int open_mount(const char *path, dev_t dev)
{
    struct stat st;
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
    int fd = open(path, flags | O_NOATIME);
    if (fd < 0 && errno == EPERM)
        fd = open(path, flags);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) == 0 && st.st_dev == dev)
        return fd;
    close(fd);
    return -ESTALE;
}

int ms_source_tmpfs_walk(const char *path, dev_t dev, struct ms_heartbeat *heartbeat,
                         struct ms_tmpfs_walk *out)
{
    struct walk walk = {.out = out, .heartbeat = heartbeat, .dev = dev};
    const int fd = open_mount(path, dev);
    if (fd < 0)
        return -fd;
    walk.end_ns = now_ns() + (uint64_t)out->most_ms * 1000000;
    ms_buf_addf(&walk.path, "%s/", path);
    read_directory(&walk, fd);
    ms_buf_deinit(&walk.path);
    tdestroy(walk.linked, keep_nothing);
    return walk.error;
}

void ms_tmpfs_walk_deinit(struct ms_tmpfs_walk *walk)
{
    for (size_t i = 0; i < walk->owner_count; i++)
        free(walk->owners[i].path);
    free(walk->owners);
    *walk = (struct ms_tmpfs_walk){0};
}
