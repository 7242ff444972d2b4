// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as the file of a recording: what can be read of it is read, and nothing of it is known that was
// not so recorded. Bytes that are none are put on top of a recording of the process 1, so that mutations get
// behind its magic numbers: the first four are the place, the next the number of bytes that are replaced
// there.
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recording/writer.h"
#include "source/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SIZE_MAX_HERE = 256 * 1024, HEAD = 8 };

static char path[64];
static uint8_t *original;
static size_t original_size;

static void expect(bool is_so)
{
    if (!is_so)
        abort();
}

static void remove_file(void)
{
    remove(path);
}

static void make_moment(struct ms_record_writer *writer, int number)
{
    struct ms_moment_info info = {.why = "asked", .time = 1700000000 + number};
    size_t dropped = 0;
    char text[64];
    snprintf(text, sizeof text, "%d 1 1 1 0 1 0\n", number);
    expect(ms_record_writer_begin(writer) == 0);
    for (int pid = 1; pid < 4; pid++) {
        char name[32];
        snprintf(name, sizeof name, "%d/statm", pid);
        expect(ms_record_writer_add(writer, name, ms_text_of(text), 0) == 0);
        snprintf(name, sizeof name, "%d/stat", pid);
        expect(ms_record_writer_add(writer, name, MS_TEXT("1 (x) S 0 1 1"), 0) == 0);
        snprintf(name, sizeof name, "%d/smaps", pid);
        expect(ms_record_writer_add(writer, name, MS_TEXT(""), EACCES) == 0);
    }
    expect(ms_record_writer_add(writer, "meminfo", MS_TEXT("MemTotal: 5 kB\n"), 0) == 0);
    expect(ms_record_writer_commit(writer, &info, &dropped) == 0);
}

static void make_original(void)
{
    struct ms_record_writer *writer;
    snprintf(path, sizeof path, "%s/memsh-fuzz-%d", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp",
             (int)getpid());
    remove_file();
    atexit(remove_file);
    expect(ms_record_writer_open(path, (struct ms_record_writer_options){0}, &writer) == 0);
    make_moment(writer, 1);
    make_moment(writer, 2);
    ms_record_writer_close(writer);
    FILE *file = fopen(path, "rb");
    expect(file != NULL);
    original = malloc(SIZE_MAX_HERE);
    original_size = fread(original, 1, SIZE_MAX_HERE, file);
    fclose(file);
}

static void put_file(const uint8_t *data, size_t size)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    expect(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    close(fd);
}

// The recording, with bytes of `data` in the place of some of its own, or cut off.
static void put_changed(const uint8_t *data, size_t size)
{
    uint32_t at, count;
    memcpy(&at, data, 4);
    memcpy(&count, data + 4, 4);
    at %= (uint32_t)original_size;
    count %= (uint32_t)(original_size - at + 1);
    uint8_t *copy = malloc(original_size);
    memcpy(copy, original, original_size);
    memcpy(copy + at, data + HEAD, count < size - HEAD ? count : size - HEAD);
    put_file(copy, size == HEAD ? at : original_size);
    free(copy);
}

static void ask_process(struct ms_source *source, pid_t pid)
{
    const struct ms_target target = {.pid = pid, .dir = -1};
    for (int file = 0; file < MS_PROCESS_FILES; file++) {
        struct ms_buf text = {0};
        const int error = ms_source_read(source, target, (enum ms_file)file, &text);
        expect(error || text.len < 1 << 30);
        expect(ms_source_reason(source, target, error) != MS_KNOWN || !error);
        ms_buf_deinit(&text);
    }
    pid_t thread;
    ms_source_living_thread(source, target, &thread);
}

static void ask_source(struct ms_source *source)
{
    pid_t *pids = NULL;
    size_t count = 0;
    struct ms_buf text = {0};
    if (ms_source_pids(source, &pids, &count) == 0)
        for (size_t i = 0; i < count && i < 100; i++)
            ask_process(source, pids[i]);
    free(pids);
    ms_source_cgroup_list(source, "/", &text);
    ms_source_read(source, (struct ms_target){.dir = -1}, MS_FILE_MEMINFO, &text);
    ms_buf_deinit(&text);
    ms_source_destroy(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ms_recording *recording = NULL;
    struct ms_moment_info *list = NULL;
    size_t count = 0;
    if (size < HEAD || size > SIZE_MAX_HERE)
        return 0;
    if (!original)
        make_original();
    if (size >= 16 && memcmp(data, "SQLite format 3", 16) == 0)
        put_file(data, size);
    else
        put_changed(data, size);
    if (ms_recording_open(path, &recording))
        return 0;
    ms_recording_moments(recording, &list, &count);
    for (size_t i = 0; i < count && i < 20; i++) {
        struct ms_moment *moment = NULL;
        struct ms_source *source = NULL;
        if (ms_moment_open(recording, list[i].id, &moment) == 0 &&
            ms_source_create_at(path, moment, &source) == 0)
            ask_source(source);
    }
    free(list);
    ms_recording_release(recording);
    return 0;
}
