// SPDX-License-Identifier: GPL-3.0-or-later
#include "mappings/packed.h"

#include "base/array.h"
#include "mappings/private.h"

#include <stdlib.h>

enum { INCONSISTENT = 1 << 7, BITS = 7, MORE = 1 << BITS };

// Which counters were known of a mapping, and of its listing.
struct shape {
    uint64_t known;
    uint64_t malformed;
    uint64_t seen;
    bool has_counters;
};

struct ms_packed_strings {
    struct ms_listing texts; // of it only the texts
    struct shape *shapes;
    size_t count;
};

struct ms_packed_strings *ms_packed_strings_create(void)
{
    return calloc(1, sizeof(struct ms_packed_strings));
}

void ms_packed_strings_destroy(struct ms_packed_strings *strings)
{
    if (!strings)
        return;
    ms_listing_deinit(&strings->texts);
    free(strings->shapes);
    free(strings);
}

static bool same_shape(const struct shape *a, const struct shape *b)
{
    return a->known == b->known && a->malformed == b->malformed && a->seen == b->seen &&
           a->has_counters == b->has_counters;
}

// The place of a shape; SIZE_MAX where there is no memory. They are few, and mostly that of the one before.
static size_t place_of(struct ms_packed_strings *strings, struct shape shape)
{
    enum { LOOKED_AT = 8 };
    for (size_t i = strings->count, end = i > LOOKED_AT ? i - LOOKED_AT : 0; i > end; i--)
        if (same_shape(&strings->shapes[i - 1], &shape))
            return i - 1;
    if (!ms_array_grow(&strings->shapes, strings->count, sizeof *strings->shapes))
        return SIZE_MAX;
    strings->shapes[strings->count] = shape;
    return strings->count++;
}

static uint8_t *put_number(uint8_t *at, uint64_t number)
{
    for (; number >= MORE; number >>= BITS)
        *at++ = (uint8_t)(number | MORE);
    *at++ = (uint8_t)number;
    return at;
}

static const uint8_t *take_number(const uint8_t *at, uint64_t *number)
{
    uint64_t value = *at & (MORE - 1);
    for (unsigned shift = BITS; *at++ & MORE; shift += BITS)
        value |= (uint64_t)(*at & (MORE - 1)) << shift;
    *number = value;
    return at;
}

size_t ms_packed_make(struct ms_packed_strings *strings, const struct ms_listing *listing, size_t index,
                      struct ms_packed *out)
{
    _Static_assert(MS_PACKED_MAX >= sizeof *out, "room for the numbers");
    const struct ms_vma *vma = &listing->vmas[index];
    const size_t shape =
        place_of(strings, (struct shape){vma->known, vma->malformed, listing->seen, listing->has_counters});
    *out =
        (struct ms_packed){.start = vma->start,
                           .end = vma->end,
                           .offset = vma->offset,
                           .inode = vma->inode,
                           .major = vma->major,
                           .minor = vma->minor,
                           .perms = (uint8_t)(vma->perms | (vma->inconsistent ? INCONSISTENT : 0)),
                           .fs = vma->fs,
                           .name = ms_listing_intern(&strings->texts, ms_listing_text(listing, vma->name)),
                           .flags = ms_listing_intern(&strings->texts, ms_listing_text(listing, vma->flags))};
    if (shape == SIZE_MAX || strings->texts.failed)
        return 0;
    uint8_t *at = put_number(out->numbers, shape);
    for (unsigned column = 0; listing->has_counters && column < ms_listing_columns(); column++) {
        const uint64_t number = ms_listing_counter(listing, index, column);
        if (number) {
            out->filled |= 1u << column;
            at = put_number(at, number);
        }
    }
    const size_t size = (size_t)(at - (uint8_t *)out);
    return size > sizeof *out ? size : sizeof *out;
}

void ms_packed_show(const struct ms_packed_strings *strings, const struct ms_packed *kept,
                    struct ms_lone_mapping *out)
{
    uint64_t shape;
    take_number(kept->numbers, &shape);
    out->vma = (struct ms_vma){.start = kept->start,
                               .end = kept->end,
                               .offset = kept->offset,
                               .inode = kept->inode,
                               .known = strings->shapes[shape].known,
                               .malformed = strings->shapes[shape].malformed,
                               .major = kept->major,
                               .minor = kept->minor,
                               .name = kept->name,
                               .flags = kept->flags,
                               .perms = (uint8_t)(kept->perms & ~INCONSISTENT),
                               .fs = kept->fs,
                               .inconsistent = kept->perms & INCONSISTENT};
    out->listing = (struct ms_listing){.vmas = &out->vma,
                                       .count = 1,
                                       .has_counters = strings->shapes[shape].has_counters,
                                       .seen = strings->shapes[shape].seen,
                                       .texts = strings->texts.texts};
}

// The number after `before` others.
static uint64_t number_after(const uint8_t *at, int before)
{
    uint64_t number;
    for (; before; at++)
        before -= !(*at & MORE);
    take_number(at, &number);
    return number;
}

bool ms_packed_number(const struct ms_packed_strings *strings, const struct ms_packed *kept,
                      enum ms_field field, uint64_t *number)
{
    const unsigned column = ms_listing_column(field);
    uint64_t shape;
    const uint8_t *at = take_number(kept->numbers, &shape);
    if (!(strings->shapes[shape].known >> column & 1))
        return false;
    *number = 0;
    if (kept->filled >> column & 1)
        *number = number_after(at, __builtin_popcount(kept->filled & ((1u << column) - 1)));
    if (ms_fields[field].unit == MS_UNIT_KB)
        *number *= 1024;
    return true;
}

struct ms_value ms_packed_get(const struct ms_packed_strings *strings, const struct ms_packed *kept,
                              enum ms_field field, char *scratch)
{
    const enum ms_unit unit = ms_fields[field].unit;
    uint64_t number;
    if (ms_fields[field].file == MS_FILE_SMAPS && unit != MS_UNIT_FLAG && unit != MS_UNIT_FLAGS &&
        ms_packed_number(strings, kept, field, &number))
        return (struct ms_value){.unit = unit, .number = number};
    struct ms_lone_mapping lone;
    ms_packed_show(strings, kept, &lone);
    return ms_listing_get(&lone.listing, 0, field, scratch);
}
