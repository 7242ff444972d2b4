// SPDX-License-Identifier: GPL-3.0-or-later
// The processes of a source.
#include "source/private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

// The pid that the name of a directory spells, 0 for any other entry.
static pid_t pid_of(const struct dirent *entry)
{
    const char *name = entry->d_name;
    uint64_t pid;
    if (entry->d_type == DT_REG || name[0] == '0')
        return 0;
    if (!ms_text_u64(ms_text_of(name), &pid) || pid > INT32_MAX)
        return 0;
    return (pid_t)pid;
}

static int compare_pids(const void *a, const void *b)
{
    pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;
    return (x > y) - (x < y);
}

// The kernel lists them so; a saved root is a directory like any other.
static bool are_ascending(const pid_t *pids, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (pids[i - 1] > pids[i])
            return false;
    return true;
}

// A live /proc shows whoever reads it, whatever it hides of others: a list without that one is not whole, or
// none.
static bool lacks_reader(const struct ms_source *source, const pid_t *pids, size_t count)
{
    char link[32];
    uint64_t self;
    if (!source->live)
        return false;
    const ssize_t len = readlinkat(source->root, "self", link, sizeof link);
    if (len < 0) // of a PID namespace that the reader is not in
        return count == 0;
    if (!ms_text_u64((struct ms_text){link, (size_t)len}, &self) || self > INT32_MAX)
        return true;
    const pid_t key = (pid_t)self;
    return !count || !bsearch(&key, pids, count, sizeof *pids, compare_pids);
}

int ms_source_pids(struct ms_source *source, pid_t **out, size_t *count)
{
    if (source->lone) {
        *out = malloc(sizeof **out);
        if (!*out)
            return ENOMEM;
        **out = source->lone_pid;
        *count = 1;
        return 0;
    }
    int fd = openat(source->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        int error = errno;
        if (fd >= 0)
            close(fd);
        return error;
    }
    struct ms_buf list;
    ms_buf_init(&list);
    struct dirent *entry;
    int error = 0;
    while (!error && (errno = 0, entry = readdir(dir))) {
        pid_t pid = pid_of(entry);
        if (pid && !ms_buf_add(&list, &pid, sizeof pid))
            error = ENOMEM;
        if (ms_source_stopped(source))
            error = EINTR;
    }
    if (!error)
        error = errno;
    closedir(dir);
    pid_t *pids = (pid_t *)(void *)list.data;
    const size_t found = list.len / sizeof(pid_t);
    if (!error && !are_ascending(pids, found))
        qsort(pids, found, sizeof(pid_t), compare_pids);
    if (!error && lacks_reader(source, pids, found))
        error = ENODATA;
    if (error) {
        ms_buf_deinit(&list);
        return error;
    }
    *out = pids;
    *count = found;
    return 0;
}
