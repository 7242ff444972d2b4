// SPDX-License-Identifier: GPL-3.0-or-later
// The processes of a source, and the threads of one.
#include "source/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { COMPARE_VM = 1 }; // KCMP_VM of linux/kcmp.h

pid_t ms_source_pid_named(struct ms_text name)
{
    uint64_t pid;
    return name.len && name.data[0] != '0' && ms_text_u64(name, &pid) && pid <= INT32_MAX ? (pid_t)pid : 0;
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

// The reader's own number as the root shows it; 0 if it shows something else, -1 if nothing.
static pid_t self_of(const struct ms_source *source)
{
    char link[32];
    const ssize_t len = readlinkat(source->root, "self", link, sizeof link);
    return len < 0 ? -1 : ms_source_pid_named((struct ms_text){link, (size_t)len});
}

// A live /proc shows whoever reads it, whatever it hides of others: a list without that one is not whole.
static bool lacks_reader(const struct ms_source *source, const pid_t *pids, size_t count)
{
    const pid_t self = source->live ? self_of(source) : -1;
    if (self < 0) // of a PID namespace that the reader is not in
        return source->live && count == 0;
    return !count || !bsearch(&self, pids, count, sizeof *pids, compare_pids);
}

static int collect(const struct ms_source *source, DIR *dir, struct ms_buf *list)
{
    struct dirent *entry;
    while (errno = 0, (entry = readdir(dir)) != NULL) {
        const pid_t pid = entry->d_type == DT_REG ? 0 : ms_source_pid_named(ms_text_of(entry->d_name));
        if (pid && !ms_buf_add(list, &pid, sizeof pid))
            return ENOMEM;
        if (ms_source_stopped(source))
            return EINTR;
    }
    return errno;
}

int ms_source_pids(struct ms_source *source, pid_t **out, size_t *count)
{
    struct ms_buf list = {0};
    int error = 0;
    DIR *dir = source->lone ? NULL : ms_source_open_dir(source, source->root, ".");
    if (source->lone)
        error = ms_buf_add(&list, &source->lone_pid, sizeof source->lone_pid) ? 0 : ENOMEM;
    else
        error = dir ? collect(source, dir, &list) : errno;
    if (dir)
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

// ---- threads of a process whose main thread has exited

static bool has_memory(struct ms_source *source, struct ms_target target, pid_t thread)
{
    MS_AUTO_BUF text = {0};
    target.thread = thread;
    return ms_source_read(source, target, MS_FILE_STATM, &text) == 0 && text.len && text.data[0] != '0';
}

static DIR *open_threads(const struct ms_source *source, struct ms_target target)
{
    char path[32];
    const bool below = target.dir >= 0;
    snprintf(path, sizeof path, "%d/task", (int)target.pid);
    return ms_source_open_dir(source, below ? target.dir : source->root, below ? "task" : path);
}

bool ms_source_has_threads(const struct ms_source *source, struct ms_target target)
{
    DIR *dir = open_threads(source, target);
    if (dir)
        closedir(dir);
    return dir || source->live;
}

pid_t ms_source_living_thread(struct ms_source *source, struct ms_target target)
{
    DIR *dir = open_threads(source, target);
    pid_t found = 0;
    for (struct dirent *entry; dir && !found && (entry = readdir(dir)) != NULL;) {
        const pid_t thread = ms_source_pid_named(ms_text_of(entry->d_name));
        if (thread && thread != target.pid && has_memory(source, target, thread))
            found = thread;
    }
    if (dir)
        closedir(dir);
    return found;
}

// ---- processes with one address space: after vfork, and after clone with CLONE_VM

// Process numbers mean the same to the kernel only if the root is that of the reader's own pid namespace.
static bool has_own_numbers(struct ms_source *source)
{
    if (!source->has_numbers)
        source->own_numbers = source->live && self_of(source) == getpid();
    source->has_numbers = true;
    return source->own_numbers;
}

int ms_source_compare_memory(struct ms_source *source, pid_t a, pid_t b)
{
    char path[32];
    if (!has_own_numbers(source))
        return -EOPNOTSUPP;
    snprintf(path, sizeof path, "%d/kcmp", (int)a);
    const int refused = ms_source_refusal(source, path);
    if (refused)
        return -refused;
    const long order = syscall(SYS_kcmp, a, b, COMPARE_VM, 0, 0);
    return order >= 0 ? (int)order : errno == ENOSYS ? -EOPNOTSUPP : -errno;
}
