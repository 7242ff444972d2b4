// SPDX-License-Identifier: GPL-3.0-or-later
#include "mappings/group_sums.h"

#include "mappings/private.h"

#include <stdlib.h>

enum { FIRST_GROUPS = 64, SCRATCH = 32 };

bool ms_group_sums_is_key(enum ms_field field)
{
    return ms_fields[field].file == MS_FILE_VMA; // a header is whole, or there is no mapping
}

bool ms_group_sums_is_sum(enum ms_field field)
{
    return field == MS_FIELD_VMA_size || ms_listing_is_counter(field);
}

void ms_group_sums_deinit(struct ms_group_sums *tally)
{
    free(tally->groups);
    free(tally->totals);
    free(tally->table);
    ms_buf_deinit(&tally->texts);
    ms_buf_deinit(&tally->key);
    ms_group_sums_init(tally);
}

void ms_group_sums_init_like(struct ms_group_sums *tally, const struct ms_group_sums *other)
{
    ms_group_sums_init(tally);
    memcpy(tally->keys, other->keys, sizeof tally->keys);
    memcpy(tally->sums, other->sums, sizeof tally->sums);
    memcpy(tally->once, other->once, sizeof tally->once);
    tally->key_count = other->key_count;
    tally->sum_count = other->sum_count;
    tally->doubts = other->doubts;
}

void ms_group_sums_clear(struct ms_group_sums *tally)
{
    if (tally->table)
        memset(tally->table, 0, 2 * tally->cap * sizeof *tally->table);
    tally->count = 0;
    ms_buf_clear(&tally->texts);
}

static bool is_text(enum ms_field field)
{
    return ms_unit_is_text(ms_fields[field].unit);
}

// A number as it lies in memory; a text with its length in front, as a number.
static bool add_key(struct ms_buf *key, const struct ms_listing *listing, size_t index, enum ms_field field)
{
    char scratch[SCRATCH];
    const struct ms_value value = ms_listing_get(listing, index, field, scratch);
    if (!is_text(field))
        return ms_buf_add(key, &value.number, sizeof value.number);
    const uint64_t len = value.text.len;
    return ms_buf_add(key, &len, sizeof len) && ms_buf_add(key, value.text.data, value.text.len);
}

struct ms_value ms_group_sums_key(const struct ms_group_sums *tally, size_t group, unsigned index, size_t *at)
{
    const char *from = tally->texts.data + tally->groups[group].key + *at;
    struct ms_value value = {.why = MS_KNOWN, .unit = ms_fields[tally->keys[index]].unit};
    uint64_t number;
    memcpy(&number, from, sizeof number);
    *at += sizeof number;
    if (!is_text(tally->keys[index])) {
        value.number = number;
        return value;
    }
    value.text = (struct ms_text){from + sizeof number, (size_t)number};
    *at += (size_t)number;
    return value;
}

// Without a key there is one group, and no text at all.
static struct ms_text key_of(const struct ms_group_sums *tally, const struct ms_summed_group *group)
{
    if (group->key_len == 0)
        return MS_TEXT("");
    return (struct ms_text){tally->texts.data + group->key, group->key_len};
}

// The slot of a key in the table: the one that holds it, or the free one where it belongs.
static uint32_t *slot_for(const struct ms_group_sums *tally, struct ms_text key)
{
    const size_t last = 2 * tally->cap - 1;
    size_t at = (size_t)ms_text_hash(key, (uintptr_t)tally->table) & last;
    while (tally->table[at] && !ms_text_eq(key_of(tally, &tally->groups[tally->table[at] - 1]), key))
        at = (at + 1) & last;
    return &tally->table[at];
}

static bool grow(struct ms_group_sums *tally)
{
    const size_t cap = tally->cap ? 2 * tally->cap : FIRST_GROUPS;
    struct ms_summed_group *groups = realloc(tally->groups, cap * sizeof *groups);
    if (groups)
        tally->groups = groups;
    struct ms_group_total *totals = realloc(tally->totals, (cap * tally->sum_count + 1) * sizeof *totals);
    if (totals)
        tally->totals = totals;
    uint32_t *table = calloc(2 * cap, sizeof *table);
    if (!groups || !totals || !table || cap > UINT32_MAX / 2) {
        free(table);
        return false;
    }
    free(tally->table);
    tally->table = table;
    tally->cap = cap;
    for (size_t i = 0; i < tally->count; i++)
        *slot_for(tally, key_of(tally, &groups[i])) = (uint32_t)(i + 1);
    return true;
}

static void start_group(struct ms_group_sums *tally, struct ms_text key, uint64_t number)
{
    struct ms_summed_group *group = &tally->groups[tally->count];
    *group = (struct ms_summed_group){.key = tally->texts.len - key.len, .key_len = key.len, .first = number};
    for (unsigned i = 0; i < tally->sum_count; i++)
        tally->totals[tally->count * tally->sum_count + i] = (struct ms_group_total){.min = UINT64_MAX};
    tally->count++;
}

// The group of a key; SIZE_MAX if there is no memory.
static size_t group_of_key(struct ms_group_sums *tally, struct ms_text key, uint64_t number)
{
    if (tally->count == tally->cap && !grow(tally))
        return SIZE_MAX;
    uint32_t *slot = slot_for(tally, key);
    if (*slot)
        return *slot - 1;
    if (!ms_buf_add(&tally->texts, key.data, key.len))
        return SIZE_MAX;
    start_group(tally, key, number);
    *slot = (uint32_t)tally->count;
    return tally->count - 1;
}

