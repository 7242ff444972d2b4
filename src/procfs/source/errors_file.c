// SPDX-License-Identifier: GPL-3.0-or-later
// The `errors` file of a saved root: what could not be read when it was saved.
#include "source/private.h"

#include "base/array.h"
#include "base/errno_name.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>

static int add_fault(struct ms_source *source, struct ms_text path, int error)
{
    const size_t count = source->fault_count;
    char *copy =
        ms_array_grow(&source->faults, count, sizeof *source->faults) ? strndup(path.data, path.len) : NULL;
    if (!copy)
        return ENOMEM;
    source->faults[source->fault_count++] = (struct ms_source_fault){copy, error, count};
    return 0;
}

static bool is_pattern(const struct ms_source_fault *fault)
{
    return strpbrk(fault->path, "*?[\\") != NULL;
}

// Plain paths by name, then patterns; otherwise in the order of the file.
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
        int known = memchr(path.data, '\0', path.len) ? 0 : ms_errno_named(name);
        int error = known ? add_fault(source, path, known) : EINVAL;
        if (error)
            return error;
    }
    return 0;
}

int ms_source_load_faults(struct ms_source *source)
{
    MS_AUTO_BUF text = {0};
    int error = ms_source_slurp(source, "errors", &text);
    if (error == 0)
        error = parse_faults(source, ms_buf_text(&text));
    sort_faults(source);
    return error == ENOENT || error == ENOMEDIUM ? 0 : error;
}

void ms_source_free_faults(struct ms_source *source)
{
    for (size_t i = 0; i < source->fault_count; i++)
        free(source->faults[i].path);
    free(source->faults);
}

static int compare_path(const void *path, const void *fault)
{
    return strcmp(path, ((const struct ms_source_fault *)fault)->path);
}

int ms_source_fault(const struct ms_source *source, const char *path)
{
    const struct ms_source_fault *found =
        bsearch(path, source->faults, source->fault_exact, sizeof *source->faults, compare_path);
    while (found && found > source->faults && strcmp(found[-1].path, path) == 0)
        found--; // the first line counts
    if (found)
        return found->error;
    for (size_t i = source->fault_exact; i < source->fault_count; i++)
        if (fnmatch(source->faults[i].path, path, 0) == 0)
            return source->faults[i].error;
    return 0;
}
