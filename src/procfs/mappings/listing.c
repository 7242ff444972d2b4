// SPDX-License-Identifier: GPL-3.0-or-later
#include "mappings/private.h"

#include "mappings/streaming_sums.h"

#include <stdlib.h>

void ms_listing_deinit(struct ms_listing *listing)
{
    free(listing->vmas);
    free(listing->counters);
    free(listing->interned);
    ms_buf_deinit(&listing->texts);
    ms_streaming_sums_destroy(listing->sums);
    ms_listing_init(listing);
}

void ms_listing_drop(struct ms_listing *listing)
{
    ms_buf_clear(&listing->texts);
    if (listing->interned)
        memset(listing->interned, 0, listing->interned_cap * sizeof *listing->interned);
    listing->interned_count = 0;
    listing->count = 0;
}

size_t ms_listing_number(const struct ms_listing *listing)
{
    return ms_listing_is_summed(listing) ? listing->sums->mappings : listing->count;
}

bool ms_listing_is_summed(const struct ms_listing *listing)
{
    return listing->sums && listing->sums->complete;
}

void ms_listing_clear(struct ms_listing *listing)
{
    ms_listing_drop(listing);
    if (listing->sums)
        ms_streaming_sums_begin(listing->sums, false);
    listing->has_counters = listing->failed = listing->malformed = listing->inconsistent = false;
    listing->error = 0;
    listing->seen = 0;
}

size_t ms_listing_row_size(const struct ms_listing *listing)
{
    return ms_listing_columns() * (listing->wide ? sizeof(uint64_t) : sizeof(uint32_t));
}

uint64_t ms_listing_counter(const struct ms_listing *listing, size_t index, unsigned column)
{
    const size_t at = index * ms_listing_columns() + column;
    return listing->wide ? ((const uint64_t *)listing->counters)[at]
                         : ((const uint32_t *)listing->counters)[at];
}

// A kept mapping with its counters, in one step of growth for both.
bool ms_listing_grow(struct ms_listing *listing, size_t cap)
{
    struct ms_vma *vmas = realloc(listing->vmas, cap * sizeof *vmas);
    if (vmas)
        listing->vmas = vmas;
    void *counters = vmas && listing->has_counters
                         ? realloc(listing->counters, cap * ms_listing_row_size(listing))
                         : listing->counters;
    if (!vmas || (listing->has_counters && !counters)) {
        listing->failed = true;
        return false;
    }
    listing->counters = counters;
    listing->cap = cap;
    return true;
}

void ms_listing_zero(struct ms_listing *listing, size_t index)
{
    const size_t row = ms_listing_row_size(listing);
    memset((char *)listing->counters + index * row, 0, row);
}

void ms_listing_set(struct ms_listing *listing, size_t index, const uint32_t *row)
{
    const size_t columns = ms_listing_columns();
    uint64_t *wide = listing->counters;
    if (!listing->wide)
        memcpy((uint32_t *)listing->counters + index * columns, row, columns * sizeof *row);
    for (size_t column = 0; listing->wide && column < columns; column++)
        wide[index * columns + column] = row[column];
}

bool ms_listing_widen(struct ms_listing *listing)
{
    const size_t numbers = listing->cap * ms_listing_columns();
    uint64_t *wide = malloc(numbers * sizeof *wide);
    if (!wide) {
        listing->failed = true;
        return false;
    }
    const uint32_t *narrow = listing->counters;
    for (size_t i = 0; i < listing->count * ms_listing_columns(); i++)
        wide[i] = narrow[i];
    free(listing->counters);
    listing->counters = wide;
    listing->wide = true;
    return true;
}

// The slot of `text` in the table: the one that holds it, or the free one where it belongs.
static struct ms_span *slot_for(struct ms_listing *listing, struct ms_text text)
{
    size_t at = (size_t)ms_text_hash(text, (uintptr_t)listing->interned) & (listing->interned_cap - 1);
    while (listing->interned[at].len && !ms_text_eq(ms_listing_text(listing, listing->interned[at]), text))
        at = (at + 1) & (listing->interned_cap - 1);
    return &listing->interned[at];
}

static bool grow_table(struct ms_listing *listing)
{
    const size_t old_cap = listing->interned_cap, cap = old_cap ? old_cap * 2 : 64;
    struct ms_span *old = listing->interned, *table = calloc(cap, sizeof *table);
    if (!table)
        return false;
    listing->interned = table;
    listing->interned_cap = cap;
    for (size_t i = 0; i < old_cap; i++)
        if (old[i].len)
            *slot_for(listing, ms_listing_text(listing, old[i])) = old[i];
    free(old);
    return true;
}

