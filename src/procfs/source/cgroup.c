// SPDX-License-Identifier: GPL-3.0-or-later
// Control groups: the hierarchy that counts memory, or what was saved of it: the folder `.machine/cgroup` of
// a root. Hooks and the `errors` file know its files by the latter path on either.
#include "source/private.h"

#include "base/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SAVED ".machine/cgroup"

static bool has_word(struct ms_text list, struct ms_text word)
{
    while (list.len)
        if (ms_text_eq(ms_text_until(&list, ','), word))
            return true;
    return false;
}

// A copy with the kernel's \040 and the like undone. NULL without memory.
static char *unescaped(struct ms_text text)
{
    char *out = malloc(text.len + 1), *at = out;
    for (size_t i = 0; out && i < text.len; i++) {
        const char *c = text.data + i;
        if (c[0] == '\\' && i + 3 < text.len) {
            *at++ = (char)((c[1] - '0') << 6 | (c[2] - '0') << 3 | (c[3] - '0'));
            i += 3;
        } else {
            *at++ = *c;
        }
    }
    if (out)
        *at = '\0';
    return out;
}

// "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory": 3 where it counts memory, 2 for the
// unified hierarchy, which does where no other is there for it, 0 else.
static int rank_of(struct ms_text line)
{
    const char *dash = memmem(line.data, line.len, " - ", 3);
    if (!dash)
        return 0;
    struct ms_text rest = {dash + 3, line.len - (size_t)(dash + 3 - line.data)};
    const struct ms_text type = ms_text_word(&rest);
    ms_text_word(&rest);
    if (ms_text_eq(type, MS_TEXT("cgroup")))
        return has_word(ms_text_word(&rest), MS_TEXT("memory")) ? 3 : 0;
    return ms_text_eq(type, MS_TEXT("cgroup2")) ? 2 : 0;
}

static void take_mount(struct ms_source *source, struct ms_text line, int *best)
{
    const int rank = rank_of(line);
    if (rank <= *best)
        return;
    *best = rank;
    for (int i = 0; i < 3; i++)
        ms_text_word(&line);
    free(source->cgroup_top);
    free(source->cgroup_mount);
    source->cgroup_top = unescaped(ms_text_word(&line));
    source->cgroup_mount = unescaped(ms_text_word(&line));
}

static void find_mount(struct ms_source *source)
{
    struct ms_buf text;
    int best = 0;
    source->has_cgroup = true;
    ms_buf_init(&text);
    if (ms_source_slurp(source, "self/mountinfo", &text) == 0)
        for (struct ms_text rest = {text.data, text.len}; rest.len;)
            take_mount(source, ms_text_until(&rest, '\n'), &best);
    ms_buf_deinit(&text);
}

void ms_source_free_cgroup(struct ms_source *source)
{
    free(source->cgroup_top);
    free(source->cgroup_mount);
}

// What is behind the group at which the hierarchy is mounted. NULL: the group is not below it.
static const char *below_top(const char *top, const char *group)
{
    const size_t len = strcmp(top, "/") == 0 ? 0 : strlen(top);
    if (strncmp(group, top, len) != 0 || (group[len] != '\0' && group[len] != '/'))
        return NULL;
    return group + len;
}

// The path of a group's file, in the machine or below the root, once errors and hooks let it pass. 0 or an
// errno.
static int path_of(struct ms_source *source, const char *group, const char *file, char path[PATH_MAX])
{
    if (group[0] != '/' || strstr(group, "/.."))
        return EACCES; // it is outside of what the reader's namespace shows
    if (snprintf(path, PATH_MAX, SAVED "%s/%s", group, file) >= PATH_MAX)
        return ENAMETOOLONG;
    const int refused = ms_source_refusal(source, path);
    if (refused || !source->live)
        return refused;
    if (!source->has_cgroup)
        find_mount(source);
    if (!source->cgroup_top || !source->cgroup_mount)
        return EOPNOTSUPP;
    const char *below = below_top(source->cgroup_top, group);
    if (!below)
        return EACCES;
    return snprintf(path, PATH_MAX, "%s%s/%s", source->cgroup_mount, below, file) >= PATH_MAX ? ENAMETOOLONG
                                                                                              : 0;
}

int ms_source_cgroup_read(struct ms_source *source, const char *group, const char *file, struct ms_buf *out)
{
    char path[PATH_MAX];
    const int error = path_of(source, group, file, path);
    if (error)
        return error;
    if (!source->live)
        return ms_source_slurp(source, path, out);
    MS_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? errno : ms_source_read_fd(source, fd, out);
}

static bool is_group(DIR *dir, const struct dirent *entry)
{
    struct stat st;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
        return false;
    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

// A saved root is somebody's folder: no link leads out of it.
static int open_group(const struct ms_source *source, const char *path)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    const struct open_how how = {.flags = (unsigned)flags, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    if (source->live)
        return open(path, flags);
    const int fd = (int)syscall(SYS_openat2, source->root, path, &how, sizeof how);
    if (fd < 0 && (errno == ENOSYS || errno == EPERM)) // before Linux 5.6, or a sandbox
        return openat(source->root, path, flags | O_NOFOLLOW);
    return fd;
}

int ms_source_cgroup_list(struct ms_source *source, const char *group, struct ms_buf *out)
{
    char path[PATH_MAX];
    const int error = path_of(source, group, "", path);
    if (error)
        return error;
    int fd = open_group(source, path);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        const int failed = errno;
        if (fd >= 0)
            close(fd);
        return failed;
    }
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        if (is_group(dir, entry))
            ms_buf_add(out, entry->d_name, strlen(entry->d_name) + 1);
    closedir(dir);
    return out->failed ? ENOMEM : 0;
}

static bool is_there(struct ms_source *source, const char *group)
{
    char path[PATH_MAX];
    return path_of(source, group, "", path) == 0 &&
           faccessat(source->live ? AT_FDCWD : source->root, path, F_OK, 0) == 0;
}

enum ms_reason ms_source_cgroup_reason(struct ms_source *source, const char *group, int error)
{
    if (error == ENODEV)
        return MS_GONE;
    if (error == ENOENT && !is_there(source, group))
        return source->live ? MS_GONE : MS_NOT_RECORDED;
    return ms_source_reason(source, (struct ms_target){.dir = -1}, error);
}
