// SPDX-License-Identifier: GPL-3.0-or-later
// The tmpfs mounts that the reader sees, and what each holds; and segments, which no mount shows.
#include "source/private.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

// Whether a later mount lies over this one, so that its path leads elsewhere.
static bool is_covered(const struct ms_mount *mount, struct ms_text later)
{
    struct ms_mount other;
    while (later.len)
        if (ms_mount_parse(ms_text_until(&later, '\n'), &other) && ms_text_eq(other.point, mount->point))
            return true;
    return false;
}

// What a filesystem holds, if it is that of the mount. 0 or an errno.
static int ask(const char *path, const struct ms_mount *mount, struct statfs *out)
{
    struct stat st;
    const int fd = open(path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno;
    int error = fstat(fd, &st) || fstatfs(fd, out) ? errno : 0;
    if (!error && (st.st_dev != makedev(mount->major, mount->minor) || out->f_type != TMPFS_MAGIC))
        error = ESTALE;
    close(fd);
    return error;
}

// No path leads to what another mount hides, and no call of the kernel asks without one.
static enum ms_reason reason_of(int error)
{
    if (error == EACCES || error == EPERM)
        return MS_DENIED;
    const bool is_hidden = error == ESTALE || error == ENOENT || error == ENOTDIR || error == ELOOP;
    return !error ? MS_KNOWN : is_hidden ? MS_UNSUPPORTED : MS_IO;
}

static int add_mount(struct ms_source *source, const struct ms_mount *mount, struct ms_text later,
                     struct ms_buf *out)
{
    struct statfs held = {0};
    char *path = ms_mount_unescaped(mount->point);
    if (!path)
        return ENOMEM;
    enum ms_reason why = MS_NOT_RECORDED;
    if (source->live) {
        const int error = is_covered(mount, later) ? ESTALE : ask(path, mount, &held);
        why = reason_of(error);
    }
    const uint64_t block = (uint64_t)held.f_bsize;
    ms_buf_addf(out, "%02x:%02x %s %llu %llu %s", mount->major, mount->minor, ms_reason_name(why),
                (unsigned long long)(held.f_blocks * block),
                (unsigned long long)((held.f_blocks - held.f_bfree) * block), path);
    ms_buf_add(out, "", 1);
    free(path);
    return out->failed ? ENOMEM : 0;
}

int ms_source_tmpfs(struct ms_source *source, struct ms_buf *out)
{
    MS_AUTO_BUF text = {0};
    struct ms_mount mount;
    const int error = ms_source_slurp(source, "self/mountinfo", &text);
    if (error)
        return error;
    for (struct ms_text rest = ms_buf_text(&text); rest.len;) {
        if (!ms_mount_parse(ms_text_until(&rest, '\n'), &mount) || !ms_text_eq(mount.type, MS_TEXT("tmpfs")))
            continue;
        if (add_mount(source, &mount, rest, out))
            return ENOMEM;
    }
    return 0;
}

static bool is_mounted_at(const struct ms_mount *mount, const char *path, dev_t dev)
{
    if (!ms_text_eq(mount->type, MS_TEXT("tmpfs")) || makedev(mount->major, mount->minor) != dev)
        return false;
    MS_AUTO_FREE char *point = ms_mount_unescaped(mount->point);
    return point && strcmp(point, path) == 0;
}

bool ms_source_has_tmpfs(struct ms_source *source, const char *path, dev_t dev)
{
    MS_AUTO_BUF text = {0};
    struct ms_mount mount;
    bool has = false;
    if (ms_source_slurp(source, "self/mountinfo", &text))
        return false;
    for (struct ms_text rest = ms_buf_text(&text); rest.len && !has;)
        has = ms_mount_parse(ms_text_until(&rest, '\n'), &mount) && is_mounted_at(&mount, path, dev);
    return has;
}

int ms_source_segments(struct ms_source *source, struct ms_buf *out)
{
    const char *path = "sysvipc/shm";
    const int refused = ms_source_refusal(source, path);
    return refused ? refused : ms_source_slurp(source, path, out);
}

enum ms_reason ms_source_shmem_reason(struct ms_source *source, int error)
{
    if (error == ENOENT && !source->live)
        return MS_NOT_RECORDED;
    return ms_source_reason(source, (struct ms_target){.dir = -1}, error);
}
