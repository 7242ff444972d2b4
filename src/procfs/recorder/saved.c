// SPDX-License-Identifier: GPL-3.0-or-later
// A saved root becomes a moment: its bytes, and of what memsh could ask and the root lacks, that it does.
#include "base/array.h"
#include "recorder/private.h"
#include "source/private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 64 };

struct taking {
    struct ms_source *source;
    struct ms_record_writer *writer;
    struct ms_buf text;
};

static int take_file(struct taking *taking, const char *path)
{
    ms_buf_clear(&taking->text);
    const int error = ms_source_slurp(taking->source, path, &taking->text);
    if (error == ENOMEM || error == EINTR)
        return error;
    return ms_record_writer_add(taking->writer, path, error ? MS_TEXT("") : ms_buf_text(&taking->text),
                                error);
}

// A link as it was; else a file that holds where it points.
static int take_link(struct taking *taking, const char *path)
{
    char target[PATH_MAX];
    const ssize_t len =
        taking->source->lone ? -1 : readlinkat(taking->source->root, path, target, sizeof target);
    if (len < 0)
        return take_file(taking, path);
    return ms_record_writer_add(taking->writer, path, (struct ms_text){target, (size_t)len}, 0);
}

// All that graphics drivers say of its files is one text.
static int take_graphics(struct taking *taking, const char *path)
{
    // NOLINTNEXTLINE(cert-err34-c): it begins with a pid, as the name of a folder of /proc
    const struct ms_target target = {.pid = atoi(path), .dir = -1};
    ms_buf_clear(&taking->text);
    const int error = ms_source_read_graphics(taking->source, target, &taking->text);
    if (error == ENOMEM || error == EINTR)
        return error;
    return ms_record_writer_add(taking->writer, path, error ? MS_TEXT("") : ms_buf_text(&taking->text),
                                error);
}

// ---- processes

static int take_process_files(struct taking *taking, const char *below)
{
    static const char *const others[] = {"mountinfo", "pagemap"};
    char path[128];
    int error = 0;
    for (int file = 0; file < MS_PROCESS_FILES && !error; file++) {
        snprintf(path, sizeof path, "%s/%s", below, ms_file_table[file].path);
        const unsigned traits = ms_file_table[file].traits;
        error = (traits & MS_LINK       ? take_link
                 : traits & MS_GRAPHICS ? take_graphics
                                        : take_file)(taking, path);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others && !error; i++) {
        snprintf(path, sizeof path, "%s/%s", below, others[i]);
        error = take_file(taking, path);
    }
    return error;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void free_names(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

// The names in a directory, sorted. 0 or an errno.
static int list_names(const struct taking *taking, const char *path, char ***out, size_t *count)
{
    char **names = NULL;
    size_t found = 0;
    int error = 0;
    DIR *dir = ms_source_open_dir(taking->source, taking->source->root, path);
    if (!dir)
        return errno;
    for (struct dirent *entry; !error && (entry = readdir(dir)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        const bool has_room = ms_array_grow(&names, found, sizeof *names);
        error = has_room && (names[found] = strdup(entry->d_name)) ? 0 : ENOMEM;
        found += !error;
    }
    closedir(dir);
    if (error) {
        free_names(names, found);
        return error;
    }
    if (found)
        qsort(names, found, sizeof *names, compare_names);
    *out = names;
    *count = found;
    return 0;
}

// The numbers of the threads, if they were saved, and their files.
static int take_threads(struct taking *taking, pid_t pid)
{
    char path[64], **names;
    size_t count;
    MS_AUTO_BUF list = {0};
    snprintf(path, sizeof path, "%d/task", (int)pid);
    if (taking->source->lone || list_names(taking, path, &names, &count))
        return 0;
    int error = 0;
    for (size_t i = 0; i < count && !error; i++) {
        const pid_t thread = ms_source_pid_named(ms_text_of(names[i]));
        if (!thread)
            continue;
        ms_buf_addf(&list, "%d\n", (int)thread);
        snprintf(path, sizeof path, "%d/task/%d", (int)pid, (int)thread);
        error = take_process_files(taking, path);
    }
    free_names(names, count);
    snprintf(path, sizeof path, "%d/task", (int)pid);
    if (list.failed)
        error = ENOMEM;
    return error ? error : ms_record_writer_add(taking->writer, path, ms_buf_text(&list), 0);
}

static int take_processes(struct taking *taking)
{
    pid_t *pids = NULL;
    size_t count = 0;
    char path[32];
    int error = ms_source_pids(taking->source, &pids, &count);
    for (size_t i = 0; i < count && !error; i++) {
        snprintf(path, sizeof path, "%d", (int)pids[i]);
        error = take_process_files(taking, path);
        if (!error)
            error = take_threads(taking, pids[i]);
    }
    free(pids);
    return error;
}

// ---- the machine

static bool is_directory(const struct taking *taking, const char *path)
{
    struct stat st;
    return fstatat(taking->source->root, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

// All that is below a directory; one with nothing in it is kept by its name.
static int take_tree(struct taking *taking, const char *path, unsigned depth)
{
    char **names, below[PATH_MAX];
    size_t count;
    int error = list_names(taking, path, &names, &count);
    if (error)
        return error == ENOMEM ? ENOMEM : 0;
    if (!count) {
        snprintf(below, sizeof below, "%s/", path);
        error = ms_record_writer_add(taking->writer, below, MS_TEXT(""), 0);
    }
    for (size_t i = 0; i < count && !error; i++)
        if (snprintf(below, sizeof below, "%s/%s", path, names[i]) < (int)sizeof below)
            error = !is_directory(taking, below) ? take_file(taking, below)
                    : depth < DEPTH_MAX          ? take_tree(taking, below, depth + 1)
                                                 : 0;
    free_names(names, count);
    return error;
}

static int take_machine(struct taking *taking)
{
    static const char *const others[] = {"errors",
                                         "stat",
                                         "kpagecount",
                                         "kpageflags",
                                         ".machine/info",
                                         ".machine/passwd",
                                         ".machine/mountinfo"};
    int error = 0;
    for (int file = MS_PROCESS_FILES; file < MS_FILE_COUNT && !error; file++) {
        const struct ms_file_info *info = &ms_file_table[file];
        if (info->kind == MS_SYSTEM && *info->path && *info->path != '/')
            error = take_file(taking, info->path);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others && !error; i++)
        error = take_file(taking, others[i]);
    if (!error && !taking->source->lone)
        error = take_tree(taking, ".machine/cgroup", 0);
    if (!error && !taking->source->lone)
        error = take_tree(taking, ".machine/sys", 0);
    return error;
}

int ms_record_saved(struct ms_source *source, struct ms_record_writer *writer, struct ms_moment_info *info)
{
    struct taking taking = {.source = source, .writer = writer};
    *info = (struct ms_moment_info){.why = "saved"};
    ms_record_describe(source, info);
    int error = ms_record_writer_begin(writer);
    if (!error)
        error = take_processes(&taking);
    if (!error)
        error = take_machine(&taking);
    ms_buf_deinit(&taking.text);
    return error;
}
