// SPDX-License-Identifier: GPL-3.0-or-later
#include "mappings/streaming_sums.h"

#include "mappings/private.h"

#include <stdlib.h>

enum { ROOM = 64 };

static bool is_told_by_codes(enum ms_field key)
{
    return key == MS_FIELD_VMA_kind || key == MS_FIELD_VMA_quadrant || key == MS_FIELD_VMA_on_shmem;
}

struct ms_fold *ms_fold_create(const struct ms_tally *like)
{
    struct ms_fold *fold = calloc(1, sizeof *fold);
    if (!fold)
        return NULL;
    fold->room = ROOM;
    ms_tally_init_like(&fold->tally, like);
    for (unsigned i = 0; i < like->sum_count; i++)
        if (like->sums[i] != MS_FIELD_VMA_size)
            fold->columns |= (uint64_t)1 << ms_listing_column(like->sums[i]);
    for (unsigned i = 0; i < like->key_count; i++)
        fold->has_codes |= is_told_by_codes(like->keys[i]);
    return fold;
}

void ms_fold_destroy(struct ms_fold *fold)
{
    if (!fold)
        return;
    ms_tally_deinit(&fold->tally);
    free(fold);
}

void ms_fold_begin(struct ms_fold *fold, bool wanted)
{
    ms_tally_clear(&fold->tally);
    fold->mappings = 0;
    fold->end = 0;
    fold->tried = wanted;
    fold->refused = !wanted;
    fold->unknown = fold->complete = false;
}

bool ms_fold_add(struct ms_fold *fold, const struct ms_listing *listing)
{
    if (fold->refused || listing->count == 0)
        return !fold->refused;
    const bool in_order = listing->vmas[0].start >= fold->end && ms_listing_in_order(listing);
    fold->unknown = in_order && ms_tally_add(&fold->tally, listing, 1, false) != MS_KNOWN;
    fold->refused = !in_order || fold->unknown;
    if (fold->refused)
        return false;
    fold->mappings += listing->count;
    fold->end = listing->vmas[listing->count - 1].end;
    return true;
}

void ms_fold_end(struct ms_fold *fold, const struct ms_listing *listing)
{
    fold->complete = !listing->malformed && ms_fold_add(fold, listing);
}

bool ms_fold_is_lost(const struct ms_fold *fold)
{
    return fold->tried && !fold->complete;
}
