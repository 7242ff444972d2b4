// SPDX-License-Identifier: GPL-3.0-or-later
#include "process/load.h"

#include "mappings/streaming_sums.h"
#include "parse/parse.h"

#include <errno.h>

// How often a listing is read that changes meanwhile: each time costs the process as much as the first.
enum { LISTING_TRIES = 2 };

static void set_block(struct ms_process *process, enum ms_file file, struct ms_block *block)
{
    ms_block_destroy(process->blocks[file]);
    process->blocks[file] = block;
}

void ms_load_unknown(struct ms_process *process, ms_files files, enum ms_reason why)
{
    for (unsigned file = 0; file < MS_PROCESS_FILES; file++)
        if (files & MS_FILES(file))
            set_block(process, file, why == MS_KNOWN ? NULL : ms_block_create(file, why));
}

static void note_start(struct ms_process *process, struct ms_text stat)
{
    const struct ms_stat_id id = ms_parse_stat_id(stat);
    process->image = id.image;
    if (id.has_start && !process->has_start) {
        process->start = id.start;
        process->has_start = true;
    }
}

// Also for a moment while a program is being executed.
static bool lacks_memory(enum ms_file file, int error, size_t len)
{
    const unsigned traits = ms_file_table[file].traits;
    switch (error) {
    case 0:
        return len == 0 && traits & MS_EMPTY_WITHOUT_MM;
    case ESRCH:
        return traits & MS_ESRCH_WITHOUT_MM;
    case ENOENT:
        return traits & MS_ENOENT_WITHOUT_MM;
    default:
        return false;
    }
}

// Which file is read, and whether its mappings are to have counters.
struct listed {
    enum ms_file file;
    bool counters;
};

// `sums`: as it is read, if the listing is to be summed.
static int read_listing_once(struct ms_source *source, struct ms_target target, struct listed what, bool sums,
                             struct ms_listing *out)
{
    struct ms_listing_parser parser;
    ms_listing_parser_init(&parser, out, what.counters, source);
    parser.pid = target.pid;
    if (out->sums)
        ms_streaming_sums_begin(out->sums, sums);
    int error = ms_source_stream(source, target, what.file, ms_listing_parser_take, &parser);
    ms_listing_parser_end(&parser);
    ms_listing_parser_deinit(&parser);
    error = error ? error : out->failed ? ENOMEM : out->error;
    if (out->sums && !error)
        ms_streaming_sums_end(out->sums, out);
    return error;
}

// Mappings that change while they are listed may overlap, and a listing that ends early may end in a line.
// That a number is unknown is seen when those in front of it are summed and gone: this is no reading that
// counts.
static int read_listing(struct ms_source *source, struct ms_target target, struct listed what,
                        struct ms_listing *out)
{
    int error = 0;
    bool sums = true;
    for (int i = 1; i <= LISTING_TRIES && !ms_source_target_stopped(source, target); i++) {
        error = read_listing_once(source, target, what, sums, out);
        const bool is_lost = out->sums && ms_streaming_sums_is_lost(out->sums);
        if (error || ms_listing_is_summed(out) || (!is_lost && !out->malformed && ms_listing_in_order(out)))
            return error;
        i -= is_lost && out->sums->unknown;
        sums = false;
    }
    ms_listing_clip(out);
    return out->failed ? ENOMEM : error;
}

enum ms_reason ms_load_listing(struct ms_source *source, struct ms_target target, enum ms_file file,
                               struct ms_listing *out)
{
    const bool smaps = file != MS_FILE_MAPS;
    const int error = read_listing(source, target, (struct listed){file, smaps}, out);
    const enum ms_reason why = ms_source_reason(source, target, error);
    if (why != MS_UNSUPPORTED && why != MS_NOT_RECORDED)
        return why;
    // Counters that the kernel lacks are those of paragraphs without labels.
    const struct listed other = {smaps ? MS_FILE_MAPS : MS_FILE_SMAPS, !smaps || why == MS_UNSUPPORTED};
    return read_listing(source, target, other, out) ? why : MS_KNOWN;
}

// Sums a listing up into the block of a file: one whose fields are such sums, or smaps_rollup, which kernels
// before 4.14 lack.
static enum ms_reason load_sums(struct ms_process *process, struct ms_target target, enum ms_file file)
{
    const bool rollup = file == MS_FILE_ROLLUP;
    struct ms_listing listing;
    ms_listing_init(&listing);
    enum ms_reason why = file == MS_FILE_MAPS
                             ? ms_load_listing(process->source, target, file, &listing)
                             : ms_source_reason(process->source, target,
                                                read_listing(process->source, target,
                                                             (struct listed){MS_FILE_SMAPS, true}, &listing));
    if (why == MS_KNOWN)
        why = listing.malformed || listing.inconsistent ? MS_MALFORMED
              : listing.count == 0                      ? MS_NO_MEMORY
                                                        : MS_KNOWN;
    set_block(process, file,
              ms_block_create(file, why != MS_KNOWN ? why
                                    : rollup        ? MS_UNSUPPORTED
                                                    : MS_NOT_RECORDED));
    if (why == MS_KNOWN && process->blocks[file])
        (rollup ? ms_listing_roll_up : ms_listing_sum_up)(&listing, process->blocks[file]);
    ms_listing_deinit(&listing);
    return why;
}

bool ms_load_sums_of(struct ms_process *process, enum ms_file file, const struct ms_listing *listing)
{
    const bool is_whole =
        listing->count && !ms_listing_is_summed(listing) && !listing->malformed && !listing->inconsistent;
    if (!is_whole || (file != MS_FILE_MAPS && !listing->seen))
        return false;
    struct ms_block *block = ms_block_create(file, MS_NOT_RECORDED);
    if (block)
        ms_listing_sum_up(listing, block);
    set_block(process, file, block);
    return true;
}

// Parses a file that could be read. Whether it shows that there is no address space, as statm and status do.
static bool take_text(struct ms_process *process, enum ms_file file, struct ms_text text)
{
    struct ms_block *block = process->blocks[file];
    if (!block)
        return false;
    ms_parse_file(block, text, ms_parse_context_of(process->source));
    if (file == MS_FILE_STAT)
        note_start(process, text);
    return ms_block_has_why(block, MS_NO_MEMORY);
}

enum ms_reason ms_load_file(struct ms_process *process, struct ms_target target, enum ms_file file)
{
    struct ms_source *source = process->source;
    MS_AUTO_BUF text = {0};
    if (ms_file_table[file].traits & MS_LISTED)
        return load_sums(process, target, file);
    int error = ms_source_read(source, target, file, &text);
    enum ms_reason why =
        lacks_memory(file, error, text.len) ? MS_NO_MEMORY : ms_source_reason(source, target, error);
    if (file == MS_FILE_ROLLUP && why == MS_UNSUPPORTED)
        return load_sums(process, target, file);
    set_block(process, file, ms_block_create(file, why == MS_KNOWN ? MS_NOT_RECORDED : why));
    if (why == MS_KNOWN && take_text(process, file, ms_buf_text(&text)))
        why = MS_NO_MEMORY;
    return why;
}

bool ms_rollup_is_refused(struct ms_source *source, struct ms_target target)
{
    MS_AUTO_BUF text = {0};
    return ms_source_read(source, target, MS_FILE_ROLLUP, &text) == ESRCH;
}
