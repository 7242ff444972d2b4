// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/procmap_query.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

// Layout of the kernel's struct procmap_query: the headers of older systems lack it.
//
// The build id is never asked for. To find it the kernel reads the file's first page through the page cache,
// and before 777a8560fd29 it did so without asking whether the file has a read_folio: shmem, hugetlb, devices
// and files on DAX have none, and a first page that was not in memory ended in a call of address 0 (seen on
// 6.16.12 and 6.17.13). Without it no file is touched.
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

enum ms_reason ms_procmap_find(const struct ms_rawfile *maps, uint64_t addr, bool *found,
                               struct ms_procmap_answer *out)
{
    struct query query = {.size = sizeof query, .query_addr = addr};
    const int result = ms_source_ask(maps->source, maps->fd, _IOWR('f', 17, struct query), &query);
    if (result == -ENOENT) {
        *found = false;
        return MS_KNOWN;
    }
    if (result == -ENOTTY)
        return MS_UNSUPPORTED;
    if (result < 0)
        return ms_source_reason(maps->source, maps->target, -result);
    if (addr < query.vma_start || addr >= query.vma_end)
        return MS_MALFORMED;
    *found = true;
    *out = (struct ms_procmap_answer){
        query.vma_start, query.vma_end, {query.inode, query.dev_major, query.dev_minor}};
    return MS_KNOWN;
}
