// SPDX-License-Identifier: GPL-3.0-or-later
// A moment of the running machine. Processes are read by a thread, some at a time, while what it read before
// is compressed by the owner: a thread that hangs in the kernel is given up on, with what it works on.
#include "recorder/private.h"

#include "parse/parse.h"
#include "pool/pool.h"
#include "recorder/batch.h"
#include "system/system.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

// What a batch has read is in memory at once.
enum { MOST_LOST = 8, USUAL_PATIENCE = 2000, BATCH = 32 };

struct ms_recorder {
    struct ms_source *source;
    struct ms_record_writer *writer;
    struct ms_recorder_options options;
    struct ms_pool *pool;
    struct ms_recorded_ids known; // of the moment before
    struct ms_recorded_ids now;   // of this one
    struct ms_buf users;          // lines as of passwd, of those that were seen
    struct ms_buf text;
    int error; // of the tap
};

struct ms_recorder *ms_recorder_create(struct ms_source *source, struct ms_record_writer *writer,
                                       struct ms_recorder_options options)
{
    struct ms_recorder *recorder = calloc(1, sizeof *recorder);
    const struct ms_pool_limits limits = {
        .threads = 1,
        .patience_ms = options.patience_ms ? options.patience_ms : USUAL_PATIENCE,
        .most_lost = MOST_LOST,
    };
    struct ms_pool *pool = recorder ? ms_pool_create(&limits) : NULL;
    if (!pool) {
        free(recorder);
        return NULL;
    }
    recorder->pool = pool;
    recorder->options = options;
    recorder->writer = writer;
    recorder->source = source;
    ms_source_hold(source);
    return recorder;
}

void ms_recorder_destroy(struct ms_recorder *recorder)
{
    if (!recorder)
        return;
    ms_pool_destroy(recorder->pool);
    free(recorder->known.ids);
    free(recorder->now.ids);
    ms_buf_deinit(&recorder->users);
    ms_buf_deinit(&recorder->text);
    ms_source_release(recorder->source);
    free(recorder);
}

// ---- processes

static const ms_files usual = MS_FILES(MS_FILE_STATM) | MS_FILES(MS_FILE_STAT) | MS_FILES(MS_FILE_STATUS) |
                              MS_FILES(MS_FILE_CMDLINE) | MS_FILES(MS_FILE_CGROUP) |
                              MS_FILES(MS_FILE_OOM_SCORE);

static ms_files files_of(enum ms_level level, bool mapped)
{
    const ms_files all = MS_FILES(MS_PROCESS_FILES) - 1;
    ms_files files = level == MS_LEVEL_ALL ? all & ~MS_FILES(MS_FILE_MAPS) : usual;
    if (level >= MS_LEVEL_ROLLUP || mapped)
        files |= MS_FILES(MS_FILE_ROLLUP);
    if (level >= MS_LEVEL_MAPPINGS || mapped)
        files |= MS_FILES(MS_FILE_QUADRANTS); // smaps
    return files;
}

static int compare_pids(const void *a, const void *b)
{
    const pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;
    return (x > y) - (x < y);
}

static bool is_mapped(const struct ms_taking *taking, pid_t pid)
{
    return taking->mapped_count &&
           bsearch(&pid, taking->mapped, taking->mapped_count, sizeof pid, compare_pids) != NULL;
}

// A name for a number that was not seen yet, as a line of passwd.
static void note_user(struct ms_recorder *recorder, uint64_t uid)
{
    char line[300], number[32];
    snprintf(number, sizeof number, ":x:%llu:\n", (unsigned long long)uid);
    if (recorder->users.len && memmem(recorder->users.data, recorder->users.len, number, strlen(number)))
        return;
    const struct ms_text name = ms_source_user(recorder->source, uid);
    if (name.len > 0 && name.len < 256 && !memchr(name.data, ':', name.len)) {
        snprintf(line, sizeof line, "%.*s%s", (int)name.len, name.data, number);
        ms_buf_adds(&recorder->users, line);
    }
}

static void note_users(struct ms_recorder *recorder, struct ms_text status)
{
    const char *line = memmem(status.data, status.len, "\nUid:", 5);
    if (!line)
        return;
    struct ms_text rest = ms_text_skip(status, (size_t)(line + 5 - status.data));
    rest = ms_text_until(&rest, '\n');
    for (int i = 0; i < 2; i++) { // the real and the effective one
        uint64_t uid;
        if (ms_text_u64(ms_text_word(&rest), &uid))
            note_user(recorder, uid);
    }
}

