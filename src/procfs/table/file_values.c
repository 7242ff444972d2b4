// SPDX-License-Identifier: GPL-3.0-or-later
#include "table/file_values.h"

#include <stdlib.h>

static int slots_of(enum ms_file file)
{
    return ms_file_table[file].last - ms_file_table[file].first;
}

struct ms_block *ms_block_create(enum ms_file file, enum ms_reason why)
{
    const size_t count = (size_t)slots_of(file);
    struct ms_block *block = calloc(1, sizeof *block + count * (sizeof block->number[0] + 1));
    if (!block)
        return NULL;
    block->file = file;
    atomic_init(&block->refs, 1);
    block->why = (uint8_t *)(block->number + count);
    memset(block->why, (int)why, count);
    return block;
}

void ms_block_destroy(struct ms_block *block)
{
    if (!block || atomic_fetch_sub_explicit(&block->refs, 1, memory_order_acq_rel) != 1)
        return;
    ms_buf_deinit(&block->text);
    free(block);
}

struct ms_block *ms_block_share(struct ms_block *block)
{
    if (block)
        atomic_fetch_add_explicit(&block->refs, 1, memory_order_relaxed);
    return block;
}

void ms_block_set_real(struct ms_block *block, int place, double real)
{
    uint64_t bits;
    memcpy(&bits, &real, sizeof bits);
    ms_block_set_number(block, place, bits);
}

void ms_block_set_text(struct ms_block *block, int place, struct ms_text text)
{
    const size_t start = block->text.len;
    if (text.len > UINT32_MAX || start > UINT32_MAX)
        ms_block_set_why(block, place, MS_TOO_LARGE);
    else if (!ms_buf_add(&block->text, text.data, text.len))
        ms_block_set_why(block, place, MS_OUT_OF_MEMORY);
    else
        ms_block_set_number(block, place, (uint64_t)start << 32 | text.len);
}

struct ms_value ms_block_get(const struct ms_block *block, int place)
{
    const int slot = ms_block_slot(block, place);
    struct ms_value value = {.why = block->why[slot], .unit = ms_places[place].unit};
    const uint64_t number = block->number[slot];
    if (value.why == MS_KNOWN && ms_unit_is_text(value.unit))
        value.text = number & UINT32_MAX
                         ? (struct ms_text){block->text.data + (number >> 32), number & UINT32_MAX}
                         : (struct ms_text){"", 0};
    else
        memcpy(&value.number, &number, sizeof number);
    return value;
}

bool ms_block_has_why(const struct ms_block *block, enum ms_reason why)
{
    return memchr(block->why, (int)why, (size_t)slots_of(block->file)) != NULL;
}

void ms_block_change_why(struct ms_block *block, enum ms_reason from, enum ms_reason to)
{
    const int count = slots_of(block->file);
    uint8_t *why = block->why;
    for (int i = 0; i < count; i++)
        why[i] = why[i] == from ? (uint8_t)to : why[i];
}
