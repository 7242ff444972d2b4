// SPDX-License-Identifier: GPL-3.0-or-later
// The build id of what is mapped, read from the file as any program reads one: the kernel is not asked for it
// (see procmap_query.c) but on btrfs.
#include "pages/buildid.h"

#include "base/cleanup.h"
#include "pages/procmap_query.h"
#include "reader/reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

struct search {
    struct ms_errand errand;
    struct ms_rawfile maps;
    uint64_t start, end;
    struct ms_file_id file;
    enum ms_reason why;
    struct ms_build_id id;
    char name[]; // as maps shows it
};

static void end(struct ms_errand *errand)
{
    struct search *search = (struct search *)errand;
    ms_rawfile_close(&search->maps);
    free(search);
}

struct open_file {
    struct ms_source *source;
    struct ms_target target;
    int fd;
    size_t head_len;
    char head[4096];
};

static ssize_t read_file(void *ctx, void *bytes, size_t len, uint64_t offset)
{
    const struct open_file *file = ctx;
    if (offset > file->head_len || len > file->head_len - offset)
        return ms_source_read_at(file->source, file->target, file->fd, bytes, len, offset);
    memcpy(bytes, file->head + offset, len);
    return (ssize_t)len;
}

// All headers and the note are mostly in the first page: one read instead of twenty.
static enum ms_reason read_id(const struct search *search, int fd, struct ms_build_id *out)
{
    struct open_file file = {.source = search->maps.source, .target = search->maps.target, .fd = fd};
    const ssize_t got = ms_source_read_at(file.source, file.target, fd, file.head, sizeof file.head, 0);
    file.head_len = got > 0 ? (size_t)got : 0;
    return got < 0 ? MS_IO : ms_build_id_of_elf(read_file, &file, out);
}

// map_files has the mapping by its bounds alone, and threads have no map_files.
static struct ms_target whole_process(const struct ms_rawfile *maps)
{
    struct ms_target target = maps->target;
    target.thread = 0;
    return target;
}

static enum ms_reason check_bounds(const struct search *search)
{
    char path[64];
    struct stat st;
    snprintf(path, sizeof path, "map_files/%llx-%llx", (unsigned long long)search->start,
             (unsigned long long)search->end);
    const int error = ms_source_stat(search->maps.source, whole_process(&search->maps), path, false, &st);
    return error == ENOENT ? MS_GONE : ms_source_reason(search->maps.source, search->maps.target, error);
}

// Whether the file is still mapped there, and where the mapping begins and ends by now.
static enum ms_reason check_mapping(struct search *search)
{
    struct ms_procmap_answer answer = {.start = search->start, .end = search->end};
    const enum ms_reason why = ms_procmap_check(&search->maps, search->start, &search->file, &answer);
    search->start = answer.start;
    search->end = answer.end;
    return why == MS_UNSUPPORTED ? check_bounds(search) : why;
}

// On btrfs the file that is there need not be the mapped one, which is a regular one of it all the same.
static bool is_answer(int fd)
{
    return fd >= 0 || fd == -EINVAL || fd == -EXDEV;
}

// In maps a newline of the name is \012, which may as well be four characters of it: both are tried.
static void put_newlines(const char *name, char *out)
{
    for (const char *part; (part = strstr(name, "\\012")) != NULL; name = part + 4) {
        memcpy(out, name, (size_t)(part - name));
        out += part - name;
        *out++ = '\n';
    }
    strcpy(out, name);
}

static int open_by_name(const struct search *search, struct ms_target target, const char *name)
{
    int fd = ms_source_open_below_root(search->maps.source, target, name, &search->file);
    if (is_answer(fd) || !strstr(name, "\\012"))
        return fd;
    MS_AUTO_FREE char *plain = malloc(strlen(name) + 1);
    if (!plain)
        return -ENOMEM;
    put_newlines(name, plain);
    return ms_source_open_below_root(search->maps.source, target, plain, &search->file);
}