static int write_process(struct ms_recorder *recorder, const struct ms_record_process *process)
{
    char path[96];
    int error = 0;
    for (size_t i = 0; i < process->file_count && !error; i++) {
        const struct ms_record_file *file = &process->files[i];
        const struct ms_text text = ms_buf_part(&process->text, file->start, file->len);
        if (file->thread)
            snprintf(path, sizeof path, "%d/task/%d/%s", (int)process->pid, (int)file->thread, file->name);
        else
            snprintf(path, sizeof path, "%d/%s", (int)process->pid, file->name);
        if (!file->error && !file->thread && strcmp(file->name, "status") == 0)
            note_users(recorder, text);
        error = file->packed && !file->error
                    ? ms_record_writer_add_frame(recorder->writer, path, text, file->packed)
                    : ms_record_writer_add(recorder->writer, path, text, file->error);
    }
    return error;
}

// One that hung: what waits for its lock is not asked, and why it could not be read is noted.
static int write_stuck(struct ms_recorder *recorder, const struct ms_record_process *item)
{
    struct ms_record_process process = {.pid = item->pid, .want = item->want, .stuck = true};
    ms_record_process_read(recorder->source, &process, NULL);
    const int error = process.gone ? 0 : write_process(recorder, &process);
    ms_record_process_free(&process);
    return error;
}

static bool is_stopped(const struct ms_recorder *recorder)
{
    return recorder->options.stop && *recorder->options.stop;
}

// EINTR where it was told to stop: it looks then as if it had ended.
static int write_item(struct ms_recorder *recorder, struct ms_batch *batch, struct ms_record_batch *work,
                      size_t at)
{
    struct ms_record_process *process = &work->processes[at];
    const enum ms_item_state state = ms_batch_state(batch, at);
    const bool dropped = state == MS_ITEM_DROPPED, lost = !dropped && state != MS_ITEM_DONE;
    if (lost && recorder->options.left)
        *recorder->options.left = 1;
    if (dropped || (is_stopped(recorder) && (lost || process->gone)))
        return EINTR;
    if (!lost && process->gone)
        return 0;
    const struct ms_recorded_id id = {process->pid, lost, lost ? (struct ms_stat_id){0} : process->id};
    if (!ms_recorded_ids_add(&recorder->now, &id))
        return ENOMEM;
    return lost ? write_stuck(recorder, process) : write_process(recorder, process);
}

// A batch for the thread; NULL: without memory.
static struct ms_batch *begin_batch(struct ms_recorder *recorder, const struct ms_taking *taking,
                                    const pid_t *pids, size_t count, struct ms_record_batch **work)
{
    *work = ms_record_batch_create(recorder->source, count);
    if (!*work)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        struct ms_record_process *process = &(*work)->processes[i];
        const struct ms_recorded_id *before = ms_recorded_ids_find(&recorder->known, pids[i]);
        process->pid = pids[i];
        process->want = files_of(taking->level, is_mapped(taking, pids[i]));
        process->packs = !recorder->options.redacts;
        process->mounts = taking->level >= MS_LEVEL_MAPPINGS || is_mapped(taking, pids[i]);
        process->before = before ? before->id : (struct ms_stat_id){0};
        process->stuck = before && before->stuck;
    }
    ms_record_batch_hold(*work);
    const struct ms_work what = {ms_record_batch_run, ms_record_batch_end, *work, count, false};
    struct ms_batch *batch = ms_pool_submit(recorder->pool, &what);
    if (!batch) {
        ms_record_batch_end(*work);
        ms_record_batch_release(*work);
    }
    return batch;
}

static int end_batch(struct ms_recorder *recorder, struct ms_batch *batch, struct ms_record_batch *work)
{
    int error = 0;
    ms_batch_wait(batch, recorder->options.stop);
    for (size_t i = 0; i < work->count && !error; i++)
        error = write_item(recorder, batch, work, i);
    ms_batch_release(batch);
    ms_record_batch_release(work);
    return error;
}

// Two batches are under way: one is read while the other is written.
static int take_processes(struct ms_recorder *recorder, const struct ms_taking *taking, const pid_t *pids,
                          size_t count)
{
    struct ms_batch *reading[2] = {NULL, NULL};
    struct ms_record_batch *work[2] = {NULL, NULL};
    size_t begun = 0;
    int error = 0;
    for (unsigned turn = 0; !error && (begun < count || reading[0] || reading[1]); turn++) {
        const unsigned at = turn % 2;
        if (reading[at]) {
            error = end_batch(recorder, reading[at], work[at]);
            reading[at] = NULL;
        }
        const size_t some = count - begun < BATCH ? count - begun : BATCH;
        if (!error && some) {
            reading[at] = begin_batch(recorder, taking, pids + begun, some, &work[at]);
            begun += some;
            error = reading[at] ? 0 : ENOMEM;
        }
    }
    for (int i = 0; i < 2; i++)
        if (reading[i]) {
            ms_batch_release(reading[i]);
            ms_record_batch_release(work[i]);
        }
    return error;
}

