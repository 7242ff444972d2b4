// SPDX-License-Identifier: GPL-3.0-or-later
// What the parser of listings uses of the listing.
#pragma once

#include "listing.h"

// Room for `cap` mappings.
bool ms_listing_grow(struct ms_listing *listing, size_t cap);

// Sets the counters of one mapping to 0.
void ms_listing_zero(struct ms_listing *listing, size_t index);

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

// Where `text` is kept, once for all that are equal.
struct ms_span ms_listing_intern(struct ms_listing *listing, struct ms_text text);
