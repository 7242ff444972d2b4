// SPDX-License-Identifier: GPL-3.0-or-later
// Control groups: the hierarchy that counts memory, or what was saved of it: the folder `.machine/cgroup` of
// a root. Hooks and the `errors` file know its files by the latter path on either.
#include "source/private.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#define SAVED ".machine/cgroup"

// 3 if it counts memory, 2 for the unified hierarchy, which counts it if no other does, else 0.
static int rank_of(const struct ms_mount *mount)
{
    if (ms_text_eq(mount->type, MS_TEXT("cgroup")))
        return ms_text_has_item(mount->options, MS_TEXT("memory")) ? 3 : 0;
    return ms_text_eq(mount->type, MS_TEXT("cgroup2")) ? 2 : 0;
}

void ms_source_free_cgroup(struct ms_source *source)
{
    free(source->cgroup_top);
    free(source->cgroup_mount);
}

// 0 or an errno, EOPNOTSUPP where none is mounted.
static int find_mount(struct ms_source *source)
{
    MS_AUTO_BUF text = {0};
    struct ms_mount mount, best = {0};
    if (source->cgroup_mount)
        return 0;
    const int error = ms_source_slurp(source, "self/mountinfo", &text);
    for (struct ms_text rest = ms_buf_text(&text); rest.len;)
        if (ms_mount_parse(ms_text_until(&rest, '\n'), &mount) && rank_of(&mount) > rank_of(&best))
            best = mount;
    if (error || rank_of(&best) == 0)
        return error ? error : EOPNOTSUPP;
    char *top = ms_mount_unescaped(best.root), *point = ms_mount_unescaped(best.point);
    if (top && point) {
        source->cgroup_top = top;
        source->cgroup_mount = point;
        return 0;
    }
    free(top);
    free(point);
    return ENOMEM;
}

// The rest of the path below the group at which the hierarchy is mounted. NULL: the group is not below it.
static const char *below_top(const char *top, const char *group)
{
    const size_t len = strcmp(top, "/") == 0 ? 0 : strlen(top);
    if (strncmp(group, top, len) != 0 || (group[len] != '\0' && group[len] != '/'))
        return NULL;
    return group + len;
}

static bool saved_path(const char *group, const char *file, char path[PATH_MAX])
{
    return snprintf(path, PATH_MAX, SAVED "%s/%s", group[1] ? group : "", file) < PATH_MAX;
}

// The path of a group's file, in the machine or below the root, after errors and hooks let it pass. 0 or an
// errno.
static int path_of(struct ms_source *source, const char *group, const char *file, char path[PATH_MAX])
{
    if (group[0] != '/' || strstr(group, "/.."))
        return EACCES; // it is outside of what the reader's namespace shows
    if (strchr(file, '/'))
        return EACCES; // it is no file of a group
    if (!saved_path(group, file, path))
        return ENAMETOOLONG;
    const int refused = ms_source_refusal(source, path);
    if (refused || !source->live)
        return refused;
    const int error = find_mount(source);
    if (error)
        return error;
    const char *below = below_top(source->cgroup_top, group);
    if (!below)
        return EACCES;
    return snprintf(path, PATH_MAX, "%s%s/%s", source->cgroup_mount, below, file) >= PATH_MAX ? ENAMETOOLONG
                                                                                              : 0;
}

int ms_source_cgroup_read(struct ms_source *source, const char *group, const char *file, struct ms_buf *out)
{
    char path[PATH_MAX], saved[PATH_MAX];
    const size_t start = out->len;
    int error = path_of(source, group, file, path);
    if (!error)
        error = ms_source_slurp(source, path, out);
    return saved_path(group, file, saved) ? ms_source_tapped(source, saved, out, start, error) : error;
}

int ms_source_cgroup_list(struct ms_source *source, const char *group, struct ms_buf *out)
{
    char path[PATH_MAX];
    MS_AUTO_BUF entries = {0};
    struct ms_entry entry;
    int error = path_of(source, group, "", path);
    if (!error)
        error = ms_source_list(source, path, &entries);
    for (struct ms_text rest = ms_buf_text(&entries); !error && ms_source_next_entry(&rest, &entry);)
        if (entry.kind == MS_ENTRY_FOLDER && !ms_buf_add(out, entry.name, strlen(entry.name) + 1))
            error = ENOMEM;
    return error;
}

static bool is_there(struct ms_source *source, const char *group)
{
    char path[PATH_MAX];
    return path_of(source, group, "", path) == 0 && ms_source_look(source, path) == 0;
}

enum ms_reason ms_source_cgroup_reason(struct ms_source *source, const char *group, int error)
{
    if (error == ENODEV)
        return MS_GONE;
    if (error == ENOENT && !is_there(source, group))
        return source->live ? MS_GONE : MS_NOT_RECORDED;
    return ms_source_reason(source, (struct ms_target){.dir = -1}, error);
}
