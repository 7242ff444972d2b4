// SPDX-License-Identifier: GPL-3.0-or-later
// The processes of a source, and the threads of one.
#include "source/private.h"

#include "recording/recording.h"

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

pid_t ms_source_reader(const struct ms_source *source)
{
    const pid_t self = source->live ? self_of(source) : -1;
    return self > 0 ? self : -1;
}

// A live /proc shows whoever reads it, whatever it hides of others: a list without that one is not whole.
static bool lacks_reader(const struct ms_source *source, const pid_t *pids, size_t count)
{
    const pid_t self = source->live ? self_of(source) : -1;
    if (self < 0) // of a PID namespace that the reader is not in
        return source->live && count == 0;
    return !count || !bsearch(&self, pids, count, sizeof *pids, compare_pids);
}

// Appends the numbers of processes, or of threads, that a directory has. 0 or an errno.
static int take_pids(struct ms_text entries, struct ms_buf *list)
{
    struct ms_entry entry;
    while (ms_source_next_entry(&entries, &entry)) {
        const pid_t pid = entry.kind == MS_ENTRY_FILE ? 0 : ms_source_pid_named(ms_text_of(entry.name));
        if (pid && !ms_buf_add(list, &pid, sizeof pid))
            return ENOMEM;
    }
    return 0;
}

static int collect(struct ms_source *source, struct ms_buf *list)
{
    MS_AUTO_BUF entries = {0};
    if (source->lone)
        return ms_buf_add(list, &source->lone_pid, sizeof source->lone_pid) ? 0 : ENOMEM;
    const int error = ms_source_list(source, ".", &entries);
    return error ? error : take_pids(ms_buf_text(&entries), list);
}

int ms_source_pids(struct ms_source *source, pid_t **out, size_t *count)
{
    struct ms_buf list = {0};
    if (source->moment)
        return ms_moment_pids(source->moment, out, count);
    int error = collect(source, &list);
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

// Finds out whether a thread has an address space. 0, or ENOMEM: what else can't be read has none.
static int look_for_memory(struct ms_source *source, struct ms_target target, bool *has)
{
    MS_AUTO_BUF text = {0};
    const int error = ms_source_read(source, target, MS_FILE_STATM, &text);
    *has = !error && text.len && text.data[0] != '0';
    return error == ENOMEM ? error : 0;
}

static int list_threads(struct ms_source *source, struct ms_target target, struct ms_buf *out)
{
    char path[32];
    if (source->live && target.dir >= 0)
        return ms_source_list_here(source, target.dir, "task", out);
    snprintf(path, sizeof path, "%d/task", (int)target.pid);
    return ms_source_list(source, path, out);
}

int ms_source_living_thread(struct ms_source *source, struct ms_target target, pid_t *thread)
{
    MS_AUTO_BUF entries = {0};
    struct ms_entry entry;
    bool found = false;
    *thread = 0;
    int error = list_threads(source, target, &entries);
    for (struct ms_text rest = ms_buf_text(&entries);
         !error && !found && ms_source_next_entry(&rest, &entry);) {
        target.thread = ms_source_pid_named(ms_text_of(entry.name));
        if (target.thread && target.thread != target.pid)
            error = look_for_memory(source, target, &found);
    }
    if (found)
        *thread = target.thread;
    return error;
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
