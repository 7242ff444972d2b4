// SPDX-License-Identifier: GPL-3.0-or-later
#include "recorder/batch.h"

#include "recording/codec.h"
#include "recording/format.h"
#include "source/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { TRIES = 4 }; // as often is a process read that executes programs meanwhile

// ---- who was there

bool ms_recorded_ids_add(struct ms_recorded_ids *ids, const struct ms_recorded_id *id)
{
    if (ids->count == ids->room) {
        const size_t room = ids->room ? 2 * ids->room : 256;
        struct ms_recorded_id *more = reallocarray(ids->ids, room, sizeof *more);
        if (!more)
            return false;
        ids->ids = more;
        ids->room = room;
    }
    ids->ids[ids->count++] = *id;
    return true;
}

static int compare_ids(const void *a, const void *b)
{
    const struct ms_recorded_id *x = a, *y = b;
    return (x->pid > y->pid) - (x->pid < y->pid);
}

const struct ms_recorded_id *ms_recorded_ids_find(const struct ms_recorded_ids *ids, pid_t pid)
{
    const struct ms_recorded_id wanted = {.pid = pid};
    return ids->count ? bsearch(&wanted, ids->ids, ids->count, sizeof wanted, compare_ids) : NULL;
}

// ---- one process

static void add_file(struct ms_record_process *process, const char *name, pid_t thread, size_t start,
                     int error)
{
    if (process->file_count >= MS_RECORD_FILES)
        return;
    if (error)
        process->text.len = start;
    process->files[process->file_count++] =
        (struct ms_record_file){name, thread, start, process->text.len - start, error, 0};
}

// A listing of a process may be larger than all that a recorder ever has in memory.
struct packing {
    struct ms_buf *text;
    size_t start, size;
    struct ms_compressor *compressor; // NULL: it is small so far
    bool failed;
};

static bool take(void *ctx, const char *bytes, size_t len)
{
    struct packing *packing = ctx;
    struct ms_buf *text = packing->text;
    packing->size += len;
    if (!packing->compressor && packing->size <= MS_PIECE_BYTES)
        return ms_buf_add(text, bytes, len);
    if (!packing->compressor) {
        MS_AUTO_BUF first = {0};
        packing->compressor = ms_compressor_create();
        packing->failed = !ms_buf_add(&first, text->data + packing->start, text->len - packing->start);
        text->len = packing->start;
        packing->failed = packing->failed || !packing->compressor ||
                          !ms_compress_more(packing->compressor, ms_buf_text(&first), false, text);
    }
    packing->failed =
        packing->failed || !ms_compress_more(packing->compressor, (struct ms_text){bytes, len}, false, text);
    return !packing->failed;
}

static void read_listing(struct ms_source *source, struct ms_record_process *process, struct ms_target target,
                         enum ms_file file)
{
    struct packing packing = {.text = &process->text, .start = process->text.len};
    target.to_the_end = true;
    int error = ms_source_stream(source, target, file, take, &packing);
    if (!error && packing.compressor)
        packing.failed =
            packing.failed || !ms_compress_more(packing.compressor, MS_TEXT(""), true, &process->text);
    ms_compressor_destroy(packing.compressor);
    add_file(process, ms_file_table[file].path, target.thread, packing.start,
             packing.failed ? ENOMEM : error);
    if (packing.compressor && process->file_count)
        process->files[process->file_count - 1].packed = packing.size;
}

static void read_file(struct ms_source *source, struct ms_record_process *process, struct ms_target target,
                      enum ms_file file)
{
    const size_t start = process->text.len;
    const bool hangs = process->stuck && ms_file_table[file].traits & MS_LOCKS;
    if (!hangs && process->packs && ms_file_table[file].traits & MS_LISTED) {
        read_listing(source, process, target, file);
        return;
    }
    const int error = hangs ? ETIMEDOUT : ms_source_read(source, target, file, &process->text);
    add_file(process, ms_file_table[file].path, target.thread, start, error);
}

// Appends stat and takes what it says of the identity. 0 or an errno.
static int read_stat(struct ms_source *source, struct ms_record_process *process, struct ms_target target,
                     struct ms_stat_id *id)
{
    const size_t start = process->text.len;
    const int error = ms_source_read(source, target, MS_FILE_STAT, &process->text);
    *id = ms_parse_stat_id(ms_buf_part(&process->text, start, error ? 0 : process->text.len - start));
    return error;
}

static bool is_same(struct ms_stat_id a, struct ms_stat_id b)
{
    return a.has_start == b.has_start && a.start == b.start && a.image == b.image;
}

