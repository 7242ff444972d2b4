// SPDX-License-Identifier: GPL-3.0-or-later
#include "process/read_listing.h"

#include "mappings/streaming_sums.h"

#include <errno.h>

// Each time costs the process as much as the first.
enum { LISTING_TRIES = 2 };

// Which file is read, and whether its mappings are to have counters.
struct listed {
    enum ms_file file;
    bool counters;
};

// `folds`: into what sums it, if that is there.
static int read_listing_once(struct ms_source *source, struct ms_target target, struct listed what,
                             bool folds, struct ms_listing *out)
{
    struct ms_listing_parser parser;
    ms_listing_parser_init(&parser, out, what.counters, source);
    parser.pid = target.pid;
    if (out->fold)
        ms_fold_begin(out->fold, folds);
    int error = ms_source_stream(source, target, what.file, ms_listing_parser_take, &parser);
    ms_listing_parser_end(&parser);
    ms_listing_parser_deinit(&parser);
    error = error ? error : out->failed ? ENOMEM : 0;
    if (out->fold && !error)
        ms_fold_end(out->fold, out);
    return error;
}

// Mappings that change while they are listed may overlap, and a listing that ends early may end in a line.
// That a number is unknown is seen when those in front of it are summed and gone: this is no reading that
// counts.
static int read_whole(struct ms_source *source, struct ms_target target, struct listed what,
                      struct ms_listing *out)
{
    int error = 0;
    bool folds = true;
    for (int i = 1; i <= LISTING_TRIES && !ms_source_target_stopped(source, target); i++) {
        error = read_listing_once(source, target, what, folds, out);
        const bool is_lost = out->fold && ms_fold_is_lost(out->fold);
        if (error || ms_listing_is_folded(out) || (!is_lost && !out->malformed && ms_listing_in_order(out)))
            return error;
        i -= is_lost && out->fold->unknown;
        folds = false;
    }
    ms_listing_clip(out);
    return out->failed ? ENOMEM : error;
}

enum ms_reason ms_read_listing(struct ms_source *source, struct ms_target target, enum ms_file file,
                               struct ms_listing *out)
{
    const struct listed what = {file, file != MS_FILE_MAPS};
    return ms_source_reason(source, target, read_whole(source, target, what, out));
}

// One of the two listings may be there without the other: smaps is not in every kernel, and people save what
// they need. The mappings are the same; counters that the kernel lacks are those of paragraphs without
// labels.
enum ms_reason ms_read_either(struct ms_source *source, struct ms_target target, enum ms_file file,
                              struct ms_listing *out)
{
    const enum ms_reason why = ms_read_listing(source, target, file, out);
    if (why != MS_UNSUPPORTED && why != MS_NOT_RECORDED)
        return why;
    const bool maps = file != MS_FILE_MAPS;
    const struct listed other = {maps ? MS_FILE_MAPS : MS_FILE_SMAPS, !maps || why == MS_UNSUPPORTED};
    return read_whole(source, target, other, out) ? why : MS_KNOWN;
}

bool ms_rollup_is_refused(struct ms_source *source, struct ms_target target)
{
    struct ms_buf text;
    ms_buf_init(&text);
    const int error = ms_source_read(source, target, MS_FILE_ROLLUP, &text);
    ms_buf_deinit(&text);
    return error == ESRCH;
}
