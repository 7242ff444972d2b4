// SPDX-License-Identifier: GPL-3.0-or-later
#include "mappings/streaming_sums.h"

#include "mappings/private.h"

#include <stdlib.h>

enum { ROOM = 64 };

static bool needs_codes(enum ms_field key)
{
    return key == MS_FIELD_VMA_kind || key == MS_FIELD_VMA_quadrant || key == MS_FIELD_VMA_on_shmem;
}

struct ms_streaming_sums *ms_streaming_sums_create(const struct ms_group_sums *like)
{
    struct ms_streaming_sums *sums = calloc(1, sizeof *sums);
    if (!sums)
        return NULL;
    sums->room = ROOM;
    ms_group_sums_init_like(&sums->tally, like);
    for (unsigned i = 0; i < like->sum_count; i++)
        if (like->sums[i] != MS_FIELD_VMA_size)
            sums->columns |= (uint64_t)1 << ms_listing_column(like->sums[i]);
    for (unsigned i = 0; i < like->key_count; i++)
        sums->has_codes |= needs_codes(like->keys[i]);
    return sums;
}

void ms_streaming_sums_destroy(struct ms_streaming_sums *sums)
{
    if (!sums)
        return;
    ms_group_sums_deinit(&sums->tally);
    free(sums);
}

void ms_streaming_sums_begin(struct ms_streaming_sums *sums, bool wanted)
{
    ms_group_sums_clear(&sums->tally);
    sums->mappings = 0;
    sums->end = 0;
    sums->tried = wanted;
    sums->refused = !wanted;
    sums->unknown = sums->complete = false;
}

bool ms_streaming_sums_add(struct ms_streaming_sums *sums, const struct ms_listing *listing)
{
    if (sums->refused || listing->count == 0)
        return !sums->refused;
    const bool in_order = listing->vmas[0].start >= sums->end && ms_listing_in_order(listing);
    sums->unknown = in_order && ms_group_sums_add(&sums->tally, listing, 1, false) != MS_KNOWN;
    sums->refused = !in_order || sums->unknown;
    if (sums->refused)
        return false;
    sums->mappings += listing->count;
    sums->end = listing->vmas[listing->count - 1].end;
    return true;
}

void ms_streaming_sums_end(struct ms_streaming_sums *sums, const struct ms_listing *listing)
{
    sums->complete = !listing->malformed && ms_streaming_sums_add(sums, listing);
}

bool ms_streaming_sums_is_lost(const struct ms_streaming_sums *sums)
{
    return sums->tried && !sums->complete;
}
