// SPDX-License-Identifier: GPL-3.0-or-later
// Eight characters at a time, as one number of 64 bits whose lowest byte is the first of them.
#pragma once

#include <stdint.h>
#include <string.h>

static inline uint64_t ms_word_at(const char *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof word);
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? word : __builtin_bswap64(word);
}

// Eight times the same.
static inline uint64_t ms_word_each(uint8_t byte)
{
    return 0x0101010101010101 * (uint64_t)byte;
}
