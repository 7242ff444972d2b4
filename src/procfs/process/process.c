// SPDX-License-Identifier: GPL-3.0-or-later
#include "process/process.h"

// PF_KTHREAD of the kernel's sched.h: field 9 of stat shows it on every kernel since 2.6.27.
enum { FLAG_EXITING = 0x4, FLAG_KERNEL_THREAD = 0x00200000 };

void ms_process_init(struct ms_process *process, struct ms_source *source, pid_t pid)
{
    *process = (struct ms_process){.source = source, .pid = pid};
}

void ms_process_deinit(struct ms_process *process)
{
    ms_process_forget(process);
    *process = (struct ms_process){0};
}

void ms_process_forget(struct ms_process *process)
{
    for (int i = 0; i < MS_PROCESS_FILES; i++) {
        ms_block_destroy(process->blocks[i]);
        process->blocks[i] = NULL;
    }
}

ms_files ms_process_loaded(const struct ms_process *process)
{
    ms_files files = 0;
    for (unsigned i = 0; i < MS_PROCESS_FILES; i++)
        if (process->blocks[i])
            files |= MS_FILES(i);
    return files;
}

static struct ms_instant instant_of(struct ms_source *source)
{
    struct ms_instant at = {0};
    at.boot_why = ms_source_uptime(source, &at.since_boot);
    at.now_why = ms_source_now(source, &at.now);
    return at;
}

void ms_process_freeze(struct ms_process *process)
{
    if (!process->frozen)
        process->read_at = instant_of(process->source);
    process->frozen = true;
}

// Ticks and user ids become what they are shown as.
static void finish(const struct ms_process *process, struct ms_value *value)
{
    struct ms_source *source = process->source;
    if (value->why != MS_KNOWN)
        return;
    if (value->unit == MS_UNIT_USER)
        value->text = ms_source_user(source, value->number);
    if (value->unit == MS_UNIT_USER && value->text.len == 0)
        value->why = MS_OUT_OF_MEMORY;
    if (value->unit != MS_UNIT_AGE && value->unit != MS_UNIT_TIME)
        return;
    const double start = (double)value->number / (double)ms_source_hz(source);
    // When it started is worked out from one reading of both clocks, a little off each time: rows of two
    // readings are to have the same.
    const bool stands = process->frozen && value->unit == MS_UNIT_AGE;
    const struct ms_instant at = stands ? process->read_at : instant_of(source);
    value->why = at.boot_why;
    if (value->why == MS_KNOWN && value->unit == MS_UNIT_TIME)
        value->why = at.now_why;
    if (value->why != MS_KNOWN)
        return;
    if (value->unit == MS_UNIT_TIME) {
        const double boot = at.now - at.since_boot; // rounded, where registers hold more, too
        value->real = boot + start;
    } else // the clock stands still during a query: one that started since is 0 s old
        value->real = at.since_boot > start ? at.since_boot - start : 0;
}

bool ms_process_get(const struct ms_process *process, enum ms_field field, struct ms_value *out)
{
    const int places[] = {ms_place_first(field), ms_place_second(field)};
    bool loaded = false;
    if (field == MS_FIELD_STAT_pid) {
        *out = (struct ms_value){.unit = MS_UNIT_COUNT, .number = (uint64_t)process->pid};
        return true;
    }
    for (int i = 0; i < 2 && places[i] >= 0; i++) {
        const struct ms_block *block = process->blocks[ms_places[places[i]].file];
        struct ms_value value;
        if (!block)
            continue;
        value = ms_block_get(block, places[i]);
        finish(process, &value);
        if (!loaded || value.why == MS_KNOWN)
            *out = value;
        loaded = true;
        if (value.why == MS_KNOWN)
            break;
    }
    return loaded;
}

static ms_files file_of_place(int place)
{
    return place < 0 ? 0 : MS_FILES(ms_places[place].file);
}

ms_files ms_process_elsewhere(const struct ms_process *process, enum ms_field field, enum ms_reason why)
{
    switch (why) {
    case MS_KNOWN:
    case MS_GONE:
    case MS_NO_MEMORY:
    case MS_TIMEOUT:
    case MS_BUDGET:
    case MS_OUT_OF_MEMORY:
        return 0;
    default:
        return process->frozen || field == MS_FIELD_STAT_pid
                   ? 0
                   : (file_of_place(ms_place_first(field)) | file_of_place(ms_place_second(field))) &
                         ~ms_process_loaded(process);
    }
}

