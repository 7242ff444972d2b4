// SPDX-License-Identifier: GPL-3.0-or-later
// The build id of what is mapped: asked of the kernel, else read from the file.
#include "pages/buildid.h"

#include "base/cleanup.h"
#include "pages/procmap_query.h"

#include <errno.h>
#include <string.h>

struct open_file {
    struct ms_source *source;
    int fd;
};

static ssize_t read_file(void *ctx, void *bytes, size_t len, uint64_t offset)
{
    const struct open_file *file = ctx;
    return ms_source_read_at(file->source, file->fd, bytes, len, offset);
}

static enum ms_reason from_file(const struct ms_rawfile *maps, uint64_t start, uint64_t end,
                                struct ms_build_id *out)
{
    struct ms_target target = maps->target;
    target.thread = 0; // threads have no map_files
    MS_AUTO_CLOSE int fd = ms_source_open_mapped(maps->source, target, start, end);
    if (fd == -EINVAL) { // a device, a pipe: no ELF
        out->len = 0;
        return MS_KNOWN;
    }
    if (fd == -ENOENT)
        return ms_source_is_live(maps->source) ? MS_GONE : MS_NOT_RECORDED;
    if (fd < 0)
        return ms_source_reason(maps->source, target, -fd);
    return ms_build_id_of_elf(read_file, &(struct open_file){maps->source, fd}, out);
}

enum ms_reason ms_build_id_of_mapping(struct ms_process *process, const struct ms_listing *listing,
                                      size_t index, struct ms_build_id *out)
{
    const struct ms_vma *vma = &listing->vmas[index];
    struct ms_procmap_answer answer;
    struct ms_rawfile maps;
    bool found = false;
    if (vma->inode == 0) {
        out->len = 0;
        return MS_KNOWN;
    }
    enum ms_reason why = ms_rawfile_open(process, MS_RAW_MAPS, &maps);
    if (why != MS_KNOWN)
        return why;
    why = ms_procmap_find(&maps, vma->start, &found, &answer);
    const bool same =
        found && answer.inode == vma->inode && answer.major == vma->major && answer.minor == vma->minor;
    if (why == MS_KNOWN && !same) {
        why = MS_GONE;
    } else if (why == MS_KNOWN && answer.build_id_len) {
        out->len = answer.build_id_len;
        memcpy(out->bytes, answer.build_id, answer.build_id_len);
    } else if (why == MS_KNOWN || why == MS_UNSUPPORTED) {
        // Before 6.12 the kernel looks at the first page alone, and it may give up on one that is not in
        // memory.
        why = from_file(&maps, found ? answer.start : vma->start, found ? answer.end : vma->end, out);
    }
    ms_rawfile_close(&maps);
    return why;
}
