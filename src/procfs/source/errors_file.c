// SPDX-License-Identifier: GPL-3.0-or-later
// The `errors` file of a saved root: what could not be read when it was saved.
#include "source/private.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    int error;
} names[] = {
    {"EACCES", EACCES}, {"EPERM", EPERM},   {"ENOENT", ENOENT}, {"ESRCH", ESRCH},
    {"EIO", EIO},       {"ENOMEM", ENOMEM}, {"EINVAL", EINVAL}, {"ENAMETOOLONG", ENAMETOOLONG},
    {"EMFILE", EMFILE}, {"ENFILE", ENFILE}, {"EFBIG", EFBIG},   {"EOPNOTSUPP", EOPNOTSUPP},
};

static int error_named(struct ms_text name)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (ms_text_eq(ms_text_of(names[i].name), name))
            return names[i].error;
    return 0;
}

static int add_fault(struct ms_source *source, struct ms_text path, int error)
{
    const size_t count = source->fault_count;
    if ((count & (count - 1)) == 0) { // full at each power of two
        struct ms_source_fault *faults = realloc(source->faults, (count ? count * 2 : 1) * sizeof *faults);
        if (!faults)
            return ENOMEM;
        source->faults = faults;
    }
    char *copy = strndup(path.data, path.len);
    if (!copy)
        return ENOMEM;
    source->faults[source->fault_count++] = (struct ms_source_fault){copy, error, count};
    return 0;
}

static bool is_pattern(const struct ms_source_fault *fault)
{
    return strpbrk(fault->path, "*?[\\") != NULL;
}

// Plain paths by name, then patterns; otherwise as they stand in the file.
static int compare_faults(const void *a, const void *b)
{
    const struct ms_source_fault *x = a, *y = b;
    const bool x_pattern = is_pattern(x), y_pattern = is_pattern(y);
    if (x_pattern != y_pattern)
        return x_pattern - y_pattern;
    const int order = x_pattern ? 0 : strcmp(x->path, y->path);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

static void sort_faults(struct ms_source *source)
{
    if (source->fault_count)
        qsort(source->faults, source->fault_count, sizeof *source->faults, compare_faults);
    while (source->fault_exact < source->fault_count && !is_pattern(&source->faults[source->fault_exact]))
        source->fault_exact++;
}

static int parse_faults(struct ms_source *source, struct ms_text rest)
{
    while (rest.len) {
        struct ms_text line = ms_text_until(&rest, '\n');
        struct ms_text path = ms_text_word(&line), name = ms_text_word(&line);
        if (path.len == 0 || path.data[0] == '#')
            continue;
        int known = memchr(path.data, '\0', path.len) ? 0 : error_named(name);
        int error = known ? add_fault(source, path, known) : EINVAL;
        if (error)
            return error;
    }
    return 0;
}

int ms_source_load_faults(struct ms_source *source)
{
    struct ms_buf text;
    ms_buf_init(&text);
    int error = ms_source_slurp(source, "errors", &text);
    if (error == 0)
        error = parse_faults(source, (struct ms_text){text.data, text.len});
    else if (error == ENOENT)
        error = 0;
    sort_faults(source);
    ms_buf_deinit(&text);
    return error;
}

void ms_source_free_faults(struct ms_source *source)
{
    for (size_t i = 0; i < source->fault_count; i++)
        free(source->faults[i].path);
    free(source->faults);
}

// The first plain path that does not stand before `path`.
static size_t lower_bound(const struct ms_source *source, const char *path)
{
    size_t low = 0, high = source->fault_exact;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (strcmp(source->faults[middle].path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int ms_source_fault(const struct ms_source *source, const char *path)
{
    const size_t at = lower_bound(source, path);
    if (at < source->fault_exact && strcmp(source->faults[at].path, path) == 0)
        return source->faults[at].error;
    for (size_t i = source->fault_exact; i < source->fault_count; i++)
        if (fnmatch(source->faults[i].path, path, 0) == 0)
            return source->faults[i].error;
    return 0;
}
