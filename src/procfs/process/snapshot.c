// SPDX-License-Identifier: GPL-3.0-or-later
#include "process/snapshot.h"

#include "base/cleanup.h"
#include "parse/parse.h"
#include "process/load.h"

#include <errno.h>

// How often a process is read that executes programs meanwhile: each time costs it as much as the first.
enum { TRIES = 4 };

// What is below a directory now, compared with what was loaded before.
enum change { SAME, CHANGED, REPLACED, ENDED, NO_ROOM };

// What was recorded does not change. Whether its stat could be read when it was loaded is known then, too.
static bool is_settled(const struct ms_process *process)
{
    const struct ms_block *stat = process->blocks[MS_FILE_STAT];
    const enum ms_reason why =
        stat ? ms_block_why(stat, ms_place_first(MS_FIELD_STAT_comm)) : MS_OUT_OF_MEMORY;
    return ms_source_moment(process->source) && why != MS_OUT_OF_MEMORY && why != MS_GONE;
}

static enum change look_again(struct ms_process *process, struct ms_target target)
{
    if (is_settled(process))
        return SAME;
    MS_AUTO_BUF text = {0};
    const int error = ms_source_read(process->source, target, MS_FILE_STAT, &text);
    const struct ms_stat_id now = ms_parse_stat_id(ms_buf_text(&text));
    const enum ms_reason why = ms_source_reason(process->source, target, error);
    if (error == ENOMEM)
        return NO_ROOM;
    if (why != MS_KNOWN)
        return why == MS_GONE ? ENDED : SAME; // what may not be read can't tell
    if (process->has_start && now.has_start && now.start != process->start)
        return REPLACED;
    return now.image == process->image ? SAME : CHANGED;
}

static bool has_stat(const struct ms_process *process)
{
    struct ms_value state;
    return ms_process_get(process, MS_FIELD_STAT_state, &state) && state.why == MS_KNOWN;
}

// What files without memory mean for a process that is known to have none: a kernel thread has no program and
// no arguments, a zombie had them.
static void settle_no_memory(struct ms_process *process, ms_files empty, ms_files files)
{
    const bool kernel = ms_process_is_kernel(process) == 1;
    const bool ended = !kernel && (ms_process_has_no_mm(process) || ms_process_is_exiting(process));
    struct ms_block *exe = files & MS_FILES(MS_FILE_EXE) ? process->blocks[MS_FILE_EXE] : NULL;
    if (exe && !kernel && !ended && !ms_source_is_live(process->source)) // it was not saved
        ms_block_change_why(exe, MS_NO_MEMORY, has_stat(process) ? MS_UNSUPPORTED : MS_NOT_RECORDED);
    for (unsigned file = 0; file < MS_PROCESS_FILES; file++) {
        const bool name = file == MS_FILE_CMDLINE || (file == MS_FILE_EXE && kernel);
        if (!(empty & MS_FILES(file)) || !name || ended || !process->blocks[file])
            continue;
        for (int place = ms_file_table[file].first; place < ms_file_table[file].last; place++)
            ms_block_set_text(process->blocks[file], place, (struct ms_text){"", 0});
    }
}

// A process whose main thread has exited looks like a zombie, and its memory is seen through a thread that
// lives.
static struct ms_target target_of_memory(const struct ms_process *process, struct ms_target target,
                                         int *error)
{
    pid_t thread = 0;
    *error =
        ms_process_lost_main_thread(process) ? ms_source_living_thread(process->source, target, &thread) : 0;
    target.thread = thread;
    return target;
}

// The lines about memory that the main thread's status lacks, from that of another thread.
static void complete_status(struct ms_process *process, struct ms_target memory)
{
    struct ms_process other;
    ms_process_init(&other, process->source, process->pid);
    ms_load_file(&other, memory, MS_FILE_STATUS);
    const struct ms_block *from = other.blocks[MS_FILE_STATUS];
    struct ms_block *block = process->blocks[MS_FILE_STATUS];
    for (int place = ms_file_table[MS_FILE_STATUS].first;
         from && block && place < ms_file_table[MS_FILE_STATUS].last; place++) {
        const struct ms_value value = ms_block_get(from, place);
        if (ms_block_why(block, place) == MS_NO_MEMORY)
            ms_block_set(block, place, value.why, value.number);
    }
    ms_process_deinit(&other);
}

