// SPDX-License-Identifier: GPL-3.0-or-later
#include "parse/keyval_fast.h"

#include <string.h>

enum { MOST_DIGITS = 15 }; // kilobytes of that many digits fit in 64 bits as bytes

static bool same_four(const char *a, const char *b)
{
    return memcmp(a, b, 4) == 0;
}

// A memcmp of a length that is not known is a call, and labels are short. The last four may overlap.
static bool same(const char *a, const char *b, size_t len)
{
    if (len < 4)
        return memcmp(a, b, len) == 0;
    for (size_t at = 0; at + 4 < len; at += 4)
        if (!same_four(a + at, b + at))
            return false;
    return same_four(a + len - 4, b + len - 4);
}

static const char *behind_digits(const char *at, const char *end, uint64_t *number)
{
    uint64_t sum = 0;
    if (at < end && *at == '\t')
        at++;
    while (end - at >= 4 && same_four(at, "    "))
        at += 4;
    while (at < end && *at == ' ')
        at++;
    const char *first = at;
    for (; at < end && *at >= '0' && *at <= '9'; at++)
        sum = sum * 10 + (uint64_t)(*at - '0');
    *number = sum;
    return at > first && at - first <= MOST_DIGITS ? at : NULL;
}

static bool has(const char *at, const char *end, const char *what, size_t len)
{
    return (size_t)(end - at) >= len && memcmp(at, what, len) == 0;
}

// Where the line ends whose value begins at `at`, and its number; NULL where it is not written as usual.
static const char *behind_number(enum ms_unit unit, const char *at, const char *end, uint64_t *number)
{
    if (!(at = behind_digits(at, end, number)))
        return NULL;
    switch (unit) {
    case MS_UNIT_KB:
        *number *= 1024;
        return has(at, end, " kB\n", 4) ? at + 4 : NULL;
    case MS_UNIT_BOOL:
        return *number <= 1 && has(at, end, "\n", 1) ? at + 1 : NULL;
    case MS_UNIT_COUNT:
        return has(at, end, "\n", 1) ? at + 1 : NULL;
    default:
        return NULL;
    }
}

static const char *behind_line(const char *at, const char *end)
{
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    return newline ? newline + 1 : NULL;
}

// The place behind those of the label of `place`, if each of them takes the same number and has none yet;
// else -1.
static int behind_label(const struct ms_block *block, int place)
{
    const struct ms_place *first = &ms_places[place];
    const int last = ms_file_table[block->file].last;
    for (int at = place; at < last; at++) {
        const struct ms_place *one = &ms_places[at];
        if (at > place && (one->label_len != first->label_len ||
                           one->label[one->label_len - 1] != first->label[first->label_len - 1] ||
                           !same(one->label, first->label, first->label_len)))
            return at;
        if (one->unit != first->unit || one->pos || (one->field < 0) != (first->field < 0) ||
            (one->field >= 0 && ms_block_why(block, at) != MS_UNSUPPORTED))
            return -1;
    }
    return last;
}

bool ms_keyval_fast_path(struct ms_block *block, struct ms_text *text, int *next)
{
    const int place = *next;
    if (place < ms_file_table[block->file].first || place >= ms_file_table[block->file].last)
        return false;
    const struct ms_place *at = &ms_places[place];
    const size_t len = at->label_len;
    if (text->len <= len || text->data[len] != ':' || !same(text->data, at->label, len))
        return false;
    uint64_t number = 0;
    const char *value = text->data + len + 1, *end = text->data + text->len;
    const char *behind =
        at->field < 0 ? behind_line(value, end) : behind_number(at->unit, value, end, &number);
    const int last = behind ? behind_label(block, place) : -1;
    if (last < 0)
        return false;
    for (int i = place; at->field >= 0 && i < last; i++)
        ms_block_set_number(block, i, number);
    *text = (struct ms_text){behind, (size_t)(end - behind)};
    *next = last;
    return true;
}
