// SPDX-License-Identifier: GPL-3.0-or-later
// What directories hold, and whether something is there.
#include "source/private.h"

#include "pool/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static enum ms_entry_kind kind_of(DIR *dir, const struct dirent *entry)
{
    struct stat st;
    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR   ? MS_ENTRY_FOLDER
               : entry->d_type == DT_REG ? MS_ENTRY_FILE
                                         : MS_ENTRY_OTHER;
    if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
        return MS_ENTRY_OTHER;
    return S_ISDIR(st.st_mode) ? MS_ENTRY_FOLDER : S_ISREG(st.st_mode) ? MS_ENTRY_FILE : MS_ENTRY_OTHER;
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int collect(const struct ms_source *source, DIR *dir, struct ms_buf *out)
{
    struct ms_heartbeat *heartbeat = ms_pool_heartbeat();
    const struct ms_target watched = {.heartbeat = heartbeat};
    struct dirent *entry;
    while (errno = 0, (entry = readdir(dir)) != NULL) {
        ms_heartbeat_step(heartbeat);
        if (ms_source_target_stopped(source, watched))
            return EINTR;
        if (is_dots(entry->d_name))
            continue;
        ms_buf_addc(out, (char)kind_of(dir, entry));
        ms_buf_add(out, entry->d_name, strlen(entry->d_name) + 1);
        if (out->failed)
            return ENOMEM;
    }
    return errno;
}

int ms_source_list_here(struct ms_source *source, int at, const char *path, struct ms_buf *out)
{
    DIR *dir = ms_source_open_dir(source, at, path);
    if (!dir)
        return errno;
    const int error = collect(source, dir, out);
    closedir(dir);
    return error;
}

static int list_below_root(struct ms_source *source, const char *path, size_t max, struct ms_buf *out)
{
    (void)max;
    if (source->moment)
        return ms_source_list_recorded(source, path, out);
    return ms_source_list_here(source, source->root, path, out);
}

int ms_source_list(struct ms_source *source, const char *path, struct ms_buf *out)
{
    return ms_source_patiently(source, list_below_root, path, 0, out);
}

bool ms_source_next_entry(struct ms_text *list, struct ms_entry *out)
{
    if (list->len == 0)
        return false;
    out->kind = (enum ms_entry_kind)list->data[0];
    out->name = list->data + 1;
    *list = ms_text_skip(*list, strlen(out->name) + 2);
    return true;
}

static int look_here(struct ms_source *source, const char *path, size_t max, struct ms_buf *out)
{
    (void)max;
    (void)out;
    if (source->moment)
        return ms_source_look_recorded(source, path);
    return faccessat(source->root, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno;
}

int ms_source_look(struct ms_source *source, const char *path)
{
    MS_AUTO_BUF none = {0};
    return ms_source_patiently(source, look_here, path, 0, &none);
}
