// SPDX-License-Identifier: GPL-3.0-or-later
#include "source/page_files.h"

#include "base/cleanup.h"
#include "pool/heartbeat.h"
#include "source/private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum {
    PATH_SIZE = 96,
    // Newer than the headers of some distribution that memsh is built on.
    GUARD_INSTALL = 102,    // MADV_GUARD_INSTALL
    SECRETMEM = 0x5345434d, // SECRETMEM_MAGIC
};

static const char *const raw_names[] = {
    [MS_RAW_PAGEMAP] = "pagemap",
    [MS_RAW_MAPS] = "maps",
    [MS_RAW_KPAGECOUNT] = "kpagecount",
    [MS_RAW_KPAGEFLAGS] = "kpageflags",
};

// Opens `name` of the target, if the root's errors and the hook of a test let it pass.
static int open_at(struct ms_source *source, struct ms_target target, const char *name, int flags)
{
    char path[PATH_MAX + PATH_SIZE];
    int below = 0; // where the part below the process directory begins
    if (target.pid)
        below = snprintf(path, sizeof path, "%d/", (int)target.pid);
    int len = below;
    if (target.thread)
        len += snprintf(path + len, sizeof path - (size_t)len, "task/%d/", (int)target.thread);
    if (snprintf(path + len, sizeof path - (size_t)len, "%s", name) >= (int)sizeof path - len)
        return -ENAMETOOLONG;
    int error = ms_source_refusal(source, path);
    if (error)
        return -error;
    if (!source->live)
        return ms_source_open_path(source, path);
    const bool has_dir = target.dir >= 0;
    int fd = openat(has_dir ? target.dir : source->root, has_dir ? path + below : path, flags | O_CLOEXEC);
    return fd >= 0 ? fd : -errno;
}

int ms_source_open_raw(struct ms_source *source, struct ms_target target, enum ms_raw_file file)
{
    return open_at(source, target, raw_names[file], O_RDONLY);
}

// The magic numbers have 32 bits; the field has a sign on some machines, and more bits on others.
static uint32_t magic_of(const struct statfs *fs)
{
    return (uint32_t)fs->f_type;
}

// Some files are regular by their mode alone: reading one may take events out of a buffer (tracefs) or touch
// a device (sysfs). Secret memory is read by nobody.
static int check_filesystem(int place)
{
    struct statfs fs;
    if (fstatfs(place, &fs) < 0)
        return -errno;
    if (magic_of(&fs) == SECRETMEM)
        return -EACCES;
    const bool of_kernel = magic_of(&fs) == PROC_SUPER_MAGIC || magic_of(&fs) == SYSFS_MAGIC ||
                           magic_of(&fs) == DEBUGFS_MAGIC || magic_of(&fs) == TRACEFS_MAGIC;
    return of_kernel ? -EINVAL : 0;
}

static bool is_on_btrfs(int place)
{
    struct statfs fs;
    return fstatfs(place, &fs) == 0 && magic_of(&fs) == BTRFS_SUPER_MAGIC;
}

// 0 if the file of the O_PATH fd may be opened and read.
static int check_place(int place, const struct ms_file_id *id, bool by_path)
{
    struct stat st;
    if (fstat(place, &st) < 0)
        return -errno;
    // A mapping's own link leads to its file, whatever the device: stat's differs from that of maps on btrfs
    // and on an overlay of several filesystems. By a path such files are not recognised.
    if (st.st_ino != id->inode)
        return -ESTALE;
    if (by_path && (major(st.st_dev) != id->major || minor(st.st_dev) != id->minor))
        return S_ISREG(st.st_mode) && is_on_btrfs(place) ? -EXDEV : -ESTALE;
    return S_ISREG(st.st_mode) ? check_filesystem(place) : -EINVAL;
}

