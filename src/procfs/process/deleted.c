// SPDX-License-Identifier: GPL-3.0-or-later
#include "process/deleted.h"

#include "source/page_files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static const struct ms_text words = {" (deleted)", sizeof " (deleted)" - 1};
static const struct ms_deleted said = {true, MS_DELETED_BY_NAME};

const char *ms_deleted_by_name(enum ms_deleted_by by)
{
    static const char *const names[] = {"links", "inode", "name"};
    return names[by];
}

bool ms_deleted_is_said(struct ms_text name)
{
    return name.len > words.len && ms_text_ends(name, words);
}

static bool is_same(const struct stat *st, const struct ms_file_id *file)
{
    return st->st_ino == file->inode && major(st->st_dev) == file->major && minor(st->st_dev) == file->minor;
}

enum found { NOTHING_THERE, THE_SAME, ANOTHER, UNCLEAR };

// What lies at `path` for the process. In the kernel's listing a newline is \012, which may as well be four
// characters of the name.
static enum found look(struct ms_source *source, struct ms_target target, struct ms_text path,
                       const struct ms_file_id *file)
{
    char below[PATH_MAX];
    struct stat st;
    if (path.len == 0 || path.data[0] != '/' || memmem(path.data, path.len, "\\012", 4) ||
        memchr(path.data, '\0', path.len) ||
        snprintf(below, sizeof below, "root%.*s", (int)path.len, path.data) >= (int)sizeof below)
        return UNCLEAR;
    const int error = ms_source_stat(source, target, below, false, &st);
    if (error == ENOENT || error == ENOTDIR)
        return NOTHING_THERE;
    return error ? UNCLEAR : is_same(&st, file) ? THE_SAME : ANOTHER;
}

static bool same_file(struct ms_source *source, struct ms_target a, struct ms_target b, const char *path)
{
    struct stat one, two;
    return ms_source_stat(source, a, path, true, &one) == 0 &&
           ms_source_stat(source, b, path, true, &two) == 0 && one.st_ino == two.st_ino &&
           one.st_dev == two.st_dev;
}

// Whether the paths that the kernel prints lead somewhere below the root of the process. Below another root
// in the reader's own mounts (chroot) they are printed as the reader sees them.
static bool resolves(struct ms_source *source, struct ms_target target)
{
    const struct ms_target self = {.pid = getpid(), .dir = -1, .heartbeat = target.heartbeat};
    struct stat root;
    if (ms_source_stat(source, target, "root/.", true, &root))
        return false;
    return same_file(source, target, self, "root/.") || !same_file(source, target, self, "ns/mnt");
}

// The device and inode of a listing need not be those of stat (btrfs, overlayfs of older kernels): another
// file under the very name that the kernel prints proves nothing.
static struct ms_deleted by_inode(struct ms_source *source, struct ms_target target, struct ms_text name,
                                  const struct ms_file_id *file)
{
    if (!resolves(source, target))
        return said;
    const enum found whole = look(source, target, name, file);
    if (whole == THE_SAME)
        return (struct ms_deleted){false, MS_DELETED_BY_INODE};
    if (whole != NOTHING_THERE)
        return said;
    name.len -= words.len;
    const enum found bare = look(source, target, name, file);
    if (bare == UNCLEAR)
        return said;
    return (struct ms_deleted){bare != THE_SAME, MS_DELETED_BY_INODE};
}

struct ms_deleted ms_deleted_mapping(struct ms_source *source, struct ms_target target,
                                     const struct ms_vma *vma, const struct ms_vma_traits *traits)
{
    const struct ms_file_id file = {vma->inode, vma->major, vma->minor};
    char path[64];
    struct stat st;
    if (!ms_vma_has_path(traits))
        return said;
    snprintf(path, sizeof path, "map_files/%llx-%llx", (unsigned long long)vma->start,
             (unsigned long long)vma->end);
    // Another inode: something else is mapped there now.
    if (ms_source_stat(source, target, path, true, &st) == 0 && st.st_ino == file.inode)
        return (struct ms_deleted){st.st_nlink == 0, MS_DELETED_BY_LINKS};
    return by_inode(source, target, traits->name, &file);
}

struct ms_deleted ms_deleted_program(struct ms_source *source, struct ms_target target, struct ms_text exe)
{
    struct stat st;
    if (!ms_deleted_is_said(exe) || ms_source_stat(source, target, "exe", true, &st))
        return (struct ms_deleted){ms_deleted_is_said(exe), MS_DELETED_BY_NAME};
    return (struct ms_deleted){st.st_nlink == 0, MS_DELETED_BY_LINKS};
}
