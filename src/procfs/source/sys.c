// SPDX-License-Identifier: GPL-3.0-or-later
// /sys, or what was saved of it: the folder `.machine/sys` of a root. Hooks and the `errors` file know its
// files by the latter path on either.
#include "source/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SAVED ".machine/sys"

enum { PATH_SIZE = 256 };

// Where a file is, in the live /sys or below the saved root, after errors and hooks let it pass. 0 or an
// errno.
static int path_of(struct ms_source *source, const char *path, char out[PATH_SIZE])
{
    if (snprintf(out, PATH_SIZE, SAVED "/%s", path) >= PATH_SIZE)
        return ENAMETOOLONG;
    const int refused = ms_source_refusal(source, out);
    if (source->live)
        snprintf(out, PATH_SIZE, "/sys/%s", path);
    return refused;
}

int ms_source_sys_read(struct ms_source *source, const char *path, struct ms_buf *out)
{
    char full[PATH_SIZE], saved[PATH_SIZE];
    const size_t start = out->len;
    const int refused = path_of(source, path, full);
    snprintf(saved, sizeof saved, SAVED "/%s", path);
    return ms_source_tapped(source, saved, out, start,
                            refused ? refused : ms_source_slurp(source, full, out));
}

static int compare_numbers(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

// The number in "node12" or "hugepages-2048kB". False for any other name.
static bool number_in(const char *name, const char *prefix, const char *suffix, uint64_t *number)
{
    const struct ms_text start = ms_text_of(prefix), end = ms_text_of(suffix);
    struct ms_text text = ms_text_of(name);
    if (text.len <= start.len + end.len || !ms_text_starts(text, start) || !ms_text_ends(text, end))
        return false;
    text.len -= end.len;
    return ms_text_u64(ms_text_skip(text, start.len), number);
}

static int collect(struct ms_text entries, const char *prefix, const char *suffix, struct ms_buf *list)
{
    struct ms_entry entry;
    while (ms_source_next_entry(&entries, &entry)) {
        uint64_t number;
        if (number_in(entry.name, prefix, suffix, &number) && !ms_buf_add(list, &number, sizeof number))
            return ENOMEM;
    }
    return 0;
}

int ms_source_sys_numbers(struct ms_source *source, const char *path, const char *prefix, const char *suffix,
                          uint64_t **out, size_t *count)
{
    char full[PATH_SIZE];
    struct ms_buf list = {0};
    MS_AUTO_BUF entries = {0};
    int error = path_of(source, path, full);
    if (!error)
        error = ms_source_list(source, full, &entries);
    if (!error)
        error = collect(ms_buf_text(&entries), prefix, suffix, &list);
    if (error) {
        ms_buf_deinit(&list);
        return error;
    }
    *out = (uint64_t *)(void *)list.data;
    *count = list.len / sizeof(uint64_t);
    if (*count)
        qsort(*out, *count, sizeof(uint64_t), compare_numbers);
    return 0;
}

enum ms_reason ms_source_sys_reason(struct ms_source *source, int error)
{
    if (error == ENOENT && !source->live && ms_source_look(source, ".machine/sys") == ENOENT)
        return MS_NOT_RECORDED;
    return ms_source_reason(source, (struct ms_target){.dir = -1}, error);
}
