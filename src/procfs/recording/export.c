// SPDX-License-Identifier: GPL-3.0-or-later
// The paths are those of somebody else's file: none leads out of the directory, and nothing that is there
// already is written to.
#include "recording/export.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/errno_name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 128 };

struct exporting {
    int root;
    struct ms_buf errors;
};

static bool is_name(struct ms_text name)
{
    return name.len && name.len <= NAME_MAX && !ms_text_eq(name, MS_TEXT(".")) &&
           !ms_text_eq(name, MS_TEXT(".."));
}

// The directory of that name below another, made if need be: an fd, or a negative errno.
static int open_below(int at, struct ms_text name)
{
    char text[NAME_MAX + 1];
    memcpy(text, name.data, name.len);
    text[name.len] = '\0';
    if (mkdirat(at, text, 0755) && errno != EEXIST)
        return -errno;
    const int fd = openat(at, text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd >= 0 ? fd : -errno;
}

static int write_all(int fd, struct ms_text text)
{
    while (text.len) {
        const ssize_t written = write(fd, text.data, text.len);
        if (written < 0 && errno != EINTR)
            return errno;
        text = ms_text_skip(text, written > 0 ? (size_t)written : 0);
    }
    return 0;
}

static int write_file(int at, struct ms_text name, struct ms_text text)
{
    char path[NAME_MAX + 1];
    memcpy(path, name.data, name.len);
    path[name.len] = '\0';
    MS_AUTO_CLOSE const int fd = openat(at, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    return fd < 0 ? errno : write_all(fd, text);
}

// Writes the file at `path` below the root; one that ends with a slash is a directory.
static int write_path(int root, const char *path, struct ms_text text)
{
    struct ms_text rest = ms_text_of(path);
    int at = fcntl(root, F_DUPFD_CLOEXEC, 0), error = at < 0 ? errno : 0;
    for (unsigned depth = 0; !error; depth++) {
        const bool below = memchr(rest.data, '/', rest.len);
        const struct ms_text name = ms_text_until(&rest, '/');
        if (!is_name(name) || depth > DEPTH_MAX) {
            error = EBADMSG;
        } else if (!below) {
            error = write_file(at, name, text);
            break;
        } else {
            const int next = open_below(at, name);
            error = next < 0 ? -next : 0;
            close(at);
            at = next;
        }
        if (below && !rest.len)
            break;
    }
    if (at >= 0)
        close(at);
    return error;
}

static bool ends(const char *path, const char *end)
{
    return strlen(path) > strlen(end) && strcmp(path + strlen(path) - strlen(end), end) == 0;
}

// What the drivers say of all descriptors is that of one.
static int export_graphics(const struct exporting *exporting, const char *path, struct ms_text text)
{
    struct ms_buf below = {0};
    ms_buf_addf(&below, "%s/%s", path, text.len ? "0" : "");
    ms_buf_addc(&below, '\0');
    const int error = below.failed ? ENOMEM : write_path(exporting->root, below.data, text);
    ms_buf_deinit(&below);
    return error;
}

// What a saved root lacks is not there; any other errno is named.
static int export_file(void *ctx, const char *path, struct ms_text text, int error)
{
    struct exporting *exporting = ctx;
    if (!error && strcmp(path, "errors") == 0)
        return ms_buf_add(&exporting->errors, text.data, text.len) ? 0 : ENOMEM;
    if (!error && ends(path, "/fdinfo"))
        return export_graphics(exporting, path, text);
    if (!error && ends(path, "/task"))
        return 0; // the threads have files
    if (!error)
        return write_path(exporting->root, path, text);
    if (error == ENOENT)
        return 0;
    return ms_buf_addf(&exporting->errors, "%s %s\n", path, ms_errno_name(error)) ? 0 : ENOMEM;
}

// 0 or an errno: ENOTEMPTY.
static int check_empty(int directory)
{
    const int fd = fcntl(directory, F_DUPFD_CLOEXEC, 0);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    const int error = errno;
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return error;
    }
    int entries = 0;
    while (readdir(dir))
        entries++;
    closedir(dir);
    return entries <= 2 ? 0 : ENOTEMPTY;
}

// A descriptor or a negative errno; then it is not made.
static int open_empty(const char *directory, bool *made)
{
    // For its owner alone, as the recording is: command lines and environments of others may be in it.
    *made = mkdir(directory, 0700) == 0;
    if (!*made && errno != EEXIST)
        return -errno;
    const int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int error = fd >= 0 ? check_empty(fd) : errno;
    if (!error)
        return fd;
    if (fd >= 0)
        close(fd);
    if (*made)
        rmdir(directory);
    return -error;
}

// A process of which nothing could be read has a directory all the same.
static int make_directories(struct ms_moment *moment, int root)
{
    pid_t *pids = NULL;
    size_t count = 0;
    int error = ms_moment_pids(moment, &pids, &count);
    for (size_t i = 0; i < count && !error; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", (int)pids[i]);
        error = mkdirat(root, name, 0755) ? errno : 0;
    }
    free(pids);
    return error;
}

// Removes what is in a directory, and closes it. No link is followed.
static void remove_all(int at)
{
    DIR *dir = fdopendir(at);
    if (dir)
        rewinddir(dir); // it was read to see that it is empty
    for (const struct dirent *entry; dir && (entry = readdir(dir));) {
        const char *name = entry->d_name;
        if (!is_name(ms_text_of(name)) || unlinkat(at, name, 0) == 0)
            continue;
        const int below = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (below >= 0)
            remove_all(below);
        unlinkat(at, name, AT_REMOVEDIR);
    }
    if (dir)
        closedir(dir);
    else
        close(at);
}

int ms_moment_export(struct ms_moment *moment, const char *directory)
{
    bool made = false;
    struct exporting exporting = {.root = open_empty(directory, &made)};
    if (exporting.root < 0)
        return -exporting.root;
    int error = make_directories(moment, exporting.root);
    if (!error)
        error = ms_moment_each(moment, NULL, export_file, &exporting);
    if (!error && exporting.errors.len)
        error = write_file(exporting.root, MS_TEXT("errors"), ms_buf_text(&exporting.errors));
    ms_buf_deinit(&exporting.errors);
    if (error)
        remove_all(exporting.root);
    else
        close(exporting.root);
    if (error && made)
        rmdir(directory);
    return error;
}