// What statm and status, which anybody may read, say of the address space. MS_KNOWN: it is there;
// MS_NO_MEMORY; else why that is not known.
static enum ms_reason look_for_memory(const struct ms_process *process, struct ms_target target)
{
    static const enum ms_file files[] = {MS_FILE_STATM, MS_FILE_STATUS};
    struct ms_process other;
    enum ms_reason why = MS_NOT_RECORDED;
    ms_process_init(&other, process->source, process->pid);
    for (int i = 0; i < 2 && why != MS_KNOWN; i++) {
        struct ms_value size;
        ms_load_file(&other, target, files[i]);
        if (ms_process_get(&other, MS_FIELD_STATM_virt, &size) && why != MS_NO_MEMORY)
            why = size.why == MS_KNOWN && size.number == 0 ? MS_NO_MEMORY : size.why;
    }
    ms_process_deinit(&other);
    return why;
}

// What looks as if there were no memory is unknown for another reason.
static void explain_empty(struct ms_process *process, ms_files empty, enum ms_reason why,
                          struct ms_snapshot_job *job)
{
    for (unsigned file = 0; file < MS_PROCESS_FILES; file++)
        if (empty & MS_FILES(file) && process->blocks[file])
            ms_block_change_why(process->blocks[file], MS_NO_MEMORY, why);
    if (job->out && job->why == MS_NO_MEMORY)
        job->why = why;
}

// A listing is empty, too, where one of a kernel before 2.6.39 may not be read, and where a copy of /proc was
// made by somebody who might not read it, or by a program that asks for the size of files.
static void settle_not_shown(struct ms_process *process, struct ms_target target, ms_files empty,
                             struct ms_snapshot_job *job)
{
    const ms_files listings = empty & MS_FILES_LOCKING;
    const bool no_listing = job->out && job->why == MS_NO_MEMORY;
    if ((!listings && !no_listing) || ms_process_has_no_mm(process) || ms_process_is_exiting(process) ||
        (listings & MS_FILES(MS_FILE_ROLLUP) && ms_rollup_is_refused(process->source, target)))
        return;
    const enum ms_reason memory = look_for_memory(process, target);
    if (memory == MS_NO_MEMORY || (memory != MS_KNOWN && ms_source_is_live(process->source)))
        return;
    explain_empty(process, listings, memory == MS_KNOWN ? MS_DENIED : MS_NOT_RECORDED, job);
}

// Whether more is resident than is to be walked over. What is not known is asked all the same.
static bool is_over_budget(const struct ms_process *process, const struct ms_snapshot_job *job)
{
    uint64_t res;
    return job->max_rss && ms_process_number(process, MS_FIELD_STATM_res, &res) && res > job->max_rss;
}

static bool may_hang(const struct ms_snapshot_job *job)
{
    return job->hang != MS_HANGS_NOT || ms_heartbeat_careful(job->heartbeat);
}

// Loads one file, if nothing is against it. Whether it looks as if there were no memory.
static bool load_allowed(struct ms_process *process, struct ms_target target, enum ms_file file,
                         const struct ms_snapshot_job *job)
{
    const bool hangs = may_hang(job) && ms_file_table[file].traits & MS_LOCKS;
    if (!hangs && !(ms_file_table[file].traits & MS_WALKS && is_over_budget(process, job)))
        return ms_load_file(process, target, file) == MS_NO_MEMORY;
    ms_load_unknown(process, MS_FILES(file), hangs ? MS_TIMEOUT : MS_BUDGET);
    return false;
}

// Whether any living thread gives the file, and not the main thread alone.
static bool is_of_memory(unsigned file)
{
    return (ms_file_table[file].traits & (MS_OF_MM | MS_OF_TASK)) == MS_OF_MM;
}

// Those whose fields are sums over mappings.
static ms_files files_of_sums(void)
{
    ms_files files = 0;
    for (unsigned file = 0; file < MS_PROCESS_FILES; file++)
        files |= ms_file_table[file].traits & MS_LISTED ? MS_FILES(file) : 0;
    return files;
}

// Loads the files but stat, those that lock last. Those that look as if there were no memory.
static ms_files load_below(struct ms_process *process, struct ms_target target, struct ms_target memory,
                           ms_files files, const struct ms_snapshot_job *job)
{
    const ms_files turns[] = {files & ~MS_FILES_LOCKING & ~MS_FILES(MS_FILE_STAT), files & MS_FILES_LOCKING};
    ms_files empty = 0;
    for (int turn = 0; turn < 2; turn++)
        for (unsigned file = 0; file < MS_PROCESS_FILES; file++)
            if (turns[turn] & MS_FILES(file) &&
                load_allowed(process, is_of_memory(file) ? memory : target, file, job))
                empty |= MS_FILES(file);
    if (memory.thread && files & MS_FILES(MS_FILE_STATUS))
        complete_status(process, memory);
    return empty;
}

