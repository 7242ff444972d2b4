// SPDX-License-Identifier: GPL-3.0-or-later
// A root that is one file: the smaps or maps of a process, as people attach it to a report.
#include "source/private.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD = 4096 };

// "00400000-00452000 r-xp 00000000 08:02 173521 /bin/x", and below it labels, if any.
static const char *file_of(struct ms_text text)
{
    struct ms_text line = ms_text_until(&text, '\n');
    uint64_t bound;
    if (!ms_text_take_hex(&line, '-', &bound) || !ms_text_take_hex(&line, ' ', &bound))
        return NULL;
    if (memmem(line.data, line.len, "[rollup]", 8))
        return "smaps_rollup";
    const struct ms_text second = ms_text_until(&text, '\n');
    const char *colon = memchr(second.data, ':', second.len);
    return colon && !memchr(second.data, '-', (size_t)(colon - second.data)) ? "smaps" : "maps";
}

// The process that the folder is named for, as in 4711/smaps; 1 for none.
static pid_t pid_of(const char *path)
{
    const char *end = strrchr(path, '/');
    const char *slash = end ? memrchr(path, '/', (size_t)(end - path)) : NULL;
    const char *start = slash ? slash + 1 : path;
    const pid_t pid = end ? ms_source_pid_named((struct ms_text){start, (size_t)(end - start)}) : 0;
    return pid ? pid : 1;
}

// The file that was opened as the root: by now its path may lead to another. Where /proc is not mounted, the
// path.
static int open_again(const struct ms_source *source)
{
    char again[32];
    snprintf(again, sizeof again, "/proc/self/fd/%d", source->root);
    const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
    const int fd = open(again, flags);
    return fd < 0 && errno == ENOENT ? open(source->root_path, flags) : fd;
}

static int read_head(struct ms_source *source, const char *path, size_t max, struct ms_buf *out)
{
    (void)path;
    struct stat st;
    MS_AUTO_CLOSE int fd = open_again(source);
    if (fd < 0)
        return errno;
    if (fstat(fd, &st) || !S_ISREG(st.st_mode))
        return ENOTDIR;
    if (!ms_buf_reserve(out, max))
        return ENOMEM;
    const ssize_t got = read(fd, out->data, max);
    out->len = got > 0 ? (size_t)got : 0;
    return 0;
}

int ms_source_open_lone(struct ms_source *source)
{
    const char *path = source->root_path;
    MS_AUTO_BUF head = {0};
    const int error = ms_source_patiently(source, read_head, path, HEAD, &head);
    if (error)
        return error;
    const char *file = file_of(ms_buf_text(&head));
    if (!file)
        return ENOTDIR;
    source->lone = true;
    source->lone_pid = pid_of(path);
    snprintf(source->lone_path, sizeof source->lone_path, "%d/%s", (int)source->lone_pid, file);
    return 0;
}

int ms_source_open_in_lone(const struct ms_source *source, const char *path)
{
    if (strcmp(path, source->lone_path) != 0)
        return -ENOENT;
    return ms_source_opened_saved(open_again(source));
}
