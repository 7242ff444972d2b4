// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel's log: /dev/kmsg, or what was saved of it.
#include "source/private.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define SAVED ".machine/kmsg"

enum { RECORD_MAX = 8192, RECORDS_MAX = 1 << 20, KMSG_MAJOR = 1, KMSG_MINOR = 11 };

static int open_log(void)
{
    struct stat st;
    const int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    // Containers may have something else in its place: /dev/null, or a pipe.
    if (fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(KMSG_MAJOR, KMSG_MINOR))
        return fd;
    close(fd);
    return -ENODEV;
}

static int read_log(struct ms_source *source, ms_take *take, void *ctx)
{
    char record[RECORD_MAX];
    MS_AUTO_CLOSE int fd = open_log();
    if (fd < 0)
        return -fd;
    for (unsigned count = 0; count < RECORDS_MAX; count++) {
        const ssize_t got = read(fd, record, sizeof record);
        if (ms_source_stopped(source))
            return EINTR;
        if (got < 0 && (errno == EINTR || errno == EPIPE)) // EPIPE: some were overwritten meanwhile
            continue;
        if (got <= 0)
            return got == 0 || errno == EAGAIN ? 0 : errno;
        if (!take(ctx, record, (size_t)got - (record[got - 1] == '\n')))
            return 0;
    }
    return 0;
}

static int read_saved_log(struct ms_source *source, ms_take *take, void *ctx)
{
    MS_AUTO_BUF text = {0};
    const int error = ms_source_slurp(source, SAVED, &text);
    if (error)
        return error == ENOENT || error == ENOMEDIUM ? ENODATA : error;
    for (struct ms_text rest = ms_buf_text(&text); rest.len;) {
        const struct ms_text record = ms_text_until(&rest, '\n');
        if (!take(ctx, record.data, record.len))
            break;
    }
    return 0;
}

int ms_source_kmsg(struct ms_source *source, ms_take *take, void *ctx, double *seconds)
{
    struct timespec now;
    *seconds = -1;
    const int refused = ms_source_refusal(source, SAVED);
    if (refused)
        return refused;
    if (!source->live) {
        ms_source_uptime(source, seconds);
        return read_saved_log(source, take, ctx);
    }
    clock_gettime(CLOCK_MONOTONIC, &now); // neither counts while the machine is suspended
    *seconds = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
    return read_log(source, take, ctx);
}