// Where its threads could not be listed it is not known what memory such a process has. A saved root may lack
// them, and a process may end meanwhile.
static void settle_lost_thread(struct ms_process *process, struct ms_target memory, int error, ms_files empty,
                               struct ms_snapshot_job *job)
{
    const bool lacks = error == ENOENT || error == ESRCH;
    if (!error || (lacks && ms_source_is_live(process->source)))
        return;
    explain_empty(process, empty, lacks ? MS_NOT_RECORDED : ms_source_reason(process->source, memory, error),
                  job);
}

// Whether the listing looks as if there were no memory.
static bool read_mappings(struct ms_process *process, struct ms_target target, struct ms_snapshot_job *job)
{
    const bool hangs = may_hang(job);
    if (hangs || (job->counters && is_over_budget(process, job))) {
        job->why = hangs ? MS_TIMEOUT : MS_BUDGET;
        return false;
    }
    job->why =
        ms_load_listing(process->source, target, job->counters ? MS_FILE_SMAPS : MS_FILE_MAPS, job->out);
    if (job->why == MS_KNOWN && ms_listing_number(job->out) == 0)
        job->why = job->out->malformed ? MS_MALFORMED : MS_NO_MEMORY;
    return job->why == MS_NO_MEMORY;
}

// Loads files that are sums over mappings: of the listing, where it is whole and has what they need. Those
// that look as if there were no memory.
static ms_files load_summed(struct ms_process *process, struct ms_target memory, ms_files files,
                            const struct ms_snapshot_job *job)
{
    ms_files empty = 0;
    for (unsigned file = 0; file < MS_PROCESS_FILES; file++) {
        if (!(files & MS_FILES(file)))
            continue;
        const bool at_hand = job->out && job->why == MS_KNOWN && ms_load_sums_of(process, file, job->out);
        if (!at_hand && load_allowed(process, memory, file, job))
            empty |= MS_FILES(file);
    }
    return empty;
}

// Reads `files` and the listing, as often as it takes to have them of one image, and adds to `files` what had
// to be read again for it. MS_KNOWN, or why there is nothing whole.
static enum ms_reason load_image(struct ms_process *process, struct ms_target target, ms_files *files,
                                 struct ms_snapshot_job *job)
{
    if (!process->blocks[MS_FILE_STAT])
        *files |= MS_FILES(MS_FILE_STAT);
    for (int i = 1; i <= TRIES && !ms_source_target_stopped(process->source, target); i++) {
        if (*files & MS_FILES(MS_FILE_STAT))
            ms_load_file(process, target, MS_FILE_STAT);
        int error;
        const struct ms_target memory = target_of_memory(process, target, &error);
        if (error == ENOMEM)
            return MS_OUT_OF_MEMORY;
        const ms_files sums = *files & files_of_sums();
        ms_files empty = load_below(process, target, memory, *files & ~sums, job);
        const bool no_listing = job->out && read_mappings(process, memory, job);
        empty |= load_summed(process, memory, sums, job);
        const bool passing = (empty & ~MS_FILES(MS_FILE_CMDLINE)) || no_listing;
        switch (look_again(process, target)) {
        case SAME:
            if (passing && !ms_process_has_no_mm(process) && i < TRIES)
                break; // a program is just being executed, or the process is about to end
            settle_no_memory(process, empty, *files);
            settle_lost_thread(process, memory, error, empty, job);
            settle_not_shown(process, memory, empty, job);
            return MS_KNOWN;
        case CHANGED:
            break;
        case NO_ROOM:
            return MS_OUT_OF_MEMORY;
        default:
            return MS_GONE;
        }
        *files |= ms_process_loaded(process);
    }
    return MS_GONE;
}

// Adds to `files` what must be read again so that all is of one image. MS_KNOWN, or why nothing can be read.
static enum ms_reason compare_loaded(struct ms_process *process, struct ms_target target, ms_files *files)
{
    const ms_files loaded = ms_process_loaded(process);
    const enum change change = !loaded ? SAME : process->has_start ? look_again(process, target) : CHANGED;
    if (change == CHANGED) {
        process->rereads++;
        *files |= loaded | MS_FILES(MS_FILE_STAT);
    }
    return change == NO_ROOM ? MS_OUT_OF_MEMORY : change == SAME || change == CHANGED ? MS_KNOWN : MS_GONE;
}

