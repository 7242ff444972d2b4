// SPDX-License-Identifier: GPL-3.0-or-later
// A slice of somebody else's bytes, and the small parsers that every /proc file needs. Nothing here allocates
// or needs a terminating NUL.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ms_text {
    const char *data;
    size_t len;
};

#define MS_TEXT(literal) ((struct ms_text){(literal), sizeof(literal) - 1})

static inline struct ms_text ms_text_of(const char *string)
{
    return (struct ms_text){string, strlen(string)};
}

static inline bool ms_text_eq(struct ms_text a, struct ms_text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

// `text` without its first `count` bytes.
static inline struct ms_text ms_text_skip(struct ms_text text, size_t count)
{
    return (struct ms_text){text.data + count, text.len - count};
}

static inline bool ms_text_starts(struct ms_text text, struct ms_text start)
{
    return text.len >= start.len && memcmp(text.data, start.data, start.len) == 0;
}

static inline bool ms_text_ends(struct ms_text text, struct ms_text end)
{
    return text.len >= end.len && ms_text_starts(ms_text_skip(text, text.len - end.len), end);
}

// Whether `item` is among the items of `list`, which commas separate.
bool ms_text_has_item(struct ms_text list, struct ms_text item);

// Takes everything up to the next `stop` off the front of `rest`, and the stop itself; all of it where there
// is none.
struct ms_text ms_text_until(struct ms_text *rest, char stop);

// Takes the next word off the front of `rest`, skipping blanks and tabs before it. Empty at the end.
struct ms_text ms_text_word(struct ms_text *rest);

// `text` without blanks and tabs at either end.
struct ms_text ms_text_trim(struct ms_text text);

// All of `text` as a number: digits only, no sign, no prefix. False (and *out untouched) if it is empty, has
// another character, or does not fit in 64 bits.
bool ms_text_u64(struct ms_text text, uint64_t *out);
bool ms_text_hex(struct ms_text text, uint64_t *out);

// Takes a hexadecimal number and the `stop` after it off the front of `rest`. False if that is not there.
bool ms_text_take_hex(struct ms_text *rest, char stop, uint64_t *out);

// The same with an optional minus.
bool ms_text_i64(struct ms_text text, int64_t *out);

// "  123 kB" to bytes. False if it is anything else or too large.
bool ms_text_kb(struct ms_text text, uint64_t *bytes);

// "12.25": digits, and up to 9 more after a point. False (and *out untouched) for anything else.
bool ms_text_decimal(struct ms_text text, double *out);

// Undoes the \ooo that the kernel writes for blanks, newlines and backslashes of a path. `out` has room for
// text.len bytes; how many of them it took.
size_t ms_text_unescape(struct ms_text text, char *out);

// For hash tables. Others choose the texts, so `seed` must be a number that nobody can foretell, such as the
// address of the table.
uint64_t ms_text_hash(struct ms_text text, uint64_t seed);
