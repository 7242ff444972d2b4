// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/procmap_query.h"

#include <errno.h>
#include <sys/ioctl.h>

// Layout of the kernel's struct procmap_query: the headers of older systems lack it.
//
// To find a build id the kernel reads the file's first page through the page cache, and before 777a8560fd29
// it did so without asking whether the file has a read_folio: shmem, hugetlb, devices and files on DAX have
// none, and a first page that was not in memory ended in a call of address 0 (seen on 6.16.12 and 6.17.13).
// Where no id is asked for no file is touched. Regular files of btrfs all have a read_folio, and btrfs has no
// DAX.
struct query {
    uint64_t size;
    uint64_t query_flags;
    uint64_t query_addr;
    uint64_t vma_start;
    uint64_t vma_end;
    uint64_t vma_flags;
    uint64_t vma_page_size;
    uint64_t vma_offset;
    uint64_t inode;
    uint32_t dev_major;
    uint32_t dev_minor;
    uint32_t vma_name_size;
    uint32_t build_id_size;
    uint64_t vma_name_addr;
    uint64_t build_id_addr;
};

static bool is_same(const struct ms_file_id *a, const struct ms_file_id *b)
{
    return a->inode == b->inode && a->major == b->major && a->minor == b->minor;
}

static enum ms_reason ask(const struct ms_rawfile *maps, struct query *query, bool *found,
                          struct ms_procmap_answer *out)
{
    const uint64_t addr = query->query_addr;
    query->size = sizeof *query;
    const int result = ms_source_ask(maps->source, maps->fd, _IOWR('f', 17, struct query), query);
    if (result == -ENOENT) {
        *found = false;
        return MS_KNOWN;
    }
    if (result == -ENOTTY)
        return MS_UNSUPPORTED;
    if (result < 0)
        return ms_source_reason(maps->source, maps->target, -result);
    if (addr < query->vma_start || addr >= query->vma_end)
        return MS_MALFORMED;
    *found = true;
    *out = (struct ms_procmap_answer){
        query->vma_start, query->vma_end, {query->inode, query->dev_major, query->dev_minor}};
    return MS_KNOWN;
}

enum ms_reason ms_procmap_find(const struct ms_rawfile *maps, uint64_t addr, bool *found,
                               struct ms_procmap_answer *out)
{
    return ask(maps, &(struct query){.query_addr = addr}, found, out);
}

enum ms_reason ms_procmap_check(const struct ms_rawfile *maps, uint64_t addr, const struct ms_file_id *file,
                                struct ms_procmap_answer *out)
{
    struct ms_procmap_answer answer;
    bool found = false;
    const enum ms_reason why = ms_procmap_find(maps, addr, &found, &answer);
    if (why != MS_KNOWN)
        return why;
    if (!found || !is_same(&answer.file, file))
        return MS_GONE;
    *out = answer;
    return MS_KNOWN;
}

// The mapping is looked at directly before: a query for an id at a place where something else was mapped
// meanwhile can't be ruled out, but the process would have to do so between two calls.
enum ms_reason ms_procmap_btrfs_id(const struct ms_rawfile *maps, uint64_t addr,
                                   const struct ms_file_id *file, struct ms_build_id *out)
{
    struct ms_procmap_answer answer;
    bool found = false;
    struct query query = {
        .query_addr = addr, .build_id_size = sizeof out->bytes, .build_id_addr = (uintptr_t)out->bytes};
    enum ms_reason why = ms_procmap_check(maps, addr, file, &answer);
    if (why == MS_KNOWN)
        why = ask(maps, &query, &found, &answer);
    if (why != MS_KNOWN)
        return why == MS_UNSUPPORTED ? MS_DENIED : why;
    if (!found || !is_same(&answer.file, file))
        return MS_GONE;
    if (query.build_id_size == 0 || query.build_id_size > sizeof out->bytes)
        return MS_DENIED;
    out->len = query.build_id_size;
    return MS_KNOWN;
}
