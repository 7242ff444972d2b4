// SPDX-License-Identifier: GPL-3.0-or-later
#include "source/page_files.h"

#include "base/cleanup.h"
#include "source/private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 96, GUARD_INSTALL = 102 /* MADV_GUARD_INSTALL */ };

static const char *const raw_names[] = {
    [MS_RAW_PAGEMAP] = "pagemap",
    [MS_RAW_MAPS] = "maps",
    [MS_RAW_KPAGECOUNT] = "kpagecount",
    [MS_RAW_KPAGEFLAGS] = "kpageflags",
};

// Opens `name` of the target, if neither the root's errors nor a test stand in the way.
static int open_at(struct ms_source *source, struct ms_target target, const char *name, int flags)
{
    char path[2 * PATH_SIZE];
    int below = 0; // where the part below the process directory begins
    if (target.pid)
        below = snprintf(path, sizeof path, "%d/", (int)target.pid);
    if (target.thread)
        snprintf(path + below, sizeof path - (size_t)below, "task/%d/%s", (int)target.thread, name);
    else
        snprintf(path + below, sizeof path - (size_t)below, "%s", name);
    int error = ms_source_refusal(source, path);
    if (error)
        return -error;
    if (target.dir < 0 || !source->live)
        return ms_source_open_path(source, path);
    int fd = openat(target.dir, path + below, flags | O_CLOEXEC);
    return fd >= 0 ? fd : -errno;
}

int ms_source_open_raw(struct ms_source *source, struct ms_target target, enum ms_raw_file file)
{
    return open_at(source, target, raw_names[file], O_RDONLY);
}

int ms_source_open_mapped(struct ms_source *source, struct ms_target target, uint64_t start, uint64_t end)
{
    char name[PATH_SIZE];
    struct stat st;
    if (!source->live)
        return -ENOENT;
    snprintf(name, sizeof name, "map_files/%llx-%llx", (unsigned long long)start, (unsigned long long)end);
    MS_AUTO_CLOSE int place = open_at(source, target, name, O_PATH);
    if (place < 0)
        return place;
    if (fstat(place, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EINVAL;
    snprintf(name, sizeof name, "self/fd/%d", place);
    int fd = openat(source->root, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    return fd >= 0 ? fd : -errno;
}

static ssize_t read_piece(struct ms_source *source, int fd, void *bytes, size_t len, off_t offset)
{
    if (!source->hooks.read)
        return pread(fd, bytes, len, offset);
    if (lseek(fd, offset, SEEK_SET) < 0)
        return -1;
    return source->hooks.read(source->hooks.ctx, fd, bytes, len);
}

ssize_t ms_source_read_at(struct ms_source *source, int fd, void *bytes, size_t len, uint64_t offset)
{
    size_t have = 0;
    if (offset > INT64_MAX)
        return -EINVAL;
    while (have < len) {
        if (ms_source_stopped(source))
            return -EINTR;
        ssize_t got = read_piece(source, fd, (char *)bytes + have, len - have, (off_t)(offset + have));
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
    int result = ioctl(fd, request, argument);
    return result >= 0 ? result : -errno;
}

enum ms_reason ms_source_raw_reason(const struct ms_source *source, struct ms_target target, int error)
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
