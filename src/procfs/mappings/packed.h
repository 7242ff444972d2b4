// SPDX-License-Identifier: GPL-3.0-or-later
// One mapping by itself, in few bytes: a set that is kept may hold all those of a machine. Texts, and which
// counters were known, are alike for many mappings of a process: they are kept once in its strings.
#pragma once

#include "mappings/listing.h"

struct ms_packed_strings;

// NULL where there is no memory.
struct ms_packed_strings *ms_packed_strings_create(void);
void ms_packed_strings_destroy(struct ms_packed_strings *strings);

// May be copied, and lie anywhere that is aligned as it is. It means nothing without its strings.
struct ms_packed {
    uint64_t start;
    uint64_t end;
    uint64_t offset;
    uint64_t inode;
    uint32_t major;
    uint32_t minor;
    struct ms_span name;
    struct ms_span flags;
    uint32_t filled; // counters that are not 0, a bit each
    uint8_t perms;   // enum ms_perm, and whether it was inconsistent
    uint8_t fs;
    uint8_t numbers[]; // seven bits a byte: which counters are known (a place in the strings), those that are
                       // not 0
};

// A number of 64 bits is ten bytes at most.
enum { MS_PACKED_MAX = sizeof(struct ms_packed) + (MS_COUNTERS_MAX + 1) * 10 };
_Static_assert(8 * sizeof(((struct ms_packed *)0)->filled) >= MS_COUNTERS_MAX, "a bit for each counter");

// Makes it of a mapping. `out` has room for MS_PACKED_MAX bytes. Its size; 0 where there is no memory.
size_t ms_packed_make(struct ms_packed_strings *strings, const struct ms_listing *listing, size_t index,
                      struct ms_packed *out);

// The value of a field of it. As ms_listing_get; text belongs to `strings` until something is added to it.
struct ms_value ms_packed_get(const struct ms_packed_strings *strings, const struct ms_packed *kept,
                              enum ms_field field, char *scratch);

// A number that smaps gives (not of its flags), as ms_packed_get gives it. False where it is not known.
bool ms_packed_number(const struct ms_packed_strings *strings, const struct ms_packed *kept,
                      enum ms_field field, uint64_t *number);

// It as the only mapping of a listing, without counters. Nothing is allocated: valid as long as both others.
struct ms_lone_mapping {
    struct ms_vma vma;
    struct ms_listing listing;
};
void ms_packed_show(const struct ms_packed_strings *strings, const struct ms_packed *kept,
                    struct ms_lone_mapping *out);
