// SPDX-License-Identifier: GPL-3.0-or-later
// A recording that is damaged so that nothing can be added to it makes way for a new one, and is kept.
#include "recording/format.h"
#include "recording/writer.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// SQLite has the application's number at this place of a file.
static bool is_ours(const char *path)
{
    enum { PLACE = 68 };
    unsigned char is[4];
    struct stat st;
    MS_AUTO_CLOSE const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
           pread(fd, is, sizeof is, PLACE) == (ssize_t)sizeof is &&
           ((unsigned)is[0] << 24 | (unsigned)is[1] << 16 | (unsigned)is[2] << 8 | is[3]) == MS_RECORDING_ID;
}

// 0 or an errno; ENOENT where there is no such part. musl has no function for the call.
static int move(const char *path, const char *as, const char *part)
{
    char from[PATH_MAX], to[PATH_MAX];
    const int from_len = snprintf(from, sizeof from, "%s%s", path, part);
    const int to_len = snprintf(to, sizeof to, "%s%s", as, part);
    if (from_len >= PATH_MAX || to_len >= PATH_MAX)
        return ENAMETOOLONG;
    return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) ? errno : 0;
}

int ms_recording_set_aside(const char *path, const char *as)
{
    char index[PATH_MAX];
    if (!is_ours(path))
        return EEXIST;
    const int error = move(path, as, "");
    if (error)
        return error;
    const int failed = move(path, as, "-wal");
    if (snprintf(index, sizeof index, "%s-shm", path) < PATH_MAX)
        unlink(index);
    return failed == ENOENT ? 0 : failed;
}
