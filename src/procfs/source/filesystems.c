// SPDX-License-Identifier: GPL-3.0-or-later
// The kind of filesystem of a device number: whether its pages are shmem, as the kernel counts them, and
// whether its files have another device number for stat(2).
#include "source/private.h"

#include "base/array.h"
#include "recording/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

bool ms_mount_parse(struct ms_text line, struct ms_mount *out)
{
    uint64_t major, minor;
    const char *dash = memmem(line.data, line.len, " - ", 3);
    if (!dash)
        return false;
    struct ms_text rest = ms_text_skip(line, (size_t)(dash + 3 - line.data));
    ms_text_word(&line);
    ms_text_word(&line);
    struct ms_text dev = ms_text_word(&line); // decimal here, hexadecimal in maps
    if (!ms_text_u64(ms_text_until(&dev, ':'), &major) || !ms_text_u64(dev, &minor) || major > UINT32_MAX ||
        minor > UINT32_MAX)
        return false;
    *out = (struct ms_mount){.major = (uint32_t)major, .minor = (uint32_t)minor};
    out->root = ms_text_word(&line);
    out->point = ms_text_word(&line);
    out->type = ms_text_word(&rest);
    ms_text_word(&rest);
    out->options = ms_text_word(&rest);
    return true;
}

char *ms_mount_unescaped(struct ms_text text)
{
    char *out = malloc(text.len + 1);
    if (out)
        out[ms_text_unescape(text, out)] = '\0';
    return out;
}

static void add_device(struct ms_source *source, uint32_t major, uint32_t minor, enum ms_fs fs)
{
    if (ms_array_grow(&source->devices, source->device_count, sizeof *source->devices))
        source->devices[source->device_count++] = (struct ms_source_device){major, minor, fs};
    else
        source->lacks_devices = true;
}

// The one that was found moves to the front: neighbours in a listing are mostly of one device, and a machine
// may have thousands.
static const struct ms_source_device *find_device(struct ms_source *source, uint32_t major, uint32_t minor)
{
    struct ms_source_device *devices = source->devices;
    for (size_t i = 0; i < source->device_count; i++)
        if (devices[i].major == major && devices[i].minor == minor) {
            const struct ms_source_device found = devices[i];
            devices[i] = devices[0];
            devices[0] = found;
            return devices;
        }
    return NULL;
}

static bool has_size(struct ms_text options)
{
    while (options.len)
        if (ms_text_starts(ms_text_until(&options, ','), MS_TEXT("size=")))
            return true;
    return false;
}

// The first root filesystem may be a tmpfs or a ramfs, and only the former has a size.
static enum ms_fs fs_of(const struct ms_mount *mount)
{
    const struct ms_text type = mount->type;
    if (ms_text_eq(type, MS_TEXT("tmpfs")) || ms_text_eq(type, MS_TEXT("devtmpfs")))
        return MS_FS_SHMEM;
    if (ms_text_eq(type, MS_TEXT("rootfs")))
        return has_size(mount->options) ? MS_FS_SHMEM : MS_FS_OTHER;
    if (ms_text_eq(type, MS_TEXT("btrfs")))
        return MS_FS_BTRFS;
    return ms_text_eq(type, MS_TEXT("hugetlbfs")) ? MS_FS_HUGETLB : MS_FS_OTHER;
}

// ---- overlays: a page is that of the layer which has the file, and of which kind it is depends on that

struct layers {
    unsigned shmem, other, unsure;
};

// The length of a mount point that a path is below; 0: it is not.
static size_t below(struct ms_text path, struct ms_text point)
{
    if (ms_text_eq(point, MS_TEXT("/")))
        return 1;
    const bool is = ms_text_starts(path, point) && (path.len == point.len || path.data[point.len] == '/');
    return is ? point.len : 0;
}

// The filesystem that a path lies on, by the mounts of a mountinfo; that of an overlay is not looked into.
static enum ms_fs fs_of_path(struct ms_text mounts, struct ms_text path)
{
    enum ms_fs fs = MS_FS_UNKNOWN;
    size_t best = 1;
    while (mounts.len) {
        struct ms_mount mount;
        const bool is_mount = ms_mount_parse(ms_text_until(&mounts, '\n'), &mount);
        const size_t len = is_mount ? below(path, mount.point) : 0;
        if (len < best)
            continue;
        best = len;
        fs = fs_of(&mount);
    }
    return fs;
}

