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

// The highest bit of each character that is less than `least` (at most 128), or is `byte`. Right up to the
// lowest bit that is set; those above it may be wrong.
static inline uint64_t ms_word_less(uint64_t word, uint8_t least)
{
    return (word - ms_word_each(least)) & ~word & ms_word_each(0x80);
}

static inline uint64_t ms_word_is(uint64_t word, uint8_t byte)
{
    return ms_word_less(word ^ ms_word_each(byte), 1);
}

// How many characters come before the lowest bit that is set.
static inline unsigned ms_word_before(uint64_t bits)
{
    return (unsigned)__builtin_ctzll(bits) / 8;
}
