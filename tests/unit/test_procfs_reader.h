// SPDX-License-Identifier: GPL-3.0-or-later
// A process that changes while it is read: a hook changes its files when one is opened, and each image of it
// has its number in all of them.
#pragma once

#include "test_procfs.h"

#include <signal.h>

#include "reader/reader.h"

enum { PID = 42, PAGE = 4096 };

#define ALL                                                                                                  \
    (MS_FILES(MS_FILE_STAT) | MS_FILES(MS_FILE_STATM) | MS_FILES(MS_FILE_STATUS) |                           \
     MS_FILES(MS_FILE_CMDLINE) | MS_FILES(MS_FILE_ROLLUP) | MS_FILES(MS_FILE_MAPS))

static struct ms_source *source;
static struct ms_process process;
static volatile sig_atomic_t stop;
static int fds_before;
static int image, opens;

// What happens when a path is opened; a number is the errno of it.
static int (*event)(const char *path);

static inline int on_open(void *ctx, const char *path)
{
    (void)ctx;
    opens++;
    return event ? event(path) : 0;
}

static inline void put_stat(const char *comm, char state, unsigned flags, int vsize, int start)
{
    char text[256];
    snprintf(text, sizeof(text), "%d (%s) %c 1 2 3 0 -1 %u 5 0 7 0 12 3 0 0 20 0 5 0 %d %d 56 0 1 1 0\n", PID,
             comm, state, flags, start, vsize);
    put("42/stat", text);
}

static inline void become(int number, int start)
{
    char text[256], comm[24];
    image = number;
    snprintf(comm, sizeof(comm), "image%d", number);
    put_stat(comm, 'S', 0, PAGE, start);
    snprintf(text, sizeof(text), "%d %d 1 1 0 1 0\n", number, number);
    put("42/statm", text);
    snprintf(text, sizeof(text), "Name:\t%s\nVmSize:\t%d kB\nVmSwap:\t%d kB\nThreads:\t1\n", comm, number,
             number);
    put("42/status", text);
    put("42/cmdline", comm);
    put("42/exe", comm);
    snprintf(text, sizeof(text), "1-2 ---p 00000000 00:00 0 [rollup]\nPss: %d kB\nLocked: 0 kB\n", number);
    put("42/smaps_rollup", text);
    snprintf(text, sizeof(text), "%08x-%08x rw-p 00000000 00:00 0 \n", number << 12, (number + 1) << 12);
    put("42/maps", text);
    strcat(text, "Rss: 4 kB\nPss: ");
    snprintf(text + strlen(text), 64, "%d kB\nAnonymous: 4 kB\nLocked: 0 kB\nVmFlags: rd \n", number);
    put("42/smaps", text);
}

static inline void become_memoryless(char state, unsigned flags)
{
    put_stat("image0", state, flags, 0, 100);
    put("42/task/42/statm", "0 0 0 0 0 0 0\n"); // no other thread is left
    put("42/statm", "0 0 0 0 0 0 0\n");
    put("42/status", "Name:\timage0\nThreads:\t1\n");
    put("42/cmdline", "");
    unlink(path_in_folder("42/exe"));
    put("42/smaps_rollup", "");
    put("42/maps", "");
    put("42/smaps", "");
}

static inline void vanish(void)
{
    static const char *const names[] = {"stat", "statm",        "status", "cmdline",
                                        "exe",  "smaps_rollup", "maps",   "smaps"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char path[32];
        snprintf(path, sizeof(path), "42/%s", names[i]);
        unlink(path_in_folder(path));
    }
    rmdir(path_in_folder("42"));
}

static inline int set_up(void **state)
{
    if (make_folder(state))
        return -1;
    fds_before = open_fds();
    put(".machine/info", "page_size 4096\n");
    become(1, 100);
    source = open_folder();
    stop = 0;
    opens = 0;
    event = NULL;
    ms_source_set_hooks(source, (struct ms_source_hooks){.open = on_open});
    ms_source_set_stop(source, &stop);
    ms_process_init(&process, source, PID);
    return 0;
}

static inline int tear_down(void **state)
{
    ms_process_deinit(&process);
    ms_source_destroy(source);
    return open_fds() != fds_before || remove_folder(state);
}

static inline bool load(ms_files files)
{
    struct ms_process *batch = &process;
    return ms_reader_load(&batch, 1, files);
}

// The number of the image that a field is of, 0 - reason where it is unknown.
static int image_in(enum ms_field field, uint64_t unit)
{
    struct ms_value value;
    assert_true(ms_process_get(&process, field, &value));
    return value.why == MS_KNOWN ? (int)(value.number / unit) : -(int)value.why;
}

static int image_in_text(enum ms_field field)
{
    struct ms_value value;
    char text[32];
    assert_true(ms_process_get(&process, field, &value));
    if (value.why != MS_KNOWN)
        return -(int)value.why;
    snprintf(text, sizeof(text), "%.*s", (int)value.text.len, value.text.data);
    return atoi(text + strlen("image"));
}

// Of each file a value: all of one image, or for one reason.
static inline void expect_image(int number)
{
    assert_int_equal(image_in(MS_FIELD_STATM_code, PAGE), number > 0 ? 1 : number);
    assert_int_equal(image_in(MS_FIELD_STATM_virt, 1) > 0, number > 0);
    assert_int_equal(ms_block_get(process.blocks[MS_FILE_STATM], ms_place_first(MS_FIELD_STATM_virt)).number,
                     number > 0 ? (uint64_t)number * PAGE : 0);
    assert_int_equal(image_in(MS_FIELD_STATUS_vm_swap, 1024), number);
    assert_int_equal(image_in(MS_FIELD_ROLLUP_pss, 1024), number);
    assert_int_equal(image_in(MS_FIELD_MAPS_mappings, 1), number > 0 ? 1 : number);
}

static inline bool is(const char *path, const char *name)
{
    return strcmp(path, name) == 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