// Names and flags repeat a lot: each is kept once.
struct ms_span ms_listing_intern(struct ms_listing *listing, struct ms_text text)
{
    if (text.len == 0)
        return (struct ms_span){0, 0};
    if (listing->interned_count * 2 >= listing->interned_cap && !grow_table(listing)) {
        listing->failed = true;
        return (struct ms_span){0, 0};
    }
    struct ms_span *slot = slot_for(listing, text);
    if (slot->len)
        return *slot;
    const size_t at = listing->texts.len;
    if (at > UINT32_MAX || text.len > UINT32_MAX || !ms_buf_add(&listing->texts, text.data, text.len)) {
        listing->failed = true;
        return (struct ms_span){0, 0};
    }
    listing->interned_count++;
    return *slot = (struct ms_span){(uint32_t)at, (uint32_t)text.len};
}

static bool has_file(const struct ms_vma *vma)
{
    return vma->inode || vma->major || vma->minor; // a SysV segment may have inode 0
}

// The file's path: none for a nameless mapping and for the kernel's names in brackets.
static struct ms_text path_of(const struct ms_vma *vma, struct ms_text name)
{
    const struct ms_text deleted = MS_TEXT(" (deleted)");
    if (name.len == 0 || name.data[0] == '[')
        return (struct ms_text){"", 0};
    if (has_file(vma) && ms_text_ends(name, deleted))
        name.len -= deleted.len;
    return name;
}

// All codes have two letters and a blank after them.
static bool has_flag(struct ms_text flags, const char code[2])
{
    for (size_t at = 0; at + 2 <= flags.len; at++)
        if (flags.data[at] == code[0] && flags.data[at + 1] == code[1] &&
            (at == 0 || flags.data[at - 1] == ' ') && (at + 2 == flags.len || flags.data[at + 2] == ' '))
            return true;
    return false;
}

static struct ms_value number_value(enum ms_unit unit, uint64_t number)
{
    return (struct ms_value){.unit = unit, .number = number};
}

static struct ms_value text_value(enum ms_unit unit, struct ms_text text)
{
    return (struct ms_value){.unit = unit, .text = text};
}

// No size is larger than what scripts can count.
static struct ms_value size_value(enum ms_unit unit, uint64_t size)
{
    return (struct ms_value){.why = size > INT64_MAX ? MS_TOO_LARGE : MS_KNOWN, .unit = unit, .number = size};
}

static struct ms_text print_perms(const struct ms_vma *vma, char *scratch)
{
    scratch[0] = vma->perms & MS_PERM_R ? 'r' : '-';
    scratch[1] = vma->perms & MS_PERM_W ? 'w' : '-';
    scratch[2] = vma->perms & MS_PERM_X ? 'x' : '-';
    scratch[3] = vma->perms & MS_PERM_SHARED ? 's' : 'p';
    return (struct ms_text){scratch, 4};
}

// At least two digits. printf would take most of the time of a row. How many bytes it is.
static size_t print_hex(uint32_t number, char *out)
{
    size_t len = 2;
    while (len < 8 && number >> (4 * len))
        len++;
    for (size_t i = 0; i < len; i++)
        out[i] = "0123456789abcdef"[number >> 4 * (len - 1 - i) & 15];
    return len;
}

static struct ms_text print_dev(const struct ms_vma *vma, char *scratch)
{
    size_t len = print_hex(vma->major, scratch);
    scratch[len++] = ':';
    len += print_hex(vma->minor, scratch + len);
    return (struct ms_text){scratch, len};
}

struct ms_vma_traits ms_listing_traits(const struct ms_listing *listing, size_t index)
{
    const struct ms_vma *vma = &listing->vmas[index];
    const struct ms_text flags = ms_listing_text(listing, vma->flags);
    return (struct ms_vma_traits){
        .name = ms_listing_text(listing, vma->name),
        .has_file = has_file(vma),
        .shared = vma->perms & MS_PERM_SHARED,
        .hugetlb = has_flag(flags, "ht"),
        .device = has_flag(flags, "pf") || has_flag(flags, "io"),
        .fs = (enum ms_fs)vma->fs,
    };
}

bool ms_listing_path_is_doubtful(const struct ms_listing *listing, size_t index)
{
    const struct ms_vma *vma = &listing->vmas[index];
    const struct ms_text name = ms_listing_text(listing, vma->name);
    if (path_of(vma, name).len == name.len || name.data[0] == '[')
        return false;
    const struct ms_vma_traits traits = ms_listing_traits(listing, index);
    return ms_vma_has_path(&traits);
}

