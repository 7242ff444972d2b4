// SPDX-License-Identifier: GPL-3.0-or-later
// Memory that a process holds by a descriptor alone: memfds, and deleted files on a tmpfs.
#include "source/private.h"

#include "pool/heartbeat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { PATH_SIZE = 32, NAME_SIZE = 4096 + 16 };

// Whether the kernel says that the name is gone. Only then is the file itself asked, which may be anywhere.
static bool is_deleted(int dir, const char *path, char name[NAME_SIZE])
{
    const struct ms_text words = MS_TEXT(" (deleted)");
    const ssize_t len = readlinkat(dir, path, name, NAME_SIZE - 1);
    if (len <= 0)
        return false;
    name[len] = '\0';
    return ms_text_ends((struct ms_text){name, (size_t)len}, words);
}

static int take(struct ms_source *source, struct ms_target target, const char *fd, struct ms_buf *out)
{
    char path[PATH_SIZE], name[NAME_SIZE];
    struct stat file;
    snprintf(path, sizeof path, "fd/%.20s", fd);
    // The flag is statx's; the kernel takes it here, too (4.11). No server is asked.
    if (!is_deleted(target.dir, path, name) || fstatat(target.dir, path, &file, AT_STATX_DONT_SYNC) ||
        file.st_nlink || !S_ISREG(file.st_mode))
        return 0;
    enum ms_fs fs;
    const int error = ms_source_fs(source, target.pid, major(file.st_dev), minor(file.st_dev), &fs);
    if (error || (fs != MS_FS_SHMEM && fs != MS_FS_SHMEM_FILE))
        return error;
    ms_buf_addf(out, "%02x:%02x %llu %llu %s", major(file.st_dev), minor(file.st_dev),
                (unsigned long long)file.st_ino, (unsigned long long)file.st_blocks * 512, name);
    ms_buf_add(out, "", 1);
    return 0;
}

int ms_source_open_shmem(struct ms_source *source, struct ms_target target, struct ms_buf *out)
{
    MS_AUTO_BUF names = {0};
    struct ms_entry entry;
    if (!source->live || target.dir < 0)
        return EOPNOTSUPP;
    int error = ms_source_list_here(source, target.dir, "fd", &names);
    for (struct ms_text rest = ms_buf_text(&names); !error && ms_source_next_entry(&rest, &entry);) {
        ms_heartbeat_step(target.heartbeat);
        if (ms_source_target_stopped(source, target))
            return EINTR;
        error = take(source, target, entry.name, out);
    }
    return error ? error : out->failed ? ENOMEM : 0;
}