// Loads `missing` and the listing below one directory.
static void load_more(struct ms_process *process, ms_files missing, struct ms_snapshot_job *job)
{
    MS_AUTO_CLOSE int dir = ms_source_open_process(process->source, process->pid);
    const struct ms_target target = {.pid = process->pid, .dir = dir, .heartbeat = job->heartbeat};
    ms_files files = missing;
    enum ms_reason why = MS_GONE;
    if (dir >= 0) {
        why = compare_loaded(process, target, &files);
        if (why == MS_KNOWN)
            why = load_image(process, target, &files, job);
    } else if (-dir != ENOENT) {
        why = ms_source_reason(process->source, target, -dir);
    }
    if (ms_source_target_stopped(process->source, target)) {
        ms_load_unknown(process, files, MS_KNOWN);
        job->why = MS_IO;
        return;
    }
    if (why != MS_KNOWN) {
        ms_load_unknown(process, files, why);
        job->why = why;
    }
}

// Whether what is loaded (status alone can do it) explains why there is no memory: it is a zombie or a kernel
// thread, and no other thread has any.
static bool is_explained(const struct ms_process *process)
{
    return process->blocks[MS_FILE_STATUS] && ms_process_has_no_mm(process) &&
           !ms_process_lost_main_thread(process);
}

// Whether stat, read after a file that shows no memory, says the same. Where the number was given to another
// process in between, that file would say so of this one, too.
static bool is_explained_by_stat(struct ms_process *process, struct ms_target target, enum ms_file file)
{
    if (!is_of_memory(file))
        return false;
    ms_load_file(process, target, MS_FILE_STAT);
    if (ms_process_has_no_mm(process) && !ms_process_lost_main_thread(process)) {
        settle_no_memory(process, MS_FILES(file), MS_FILES(file));
        return true;
    }
    ms_load_unknown(process, MS_FILES(MS_FILE_STAT), MS_KNOWN);
    process->has_start = false;
    return false;
}

// One file needs no directory. False if it needs one after all to know what it means.
static bool load_single(struct ms_process *process, enum ms_file file, const struct ms_snapshot_job *job)
{
    const struct ms_target target = {.pid = process->pid, .dir = -1, .heartbeat = job->heartbeat};
    const enum ms_reason why = ms_load_file(process, target, file);
    const bool again =
        why == MS_NO_MEMORY && !is_explained(process) && !is_explained_by_stat(process, target, file);
    const bool stopped = ms_source_target_stopped(process->source, target);
    if (again || stopped)
        ms_load_unknown(process, MS_FILES(file), MS_KNOWN);
    return !again || stopped;
}

// A listing that is whole is of one image, whatever else happens to the process. False where there is more to
// know: what it was that ended or changed meanwhile, or where memory is that looks as if there were none.
static bool load_alone(struct ms_process *process, struct ms_snapshot_job *job)
{
    const struct ms_target target = {
        .pid = process->pid, .dir = -1, .to_the_end = true, .heartbeat = job->heartbeat};
    const bool empty = read_mappings(process, target, job);
    if (ms_source_target_stopped(process->source, target)) {
        job->why = MS_IO;
        return true;
    }
    if (!empty && job->why != MS_GONE)
        return true;
    ms_load_file(process, target, MS_FILE_STAT);
    return empty ? ms_process_has_no_mm(process) && !ms_process_lost_main_thread(process)
                 : ms_process_is_gone(process);
}

// What is read beside what is wanted, to know it rightly.
static ms_files read_beside(const struct ms_process *process, const struct ms_snapshot_job *job,
                            ms_files missing)
{
    ms_files files = job->out && !process->blocks[MS_FILE_STAT] ? MS_FILES(MS_FILE_STAT) : 0;
    const bool walks = missing & MS_FILES_WALKING || (job->out && job->counters);
    if (job->max_rss && walks && !process->blocks[MS_FILE_STATM])
        files |= MS_FILES(MS_FILE_STATM);
    return files;
}

void ms_snapshot_load(struct ms_process *process, struct ms_snapshot_job *job)
{
    const ms_files loaded = ms_process_loaded(process);
    ms_files missing = job->want & ~loaded;
    if (job->out)
        ms_listing_clear(job->out);
    job->why = process->frozen ? MS_NOT_RECORDED : MS_TIMEOUT;
    if (process->frozen || job->hang == MS_HANGS_WHOLLY) {
        ms_load_unknown(process, missing, job->why);
        return;
    }
    if (job->alone && job->out && !missing && !loaded && !process->has_start && !may_hang(job) &&
        !job->max_rss && load_alone(process, job))
        return;
    missing |= read_beside(process, job, missing);
    const bool single =
        !loaded && !process->has_start && __builtin_popcountll(missing) == 1 && !job->out && !may_hang(job);
    if (single && load_single(process, (enum ms_file)__builtin_ctzll(missing), job))
        return;
    if (missing || job->out)
        load_more(process, missing, job);
    if (job->out && job->why != MS_KNOWN)
        ms_listing_clear(job->out);
}
