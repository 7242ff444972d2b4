// SPDX-License-Identifier: GPL-3.0-or-later
// One mapping by itself, in few bytes: a set that is kept may hold all those of a machine. Texts, and which
// counters were known, are alike for many mappings of a process: they stand once on its shelf.
#pragma once

#include "mappings/listing.h"

struct ms_shelf;

// NULL where there is no memory.
struct ms_shelf *ms_shelf_create(void);
void ms_shelf_destroy(struct ms_shelf *shelf);

// May be copied, and lie anywhere that is aligned as it is. Means something only beside its shelf.
struct ms_kept {
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
    uint8_t
        numbers[]; // seven bits a byte: which counters are known (a place on the shelf), those that are not 0
};

// A number of 64 bits is ten bytes at most.
enum { MS_KEPT_MAX = sizeof(struct ms_kept) + (MS_COUNTERS_MAX + 1) * 10 };
_Static_assert(8 * sizeof(((struct ms_kept *)0)->filled) >= MS_COUNTERS_MAX, "a bit for each counter");

// Makes it of a mapping. `out` has room for MS_KEPT_MAX bytes. Its size; 0 where there is no memory.
size_t ms_kept_make(struct ms_shelf *shelf, const struct ms_listing *listing, size_t index,
                    struct ms_kept *out);

// The value of a field of it. As ms_listing_get; text belongs to the shelf until something more is put there.
struct ms_value ms_kept_get(const struct ms_shelf *shelf, const struct ms_kept *kept, enum ms_field field,
                            char *scratch);

// A number that smaps tells (not of its flags), as ms_kept_get gives it. False where it is not known.
bool ms_kept_number(const struct ms_shelf *shelf, const struct ms_kept *kept, enum ms_field field,
                    uint64_t *number);

// It as the only mapping of a listing, without counters. Nothing is allocated: valid as long as both others.
struct ms_lone_mapping {
    struct ms_vma vma;
    struct ms_listing listing;
};
void ms_kept_show(const struct ms_shelf *shelf, const struct ms_kept *kept, struct ms_lone_mapping *out);
