// SPDX-License-Identifier: GPL-3.0-or-later
#include "reader/shmem_files.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <unistd.h>

// ---- the files of a tmpfs

struct tmpfs {
    struct ms_errand errand;
    struct ms_tmpfs_walk walk;
    dev_t dev;
    int error;
    char path[];
};

static void end_tmpfs(struct ms_errand *errand)
{
    struct tmpfs *tmpfs = (struct tmpfs *)errand;
    ms_tmpfs_walk_deinit(&tmpfs->walk);
    free(tmpfs);
}

static void run_tmpfs(struct ms_errand *errand, struct ms_heartbeat *heartbeat)
{
    struct tmpfs *tmpfs = (struct tmpfs *)errand;
    tmpfs->error = ms_source_tmpfs_walk(tmpfs->path, tmpfs->dev, heartbeat, &tmpfs->walk);
}

enum ms_reason ms_reader_tmpfs_walk(struct ms_source *source, const char *path, dev_t dev,
                                    struct ms_tmpfs_walk *out)
{
    const size_t size = strlen(path) + 1;
    struct tmpfs *tmpfs = calloc(1, sizeof *tmpfs + size);
    if (!tmpfs)
        return MS_OUT_OF_MEMORY;
    tmpfs->errand = (struct ms_errand){.run = run_tmpfs, .end = end_tmpfs};
    tmpfs->walk = *out;
    tmpfs->dev = dev;
    memcpy(tmpfs->path, path, size);
    enum ms_reason why = ms_reader_send(source, dev, &tmpfs->errand);
    if (why == MS_KNOWN) {
        *out = tmpfs->walk;
        tmpfs->walk = (struct ms_tmpfs_walk){0};
        why = ms_source_reason(source, (struct ms_target){.dir = -1}, tmpfs->error);
    }
    ms_errand_release(&tmpfs->errand);
    return why;
}

// ---- what a process has open

struct held {
    struct ms_errand errand;
    struct ms_target target; // its directory is open
    struct ms_buf files;
    int error;
};

static void end_held(struct ms_errand *errand)
{
    struct held *held = (struct held *)errand;
    close(held->target.dir);
    ms_buf_deinit(&held->files);
    free(held);
}

static void run_held(struct ms_errand *errand, struct ms_heartbeat *heartbeat)
{
    struct held *held = (struct held *)errand;
    held->target.heartbeat = heartbeat;
    held->error = ms_source_open_shmem(errand->source, held->target, &held->files);
}

enum ms_reason ms_reader_open_shmem(struct ms_source *source, struct ms_target target, struct ms_buf *out)
{
    struct held *held = calloc(1, sizeof *held);
    if (!held) {
        close(target.dir);
        return MS_OUT_OF_MEMORY;
    }
    held->errand = (struct ms_errand){.run = run_held, .end = end_held};
    held->target = target;
    enum ms_reason why = ms_reader_send(source, makedev(0, 0), &held->errand);
    if (why == MS_KNOWN) {
        *out = held->files;
        ms_buf_init(&held->files);
        why = ms_source_reason(source, target, held->error);
    }
    ms_errand_release(&held->errand);
    return why;
}
