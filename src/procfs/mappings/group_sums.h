// SPDX-License-Identifier: GPL-3.0-or-later
// Mappings of many processes counted and summed in groups, listing by listing, or process by process. What a
// query asks of every mapping of a machine is mostly this, and then no row is ever made.
#pragma once

#include "mappings/listing.h"

enum { MS_TALLY_KEYS = 4, MS_TALLY_SUMS = 16 };

struct ms_group_total {
    uint64_t sum;  // modulo 2^64
    uint64_t high; // and the rest of it: the sum is high * 2^64 + sum
    uint64_t count;
    uint64_t min;
    uint64_t max;
    uint64_t zeros; // of the numbers that were added
};

struct ms_summed_group {
    size_t key; // where it begins in the keys
    size_t key_len;
    uint64_t first; // the listing that it came from first, counted from 1
    uint64_t last;
    uint64_t count; // mappings
    uint64_t processes;
};

struct ms_group_sums {
    enum ms_field keys[MS_TALLY_KEYS];
    unsigned key_count;
    enum ms_field sums[MS_TALLY_SUMS];
    bool once[MS_TALLY_SUMS]; // an address space counts once
    unsigned sum_count;
    bool doubts; // refuses a key that is a doubtful path
    struct ms_summed_group *groups;
    struct ms_group_total *totals; // sum_count for each group
    size_t count;
    size_t cap;
    uint32_t *table;     // 2 * cap slots: groups, counted from 1
    struct ms_buf texts; // the keys
    struct ms_buf key;   // the one that is looked for
};

// Whether mappings can be grouped by this field, and whether it can be summed.
bool ms_group_sums_is_key(enum ms_field field);
bool ms_group_sums_is_sum(enum ms_field field);

static inline void ms_group_sums_init(struct ms_group_sums *tally)
{
    *tally = (struct ms_group_sums){0};
}

void ms_group_sums_deinit(struct ms_group_sums *tally);

// An empty one with the keys and sums of another.
void ms_group_sums_init_like(struct ms_group_sums *tally, const struct ms_group_sums *other);

// Forgets the groups, keeps the storage.
void ms_group_sums_clear(struct ms_group_sums *tally);

// Adds the mappings of a listing, which is the number-th. `again`: its address space was counted before.
// MS_KNOWN; or the reason why one of its numbers is not known, and nothing was added; or MS_OUT_OF_MEMORY.
enum ms_reason ms_group_sums_add(struct ms_group_sums *tally, const struct ms_listing *listing,
                                 uint64_t number, bool again);

// Adds what another tally with the same keys and sums has of one listing, which is the number-th, as if that
// had been added here. MS_KNOWN, or MS_OUT_OF_MEMORY.
enum ms_reason ms_group_sums_merge(struct ms_group_sums *tally, const struct ms_group_sums *of,
                                   uint64_t number, bool again);

// The value of a key of a group, and where the next one begins (0 for the first).
struct ms_value ms_group_sums_key(const struct ms_group_sums *tally, size_t group, unsigned index,
                                  size_t *at);
