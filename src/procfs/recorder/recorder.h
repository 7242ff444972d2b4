// SPDX-License-Identifier: GPL-3.0-or-later
// What takes moments for a recording.
#pragma once

#include "recording/writer.h"
#include "source/source.h"

// Takes all that answers depend on of a saved root, as one moment; it is to be committed
// (ms_record_writer_commit) or dropped. 0 or an errno.
int ms_record_saved(struct ms_source *source, struct ms_record_writer *writer, struct ms_moment_info *info);

// ---- the running machine

struct ms_recorder;

// What is read of each process. A level has those above it.
enum ms_level {
    MS_LEVEL_PROCESSES, // statm, stat, status, cmdline, cgroup, oom_score
    MS_LEVEL_ROLLUP,    // and smaps_rollup
    MS_LEVEL_MAPPINGS,  // and smaps
    MS_LEVEL_ALL,       // and every other file of a process that memsh has fields of
};

struct ms_recorder_options {
    unsigned patience_ms; // a file that gives nothing for so long is given up on
    bool redacts;         // files pass through a filter, so they are kept as they are until then
    const volatile sig_atomic_t *stop;
    volatile sig_atomic_t *left; // is raised when a thread is given up on: the program is to end by _exit
};

// For a live source, which it holds; the writer outlives it. NULL where there is no memory.
struct ms_recorder *ms_recorder_create(struct ms_source *source, struct ms_record_writer *writer,
                                       struct ms_recorder_options options);
void ms_recorder_destroy(struct ms_recorder *recorder);

// What a moment is to have.
struct ms_taking {
    const char *why;
    enum ms_level level; // of all processes
    const pid_t *mapped; // those of which smaps is read besides, ascending
    size_t mapped_count;
    const char *const *files; // of each control group, NULL after the last
};

// Takes a moment; it is to be committed (ms_record_writer_commit) or dropped. 0 or an errno, EINTR when
// stopped.
int ms_recorder_take(struct ms_recorder *recorder, const struct ms_taking *taking,
                     struct ms_moment_info *info);

// Keeps this program alive where memory is short: its memory stays in RAM, and others are killed before it.
struct ms_protection {
    bool locked, last_victim; // whether that was allowed
};
struct ms_protection ms_recorder_protect(struct ms_source *source);

// ---- when

// What to wait for between moments: signals that end the program or have it open its file again, and
// pressure.
struct ms_recorder_watch;

// Blocks SIGTERM, SIGINT and SIGHUP, in threads that are made later, too. NULL sets errno. `percent` of a
// time in which some process waited for memory is pressure; 0: pressure is not watched, which is also so
// where *watched is set to false.
struct ms_recorder_watch *ms_recorder_watch_create(struct ms_source *source, double percent, bool *watched);
void ms_recorder_watch_destroy(struct ms_recorder_watch *watch);

enum ms_recorder_event { MS_EVENT_TIME, MS_EVENT_PRESSURE, MS_EVENT_END, MS_EVENT_REOPEN };
enum ms_recorder_event ms_recorder_wait(struct ms_recorder_watch *watch, double seconds);
