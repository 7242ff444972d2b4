// SPDX-License-Identifier: GPL-3.0-or-later
// Which processes of a set have an address space of their own. Two that share one (vfork, CLONE_VM) show all
// of its memory, each; the kernel tells by kcmp, which gives address spaces an order, so that they can be
// sorted.
#include "pages/footprint_private.h"

#include "reader/reader.h"
#include "source/page_files.h"

#include <stdlib.h>
#include <string.h>

struct member {
    struct ms_process *process;
    pid_t task; // a thread that has the memory
    uint32_t weight;
};

// The main thread, or another one where it has exited.
static pid_t task_of(const struct ms_process *process)
{
    pid_t task = 0;
    if (ms_process_lost_main_thread(process))
        task = ms_source_living_thread(process->source, (struct ms_target){.pid = process->pid, .dir = -1});
    return task ? task : process->pid;
}

static bool has_memory(const struct ms_process *process)
{
    return ms_process_lost_main_thread(process) || !ms_process_has_no_mm(process);
}

// Merges two sorted neighbours. (A process may end at any time, and then its order is any: qsort may not be
// given such.) False where the kernel did not tell an order.
static bool merge(struct ms_source *source, struct member *list, size_t left, size_t count,
                  struct member *spare)
{
    size_t a = 0, b = left;
    for (size_t at = 0; at < count; at++) {
        int order = 1;
        if (a < left && b < count)
            order = ms_source_compare_memory(source, list[a].task, list[b].task);
        if (order < 0)
            return false;
        const bool first = b == count || (a < left && order != 2);
        spare[at] = list[first ? a++ : b++];
    }
    memcpy(list, spare, count * sizeof *list);
    return true;
}

static bool sort(struct ms_source *source, struct member *list, size_t count, struct member *spare)
{
    for (size_t width = 1; width < count; width *= 2)
        for (size_t at = 0; at + width < count; at += 2 * width) {
            const size_t both = count - at < 2 * width ? count - at : 2 * width;
            if (!merge(source, list + at, width, both, spare))
                return false;
        }
    return true;
}

// Equal neighbours become one. The new number.
static size_t unite(struct ms_source *source, struct member *list, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept && ms_source_compare_memory(source, list[kept - 1].task, list[i].task) == 0)
            list[kept - 1].weight += list[i].weight;
        else
            list[kept++] = list[i];
    }
    return kept;
}

// Moves those that can be compared to the front. Their number.
static size_t comparable(struct ms_source *source, struct member *list, size_t count)
{
    size_t front = 0;
    for (size_t i = 0; i < count; i++)
        if (ms_source_compare_memory(source, list[i].task, list[i].task) == 0) {
            const struct member member = list[i];
            list[i] = list[front];
            list[front++] = member;
        }
    return front;
}

// Brings the list to one member for each address space; *clear: of how many it is certain. The new number.
static size_t arrange(struct ms_source *source, struct member *list, size_t count, struct member *spare,
                      size_t *clear)
{
    enum { TRIES = 3 }; // each time some of them may have ended
    for (int i = 0; i < TRIES; i++) {
        const size_t front = comparable(source, list, count);
        if (!sort(source, list, front, spare))
            continue;
        const size_t kept = unite(source, list, front);
        memmove(list + kept, list + front, (count - front) * sizeof *list);
        *clear = kept;
        return kept + count - front;
    }
    *clear = 0;
    return count;
}

static bool fill(struct ms_members *out, const struct member *list, size_t count, size_t clear)
{
    struct ms_members members = {.count = count, .clear = clear};
    members.list = calloc(count + 1, sizeof(struct ms_process *));
    members.weight = calloc(count + 1, sizeof *members.weight);
    if (!members.list || !members.weight) {
        free(members.list);
        free(members.weight);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        members.list[i] = list[i].process;
        members.weight[i] = list[i].weight;
    }
    *out = members;
    return true;
}

enum ms_reason ms_members_of(struct ms_process *const *processes, size_t count, struct ms_members *out,
                             size_t *without)
{
    struct member *list = calloc(2 * count + 1, sizeof *list);
    size_t found = 0, clear = 0;
    if (!list)
        return MS_OUT_OF_MEMORY;
    if (!ms_reader_load(processes, count, MS_FILES(MS_FILE_STAT))) {
        free(list);
        return MS_IO;
    }
    for (size_t i = 0; i < count; i++)
        if (has_memory(processes[i]))
            list[found++] = (struct member){processes[i], task_of(processes[i]), 1};
        else
            ++*without;
    if (found)
        found = arrange(processes[0]->source, list, found, list + count, &clear);
    const bool filled = fill(out, list, found, clear);
    free(list);
    return filled ? MS_KNOWN : MS_OUT_OF_MEMORY;
}