static struct ms_value kind_value(const struct ms_listing *listing, size_t index, enum ms_field field)
{
    const enum ms_unit unit = ms_fields[field].unit;
    const struct ms_vma_traits traits = ms_listing_traits(listing, index);
    if (field == MS_FIELD_VMA_on_shmem && ms_vma_may_be_on_shmem(&traits))
        return (struct ms_value){.why = MS_UNSUPPORTED, .unit = unit};
    if (field == MS_FIELD_VMA_on_shmem)
        return number_value(unit, ms_vma_on_shmem(&traits));
    return text_value(unit,
                      ms_text_of(field == MS_FIELD_VMA_kind ? ms_vma_kind_name(ms_vma_kind(&traits))
                                                            : ms_quadrant_name(ms_vma_quadrant(&traits))));
}

// The header line's fields.
static struct ms_value header_value(const struct ms_listing *listing, size_t index, enum ms_field field,
                                    char *scratch)
{
    const struct ms_vma *vma = &listing->vmas[index];
    const enum ms_unit unit = ms_fields[field].unit;
    switch (field) {
    case MS_FIELD_VMA_addr:
        return number_value(unit, vma->start);
    case MS_FIELD_VMA_addr_end:
        return number_value(unit, vma->end);
    case MS_FIELD_VMA_size:
        return size_value(unit, vma->end - vma->start);
    case MS_FIELD_VMA_r:
        return number_value(unit, (vma->perms & MS_PERM_R) != 0);
    case MS_FIELD_VMA_w:
        return number_value(unit, (vma->perms & MS_PERM_W) != 0);
    case MS_FIELD_VMA_x:
        return number_value(unit, (vma->perms & MS_PERM_X) != 0);
    case MS_FIELD_VMA_shared:
        return number_value(unit, (vma->perms & MS_PERM_SHARED) != 0);
    case MS_FIELD_VMA_offset:
        return number_value(unit, vma->offset);
    case MS_FIELD_VMA_inode:
        return number_value(unit, vma->inode);
    case MS_FIELD_VMA_kind:
    case MS_FIELD_VMA_quadrant:
    case MS_FIELD_VMA_on_shmem:
        return kind_value(listing, index, field);
    case MS_FIELD_VMA_inconsistent:
        return number_value(unit, vma->inconsistent);
    case MS_FIELD_VMA_perms:
        return text_value(unit, print_perms(vma, scratch));
    case MS_FIELD_VMA_dev:
        return text_value(unit, print_dev(vma, scratch));
    case MS_FIELD_VMA_path:
        return text_value(unit, path_of(vma, ms_listing_text(listing, vma->name)));
    default:
        return text_value(unit, ms_listing_text(listing, vma->name));
    }
}

// Why a paragraph lacks a counter: no paragraph has it, or this one was cut or is odd.
static enum ms_reason why_missing(const struct ms_listing *listing, const struct ms_vma *vma, unsigned column)
{
    if (!listing->has_counters)
        return MS_NOT_RECORDED;
    return (vma->malformed | listing->seen) >> column & 1 ? MS_MALFORMED : MS_UNSUPPORTED;
}

bool ms_listing_is_counter(enum ms_field field)
{
    const enum ms_unit unit = ms_fields[field].unit;
    return ms_fields[field].file == MS_FILE_SMAPS && (unit == MS_UNIT_KB || unit == MS_UNIT_COUNT);
}

struct ms_value ms_listing_get(const struct ms_listing *listing, size_t index, enum ms_field field,
                               char *scratch)
{
    const struct ms_vma *vma = &listing->vmas[index];
    if (ms_fields[field].file == MS_FILE_VMA)
        return header_value(listing, index, field, scratch);
    const enum ms_unit unit = ms_fields[field].unit;
    const bool is_flag = unit == MS_UNIT_FLAG || unit == MS_UNIT_FLAGS;
    const unsigned column = is_flag ? ms_listing_columns() : ms_listing_column(field);
    if (!(vma->known >> column & 1))
        return (struct ms_value){.why = why_missing(listing, vma, column), .unit = unit};
    if (unit == MS_UNIT_FLAGS)
        return text_value(unit, ms_listing_text(listing, vma->flags));
    if (unit == MS_UNIT_FLAG)
        return number_value(unit, has_flag(ms_listing_text(listing, vma->flags), ms_fields[field].label));
    const uint64_t number = ms_listing_counter(listing, index, column);
    return number_value(unit, unit == MS_UNIT_KB ? number * 1024 : number);
}
