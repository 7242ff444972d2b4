// SPDX-License-Identifier: GPL-3.0-or-later
#include "confine/files.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/open_no_links.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

struct named {
    char *given;
    char *real; // NULL: it has no path (a pipe, as /dev/fd/63)
    int fd;
};

static struct named *list;
static size_t count;
static bool closed;

static bool add(const char *path, int fd)
{
    if (!ms_array_grow(&list, count, sizeof *list))
        return false;
    list[count] = (struct named){strdup(path), realpath(path, NULL), fd};
    if (list[count].given && (list[count].real || errno != ENOMEM)) {
        count++;
        return true;
    }
    free(list[count].given);
    free(list[count].real);
    return false;
}

bool ms_files_name(const char *path)
{
    const int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return true;
    if (add(path, fd))
        return true;
    close(fd);
    return false;
}

void ms_files_close(void)
{
    closed = true;
}

size_t ms_files_count(void)
{
    return count;
}

int ms_files_descriptor(size_t index)
{
    return list[index].fd;
}

// Opens an absolute path: what a link has come to stand in for meanwhile is not followed.
static int open_real(const char *real, int flags)
{
    MS_AUTO_CLOSE int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return top < 0 ? -1 : ms_open_no_links(top, real, flags);
}

// Opens again what was named and has no path. Its name may lead elsewhere by now.
static int open_again(const struct named *given, int flags)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", given->fd);
    return open(path, flags | O_CLOEXEC);
}

static bool is_below(const char *path, const char *top)
{
    const size_t len = strlen(top);
    return strncmp(path, top, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

static const struct named *find_given(const char *path)
{
    for (size_t i = 0; i < count; i++)
        if (!list[i].real && strcmp(path, list[i].given) == 0)
            return &list[i];
    return NULL;
}

static bool is_named(const char *real)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].real && is_below(real, list[i].real))
            return true;
    return false;
}

// A process's memory and environment are for those who may trace it; memsh itself needs neither.
static bool is_secret(const char *real)
{
    const char *name = strrchr(real, '/');
    struct statfs fs;
    return (strcmp(name, "/mem") == 0 || strcmp(name, "/environ") == 0) &&
           (statfs(real, &fs) != 0 || fs.f_type == PROC_SUPER_MAGIC);
}

static int open_named(const char *real, int flags)
{
    if (is_named(real) && !is_secret(real))
        return open_real(real, flags);
    errno = EPERM;
    return -1;
}

static int open_closed(const char *path, int flags)
{
    const struct named *given = find_given(path);
    if (given)
        return open_again(given, flags);
    char *real = realpath(path, NULL);
    if (!real)
        return -1;
    const int fd = open_named(real, flags);
    const int error = errno;
    free(real);
    errno = error;
    return fd;
}

int ms_files_open(const char *path, int flags)
{
    return closed ? open_closed(path, O_RDONLY | flags) : open(path, O_RDONLY | O_CLOEXEC | flags);
}

int ms_files_look(const char *path)
{
    if (!closed)
        return 0;
    const int fd = ms_files_open(path, O_PATH);
    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}

const char *ms_files_problem(int error)
{
    return closed && error == EPERM ? "restricted mode reads /proc (no memory or environment), /sys, the "
                                      "reports and what the command line names"
                                    : strerror(error);
}
