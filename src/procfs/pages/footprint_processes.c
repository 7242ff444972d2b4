// SPDX-License-Identifier: GPL-3.0-or-later
// Which processes of a set have an address space of their own. Two that share one (vfork, CLONE_VM) show all
// of its memory, each.
#include "pages/footprint_private.h"

#include "pages/address_spaces.h"
#include "reader/reader.h"

#include <stdlib.h>

// The main thread, or another one where it has exited.
static pid_t task_of(const struct ms_process *process)
{
    const struct ms_target target = {.pid = process->pid, .dir = -1};
    pid_t task = 0;
    if (ms_process_lost_main_thread(process) &&
        ms_source_living_thread(process->source, target, &task)) // whose memory it shares is not known then
        task = 0;
    return task ? task : process->pid;
}

static bool has_memory(const struct ms_process *process)
{
    return ms_process_lost_main_thread(process) || !ms_process_has_no_mm(process);
}

static void add(struct ms_members *members, pid_t *tasks, struct ms_spaces *spaces,
                struct ms_process *process)
{
    const pid_t task = task_of(process);
    pid_t first;
    if (ms_spaces_add(spaces, process->source, task, &first) < 0)
        first = -1;
    for (size_t i = 0; first > 0 && first != task && i < members->clear; i++)
        if (tasks[i] == first) {
            members->weight[i]++;
            return;
        }
    // Those that are certain come first.
    size_t at = members->count++;
    members->weight[at] = 1;
    if (first > 0) {
        members->list[at] = members->list[members->clear];
        at = members->clear++;
        members->weight[at] = 1;
    }
    members->list[at] = process;
    tasks[at] = task;
}

static void add_all(struct ms_members *members, pid_t *tasks, struct ms_process *const *processes,
                    size_t count, size_t *without)
{
    struct ms_spaces spaces;
    ms_spaces_init(&spaces);
    for (size_t i = 0; i < count; i++)
        if (has_memory(processes[i]))
            add(members, tasks, &spaces, processes[i]);
        else
            ++*without;
    ms_spaces_deinit(&spaces);
}

enum ms_reason ms_members_of(struct ms_process *const *processes, size_t count, struct ms_members *out,
                             size_t *without)
{
    if (!ms_reader_load(processes, count, MS_FILES(MS_FILE_STAT)))
        return MS_IO;
    struct ms_members members = {.list = calloc(count + 1, sizeof(struct ms_process *)),
                                 .weight = calloc(count + 1, sizeof *members.weight)};
    pid_t *tasks = calloc(count + 1, sizeof *tasks);
    const bool has_room = members.list && members.weight && tasks;
    if (has_room) {
        add_all(&members, tasks, processes, count, without);
        *out = members;
    } else {
        free(members.list);
        free(members.weight);
    }
    free(tasks);
    return has_room ? MS_KNOWN : MS_OUT_OF_MEMORY;
}