// ---- the machine

static void tap(void *ctx, const char *path, struct ms_text text, int error)
{
    struct ms_recorder *recorder = ctx;
    if (!recorder->error)
        recorder->error = ms_record_writer_add(recorder->writer, path, text, error);
}

// What the fields of the machine are made of, as far as they are read.
static void take_system(struct ms_recorder *recorder)
{
    struct ms_system system;
    ms_system_init(&system, recorder->source);
    for (int file = MS_PROCESS_FILES; file < MS_FILE_COUNT; file++)
        if (ms_file_table[file].kind == MS_SYSTEM && file != MS_FILE_MACHINE &&
            ms_file_table[file].first < ms_file_table[file].last)
            ms_system_get(&system, (enum ms_field)ms_places[ms_file_table[file].first].field);
    ms_system_deinit(&system);
}

// The files of a group and of those below it; the tap takes them.
static void take_groups(struct ms_recorder *recorder, const char *group, const char *const *files,
                        unsigned depth)
{
    enum { DEPTH_MAX = 64 };
    MS_AUTO_BUF names = {0};
    MS_AUTO_BUF path = {0};
    for (size_t i = 0; files && files[i]; i++) {
        ms_buf_clear(&recorder->text);
        ms_source_cgroup_read(recorder->source, group, files[i], &recorder->text);
    }
    if (!files || depth >= DEPTH_MAX || ms_source_cgroup_list(recorder->source, group, &names))
        return;
    for (struct ms_text rest = ms_buf_text(&names); rest.len;) {
        const struct ms_text name = ms_text_until(&rest, '\0');
        ms_buf_clear(&path);
        ms_buf_addf(&path, "%s/%s", depth ? group : "", name.data);
        if (ms_buf_addc(&path, '\0'))
            take_groups(recorder, path.data, files, depth + 1);
    }
}

static int put(struct ms_recorder *recorder, const char *path)
{
    return recorder->text.failed
               ? ENOMEM
               : ms_record_writer_add(recorder->writer, path, ms_buf_text(&recorder->text), 0);
}

static int take_info(struct ms_recorder *recorder, const struct ms_moment_info *info)
{
    struct ms_buf *text = &recorder->text;
    ms_buf_clear(text);
    ms_buf_addf(text, "hz %llu\npage_size %llu\nnow %.3f\nhost %s\n",
                (unsigned long long)ms_source_hz(recorder->source),
                (unsigned long long)ms_source_page_size(recorder->source), info->time, info->host);
    int error = put(recorder, ".machine/info");
    ms_buf_clear(text);
    if (!error && ms_source_mounts(recorder->source, text) == 0)
        error = put(recorder, ".machine/mountinfo");
    return error
               ? error
               : ms_record_writer_add(recorder->writer, ".machine/passwd", ms_buf_text(&recorder->users), 0);
}

static int take_machine(struct ms_recorder *recorder, const struct ms_taking *taking,
                        const struct ms_moment_info *info)
{
    recorder->error = 0;
    ms_source_set_tap(recorder->source, tap, recorder);
    take_system(recorder);
    take_groups(recorder, "/", taking->files, 0);
    ms_buf_clear(&recorder->text);
    ms_source_read(recorder->source, (struct ms_target){.dir = -1}, MS_FILE_UPTIME, &recorder->text);
    ms_source_set_tap(recorder->source, NULL, NULL);
    return recorder->error ? recorder->error : take_info(recorder, info);
}

// ---- a moment

static double monotonic(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void swap_ids(struct ms_recorder *recorder)
{
    const struct ms_recorded_ids before = recorder->known;
    recorder->known = recorder->now;
    recorder->now = before;
}

int ms_recorder_take(struct ms_recorder *recorder, const struct ms_taking *taking,
                     struct ms_moment_info *info)
{
    const double begun = monotonic();
    pid_t *pids = NULL;
    size_t count = 0;
    *info = (struct ms_moment_info){0};
    snprintf(info->why, sizeof info->why, "%s", taking->why);
    ms_source_tick(recorder->source);
    ms_record_describe(recorder->source, info);
    recorder->now.count = 0;
    int error = ms_record_writer_begin(recorder->writer);
    if (!error)
        error = ms_source_pids(recorder->source, &pids, &count);
    if (!error)
        error = take_processes(recorder, taking, pids, count);
    if (!error)
        error = take_machine(recorder, taking, info);
    free(pids);
    swap_ids(recorder);
    info->took = monotonic() - begun;
    return error;
}
