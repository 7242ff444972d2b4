// SPDX-License-Identifier: GPL-3.0-or-later
#include "process/empty_listing.h"

#include "parse/parse.h"

#include <errno.h>

// MS_NO_MEMORY: statm shows none, MS_KNOWN: it shows some; else why it can't be read.
static enum ms_reason look_for_memory(struct ms_source *source, struct ms_target memory)
{
    struct ms_buf text;
    ms_buf_init(&text);
    enum ms_reason why =
        ms_source_reason(source, memory, ms_source_read(source, memory, MS_FILE_STATM, &text));
    struct ms_block *block = why == MS_KNOWN ? ms_block_create(MS_FILE_STATM, MS_NOT_RECORDED) : NULL;
    if (block) {
        ms_parse_statm(block, (struct ms_text){text.data, text.len}, ms_source_page_size(source));
        why = ms_block_get(block, ms_place_first(MS_FIELD_STATM_virt)).why;
    }
    ms_block_destroy(block);
    ms_buf_deinit(&text);
    return why;
}

// ESRCH is the kernel's word that there is no address space, and no empty listing.
static bool is_refused(struct ms_source *source, struct ms_target memory)
{
    struct ms_buf text;
    ms_buf_init(&text);
    const bool refused = ms_source_read(source, memory, MS_FILE_ROLLUP, &text) == ESRCH;
    ms_buf_deinit(&text);
    return refused;
}

void ms_settle_empty(struct ms_process *process, struct ms_target memory, ms_files empty,
                     struct ms_image_job *job)
{
    ms_files others = MS_FILES(MS_FILE_CMDLINE) | MS_FILES(MS_FILE_EXE) | MS_FILES(MS_FILE_STATM) |
                      MS_FILES(MS_FILE_STATUS);
    const bool no_listing = job->out && job->why == MS_NO_MEMORY;
    const bool live = ms_source_is_live(process->source);
    const enum ms_reason instead = live ? MS_DENIED : MS_NOT_RECORDED;
    if ((!(empty & ~others) && !no_listing) || ms_process_has_no_mm(process))
        return;
    const enum ms_reason why = look_for_memory(process->source, memory);
    if (why == MS_NO_MEMORY || (live && why != MS_KNOWN))
        return;
    if (empty & MS_FILES(MS_FILE_ROLLUP) && is_refused(process->source, memory))
        others |= MS_FILES(MS_FILE_ROLLUP);
    for (unsigned file = 0; file < MS_PROCESS_FILES; file++)
        if (empty & ~others & MS_FILES(file) && process->blocks[file])
            ms_block_change_why(process->blocks[file], MS_NO_MEMORY, instead);
    if (no_listing)
        job->why = instead;
}