static void take_layers(struct layers *layers, struct ms_text mounts, struct ms_text paths)
{
    while (paths.len) {
        const struct ms_text path = ms_text_until(&paths, ':');
        if (path.len == 0) // "::" in front of layers of data alone
            continue;
        const bool is_relative = path.data[0] != '/'; // to a directory that mountinfo does not show
        const bool is_shmem = !is_relative && fs_of_path(mounts, path) == MS_FS_SHMEM;
        *(is_relative ? &layers->unsure : is_shmem ? &layers->shmem : &layers->other) += 1;
    }
}

// `own`: the paths of the options are those of our own mounts, as far as can be told.
static enum ms_fs fs_of_overlay(struct ms_text mounts, struct ms_text options, bool own)
{
    struct layers layers = {0};
    while (options.len) {
        struct ms_text value = ms_text_until(&options, ',');
        const struct ms_text name = ms_text_until(&value, '=');
        if (ms_text_starts(name, MS_TEXT("lowerdir")) || ms_text_starts(name, MS_TEXT("upperdir")))
            take_layers(&layers, mounts, value);
    }
    if (!layers.shmem && !layers.unsure)
        return MS_FS_OTHER;
    return own && !layers.other && !layers.unsure ? MS_FS_SHMEM : MS_FS_OVERLAY;
}

static void take_mounts(struct ms_source *source, struct ms_text mounts, bool own)
{
    struct ms_mount mount;
    for (struct ms_text rest = mounts; rest.len;)
        if (ms_mount_parse(ms_text_until(&rest, '\n'), &mount) &&
            !find_device(source, mount.major, mount.minor))
            add_device(source, mount.major, mount.minor,
                       ms_text_eq(mount.type, MS_TEXT("overlay")) ? fs_of_overlay(mounts, mount.options, own)
                                                                  : fs_of(&mount));
}

// The kernel's own mounts of shmem and hugetlbfs are in nobody's mountinfo: a file on each shows its device.
static void take_internal(struct ms_source *source, unsigned flags, enum ms_fs fs)
{
    struct stat st;
    int fd = memfd_create("memsh", MFD_CLOEXEC | flags);
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && !find_device(source, major(st.st_dev), minor(st.st_dev)))
        add_device(source, major(st.st_dev), minor(st.st_dev), fs);
    close(fd);
}

// A line as of mountinfo, for what take_internal finds.
static void add_internal(struct ms_buf *out, unsigned flags, const char *type)
{
    struct stat st;
    const int fd = memfd_create("memsh", MFD_CLOEXEC | flags);
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0)
        ms_buf_addf(out, "0 0 %u:%u / / rw - %s none rw\n", major(st.st_dev), minor(st.st_dev), type);
    close(fd);
}

int ms_source_mounts(struct ms_source *source, struct ms_buf *out)
{
    add_internal(out, 0, "tmpfs");
    add_internal(out, MFD_HUGETLB, "hugetlbfs");
    return ms_source_slurp(source, "self/mountinfo", out);
}

bool ms_source_shares_mounts(struct ms_source *source, struct ms_target target)
{
    char path[32];
    struct stat own, other;
    snprintf(path, sizeof path, "%d/ns/mnt", (int)target.pid);
    return fstatat(source->root, "self/ns/mnt", &own, 0) || fstatat(source->root, path, &other, 0) ||
           own.st_ino == other.st_ino;
}

static void take_own(struct ms_source *source, struct ms_text mounts)
{
    if (source->has_devices)
        return;
    source->has_devices = true;
    if (source->live) {
        take_internal(source, 0, MS_FS_SHMEM);
        take_internal(source, MFD_HUGETLB, MS_FS_HUGETLB);
    }
    take_mounts(source, mounts, true);
}

static bool look_up(struct ms_source *source, uint32_t major, uint32_t minor, enum ms_fs *fs)
{
    const struct ms_source_device *device = find_device(source, major, minor);
    if (device)
        *fs = device->fs;
    return device;
}

// Without a mount namespace, as a process that is ending, and before Linux 2.6.26 there are no mounts to
// read. In a recording only processes with mounts of their own have some.
static bool has_none(int error)
{
    return error == ENOENT || error == ESRCH || error == EINVAL || error == ENOMEDIUM;
}

