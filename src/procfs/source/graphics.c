// SPDX-License-Identifier: GPL-3.0-or-later
// What the graphics drivers say of the buffers that a process holds: the fdinfo of its files that are
// graphics devices, one after the other.
#include "source/private.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { PATH_SIZE = 64 };

static DIR *open_fds(const struct ms_source *source, struct ms_target target, const char *name)
{
    char path[PATH_SIZE];
    if (target.dir >= 0)
        return ms_source_open_dir(source, target.dir, name);
    snprintf(path, sizeof path, "%d/%s", (int)target.pid, name);
    return ms_source_open_dir(source, source->root, path);
}

// By the name of the file alone: to ask the file itself may hang, and the fdinfo of others (epoll, inotify)
// can be long.
static bool is_graphics(DIR *fds, const char *fd)
{
    char link[16];
    const ssize_t len = readlinkat(dirfd(fds), fd, link, sizeof link);
    const struct ms_text path = {link, len > 0 ? (size_t)len : 0};
    return ms_text_starts(path, MS_TEXT("/dev/dri/")) || ms_text_starts(path, MS_TEXT("/dev/accel/"));
}

// A file that was closed meanwhile is not held. Of a saved root, where the links may be lacking, those that a
// graphics driver wrote to are taken.
static int add_file(struct ms_source *source, struct ms_target target, const char *fd, struct ms_buf *out)
{
    char path[PATH_SIZE];
    const size_t start = out->len;
    snprintf(path, sizeof path, "%d/fdinfo/%.20s", (int)target.pid, fd);
    const int error = ms_source_read_below(source, target, path, out);
    if (error || (!source->live && !memmem(out->data + start, out->len - start, "\ndrm-", 5)))
        out->len = start;
    return error == ENOENT ? 0 : error;
}

int ms_source_read_graphics(struct ms_source *source, struct ms_target target, struct ms_buf *out)
{
    DIR *fds = open_fds(source, target, source->live ? "fd" : "fdinfo");
    int error = fds ? 0 : errno;
    for (struct dirent *entry; !error && (errno = 0, entry = readdir(fds)) != NULL;) {
        uint64_t number;
        if (ms_text_u64(ms_text_of(entry->d_name), &number) &&
            (!source->live || is_graphics(fds, entry->d_name)))
            error = add_file(source, target, entry->d_name, out);
        if (!error && ms_source_target_stopped(source, target))
            error = EINTR;
    }
    error = error ? error : fds ? errno : error;
    if (fds)
        closedir(fds);
    return error;
}
