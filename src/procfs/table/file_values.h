// SPDX-License-Identifier: GPL-3.0-or-later
// The values that one file gave: one slot for each place of that file in the field table, known or with the
// reason why it is not.
#pragma once

#include "base/buf.h"
#include "base/reason.h"
#include "table/field.h"

#include <stdatomic.h>

// A value as it is read. Text belongs to whom it came from (a block, a listing, the source).
struct ms_value {
    enum ms_reason why; // MS_KNOWN: the rest is set
    enum ms_unit unit;
    union {
        uint64_t number; // bytes, counts, addresses, booleans, user ids, ticks
        int64_t integer; // MS_UNIT_INT
        double real;     // MS_UNIT_REAL, MICROS, AGE, TIME, UPTIME, EPOCH; in seconds
        struct ms_text text;
    };
};

// Once it is loaded it does not change: then several processes may hold it, in several threads.
struct ms_block {
    enum ms_file file;
    atomic_uint refs;
    struct ms_buf text;
    uint8_t *why;
    uint64_t number[];
};

// All slots unknown for `why` (not MS_KNOWN). NULL where there is no memory.
struct ms_block *ms_block_create(enum ms_file file, enum ms_reason why);
void ms_block_destroy(struct ms_block *block);

// One more who holds it, and destroys it: the last one's call frees it. Gives the block (NULL for NULL).
struct ms_block *ms_block_share(struct ms_block *block);

// The slot of a place (an index into ms_places, of this block's file).
static inline int ms_block_slot(const struct ms_block *block, int place)
{
    return place - ms_file_table[block->file].first;
}

static inline enum ms_reason ms_block_why(const struct ms_block *block, int place)
{
    return (enum ms_reason)block->why[ms_block_slot(block, place)];
}

static inline void ms_block_set_why(struct ms_block *block, int place, enum ms_reason why)
{
    block->why[ms_block_slot(block, place)] = (uint8_t)why;
}

static inline void ms_block_set_number(struct ms_block *block, int place, uint64_t number)
{
    const int slot = ms_block_slot(block, place);
    block->number[slot] = number;
    block->why[slot] = MS_KNOWN;
}

// Known or, unless `why` is MS_KNOWN, unknown for it.
static inline void ms_block_set(struct ms_block *block, int place, enum ms_reason why, uint64_t number)
{
    if (why == MS_KNOWN)
        ms_block_set_number(block, place, number);
    else
        ms_block_set_why(block, place, why);
}

void ms_block_set_real(struct ms_block *block, int place, double real);
void ms_block_set_text(struct ms_block *block, int place, struct ms_text text);
struct ms_value ms_block_get(const struct ms_block *block, int place);

// Whether a slot is unknown for `why`.
bool ms_block_has_why(const struct ms_block *block, enum ms_reason why);

// Every slot that is still unknown for `from` becomes unknown for `to`.
void ms_block_change_why(struct ms_block *block, enum ms_reason from, enum ms_reason to);
