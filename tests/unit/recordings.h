// SPDX-License-Identifier: GPL-3.0-or-later
// Recordings of processes whose files are known, and what must be in them then.
#pragma once

#include "test_procfs.h"

#include "recording/recording.h"
#include "recording/writer.h"

enum { PROCESSES = 150 };

static inline const char *file_path(void)
{
    return path_in_folder("machine.memsh");
}

static inline struct ms_record_writer *open_writer(uint64_t max_size)
{
    struct ms_record_writer *writer = NULL;
    assert_int_equal(ms_record_writer_open(file_path(), (struct ms_record_writer_options){max_size}, &writer),
                     0);
    return writer;
}

// What a process has at a moment: some of it changes each time, some now and then, some never.
static inline void text_of(int moment, int pid, const char *name, char text[256])
{
    if (strcmp(name, "stat") == 0)
        snprintf(text, 256, "%d (process %d) S 1 %d", pid, pid, pid % 7 == 0 ? moment : 0);
    else if (strcmp(name, "statm") == 0)
        snprintf(text, 256, "%d %d 3 4 5 6 7", 1000 + moment, pid);
    else
        snprintf(text, 256, "0::/group/%d\n", pid % 3);
}

static const char *const names[] = {"stat", "statm", "cgroup"};

// Processes come and go: one of each ten is there at some moments only.
static inline bool is_there(int moment, int pid)
{
    return pid % 10 != 9 || (moment + pid) % 3 != 0;
}

static inline int write_moment(struct ms_record_writer *writer, int moment, size_t *dropped)
{
    struct ms_moment_info info = {.why = "every", .time = 1700000000 + moment};
    char path[64], text[256];
    ms_record_writer_begin(writer);
    for (int pid = 1; pid <= PROCESSES; pid++)
        for (size_t i = 0; i < 3 && is_there(moment, pid); i++) {
            snprintf(path, sizeof(path), "%d/%s", pid, names[i]);
            text_of(moment, pid, names[i], text);
            const int error = i == 2 && pid % 20 == 0 ? EACCES : 0;
            ms_record_writer_add(writer, path, ms_text_of(text),
                                 error); // where it failed, what it had by then
        }
    snprintf(text, sizeof(text), "MemTotal: %d kB\n", 5000 + moment);
    ms_record_writer_add(writer, "meminfo", ms_text_of(text), 0);
    ms_record_writer_add(writer, ".machine/cgroup/a/b/memory.max", MS_TEXT("max\n"), 0);
    return ms_record_writer_commit(writer, &info, dropped);
}

// The moment by its time, NULL where it is not there.
static inline struct ms_moment *open_moment(struct ms_recording *recording, int moment)
{
    struct ms_moment_info info;
    struct ms_moment *opened = NULL;
    size_t damaged;
    if (ms_recording_find(recording, 1700000000 + moment, NULL, &info, &damaged) ||
        (int)(info.time - 1700000000) != moment)
        return NULL;
    assert_int_equal(ms_moment_open(recording, info.id, &opened), 0);
    return opened;
}

// Each file that can be read is as it was written. Returns how many can't be.
static inline unsigned check_file(struct ms_moment *opened, int moment, int pid, const char *name)
{
    char path[64], text[256];
    struct ms_found found = {0};
    snprintf(path, sizeof(path), "%d/%s", pid, name);
    const int error = ms_moment_find(opened, path, &found);
    text_of(moment, pid, name, text);
    if (!is_there(moment, pid)) {
        if (error != ENOMEDIUM && error != EBADMSG)
            fail_msg("%s at %d is there", path, moment);
    } else if (!error && !ms_text_eq(found.text, ms_text_of(text))) {
        fail_msg("%s at %d is '%.*s' and not '%s'", path, moment, (int)found.text.len, found.text.data, text);
    }
    ms_found_release(&found);
    const bool denied = strcmp(name, "cgroup") == 0 && pid % 20 == 0;
    return is_there(moment, pid) && error != (denied ? EACCES : 0);
}

static inline unsigned check_moment(struct ms_moment *opened, int moment)
{
    unsigned unknown = 0;
    for (int pid = 1; pid <= PROCESSES; pid++)
        for (size_t i = 0; i < 3; i++)
            unknown += check_file(opened, moment, pid, names[i]);
    return unknown;
}

static inline struct ms_recording *open_recording(void)
{
    struct ms_recording *recording = NULL;
    assert_int_equal(ms_recording_open(file_path(), &recording), 0);
    return recording;
}

static inline void expect_moments(int first, int last)
{
    struct ms_recording *recording = open_recording();
    for (int moment = first; moment <= last; moment++) {
        struct ms_moment *opened = open_moment(recording, moment);
        if (!opened)
            fail_msg("moment %d is not there", moment);
        assert_int_equal(check_moment(opened, moment), 0);
        ms_moment_close(opened);
    }
    ms_recording_release(recording);
}

static inline void remove_file(void)
{
    char path[600];
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s%s", file_path(), (const char *[]){"", "-wal", "-shm"}[i]);
        remove(path);
    }
}

static inline char *read_whole(size_t *size)
{
    FILE *file = fopen(file_path(), "rb");
    assert_non_null(file);
    char *bytes = malloc(4 << 20);
    *size = fread(bytes, 1, 4 << 20, file);
    fclose(file);
    return bytes;
}

static inline void write_whole(const char *bytes, size_t size)
{
    FILE *file = fopen(file_path(), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}
