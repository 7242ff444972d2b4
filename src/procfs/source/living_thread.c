// SPDX-License-Identifier: GPL-3.0-or-later
// Threads of a process whose main thread has exited.
#include "source/private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static bool has_memory(struct ms_source *source, struct ms_target target, pid_t thread)
{
    struct ms_buf text;
    ms_buf_init(&text);
    target.thread = thread;
    const bool read = ms_source_read(source, target, MS_FILE_STATM, &text) == 0;
    const bool found = read && text.len && text.data[0] != '0';
    ms_buf_deinit(&text);
    return found;
}

static DIR *open_threads(const struct ms_source *source, struct ms_target target)
{
    char path[32];
    snprintf(path, sizeof path, "%d/task", (int)target.pid);
    const bool below = target.dir >= 0;
    int fd = openat(below ? target.dir : source->root, below ? "task" : path,
                    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir && fd >= 0)
        close(fd);
    return dir;
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
        uint64_t thread;
        if (ms_text_u64(ms_text_of(entry->d_name), &thread) && thread && thread <= INT32_MAX &&
            (pid_t)thread != target.pid && has_memory(source, target, (pid_t)thread))
            found = (pid_t)thread;
    }
    if (dir)
        closedir(dir);
    return found;
}
