// SPDX-License-Identifier: GPL-3.0-or-later
// What stat(2) says of a file that a process shows: its program, what it maps, what a path is for it.
#include "source/heartbeat.h"
#include "source/private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

int ms_source_stat(struct ms_source *source, struct ms_target target, const char *path, bool follow,
                   struct stat *out)
{
    char full[PATH_MAX + 32];
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
