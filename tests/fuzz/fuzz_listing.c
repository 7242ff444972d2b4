// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as maps or smaps (bit 0 of the first byte), cut in pieces of any size (the second byte): the same
// listing as in one piece, and each number stands in its mapping's paragraph.
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "listing.h"

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

// All of one mapping, and of a copy of it.
static void compare(const struct ms_listing *a, const struct ms_listing *b, size_t index)
{
    struct ms_listing copy;
    ms_listing_init(&copy);
    expect(ms_listing_copy(a, index, &copy));
    for (int i = 0; i < MS_FIELD_COUNT; i++) {
        char scratch[3][32];
        const enum ms_field field = (enum ms_field)i;
        if (ms_fields[i].kind != MS_MAPPING)
            continue;
        const struct ms_value value = ms_listing_get(a, index, field, scratch[0]);
        same_value(value, ms_listing_get(b, index, field, scratch[1]), ms_fields[i].unit);
        same_value(value, ms_listing_get(&copy, 0, field, scratch[2]), ms_fields[i].unit);
    }
    ms_listing_deinit(&copy);
}

static bool is_header(const char *line)
{
    uint64_t start, end, offset, inode;
    unsigned major, minor;
    char perms[5];
    return sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64, &start, &end, perms,
                  &offset, &major, &minor, &inode) == 7;
}

// Whether a known Rss (in bytes) is in some line of that label, and addresses in some header.
static bool stands_there(const char *text, size_t size, const char *prefix, uint64_t kb)
{
    for (size_t at = 0; at < size;) {
        const char *newline = memchr(text + at, '\n', size - at);
        const size_t end = newline ? (size_t)(newline - text) : size, len = strlen(prefix);
        char *line = strndup(text + at, end - at);
        uint64_t number;
        expect(line != NULL);
        const bool is = strncmp(line, prefix, len) == 0 && sscanf(line + len, "%" SCNu64, &number) == 1 &&
                        number == kb && !is_header(line);
        free(line);
        if (is)
            return true;
        at = end + 1;
    }
    return false;
}

static void check_numbers(const struct ms_listing *listing, const char *text, size_t size)
{
    for (size_t i = 0; i < listing->count && i < 16; i++) {
        const struct ms_value rss = ms_listing_get(listing, i, MS_FIELD_SMAPS_rss, NULL);
        char range[64];
        if (rss.why == MS_KNOWN)
            expect(stands_there(text, size, "Rss:", rss.number / 1024));
        snprintf(range, sizeof(range), "%" PRIx64, listing->vmas[i].start);
        if (listing->vmas[i].start > 0xffff && !memmem(text, size, range, strlen(range))) {
            snprintf(range, sizeof(range), "%" PRIX64, listing->vmas[i].start);
            bool mixed = false; // lower and upper case in one number
            for (size_t at = 0; at + strlen(range) <= size && !mixed; at++)
                mixed = strncasecmp(text + at, range, strlen(range)) == 0;
            expect(mixed);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ms_listing whole, pieces;
    if (size < 2)
        return 0;
    const bool counters = data[0] & 1;
    const char *text = (const char *)data + 2;
    size -= 2;
    parse(&whole, counters, text, size, size ? size : 1);
    parse(&pieces, counters, text, size, (size_t)data[1] + 1);
    expect(whole.count == pieces.count && whole.malformed == pieces.malformed && !whole.failed);
    expect(whole.seen == pieces.seen);
    for (size_t i = 0; i < whole.count; i++)
        compare(&whole, &pieces, i);
    check_numbers(&whole, text, size);
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