// For who may not follow map_files. A regular file with the device and the inode of the mapping is the mapped
// one, wherever its path leads from. The root of another user's process needs ptrace rights, so the path is
// tried below the reader's own, too; exe leads to a program that was deleted or replaced.
static int open_by_path(const struct search *search)
{
    struct ms_source *source = search->maps.source;
    const struct ms_target target = search->maps.target;
    const struct ms_target self = {.dir = -1, .heartbeat = target.heartbeat};
    int fd = -ESTALE;
    if (search->name[0] == '/') {
        fd = open_by_name(search, target, search->name);
        if (!is_answer(fd))
            fd = open_by_name(search, self, search->name);
    }
    return is_answer(fd) ? fd : ms_source_open_link(source, target, "exe", &search->file);
}

static enum ms_reason ask_kernel(struct search *search)
{
    const struct ms_file_id *file = &search->file;
    const struct ms_rawfile *maps = &search->maps;
    enum ms_fs fs;
    const int error = ms_source_fs(maps->source, maps->target.pid, file->major, file->minor, &fs);
    return !error && fs == MS_FS_BTRFS ? ms_procmap_btrfs_id(maps, search->start, file, &search->id)
                                       : MS_DENIED;
}

// The open file, or a negative number: with MS_KNOWN in *why it has no id, or search->id is it. Once a file
// is open its inode is not given to another, and only then does a mapping that is still there prove that it
// is of it.
static int open_file(struct search *search, enum ms_reason *why)
{
    struct ms_source *source = search->maps.source;
    const struct ms_target target = whole_process(&search->maps);
    const int mapped = ms_source_open_mapped(source, target, search->start, search->end, &search->file);
    *why = MS_KNOWN;
    if (is_answer(mapped))
        return mapped;
    const int fd = open_by_path(search);
    if (fd == -EXDEV)
        *why = ask_kernel(search);
    else if (is_answer(fd))
        *why = check_mapping(search);
    else
        *why = mapped == -ENOENT || mapped == -ESTALE ? MS_GONE : ms_source_reason(source, target, -mapped);
    return fd;
}

static enum ms_reason find(struct search *search)
{
    enum ms_reason why = check_mapping(search);
    if (why != MS_KNOWN)
        return why;
    MS_AUTO_CLOSE int fd = open_file(search, &why);
    if (why != MS_KNOWN || fd < 0) // no ELF, or the kernel gave the id
        return why;
    return read_id(search, fd, &search->id);
}

static void run(struct ms_errand *errand, struct ms_heartbeat *heartbeat)
{
    struct search *search = (struct search *)errand;
    search->maps.target.heartbeat = heartbeat;
    search->why = find(search);
}

// Takes the raw file over.
static struct search *begin(const struct ms_rawfile *maps, const struct ms_listing *listing, size_t index)
{
    const struct ms_vma *vma = &listing->vmas[index];
    const struct ms_text name = ms_listing_traits(listing, index).name;
    struct search *search = calloc(1, sizeof *search + name.len + 1);
    if (!search)
        return NULL;
    search->errand = (struct ms_errand){.run = run, .end = end};
    search->maps = *maps;
    search->start = vma->start;
    search->end = vma->end;
    search->file = (struct ms_file_id){vma->inode, vma->major, vma->minor};
    memcpy(search->name, name.data, name.len);
    return search;
}

enum ms_reason ms_build_id_of_mapping(struct ms_process *process, const struct ms_listing *listing,
                                      size_t index, struct ms_build_id *out)
{
    struct ms_rawfile maps;
    out->len = 0;
    if (listing->vmas[index].inode == 0)
        return MS_KNOWN;
    enum ms_reason why = ms_rawfile_open(process, MS_RAW_MAPS, &maps);
    if (why != MS_KNOWN)
        return why;
    struct search *search = ms_source_is_live(maps.source) ? begin(&maps, listing, index) : NULL;
    if (!search) {
        why = ms_source_is_live(maps.source) ? MS_OUT_OF_MEMORY : MS_NOT_RECORDED;
        ms_rawfile_close(&maps);
        return why;
    }
    const dev_t dev = makedev(search->file.major, search->file.minor);
    why = ms_reader_send(process->source, dev, &search->errand);
    if (why == MS_KNOWN) {
        why = search->why;
        *out = search->id;
    }
    ms_errand_release(&search->errand);
    return why;
}
