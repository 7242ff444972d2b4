// SPDX-License-Identifier: GPL-3.0-or-later
// Descriptors of small files of processes that are read again and again: a pread of one takes a half to a
// third of what opening, reading and closing the file does. A descriptor is of the process that it was opened
// for, whoever has its number later: when that process has ended, reading gives ESRCH.
#include "source/private.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    FIRST_SLOTS = 1024,
    RESERVED = 256,  // descriptors that are left to others
    MOST = 1 << 17,  // three files of so many processes as anybody watches
    UNUSED_TURNS = 9 // after so many questions that did not ask for it a descriptor is closed
};

struct kept {
    pid_t pid; // 0: nothing is here
    uint8_t file;
    bool busy; // being read, so that it stays open
    int fd;    // -1: none is kept
    unsigned turn;
};

struct ms_kept_files {
    pthread_mutex_t lock;
    struct kept *slots; // a hash table; half of it at most is in use
    size_t cap;         // a power of two
    size_t count;       // slots in use
    size_t open, most;  // descriptors
    unsigned turn;
};

// The slot of that file, or the free one where it would be.
static struct kept *slot_of(const struct ms_kept_files *kept, pid_t pid, enum ms_file file)
{
    size_t at = ((uint32_t)pid * 2654435761u + (uint32_t)file * 40503u) & (kept->cap - 1);
    while (kept->slots[at].pid && (kept->slots[at].pid != pid || kept->slots[at].file != file))
        at = (at + 1) & (kept->cap - 1);
    return &kept->slots[at];
}

// Moves what is not closed to a table with room for it. False where there is no memory.
static bool rehash(struct ms_kept_files *kept, size_t cap)
{
    struct kept *old = kept->slots, *slots = calloc(cap, sizeof *slots);
    const size_t old_cap = kept->cap;
    if (!slots)
        return false;
    kept->slots = slots;
    kept->cap = cap;
    kept->count = 0;
    for (size_t i = 0; i < old_cap; i++) {
        if (!old[i].pid || (old[i].fd < 0 && !old[i].busy))
            continue;
        *slot_of(kept, old[i].pid, (enum ms_file)old[i].file) = old[i];
        kept->count++;
    }
    free(old);
    return true;
}

// As many descriptors as the hard limit allows: the soft one is there for programs that use select.
static size_t room_for_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    const rlim_t soft = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max == RLIM_INFINITY || limit.rlim_max > MOST ? MOST : limit.rlim_max;
    if (limit.rlim_cur < soft || setrlimit(RLIMIT_NOFILE, &limit) != 0)
        limit.rlim_cur = soft;
    const size_t most = limit.rlim_cur > MOST ? MOST : (size_t)limit.rlim_cur;
    return most > RESERVED ? most - RESERVED : 0;
}

static void create(struct ms_source *source)
{
    const pid_t first = 1;
    bool hides = false;
    if (!source->live || ms_source_hides(source, &first, 1, &hides) != 0 || hides)
        return; // whom one may see can change while a descriptor is kept
    struct ms_kept_files *kept = calloc(1, sizeof *kept);
    if (!kept || !rehash(kept, FIRST_SLOTS)) {
        free(kept);
        return;
    }
    pthread_mutex_init(&kept->lock, NULL);
    source->kept = kept;
}

// Closes those that were not asked for in so many turns.
static void close_unused(struct ms_kept_files *kept, unsigned turns)
{
    bool any = false;
    for (size_t i = 0; i < kept->cap; i++) {
        struct kept *one = &kept->slots[i];
        if (!one->pid || one->busy || kept->turn - one->turn < turns)
            continue;
        any = true;
        if (one->fd < 0)
            continue;
        close(one->fd);
        one->fd = -1;
        kept->open--;
    }
    if (any)
        rehash(kept, kept->cap);
}

void ms_source_keep_files(struct ms_source *source, bool keep)
{
    if (!source->kept && keep)
        create(source);
    if (!source->kept)
        return;
    pthread_mutex_lock(&source->kept->lock);
    source->kept->most = keep ? room_for_descriptors() : 0;
    if (!keep)
        close_unused(source->kept, 0);
    pthread_mutex_unlock(&source->kept->lock);
}

void ms_kept_destroy(struct ms_kept_files *kept)
{
    if (!kept)
        return;
    for (size_t i = 0; i < kept->cap; i++)
        if (kept->slots[i].pid && kept->slots[i].fd >= 0)
            close(kept->slots[i].fd);
    pthread_mutex_destroy(&kept->lock);
    free(kept->slots);
    free(kept);
}

int ms_kept_take(struct ms_kept_files *kept, pid_t pid, enum ms_file file)
{
    int fd = -1;
    pthread_mutex_lock(&kept->lock);
    struct kept *one = slot_of(kept, pid, file);
    if (one->pid && one->fd >= 0 && !one->busy) {
        one->busy = true;
        one->turn = kept->turn;
        fd = one->fd;
    }
    pthread_mutex_unlock(&kept->lock);
    return fd;
}

void ms_kept_give_back(struct ms_kept_files *kept, pid_t pid, enum ms_file file, bool keep)
{
    int fd = -1;
    pthread_mutex_lock(&kept->lock);
    struct kept *one = slot_of(kept, pid, file);
    one->busy = false;
    if (!keep) {
        fd = one->fd;
        one->fd = -1;
        kept->open--;
    }
    pthread_mutex_unlock(&kept->lock);
    if (fd >= 0)
        close(fd);
}

bool ms_kept_add(struct ms_kept_files *kept, pid_t pid, enum ms_file file, int fd)
{
    pthread_mutex_lock(&kept->lock);
    bool added = kept->open < kept->most && (2 * kept->count < kept->cap || rehash(kept, 2 * kept->cap));
    struct kept *one = added ? slot_of(kept, pid, file) : NULL;
    added = one && (!one->pid || (one->fd < 0 && !one->busy));
    if (added) {
        kept->count += !one->pid;
        kept->open++;
        *one = (struct kept){.pid = pid, .file = (uint8_t)file, .fd = fd, .turn = kept->turn};
    }
    pthread_mutex_unlock(&kept->lock);
    return added;
}

void ms_kept_sweep(struct ms_kept_files *kept)
{
    pthread_mutex_lock(&kept->lock);
    kept->turn++;
    close_unused(kept, UNUSED_TURNS);
    pthread_mutex_unlock(&kept->lock);
}