static void add_number(struct ms_group_total *total, uint64_t number, bool again)
{
    if (again && number)
        return;
    total->high += __builtin_add_overflow(total->sum, number, &total->sum);
    total->count++;
    total->min = number < total->min ? number : total->min;
    total->max = number > total->max ? number : total->max;
    total->zeros += number == 0;
}

static bool has_key(const struct ms_group_sums *tally, enum ms_field key)
{
    for (unsigned i = 0; i < tally->key_count; i++)
        if (tally->keys[i] == key)
            return true;
    return false;
}

static bool has_doubtful_key(const struct ms_group_sums *tally, const struct ms_listing *listing)
{
    const bool by_path = tally->doubts && has_key(tally, MS_FIELD_VMA_path);
    const bool by_shmem = has_key(tally, MS_FIELD_VMA_on_shmem);
    for (size_t index = 0; (by_path || by_shmem) && index < listing->count; index++)
        if ((by_path && ms_listing_path_is_doubtful(listing, index)) ||
            (by_shmem && ms_listing_get(listing, index, MS_FIELD_VMA_on_shmem, NULL).why != MS_KNOWN))
            return true;
    return false;
}

// A number that is known.
static uint64_t number_of(const struct ms_listing *listing, size_t index, enum ms_field field)
{
    const struct ms_vma *vma = &listing->vmas[index];
    if (field == MS_FIELD_VMA_size)
        return vma->end - vma->start;
    const uint64_t number = ms_listing_counter(listing, index, ms_listing_column(field));
    return ms_fields[field].unit == MS_UNIT_KB ? number * 1024 : number;
}

// The first reason why a number or a path is missing, of all that will be added.
static enum ms_reason why_not(const struct ms_group_sums *tally, const struct ms_listing *listing)
{
    if (has_doubtful_key(tally, listing))
        return MS_UNSUPPORTED;
    for (unsigned i = 0; i < tally->sum_count; i++) {
        const enum ms_field field = tally->sums[i];
        const bool is_size = field == MS_FIELD_VMA_size;
        const uint64_t bit = is_size ? 0 : (uint64_t)1 << ms_listing_column(field);
        for (size_t index = 0; index < listing->count; index++)
            if ((listing->vmas[index].known & bit) != bit ||
                (is_size && number_of(listing, index, field) > INT64_MAX))
                return ms_listing_get(listing, index, field, NULL).why;
    }
    return MS_KNOWN;
}

static bool is_keyed_by_name(const struct ms_group_sums *tally)
{
    for (unsigned i = 0; i < tally->key_count; i++)
        if (tally->keys[i] != MS_FIELD_VMA_path && tally->keys[i] != MS_FIELD_VMA_name)
            return false;
    return true;
}

// The parts of a file are side by side.
static bool has_name_of_last(const struct ms_listing *listing, size_t index)
{
    const struct ms_vma *vma = &listing->vmas[index], *last = vma - 1;
    return index && vma->name.at == last->name.at && vma->name.len == last->name.len &&
           vma->inode == last->inode && vma->major == last->major && vma->minor == last->minor;
}

// The group of a mapping; SIZE_MAX where there is no memory.
static size_t find_group(struct ms_group_sums *tally, const struct ms_listing *listing, size_t index,
                         uint64_t number)
{
    ms_buf_clear(&tally->key);
    for (unsigned i = 0; i < tally->key_count; i++)
        if (!add_key(&tally->key, listing, index, tally->keys[i]))
            return SIZE_MAX;
    return group_of_key(tally, ms_buf_text(&tally->key), number);
}

enum ms_reason ms_group_sums_add(struct ms_group_sums *tally, const struct ms_listing *listing,
                                 uint64_t number, bool again)
{
    const enum ms_reason why = why_not(tally, listing);
    if (why != MS_KNOWN)
        return why;
    const bool by_name = is_keyed_by_name(tally);
    size_t at = 0;
    for (size_t index = 0; index < listing->count; index++) {
        if (!by_name || !has_name_of_last(listing, index))
            at = find_group(tally, listing, index, number);
        if (at == SIZE_MAX)
            return MS_OUT_OF_MEMORY;
        struct ms_summed_group *group = &tally->groups[at];
        group->count++;
        group->processes += group->last != number;
        group->last = number;
        for (unsigned i = 0; i < tally->sum_count; i++)
            add_number(&tally->totals[at * tally->sum_count + i], number_of(listing, index, tally->sums[i]),
                       again && tally->once[i]);
    }
    return MS_KNOWN;
}

// Of an address space that was counted before only the zeros are added.
static void merge_total(struct ms_group_total *total, const struct ms_group_total *of, bool again)
{
    const uint64_t count = again ? of->zeros : of->count, max = again ? 0 : of->max;
    if (count == 0)
        return;
    if (!again)
        total->high += of->high + __builtin_add_overflow(total->sum, of->sum, &total->sum);
    total->count += count;
    total->min = of->min < total->min ? of->min : total->min;
    total->max = max > total->max ? max : total->max;
    total->zeros += of->zeros;
}

enum ms_reason ms_group_sums_merge(struct ms_group_sums *tally, const struct ms_group_sums *of,
                                   uint64_t number, bool again)
{
    for (size_t from = 0; from < of->count; from++) {
        const struct ms_summed_group *group = &of->groups[from];
        const size_t at = group_of_key(tally, key_of(of, group), number);
        if (at == SIZE_MAX)
            return MS_OUT_OF_MEMORY;
        tally->groups[at].count += group->count;
        tally->groups[at].processes++;
        tally->groups[at].last = number;
        for (unsigned i = 0; i < tally->sum_count; i++)
            merge_total(&tally->totals[at * tally->sum_count + i], &of->totals[from * tally->sum_count + i],
                        again && tally->once[i]);
    }
    return MS_KNOWN;
}