// Whether all was read of one image. What was read before is forgotten.
static bool read_image(struct ms_source *source, struct ms_record_process *process, struct ms_target target,
                       struct ms_stat_id before)
{
    process->file_count = 0;
    ms_buf_clear(&process->text);
    if (!before.has_start && read_stat(source, process, target, &before) == ENOENT)
        return process->gone = true;
    ms_buf_clear(&process->text);
    for (unsigned file = 0; file < MS_PROCESS_FILES; file++)
        if (process->want & MS_FILES(file) && file != MS_FILE_STAT)
            read_file(source, process, target, (enum ms_file)file);
    const size_t start = process->text.len;
    const int error = read_stat(source, process, target, &process->id);
    add_file(process, ms_file_table[MS_FILE_STAT].path, 0, start, error);
    process->gone = error == ENOENT || error == ESRCH;
    return process->gone || is_same(before, process->id);
}

// "4711 (name) Z 1 ... 3 ...": a zombie with threads that live.
static bool lost_main_thread(struct ms_text stat)
{
    enum { TO_THREADS = 16 };
    const char *end = stat.len ? memrchr(stat.data, ')', stat.len) : NULL;
    if (!end)
        return false;
    struct ms_text rest = ms_text_skip(stat, (size_t)(end + 1 - stat.data));
    const struct ms_text state = ms_text_word(&rest);
    uint64_t threads = 0;
    for (int i = 0; i < TO_THREADS; i++)
        ms_text_word(&rest);
    return (ms_text_eq(state, MS_TEXT("Z")) || ms_text_eq(state, MS_TEXT("X"))) &&
           ms_text_u64(ms_text_word(&rest), &threads) && threads > 1;
}

// The memory of such a process is seen through one of its threads.
static void read_thread(struct ms_source *source, struct ms_record_process *process, struct ms_target target)
{
    const struct ms_record_file *stat = &process->files[process->file_count - 1];
    if (stat->error || !lost_main_thread(ms_buf_part(&process->text, stat->start, stat->len)))
        return;
    pid_t thread = 0;
    if (ms_source_living_thread(source, target, &thread))
        return;
    target.thread = thread;
    const size_t start = process->text.len;
    if (!target.thread || !ms_buf_addf(&process->text, "%d\n", (int)target.thread))
        return;
    add_file(process, "task", 0, start, 0);
    for (unsigned file = 0; file < MS_PROCESS_FILES; file++)
        if (process->want & MS_FILES(file) && ms_file_table[file].traits & MS_OF_MM)
            read_file(source, process, target, (enum ms_file)file);
}

static void read_mounts(struct ms_source *source, struct ms_record_process *process, struct ms_target target)
{
    const size_t start = process->text.len;
    if (!process->mounts || ms_source_shares_mounts(source, target))
        return;
    char path[32];
    snprintf(path, sizeof path, "%d/mountinfo", (int)process->pid);
    add_file(process, "mountinfo", 0, start, ms_source_read_below(source, target, path, &process->text));
}

void ms_record_process_read(struct ms_source *source, struct ms_record_process *process,
                            struct ms_heartbeat *heartbeat)
{
    const struct ms_target target = {.pid = process->pid, .dir = -1, .heartbeat = heartbeat};
    struct ms_stat_id before = process->before;
    bool whole = false;
    for (int i = 0; i < TRIES && !whole && !ms_source_target_stopped(source, target); i++) {
        whole = read_image(source, process, target, before);
        before = (struct ms_stat_id){0};
    }
    if (!whole)
        process->gone = true; // as one that executes programs without end is elsewhere
    if (process->gone)
        return;
    read_thread(source, process, target);
    read_mounts(source, process, target);
    if (process->text.failed)
        for (size_t i = 0; i < process->file_count; i++)
            process->files[i].error = ENOMEM;
}

void ms_record_process_free(struct ms_record_process *process)
{
    ms_buf_deinit(&process->text);
}

// ---- some processes

struct ms_record_batch *ms_record_batch_create(struct ms_source *source, size_t count)
{
    struct ms_record_batch *batch = calloc(1, sizeof *batch + count * sizeof *batch->processes);
    if (!batch)
        return NULL;
    atomic_init(&batch->holders, 1);
    batch->count = count;
    batch->source = source;
    ms_source_hold(source);
    return batch;
}

void ms_record_batch_hold(struct ms_record_batch *batch)
{
    atomic_fetch_add(&batch->holders, 1);
}

void ms_record_batch_release(struct ms_record_batch *batch)
{
    if (!batch || atomic_fetch_sub(&batch->holders, 1) != 1)
        return;
    for (size_t i = 0; i < batch->count; i++)
        ms_record_process_free(&batch->processes[i]);
    ms_source_release(batch->source);
    free(batch);
}

void ms_record_batch_run(void *ctx, size_t item, struct ms_heartbeat *heartbeat)
{
    struct ms_record_batch *batch = ctx;
    ms_record_process_read(batch->source, &batch->processes[item], heartbeat);
}

void ms_record_batch_end(void *ctx)
{
    ms_record_batch_release(ctx);
}