// From the mounts of a process; 0: from the reader's own. Nothing is read under the lock: what hangs must not
// stop others.
static int learn(struct ms_source *source, pid_t pid, uint32_t major, uint32_t minor, enum ms_fs *fs)
{
    const bool own = pid == 0;
    char path[64] = "self/mountinfo";
    MS_AUTO_BUF text = {0};
    if (!own)
        snprintf(path, sizeof path, "%d/mountinfo", (int)pid);
    if (own && !source->live)
        strcpy(path, ".machine/mountinfo");
    int error = ms_source_slurp(source, path, &text);
    if (error && !has_none(error))
        return error;
    pthread_mutex_lock(&source->lock);
    source->lacks_devices = false;
    if (own)
        take_own(source, ms_buf_text(&text));
    else
        take_mounts(source, ms_buf_text(&text), false);
    if (!look_up(source, major, minor, fs) && !own) // ask once
        add_device(source, major, minor, MS_FS_UNKNOWN);
    error = source->lacks_devices ? ENOMEM : 0;
    if (error)
        source->has_devices = false; // all of them are taken anew
    pthread_mutex_unlock(&source->lock);
    return error;
}

// Adds what mounts say of devices that no mounts before them named.
static int add_mounts(struct ms_source *source, struct ms_text mounts)
{
    pthread_mutex_lock(&source->lock);
    source->lacks_devices = false;
    take_mounts(source, mounts, false);
    const int error = source->lacks_devices ? ENOMEM : 0;
    pthread_mutex_unlock(&source->lock);
    return error;
}

// Mounts that could not be read may be what names a device that no others do. Those that may not be read are
// their process's own matter.
static int note_unread(struct ms_source *source, int error)
{
    if (error == ENOMEM)
        return error;
    pthread_mutex_lock(&source->lock);
    if (!has_none(error) && error != EACCES && error != EPERM)
        source->unread_mounts = error;
    pthread_mutex_unlock(&source->lock);
    return 0;
}

static int add_recorded(void *ctx, const char *path, struct ms_text mounts, int error)
{
    (void)path;
    return error ? note_unread(ctx, error) : add_mounts(ctx, mounts);
}

static int add_saved(struct ms_source *source, pid_t pid)
{
    char path[64];
    MS_AUTO_BUF text = {0};
    snprintf(path, sizeof path, "%d/mountinfo", (int)pid);
    const int error = ms_source_slurp(source, path, &text);
    return error ? note_unread(source, error) : add_mounts(source, ms_buf_text(&text));
}

static int add_all(struct ms_source *source)
{
    pid_t *pids = NULL;
    size_t count = 0;
    if (source->moment)
        return ms_moment_each(source->moment, "mountinfo", add_recorded, source);
    int error = ms_source_pids(source, &pids, &count);
    for (size_t i = 0; i < count && !error; i++)
        error = add_saved(source, pids[i]);
    free(pids);
    return error;
}

// From the mounts of all processes of a saved machine, in their order, so that no answer depends on which is
// asked first.
static int learn_all(struct ms_source *source, uint32_t major, uint32_t minor, enum ms_fs *fs)
{
    pthread_mutex_lock(&source->lock);
    const bool has_all = source->has_all_devices;
    pthread_mutex_unlock(&source->lock);
    const int error = has_all ? 0 : add_all(source);
    if (error)
        return error;
    pthread_mutex_lock(&source->lock);
    source->has_all_devices = true;
    const int lacks = look_up(source, major, minor, fs) ? 0 : source->unread_mounts;
    pthread_mutex_unlock(&source->lock);
    return lacks;
}

int ms_source_fs(struct ms_source *source, pid_t pid, uint32_t major, uint32_t minor, enum ms_fs *out)
{
    int error = 0;
    *out = major != 0 ? MS_FS_OTHER : MS_FS_UNKNOWN;
    if (major != 0 || minor == 0) // a block device; no file
        return 0;
    pthread_mutex_lock(&source->lock);
    const bool first = !source->has_devices;
    const bool found = !first && look_up(source, major, minor, out);
    pthread_mutex_unlock(&source->lock);
    if (first)
        error = learn(source, 0, major, minor, out);
    if (error || found || *out != MS_FS_UNKNOWN)
        return error;
    if (!source->live && ((error = learn_all(source, major, minor, out)) || *out != MS_FS_UNKNOWN))
        return error;
    return pid ? learn(source, pid, major, minor, out) : 0;
}
