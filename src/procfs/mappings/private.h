// SPDX-License-Identifier: GPL-3.0-or-later
// What the parser of listings uses of the listing.
#pragma once

#include "mappings/listing.h"

// Room for `cap` mappings.
bool ms_listing_grow(struct ms_listing *listing, size_t cap);

// Drops the mappings that it has so far, of the same file.
void ms_listing_drop(struct ms_listing *listing);

static inline struct ms_text ms_listing_text(const struct ms_listing *listing, struct ms_span span)
{
    return (struct ms_text){span.len ? listing->texts.data + span.at : "", span.len};
}

// Sets the counters of one mapping, to 0 or to those of a row.
void ms_listing_zero(struct ms_listing *listing, size_t index);
void ms_listing_set(struct ms_listing *listing, size_t index, const uint32_t *row);

// From 32 to 64 bits a counter.
bool ms_listing_widen(struct ms_listing *listing);

// How many counters a mapping has: the places before VmFlags.
static inline unsigned ms_listing_columns(void)
{
    return (unsigned)(ms_place_first(MS_FIELD_SMAPS_vm_flags) - ms_file_table[MS_FILE_SMAPS].first);
}

// Which of them a field is.
static inline unsigned ms_listing_column(enum ms_field field)
{
    return (unsigned)(ms_place_first(field) - ms_file_table[MS_FILE_SMAPS].first);
}

// One of them, in the unit of the file.
uint64_t ms_listing_counter(const struct ms_listing *listing, size_t index, unsigned column);

// Their size in bytes.
size_t ms_listing_row_size(const struct ms_listing *listing);

// Reads the line that a mapping begins with; its name lies in the line. False where it is none.
bool ms_listing_header(struct ms_text line, struct ms_vma *vma, struct ms_text *name);

// Where `text` is kept, once for all that are equal.
struct ms_span ms_listing_intern(struct ms_listing *listing, struct ms_text text);