// The file itself is opened once it is known to be the right one and harmless: opening a device is noticed by
// its driver, and opening a FIFO waits.
static int open_regular(struct ms_source *source, struct ms_target target, const char *name, int flags,
                        const struct ms_file_id *id, bool by_path)
{
    char again[PATH_SIZE];
    if (!source->live)
        return -ENOENT;
    MS_AUTO_CLOSE int place = open_at(source, target, name, O_PATH | flags);
    ms_heartbeat_step(target.heartbeat);
    if (place < 0)
        return place;
    const int refused = check_place(place, id, by_path);
    ms_heartbeat_step(target.heartbeat);
    if (refused)
        return refused;
    snprintf(again, sizeof again, "self/fd/%d", place);
    int fd = openat(source->root, again, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ms_heartbeat_step(target.heartbeat);
    return fd >= 0 ? fd : -errno;
}

int ms_source_open_mapped(struct ms_source *source, struct ms_target target, uint64_t start, uint64_t end,
                          const struct ms_file_id *id)
{
    char name[PATH_SIZE];
    snprintf(name, sizeof name, "map_files/%llx-%llx", (unsigned long long)start, (unsigned long long)end);
    return open_regular(source, target, name, 0, id, false);
}

int ms_source_open_link(struct ms_source *source, struct ms_target target, const char *link,
                        const struct ms_file_id *id)
{
    return open_regular(source, target, link, 0, id, true);
}

int ms_source_open_below_root(struct ms_source *source, struct ms_target target, const char *path,
                              const struct ms_file_id *id)
{
    char name[PATH_MAX];
    if (snprintf(name, sizeof name, "%sroot%s", target.pid ? "" : "self/", path) >= (int)sizeof name)
        return -ENAMETOOLONG;
    return open_regular(source, target, name, O_NOFOLLOW, id, true);
}

int ms_source_stat(struct ms_source *source, struct ms_target target, const char *path, bool follow,
                   struct stat *out)
{
    char full[PATH_MAX + PATH_SIZE];
    if (!source->live) // a saved root keeps no file of the machine
        return EOPNOTSUPP;
    if (snprintf(full, sizeof full, "%d/%s", (int)target.pid, path) >= (int)sizeof full)
        return ENAMETOOLONG;
    int error = ms_source_refusal(source, full);
    if (error)
        return error;
    const int flags = AT_NO_AUTOMOUNT | (follow ? 0 : AT_SYMLINK_NOFOLLOW);
    const bool below = target.dir >= 0;
    error = fstatat(below ? target.dir : source->root, below ? path : full, out, flags) == 0 ? 0 : errno;
    ms_heartbeat_step(target.heartbeat);
    return error;
}

static ssize_t read_piece(struct ms_source *source, int fd, void *bytes, size_t len, off_t offset)
{
    if (!source->hooks.read)
        return pread(fd, bytes, len, offset);
    if (lseek(fd, offset, SEEK_SET) < 0)
        return -1;
    return source->hooks.read(source->hooks.ctx, fd, bytes, len);
}

ssize_t ms_source_read_at(struct ms_source *source, struct ms_target target, int fd, void *bytes, size_t len,
                          uint64_t offset)
{
    size_t have = 0;
    if (offset > INT64_MAX)
        return -EINVAL;
    while (have < len) {
        if (ms_source_target_stopped(source, target))
            return -EINTR;
        ssize_t got = read_piece(source, fd, (char *)bytes + have, len - have, (off_t)(offset + have));
        ms_heartbeat_step(target.heartbeat);
        if (got == 0)
            break;
        if (got > 0)
            have += (size_t)got;
        else if (errno != EINTR)
            return -errno;
    }
    return (ssize_t)have;
}

int ms_source_ask(struct ms_source *source, int fd, unsigned long request, void *argument)
{
    if (!source->live)
        return -ENOTTY;
    if (source->hooks.ask)
        source->hooks.ask(source->hooks.ctx, request, argument);
    const int result = (int)syscall(SYS_ioctl, fd, request, argument); // musl's ioctl() takes an int
    return result >= 0 ? result : -errno;
}

enum ms_reason ms_source_raw_reason(struct ms_source *source, struct ms_target target, int error)
{
    const enum ms_reason why = ms_source_reason(source, target, error);
    return why == MS_UNSUPPORTED && !source->live ? MS_NOT_RECORDED : why;
}

bool ms_source_hides_guards(struct ms_source *source)
{
    if (!source->live)
        return true;
    const size_t page = (size_t)source->page_size;
    void *area = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED)
        return true;
    const bool has_guards = madvise(area, page, GUARD_INSTALL) == 0;
    munmap(area, page);
    return has_guards;
}
