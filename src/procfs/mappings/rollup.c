// SPDX-License-Identifier: GPL-3.0-or-later
// Sums over the mappings of one process.
#include "mappings/private.h"

// The counter of a field, or why it is not known.
static enum ms_reason counter(const struct ms_listing *listing, size_t index, enum ms_field field,
                              uint64_t *out)
{
    const struct ms_value value = ms_listing_get(listing, index, field, NULL);
    if (value.why == MS_KNOWN)
        *out = value.number;
    return value.why;
}

// False for a sum larger than what scripts can count.
static bool add(uint64_t *sum, uint64_t number)
{
    return !__builtin_add_overflow(*sum, number, sum) && *sum <= INT64_MAX;
}

static enum ms_reason sum_of(const struct ms_listing *listing, enum ms_field field, uint64_t *sum)
{
    *sum = 0;
    for (size_t i = 0; i < listing->count; i++) {
        uint64_t number = 0;
        enum ms_reason why = counter(listing, i, field, &number);
        if (why != MS_KNOWN)
            return why;
        if (!add(sum, number))
            return MS_TOO_LARGE;
    }
    return MS_KNOWN;
}

void ms_listing_roll_up(const struct ms_listing *listing, struct ms_block *rollup)
{
    const struct ms_file_info *file = &ms_file_table[MS_FILE_ROLLUP];
    for (int place = file->first; place < file->last; place++) {
        int hint = 0;
        uint64_t sum = 0;
        const int source = ms_place_find(MS_FILE_SMAPS, ms_text_of(ms_places[place].label), &hint);
        const int field = source < 0 ? -1 : ms_places[source].field;
        enum ms_reason why = field < 0 ? MS_UNSUPPORTED : sum_of(listing, (enum ms_field)field, &sum);
        ms_block_set(rollup, place, why, sum);
    }
}

// Of the quadrant in which each mapping was made: [vsyscall] is no part of the address space that is counted.
static void sum_reserved(const struct ms_listing *listing, struct ms_block *block)
{
    static const enum ms_field fields[MS_QUADRANT_COUNT] = {
        [MS_PRIVATE_ANON] = MS_FIELD_MAPS_private_anon_virt,
        [MS_SHARED_ANON] = MS_FIELD_MAPS_shared_anon_virt,
        [MS_PRIVATE_FILE] = MS_FIELD_MAPS_private_file_virt,
        [MS_SHARED_FILE] = MS_FIELD_MAPS_shared_file_virt,
    };
    uint64_t sums[MS_QUADRANT_COUNT] = {0};
    enum ms_reason why[MS_QUADRANT_COUNT] = {MS_KNOWN};
    for (size_t i = 0; i < listing->count; i++) {
        const struct ms_vma_traits traits = ms_listing_traits(listing, i);
        const enum ms_quadrant of = ms_vma_quadrant(&traits);
        if (ms_vma_kind(&traits) != MS_VMA_VSYSCALL &&
            !add(&sums[of], listing->vmas[i].end - listing->vmas[i].start))
            why[of] = MS_TOO_LARGE;
    }
    ms_block_set_number(block, ms_place_first(MS_FIELD_MAPS_mappings), listing->count);
    for (int of = 0; of < MS_QUADRANT_COUNT; of++)
        ms_block_set(block, ms_place_first(fields[of]), why[of], sums[of]);
}

// Resident pages that are neither anonymous nor shmem.
static enum ms_reason file_pages(const struct ms_listing *listing, size_t index, uint64_t *out)
{
    uint64_t rss = 0, anonymous = 0;
    const struct ms_vma_traits traits = ms_listing_traits(listing, index);
    enum ms_reason why = counter(listing, index, MS_FIELD_SMAPS_rss, &rss);
    if (why == MS_KNOWN && !traits.shared)
        why = counter(listing, index, MS_FIELD_SMAPS_anonymous, &anonymous);
    if (why == MS_KNOWN && anonymous > rss)
        why = MS_MALFORMED;
    if (why == MS_KNOWN && rss > anonymous && ms_vma_may_be_on_shmem(&traits))
        why = MS_UNSUPPORTED;
    if (why == MS_KNOWN)
        *out = ms_vma_on_shmem(&traits) ? 0 : rss - anonymous;
    return why;
}

static void sum_resident(const struct ms_listing *listing, struct ms_block *block, bool shared,
                         enum ms_field field)
{
    uint64_t sum = 0;
    enum ms_reason why = MS_KNOWN;
    for (size_t i = 0; i < listing->count && why == MS_KNOWN; i++) {
        uint64_t pages = 0;
        if (!!(listing->vmas[i].perms & MS_PERM_SHARED) != shared)
            continue;
        why = file_pages(listing, i, &pages);
        if (why == MS_KNOWN && !add(&sum, pages))
            why = MS_TOO_LARGE;
    }
    ms_block_set(block, ms_place_first(field), why, sum);
}

void ms_listing_sum_up(const struct ms_listing *listing, struct ms_block *block)
{
    if (block->file == MS_FILE_MAPS) {
        sum_reserved(listing, block);
        return;
    }
    sum_resident(listing, block, false, MS_FIELD_QUADRANTS_private_file);
    sum_resident(listing, block, true, MS_FIELD_QUADRANTS_shared_file);
}
