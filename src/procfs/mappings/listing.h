// SPDX-License-Identifier: GPL-3.0-or-later
// The mappings of one process, as maps or smaps list them. Counters are kept narrow (kilobytes in 32 bits)
// until one does not fit; then all become wide.
#pragma once

#include "mappings/kind.h"
#include "mappings/paragraph_template.h"
#include "source/source.h"
#include "table/file_values.h"

enum ms_perm { MS_PERM_R = 1, MS_PERM_W = 2, MS_PERM_X = 4, MS_PERM_SHARED = 8 };

// A piece of the listing's texts.
struct ms_span {
    uint32_t at;
    uint32_t len;
};

struct ms_vma {
    uint64_t start;
    uint64_t end;
    uint64_t offset;
    uint64_t inode;
    uint64_t known;     // counters that the paragraph gave, a bit for each place of smaps
    uint64_t malformed; // counters whose text made no sense
    uint32_t major;
    uint32_t minor;
    struct ms_span name;  // as the kernel printed it
    struct ms_span flags; // the codes of VmFlags
    uint8_t perms;        // enum ms_perm
    uint8_t fs;           // enum ms_fs of its file
    bool inconsistent;    // it overlapped another one, or stood out of order
};

struct ms_listing {
    struct ms_vma *vmas;
    size_t count;
    size_t cap;
    bool has_counters; // it is of smaps
    bool wide;
    bool failed;       // no memory
    int error;         // of another file that its values rest on: an errno
    bool malformed;    // a line that is neither a header nor a label
    bool inconsistent; // it was clipped: the mappings changed while they were read
    void *counters;    // for each mapping a row of uint32_t or, if wide, uint64_t; in the unit of the file
    uint64_t seen;     // counters that any paragraph gave
    struct ms_buf texts;
    struct ms_span *interned; // hash table of what is in texts
    size_t interned_cap;
    size_t interned_count;
    struct ms_streaming_sums
        *sums; // where they are summed as they are read (streaming_sums.h): its own; NULL: all are kept
};

static inline void ms_listing_init(struct ms_listing *listing)
{
    *listing = (struct ms_listing){0};
}

void ms_listing_deinit(struct ms_listing *listing);

// Forgets the mappings, keeps the storage.
void ms_listing_clear(struct ms_listing *listing);

// How many mappings it has, with those that are only summed; and whether all are summed, and some of them not
// kept.
size_t ms_listing_number(const struct ms_listing *listing);
bool ms_listing_is_summed(const struct ms_listing *listing);

// The value of a field (of MS_MAPPING) of one mapping. Text belongs to the listing; `scratch` (at least 32
// bytes) holds perms and dev until the next call.
struct ms_value ms_listing_get(const struct ms_listing *listing, size_t index, enum ms_field field,
                               char *scratch);

// Whether a field is a number of smaps.
bool ms_listing_is_counter(enum ms_field field);

// Whether no mapping begins before the one in front of it ends.
bool ms_listing_in_order(const struct ms_listing *listing);

// Puts mappings that changed while they were read in order, without overlaps, and flags them. Of two that
// overlap the larger stays whole, of equal ones the newer; the other one is cut and loses its counters.
void ms_listing_clip(struct ms_listing *listing);

// What its kind follows from. The text belongs to the listing.
struct ms_vma_traits ms_listing_traits(const struct ms_listing *listing, size_t index);

// Whether " (deleted)" at the end of its name, which its path lacks, may be a part of the file's name.
bool ms_listing_path_is_doubtful(const struct ms_listing *listing, size_t index);

// What a listing says of its process as a whole, into the block of MS_FILE_MAPS (number of mappings, address
// space by quadrant) or MS_FILE_QUADRANTS (resident pages of files, from smaps).
void ms_listing_sum_up(const struct ms_listing *listing, struct ms_block *block);

// Adds every counter of this listing to the labels of a smaps_rollup block: what the kernel's own rollup
// shows, for kernels that have none.
void ms_listing_roll_up(const struct ms_listing *listing, struct ms_block *rollup);

// A parser that is given the file piece by piece, cut anywhere.
struct ms_listing_parser {
    struct ms_listing *out;
    struct ms_source *source;           // notes unknown labels, knows filesystems; may be NULL
    pid_t pid;                          // whose listing it is, 0 where that does not matter
    struct ms_buf rest;                 // an unfinished line
    const struct ms_template *template; // of a paragraph; NULL: none is known
    struct ms_template learnt, draft;   // the draft is unfit while nothing is learnt
    uint32_t major, minor;              // of the last file
    uint8_t fs;                         // enum ms_fs of it
    int hint;
    bool open;   // a header was seen, so labels belong to the last mapping
    bool begins; // and nothing after it
    bool cut;    // the line has no newline
    bool skips;  // the line is longer than any, and what is left of it is dropped
};

void ms_listing_parser_init(struct ms_listing_parser *parser, struct ms_listing *out, bool counters,
                            struct ms_source *source);
void ms_listing_parser_deinit(struct ms_listing_parser *parser);
bool ms_listing_parser_take(void *parser, const char *bytes, size_t len); // an ms_take
void ms_listing_parser_end(struct ms_listing_parser *parser);