ms_files ms_process_plan(const enum ms_field *fields, size_t count, ms_files have)
{
    ms_files plan = 0;
    for (size_t i = 0; i < count; i++)
        if (fields[i] != MS_FIELD_STAT_pid && ms_place_second(fields[i]) < 0)
            plan |= file_of_place(ms_place_first(fields[i]));
    for (size_t i = 0; i < count; i++) {
        const ms_files first = file_of_place(ms_place_first(fields[i]));
        const ms_files second = file_of_place(ms_place_second(fields[i]));
        if (second && fields[i] != MS_FIELD_STAT_pid && !((plan | have) & (first | second)))
            plan |= first;
    }
    return plan;
}

bool ms_process_number(const struct ms_process *process, enum ms_field field, uint64_t *number)
{
    struct ms_value value;
    if (!ms_process_get(process, field, &value) || value.why != MS_KNOWN)
        return false;
    *number = value.number;
    return true;
}

// Whether a loaded file shows an address space, which no kernel thread has.
static bool shows_memory(const struct ms_process *process)
{
    uint64_t number;
    return ms_process_number(process, MS_FIELD_STATM_virt, &number) || // of statm or status
           ms_process_number(process, MS_FIELD_ROLLUP_rss_exact, &number) ||
           ms_process_number(process, MS_FIELD_MAPS_mappings, &number);
}

// Whether it shows a program or its arguments, which are read from an address space, too.
static bool shows_program(const struct ms_process *process)
{
    static const enum ms_field fields[] = {MS_FIELD_CMDLINE_cmdline, MS_FIELD_EXE_exe};
    struct ms_value text;
    for (int i = 0; i < 2; i++)
        if (ms_process_get(process, fields[i], &text) && text.why == MS_KNOWN && text.text.len)
            return true;
    return false;
}

// Whether it is a thread of the kernel: 1, 0, or -1 where nothing that was loaded shows it.
static int shows_kernel(const struct ms_process *process)
{
    uint64_t number;
    if (process->blocks[MS_FILE_STAT] && ms_process_number(process, MS_FIELD_STAT_flags, &number))
        return (number & FLAG_KERNEL_THREAD) != 0;
    if (process->blocks[MS_FILE_STATUS] && ms_process_number(process, MS_FIELD_STATUS_kthread, &number))
        return number != 0;
    if (shows_memory(process) || shows_program(process))
        return 0;
    return -1;
}

int ms_process_is_kernel(const struct ms_process *process)
{
    const int is = shows_kernel(process);
    return is < 0 && process->blocks[MS_FILE_STAT] ? 0 : is;
}

enum ms_reason ms_process_kernel_doubt(const struct ms_process *process)
{
    struct ms_value flags;
    if (shows_kernel(process) >= 0)
        return MS_KNOWN;
    return ms_process_get(process, MS_FIELD_STAT_flags, &flags) ? flags.why : MS_OUT_OF_MEMORY;
}

bool ms_process_has_no_mm(const struct ms_process *process)
{
    struct ms_value state;
    if (ms_process_is_kernel(process) == 1)
        return true;
    return ms_process_get(process, MS_FIELD_STAT_state, &state) && state.why == MS_KNOWN && state.text.len &&
           (state.text.data[0] == 'Z' || state.text.data[0] == 'X');
}

bool ms_process_is_exiting(const struct ms_process *process)
{
    uint64_t flags;
    return ms_process_number(process, MS_FIELD_STAT_flags, &flags) && flags & FLAG_EXITING;
}

bool ms_process_lost_main_thread(const struct ms_process *process)
{
    uint64_t threads;
    return ms_process_is_kernel(process) != 1 && ms_process_has_no_mm(process) &&
           ms_process_number(process, MS_FIELD_STAT_threads, &threads) && threads > 1;
}

static bool knows_anything(const struct ms_block *block)
{
    for (int place = ms_file_table[block->file].first; place < ms_file_table[block->file].last; place++)
        if (ms_places[place].field >= 0 && ms_block_why(block, place) == MS_KNOWN)
            return true;
    return false;
}

static bool says_gone(const struct ms_block *block)
{
    return !knows_anything(block) && ms_block_why(block, ms_file_table[block->file].first) == MS_GONE;
}

bool ms_process_ended_before(const struct ms_process *process, ms_files files)
{
    for (int file = 0; file < MS_PROCESS_FILES; file++)
        if (files & MS_FILES(file) && process->blocks[file] && says_gone(process->blocks[file]))
            return true;
    return false;
}

bool ms_process_is_gone(const struct ms_process *process)
{
    bool gone = false;
    for (int file = 0; file < MS_PROCESS_FILES; file++) {
        const struct ms_block *block = process->blocks[file];
        if (block && knows_anything(block))
            return false;
        gone |= block && says_gone(block);
    }
    return gone;
}
