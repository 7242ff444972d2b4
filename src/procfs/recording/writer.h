// SPDX-License-Identifier: GPL-3.0-or-later
// Recordings, written: moments are added at the end, the oldest are dropped. One program writes a file at a
// time.
//
// The file has a write-ahead log (NAME-wal) while it is written: whoever reads it neither waits for the
// writer nor holds it up, and a moment costs one fsync. What was committed outlives kill -9 and the loss of
// power. When the writer ends, the log is moved into the file and removed.
#pragma once

#include "base/text.h"
#include "recording/recording.h"

struct ms_record_writer;

struct ms_record_writer_options {
    uint64_t max_size; // bytes of the file; 0: no limit
};

// Opens or makes (mode 0600) the file. 0 or an errno: EBADMSG, EPROTONOSUPPORT as ms_recording_open, EEXIST
// where there is a file that is no recording, EBUSY where another program writes it.
int ms_record_writer_open(const char *path, struct ms_record_writer_options options,
                          struct ms_record_writer **out);
void ms_record_writer_close(struct ms_record_writer *writer);

// A moment begins. Its files follow, those of processes in ascending order of their numbers, then it is
// committed or dropped. 0 or an errno.
int ms_record_writer_begin(struct ms_record_writer *writer);
int ms_record_writer_add(struct ms_record_writer *writer, const char *path, struct ms_text text, int error);

// The same of a file that was compressed by ms_compress_more, from `size` bytes. No filter is asked.
int ms_record_writer_add_frame(struct ms_record_writer *writer, const char *path, struct ms_text frame,
                               size_t size);

// What each file passes through when it is added. False where there is no memory; what it sets lives until
// the next.
typedef bool ms_record_filter(void *ctx, const char **path, struct ms_text *text);
void ms_record_writer_set_filter(struct ms_record_writer *writer, ms_record_filter *filter, void *ctx);

// Commits it and sets info->id, info->pieces and info->processes; where the disk or the file is full, the
// oldest moments are dropped until there is room, and *dropped counts them. ENOSPC where the moment does not
// fit at all.
int ms_record_writer_commit(struct ms_record_writer *writer, struct ms_moment_info *info, size_t *dropped);
void ms_record_writer_drop(struct ms_record_writer *writer);

// Drops moments that are older than `oldest` (seconds since 1970), but never the last one, and counts them.
int ms_record_writer_forget(struct ms_record_writer *writer, double oldest, size_t *dropped);

// Bytes of the file, without its log; 0: not known.
uint64_t ms_record_writer_size(const struct ms_record_writer *writer);

// Whether the file was deleted: what is in it is lost when it is closed.
bool ms_record_writer_is_deleted(const struct ms_record_writer *writer);

// Gives a recording, to which nothing can be added because it is damaged, another name, and its log the one
// that goes with it. Nobody may have it open. 0 or an errno: EEXIST where it is no recording, or one of that
// name is there.
int ms_recording_set_aside(const char *path, const char *as);
