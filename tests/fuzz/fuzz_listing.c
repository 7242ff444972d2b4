// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as maps or smaps (bit 0 of the first byte), cut in pieces of any size (the second byte): the same
// listing as in one piece, and what a reader finds that is plain and slow; the same sums where mappings are
// summed as they are read, or none. With bit 1 the bytes are choices of how paragraphs of smaps differ from
// what the kernel prints.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "made_listing.h"
#include "mappings/listing.h"
#include "mappings/packed.h"
#include "mappings/streaming_sums.h"
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
    ms_listing_parser_init(&parser, listing, counters, NULL);
    if (listing->sums)
        ms_streaming_sums_begin(listing->sums, true);
    bool wanted = true;
    for (size_t at = 0; at < size && wanted; at += piece) {
        const size_t len = size - at < piece ? size - at : piece;
        char *own = malloc(len);
        expect(own != NULL);
        memcpy(own, bytes + at, len);
        wanted = ms_listing_parser_take(&parser, own, len);
        free(own);
        expect(wanted || listing->sums);
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
                    struct ms_packed_strings *strings)
{
    _Alignas(struct ms_packed) char kept[MS_PACKED_MAX];
    expect(ms_packed_make(strings, a, index, (struct ms_packed *)kept) > 0);
    for (int i = 0; i < MS_FIELD_COUNT; i++) {
        char scratch[3][32];
        const enum ms_field field = (enum ms_field)i;
        if (ms_fields[i].kind != MS_MAPPING)
            continue;
        const struct ms_value value = ms_listing_get(a, index, field, scratch[0]);
        same_value(value, ms_listing_get(b, index, field, scratch[1]), ms_fields[i].unit);
        same_value(value, ms_packed_get(strings, (struct ms_packed *)kept, field, scratch[2]),
                   ms_fields[i].unit);
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
static void compare_plainly(const struct ms_listing *listing, const struct plain_listing *plain,
                            bool counters)
{
    expect(listing->count == plain->count && listing->malformed == plain->malformed);
    for (size_t i = 0; i < plain->count; i++) {
        const struct plain_mapping *want = &plain->at[i];
        const struct ms_vma *vma = &listing->vmas[i];
        char scratch[32];
        expect(vma->start == want->start && vma->end == want->end && vma->offset == want->offset &&
               vma->inode == want->inode && vma->major == want->major && vma->minor == want->minor);
        same_text(ms_listing_get(listing, i, MS_FIELD_VMA_perms, scratch).text, want->perms);
        same_text(ms_listing_get(listing, i, MS_FIELD_VMA_name, scratch).text, want->name);
        for (int at = 0; at < PLAIN_FIELDS; at++)
            same_counter(listing, plain, i, at, counters);
    }
}

// ---- mappings that are summed as they are read

static const enum ms_field summed[] = {MS_FIELD_SMAPS_private_dirty, MS_FIELD_SMAPS_rss, MS_FIELD_VMA_size,
                                       MS_FIELD_SMAPS_thp_eligible};
enum { SUMMED = sizeof summed / sizeof *summed, SIZE = 2 };

static bool plain_number_of(const struct plain_mapping *mapping, enum ms_field field, uint64_t *number)
{
    if (field == MS_FIELD_VMA_size) {
        *number = mapping->end - mapping->start;
        return *number <= INT64_MAX;
    }
    const struct plain_value *value = &mapping->values[field - PLAIN_FIRST];
    *number = ms_fields[field].unit == MS_UNIT_KB ? value->number * 1024 : value->number;
    return value->known;
}

// Whether sums can be made of it.
static bool is_sound(const struct plain_listing *plain, bool counters)
{
    uint64_t number;
    for (size_t i = 0; i < plain->count; i++) {
        if (i && plain->at[i].start < plain->at[i - 1].end)
            return false;
        for (int k = 0; k < SUMMED; k++)
            if ((counters || k == SIZE) && !plain_number_of(&plain->at[i], summed[k], &number))
                return false;
    }
    return !plain->malformed;
}

static void same_group(const struct ms_group_sums *tally, size_t group, const struct plain_listing *plain)
{
    size_t at = 0, count = 0;
    const struct ms_text name = ms_group_sums_key(tally, group, 0, &at).text;
    const uint64_t writable = ms_group_sums_key(tally, group, 1, &at).number;
    struct ms_group_total sums[SUMMED] = {0};
    for (size_t i = 0; i < plain->count; i++) {
        const struct plain_mapping *mapping = &plain->at[i];
        if (!ms_text_eq(name, ms_text_of(mapping->name)) || writable != (mapping->perms[1] == 'w'))
            continue;
        count++;
        for (unsigned k = 0; k < tally->sum_count; k++) {
            uint64_t number = 0;
            plain_number_of(mapping, tally->sums[k], &number);
            sums[k].sum += number;
            sums[k].zeros += number == 0;
            sums[k].max = number > sums[k].max ? number : sums[k].max;
        }
    }
    expect(tally->groups[group].count == count && count > 0);
    for (unsigned k = 0; k < tally->sum_count; k++) {
        const struct ms_group_total *got = &tally->totals[group * tally->sum_count + k];
        expect(got->sum == sums[k].sum && got->count == count && got->zeros == sums[k].zeros &&
               got->max == sums[k].max && got->min <= got->max && (got->min == 0) == (got->zeros > 0));
    }
}

static void compare_sums(const struct ms_listing *folded, const struct plain_listing *plain, bool counters)
{
    const struct ms_streaming_sums *sums = folded->sums;
    expect(sums->complete == is_sound(plain, counters));
    expect(sums->complete != ms_streaming_sums_is_lost(sums));
    if (!sums->complete)
        return;
    uint64_t mappings = 0;
    for (size_t group = 0; group < sums->tally.count; group++) {
        same_group(&sums->tally, group, plain);
        mappings += sums->tally.groups[group].count;
    }
    expect(mappings == plain->count && ms_listing_number(folded) == plain->count);
}

// `room`: how many mappings are kept at a time.
static void check_sums(const struct plain_listing *plain, bool counters, const char *text, size_t size,
                       size_t piece, size_t room)
{
    static struct ms_listing folded;
    struct ms_group_sums like = {.keys = {MS_FIELD_VMA_name, MS_FIELD_VMA_w}, .key_count = 2};
    for (int k = 0; k < SUMMED; k++)
        if (counters || k == SIZE)
            like.sums[like.sum_count++] = summed[k];
    ms_streaming_sums_destroy(folded.sums);
    folded.sums = ms_streaming_sums_create(&like);
    expect(folded.sums != NULL);
    folded.sums->room = room;
    parse(&folded, counters, text, size, piece);
    ms_streaming_sums_end(folded.sums, &folded);
    compare_sums(&folded, plain, counters);
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
    ms_listing_init(&whole);
    ms_listing_init(&pieces);
    parse(&whole, counters, text, size, size ? size : 1);
    parse(&pieces, counters, text, size, (size_t)data[1] + 1);
    expect(whole.count == pieces.count && whole.malformed == pieces.malformed && !whole.failed);
    expect(whole.seen == pieces.seen);
    struct ms_packed_strings *strings = ms_packed_strings_create();
    expect(strings != NULL);
    for (size_t i = 0; i < whole.count; i++)
        compare(&whole, &pieces, i, strings);
    ms_packed_strings_destroy(strings);
    static struct plain_listing plain;
    if (!memchr(text, 0, size)) {
        plain_parse(&plain, text, size, counters);
        if (!plain.too_many) {
            compare_plainly(&whole, &plain, counters);
            check_sums(&plain, counters, text, size, (size_t)data[1] + 1, 1 + data[0] / 4 % 4);
        }
        plain_free(&plain);
    }
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
