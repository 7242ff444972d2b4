// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as maps or smaps (bit 0 of the first byte), cut in pieces of any size (the second byte): the same
// listing as in one piece, and what a reader finds that is plain and slow. With bit 1 the bytes are choices
// of how paragraphs of smaps differ from what the kernel prints.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kept.h"
#include "listing.h"
#include "made_listing.h"
#include "plain_listing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool is_so)
{
    if (!is_so)
        abort();
}

static void parse(struct ms_listing *listing, bool counters, const char *bytes, size_t size, size_t piece)
{
    struct ms_listing_parser parser;
    ms_listing_init(listing);
    ms_listing_parser_init(&parser, listing, counters, NULL);
    for (size_t at = 0; at < size; at += piece) {
        const size_t len = size - at < piece ? size - at : piece;
        char *own = malloc(len);
        expect(own != NULL);
        memcpy(own, bytes + at, len);
        expect(ms_listing_parser_take(&parser, own, len));
        free(own);
    }
    ms_listing_parser_end(&parser);
    ms_listing_parser_deinit(&parser);
}

static void same_value(struct ms_value a, struct ms_value b, enum ms_unit unit)
{
    expect(a.why == b.why);
    if (a.why != MS_KNOWN)
        return;
    if (unit == MS_UNIT_TEXT || unit == MS_UNIT_PATH || unit == MS_UNIT_FLAGS)
        expect(ms_text_eq(a.text, b.text));
    else
        expect(a.number == b.number);
}

// All of one mapping, and of what is kept of it.
static void compare(const struct ms_listing *a, const struct ms_listing *b, size_t index,
                    struct ms_shelf *shelf)
{
    _Alignas(struct ms_kept) char kept[MS_KEPT_MAX];
    expect(ms_kept_make(shelf, a, index, (struct ms_kept *)kept) > 0);
    for (int i = 0; i < MS_FIELD_COUNT; i++) {
        char scratch[3][32];
        const enum ms_field field = (enum ms_field)i;
        if (ms_fields[i].kind != MS_MAPPING)
            continue;
        const struct ms_value value = ms_listing_get(a, index, field, scratch[0]);
        same_value(value, ms_listing_get(b, index, field, scratch[1]), ms_fields[i].unit);
        same_value(value, ms_kept_get(shelf, (struct ms_kept *)kept, field, scratch[2]), ms_fields[i].unit);
    }
}

static void same_text(struct ms_text text, const char *plain)
{
    expect(ms_text_eq(text, ms_text_of(plain)));
}

static void same_counter(const struct ms_listing *listing, const struct plain_listing *plain, size_t index,
                         int at, bool counters)
{
    const enum ms_field field = (enum ms_field)(PLAIN_FIRST + at);
    const struct ms_value value = ms_listing_get(listing, index, field, NULL);
    const struct plain_value *want = &plain->at[index].values[at];
    if (!want->known) {
        expect(value.why == (!counters                            ? MS_NOT_RECORDED
                             : want->malformed || plain->seen[at] ? MS_MALFORMED
                                                                  : MS_UNSUPPORTED));
        return;
    }
    expect(value.why == MS_KNOWN);
    if (ms_fields[field].unit == MS_UNIT_FLAGS)
        same_text(value.text, want->text);
    else
        expect(value.number == (ms_fields[field].unit == MS_UNIT_KB ? want->number * 1024 : want->number));
}

// What the plain reader finds, memsh's finds, and nothing else.
static void compare_plainly(const struct ms_listing *listing, const char *text, size_t size, bool counters)
{
    static struct plain_listing plain;
    if (memchr(text, 0, size))
        return;
    plain_parse(&plain, text, size, counters);
    expect(plain.too_many || (listing->count == plain.count && listing->malformed == plain.malformed));
    for (size_t i = 0; i < plain.count && !plain.too_many; i++) {
        const struct plain_mapping *want = &plain.at[i];
        const struct ms_vma *vma = &listing->vmas[i];
        char scratch[32];
        expect(vma->start == want->start && vma->end == want->end && vma->offset == want->offset &&
               vma->inode == want->inode && vma->major == want->major && vma->minor == want->minor);
        same_text(ms_listing_get(listing, i, MS_FIELD_VMA_perms, scratch).text, want->perms);
        same_text(ms_listing_get(listing, i, MS_FIELD_VMA_name, scratch).text, want->name);
        for (int at = 0; at < PLAIN_FIELDS; at++)
            same_counter(listing, &plain, i, at, counters);
    }
    plain_free(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ms_listing whole, pieces;
    if (size < 2)
        return 0;
    const bool counters = data[0] & 1, made = data[0] & 2;
    static char paragraphs[MADE_SIZE];
    const char *text = made ? paragraphs : (const char *)data + 2;
    size = made ? made_paragraphs(paragraphs, data + 2, size - 2) : size - 2;
    parse(&whole, counters, text, size, size ? size : 1);
    parse(&pieces, counters, text, size, (size_t)data[1] + 1);
    expect(whole.count == pieces.count && whole.malformed == pieces.malformed && !whole.failed);
    expect(whole.seen == pieces.seen);
    struct ms_shelf *shelf = ms_shelf_create();
    expect(shelf != NULL);
    for (size_t i = 0; i < whole.count; i++)
        compare(&whole, &pieces, i, shelf);
    ms_shelf_destroy(shelf);
    compare_plainly(&whole, text, size, counters);
    struct ms_block *rollup = ms_block_create(MS_FILE_ROLLUP, MS_UNSUPPORTED);
    struct ms_block *quadrants = ms_block_create(MS_FILE_QUADRANTS, MS_UNSUPPORTED);
    struct ms_block *maps = ms_block_create(MS_FILE_MAPS, MS_UNSUPPORTED);
    expect(rollup && quadrants && maps);
    ms_listing_roll_up(&whole, rollup);
    ms_listing_sum_up(&whole, quadrants);
    ms_listing_sum_up(&whole, maps);
    ms_block_destroy(rollup);
    ms_block_destroy(quadrants);
    ms_block_destroy(maps);
    ms_listing_deinit(&whole);
    ms_listing_deinit(&pieces);
    return 0;
}
