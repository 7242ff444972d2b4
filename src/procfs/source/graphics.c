// SPDX-License-Identifier: GPL-3.0-or-later
// What the graphics drivers say of the buffers that a process holds: the fdinfo of its files that are
// graphics devices, one after the other.
#include "source/private.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { PATH_SIZE = 64 };

// Of a live process the files that it has open, of a saved one what was saved of them.
static int list_fds(struct ms_source *source, struct ms_target target, struct ms_buf *out)
{
    char path[PATH_SIZE];
    if (source->live && target.dir >= 0)
        return ms_source_list_here(source, target.dir, "fd", out);
    snprintf(path, sizeof path, "%d/%s", (int)target.pid, source->live ? "fd" : "fdinfo");
    return ms_source_list(source, path, out);
}

// By the name of the file alone: to ask the file itself may hang, and the fdinfo of others (epoll, inotify)
// can be long.
static bool is_graphics(const struct ms_source *source, struct ms_target target, const char *fd)
{
    char path[PATH_SIZE], link[16];
    const bool below = target.dir >= 0;
    const int start = snprintf(path, sizeof path, "%d/", (int)target.pid);
    snprintf(path + start, sizeof path - (size_t)start, "fd/%.20s", fd);
    const ssize_t len =
        readlinkat(below ? target.dir : source->root, below ? path + start : path, link, sizeof link);
    const struct ms_text text = {link, len > 0 ? (size_t)len : 0};
    return ms_text_starts(text, MS_TEXT("/dev/dri/")) || ms_text_starts(text, MS_TEXT("/dev/accel/"));
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
    MS_AUTO_BUF entries = {0};
    struct ms_entry entry;
    int error = list_fds(source, target, &entries);
    for (struct ms_text rest = ms_buf_text(&entries); !error && ms_source_next_entry(&rest, &entry);) {
        uint64_t number;
        if (ms_text_u64(ms_text_of(entry.name), &number) &&
            (!source->live || is_graphics(source, target, entry.name)))
            error = add_file(source, target, entry.name, out);
        if (!error && ms_source_target_stopped(source, target))
            error = EINTR;
    }
    return error;
}
