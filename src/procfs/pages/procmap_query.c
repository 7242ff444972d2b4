// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/procmap_query.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

// Layout of the kernel's struct procmap_query: the headers of older systems lack it.
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
    struct ms_procmap_answer answer = {0};
    struct query query = {
        .size = sizeof query,
        .query_addr = addr,
        .build_id_size = sizeof answer.build_id,
        .build_id_addr = (uint64_t)(uintptr_t)answer.build_id,
    };
    const int result = ms_source_ask(maps->source, maps->fd, _IOWR('f', 17, struct query), &query);
    if (result == -ENOENT) {
        *found = false;
        return MS_KNOWN;
    }
    if (result == -ENOTTY)
        return MS_UNSUPPORTED;
    if (result < 0)
        return ms_source_reason(maps->source, maps->target, -result);
    answer.start = query.vma_start;
    answer.end = query.vma_end;
    answer.inode = query.inode;
    answer.major = query.dev_major;
    answer.minor = query.dev_minor;
    answer.build_id_len = query.build_id_size;
    if (addr < answer.start || addr >= answer.end || query.build_id_size > sizeof answer.build_id)
        return MS_MALFORMED;
    *found = true;
    *out = answer;
    return MS_KNOWN;
}
