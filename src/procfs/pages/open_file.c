// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/open_file.h"

#include "parse/parse.h"
#include "reader/reader.h"

#include <errno.h>
#include <unistd.h>

// Whether what is below the directory is still the program that the process was read as.
static enum ms_reason check_image(const struct ms_process *process, struct ms_target target)
{
    MS_AUTO_BUF text = {0};
    target.thread = 0;
    const int error = ms_source_read(process->source, target, MS_FILE_STAT, &text);
    const struct ms_stat_id id = ms_parse_stat_id(ms_buf_text(&text));
    if (error)
        return ms_source_reason(process->source, target, error);
    const bool same = !process->has_start || !id.has_start ||
                      (id.start == process->start && (!process->image || id.image == process->image));
    return same ? MS_KNOWN : MS_GONE;
}

static enum ms_reason open_below(struct ms_process *process, enum ms_raw_file file, struct ms_rawfile *raw)
{
    const int error = ms_process_lost_main_thread(process)
                          ? ms_source_living_thread(raw->source, raw->target, &raw->target.thread)
                          : 0;
    if (error == ENOMEM)
        return MS_OUT_OF_MEMORY;
    raw->fd = ms_source_open_raw(raw->source, raw->target, file);
    enum ms_reason why = check_image(process, raw->target);
    if (why != MS_KNOWN || raw->fd >= 0)
        return why;
    if (raw->fd == -ESRCH) // it is there, and without an address space
        return MS_NO_MEMORY;
    return ms_source_raw_reason(raw->source, raw->target, -raw->fd);
}

enum ms_reason ms_rawfile_open(struct ms_process *process, enum ms_raw_file file, struct ms_rawfile *out)
{
    struct ms_source *source = process->source;
    struct ms_rawfile raw = {.source = source, .target = {.pid = process->pid}, .fd = -1};
    if (process->frozen)
        return MS_NOT_RECORDED;
    if (!ms_reader_load(&process, 1, MS_FILES(MS_FILE_STAT)))
        return MS_IO;
    const enum ms_reason refusal = ms_reader_refusal(process, true, file == MS_RAW_PAGEMAP);
    if (refusal != MS_KNOWN)
        return refusal;
    raw.target.dir = ms_source_open_process(source, process->pid);
    if (raw.target.dir < 0) {
        const int error = -raw.target.dir;
        raw.target.dir = -1;
        return error == ENOENT ? MS_GONE : ms_source_reason(source, raw.target, error);
    }
    enum ms_reason why = open_below(process, file, &raw);
    if (why == MS_KNOWN)
        *out = raw;
    else
        ms_rawfile_close(&raw);
    return why;
}

void ms_rawfile_close(struct ms_rawfile *file)
{
    if (file->fd >= 0)
        close(file->fd);
    if (file->target.dir >= 0)
        close(file->target.dir);
    file->fd = file->target.dir = -1;
}
