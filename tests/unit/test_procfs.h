// SPDX-License-Identifier: GPL-3.0-or-later
// What the tests of src/procfs share: values of blocks, and a root in a temporary folder.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parse/parse.h"

// The value of a field of the file that the block is of.
static inline struct ms_value value_of(const struct ms_block *block, enum ms_field field)
{
    const int first = ms_place_first(field);
    return ms_block_get(block, ms_places[first].file == block->file ? first : ms_place_second(field));
}

static inline void expect_why(const struct ms_block *block, enum ms_field field, enum ms_reason why)
{
    const struct ms_value value = value_of(block, field);
    if (value.why != why)
        fail_msg("%s is %s and should be %s", ms_fields[field].name, ms_reason_name(value.why),
                 ms_reason_name(why));
}

static inline void expect_number(const struct ms_block *block, enum ms_field field, uint64_t number)
{
    expect_why(block, field, MS_KNOWN);
    const struct ms_value value = value_of(block, field);
    if (value.number != number)
        fail_msg("%s is %llu and should be %llu", ms_fields[field].name, (unsigned long long)value.number,
                 (unsigned long long)number);
}

static inline void expect_text(const struct ms_block *block, enum ms_field field, const char *text,
                               size_t len)
{
    expect_why(block, field, MS_KNOWN);
    const struct ms_value value = value_of(block, field);
    assert_int_equal(value.text.len, len);
    assert_memory_equal(value.text.data, text, len);
}

// A folder that is removed with all in it. Paths are below it.
static char folder[64];

static inline int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/memsh-test-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static inline int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static inline int remove_folder(void **state)
{
    (void)state;
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline const char *path_in_folder(const char *path)
{
    static char whole[512];
    snprintf(whole, sizeof(whole), "%s/%s", folder, path);
    return whole;
}

static inline void put_bytes(const char *path, const void *bytes, size_t len)
{
    char whole[512];
    snprintf(whole, sizeof(whole), "%s", path_in_folder(path));
    for (char *slash = whole + strlen(folder) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = '\0';
        mkdir(whole, 0755);
    }
    FILE *file = fopen(whole, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static inline void put(const char *path, const char *text)
{
    put_bytes(path, text, strlen(text));
}

static inline struct ms_source *open_folder(void)
{
    struct ms_source *source = NULL;
    assert_int_equal(ms_source_create(folder, &source), 0);
    return source;
}

static inline int open_fds(void)
{
    int count = 0;
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}
