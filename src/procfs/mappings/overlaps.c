// SPDX-License-Identifier: GPL-3.0-or-later
// Whether a listing shows one state of an address space. The kernel gives it a page at a time, and since
// Linux 6.17 mapping by mapping: what is mapped and merged in between shows twice, cut or out of order.
#include "mappings/private.h"

#include "base/cleanup.h"

#include <stdlib.h>

bool ms_listing_in_order(const struct ms_listing *listing)
{
    for (size_t i = 1; i < listing->count; i++)
        if (listing->vmas[i].start < listing->vmas[i - 1].end)
            return false;
    return true;
}

// What is left of a mapping: `row` is its place in the listing, which grows with the time it was read.
struct piece {
    uint64_t start;
    uint64_t end;
    size_t row;
    bool cut;
};

static int compare_pieces(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    if (x->start != y->start)
        return (x->start > y->start) - (x->start < y->start);
    return (x->row > y->row) - (x->row < y->row);
}

static void flag_neighbours(struct ms_listing *listing)
{
    for (size_t i = 1; i < listing->count; i++)
        if (listing->vmas[i].start < listing->vmas[i - 1].end)
            listing->vmas[i].inconsistent = listing->vmas[i - 1].inconsistent = true;
}

// Of two that overlap the larger is whole, of equal ones the newer: mappings grow by merging, and what was
// seen before is then a part of what is seen now.
static bool wins(const struct piece *a, const struct piece *b)
{
    const uint64_t a_size = a->end - a->start, b_size = b->end - b->start;
    return a_size != b_size ? a_size > b_size : a->row > b->row;
}

// Leaves pieces that do not overlap, ascending; gives their number.
static size_t clip(struct ms_listing *listing, struct piece *pieces, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct piece piece = pieces[i], *last = kept ? &pieces[kept - 1] : NULL;
        if (last && piece.start < last->end) {
            listing->vmas[piece.row].inconsistent = listing->vmas[last->row].inconsistent = true;
            if (wins(&piece, last)) {
                last->end = piece.start;
                last->cut = true;
                kept -= last->end == last->start;
            } else if (piece.end <= last->end || (i + 1 < count && pieces[i + 1].start < last->end)) {
                continue;
            } else {
                piece.start = last->end;
                piece.cut = true;
            }
        }
        pieces[kept++] = piece;
    }
    return kept;
}

// Of a mapping that was cut nothing is known but where it is: its numbers are those of the whole.
static struct ms_vma part_of(const struct ms_listing *listing, const struct piece *piece)
{
    struct ms_vma vma = listing->vmas[piece->row];
    vma.start = piece->start;
    vma.end = piece->end;
    if (piece->cut) {
        const uint64_t counters = ((uint64_t)1 << ms_listing_columns()) - 1;
        vma.malformed |= vma.known & counters;
        vma.known &= ~counters;
    }
    return vma;
}

static bool rebuild(struct ms_listing *listing, const struct piece *pieces, size_t count)
{
    const size_t row = ms_listing_row_size(listing);
    MS_AUTO_FREE struct ms_vma *vmas = malloc(count * sizeof *vmas);
    MS_AUTO_FREE char *counters = malloc(count * row + 1);
    if (!vmas || !counters)
        return false;
    for (size_t i = 0; i < count; i++) {
        vmas[i] = part_of(listing, &pieces[i]);
        if (listing->has_counters)
            memcpy(counters + i * row, (const char *)listing->counters + pieces[i].row * row, row);
    }
    memcpy(listing->vmas, vmas, count * sizeof *vmas);
    if (listing->has_counters)
        memcpy(listing->counters, counters, count * row);
    listing->count = count;
    return true;
}

void ms_listing_clip(struct ms_listing *listing)
{
    if (ms_listing_in_order(listing))
        return;
    MS_AUTO_FREE struct piece *pieces = malloc(listing->count * sizeof *pieces);
    listing->inconsistent = true;
    flag_neighbours(listing);
    for (size_t i = 0; pieces && i < listing->count; i++)
        pieces[i] = (struct piece){listing->vmas[i].start, listing->vmas[i].end, i, false};
    if (pieces)
        qsort(pieces, listing->count, sizeof *pieces, compare_pieces);
    if (!pieces || !rebuild(listing, pieces, clip(listing, pieces, listing->count)))
        listing->failed = true;
}
