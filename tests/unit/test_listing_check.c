// SPDX-License-Identifier: GPL-3.0-or-later
// Listings of mappings that changed while they were read: read again, then clipped and flagged.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reader/reader.h"

static void parse(struct ms_listing *listing, const char *text, bool counters)
{
    struct ms_listing_parser parser;
    ms_listing_init(listing);
    ms_listing_parser_init(&parser, listing, counters, NULL);
    assert_true(ms_listing_parser_take(&parser, text, strlen(text)));
    ms_listing_parser_end(&parser);
    ms_listing_parser_deinit(&parser);
}

struct region {
    uint64_t start;
    uint64_t end;
    bool inconsistent;
};

static void check(const char *text, const struct region *wanted, size_t count)
{
    struct ms_listing listing;
    parse(&listing, text, false);
    ms_listing_clip(&listing);
    assert_false(listing.failed);
    assert_int_equal(listing.count, count);
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(listing.vmas[i].start, wanted[i].start);
        assert_int_equal(listing.vmas[i].end, wanted[i].end);
        assert_int_equal(listing.vmas[i].inconsistent, wanted[i].inconsistent);
        any = any || wanted[i].inconsistent;
    }
    assert_int_equal(listing.inconsistent, any);
    assert_true(ms_listing_in_order(&listing));
    ms_listing_deinit(&listing);
}

#define CHECK(text, ...)                                                                                     \
    check(text, (const struct region[]){__VA_ARGS__},                                                        \
          sizeof((const struct region[]){__VA_ARGS__}) / sizeof(struct region))

#define LINE(range) range " rw-p 00000000 00:00 0 \n"

static void order_is_left_alone(void **state)
{
    (void)state;
    CHECK(LINE("1000-2000") LINE("2000-3000") LINE("5000-6000"), {0x1000, 0x2000, false},
          {0x2000, 0x3000, false}, {0x5000, 0x6000, false});
}

static void the_newer_larger_one_is_whole(void **state)
{
    (void)state;
    // Seen of a kernel: the second is the first merged with what was mapped below it.
    CHECK(LINE("641000-643000") LINE("63a000-644000") LINE("700000-701000"), {0x63a000, 0x644000, true},
          {0x700000, 0x701000, false});
    CHECK(LINE("1000-4000") LINE("2000-6000"), {0x1000, 0x2000, true}, {0x2000, 0x6000, true});
    CHECK(LINE("1000-6000") LINE("5000-7000"), {0x1000, 0x6000, true}, {0x6000, 0x7000, true});
    CHECK(LINE("1000-6000") LINE("2000-3000"), {0x1000, 0x6000, true});
    CHECK(LINE("1000-3000") LINE("2000-4000"), {0x1000, 0x2000, true}, {0x2000, 0x4000, true});
    CHECK(LINE("1000-2000") LINE("1000-2000"), {0x1000, 0x2000, true});
}

static void what_goes_backwards_is_put_in_order(void **state)
{
    (void)state;
    CHECK(LINE("5000-6000") LINE("1000-2000") LINE("7000-8000"), {0x1000, 0x2000, true},
          {0x5000, 0x6000, true}, {0x7000, 0x8000, false});
    CHECK(LINE("ffff0000-ffff1000") LINE("1000-2000"), {0x1000, 0x2000, true},
          {0xffff0000, 0xffff1000, true});
    CHECK(LINE("1000-9000") LINE("8000-a000") LINE("8800-a800"), {0x1000, 0x9000, true},
          {0x9000, 0xa800, true});
}

#define PARAGRAPH(range, kb) LINE(range) "Rss: " kb " kB\nVmFlags: rd wr \n"

static enum ms_reason rss(const struct ms_listing *listing, size_t index, uint64_t *bytes)
{
    const struct ms_value value = ms_listing_get(listing, index, MS_FIELD_SMAPS_rss, NULL);
    *bytes = value.number;
    return value.why;
}

// The numbers of a mapping of which a part was cut are those of the whole.
static void counters_move_along_and_are_lost_by_the_cut(void **state)
{
    (void)state;
    struct ms_listing listing;
    uint64_t bytes;
    parse(&listing, PARAGRAPH("8000-9000", "4") PARAGRAPH("1000-4000", "12") PARAGRAPH("3000-7000", "16"),
          true);
    ms_listing_clip(&listing);
    assert_int_equal(listing.count, 3);
    assert_int_equal(listing.vmas[0].end, 0x3000);
    assert_int_equal(rss(&listing, 0, &bytes), MS_MALFORMED);
    assert_int_equal(ms_listing_get(&listing, 0, MS_FIELD_SMAPS_grows_down, NULL).why, MS_KNOWN);
    assert_int_equal(rss(&listing, 1, &bytes), MS_KNOWN);
    assert_int_equal(bytes, 16 * 1024);
    assert_int_equal(rss(&listing, 2, &bytes), MS_KNOWN);
    assert_int_equal(bytes, 4 * 1024);
    ms_listing_deinit(&listing);
}

// Any ranges at all: nothing overlaps afterwards, and what is covered was covered before.
static void any_mixture_comes_out_in_order(void **state)
{
    (void)state;
    srand(7);
    for (int round = 0; round < 2000; round++) {
        char text[64 * 40], *at = text;
        bool before[64] = {false}, after[64] = {false};
        struct ms_listing listing;
        for (int i = 0, lines = 1 + rand() % 20; i < lines; i++) {
            const unsigned start = (unsigned)rand() % 60, end = start + 1 + (unsigned)rand() % 4;
            at += sprintf(at, LINE("%x000-%x000"), start, end);
            for (unsigned page = start; page < end; page++)
                before[page] = true;
        }
        parse(&listing, text, false);
        ms_listing_clip(&listing);
        assert_true(ms_listing_in_order(&listing));
        for (size_t i = 0; i < listing.count; i++)
            for (uint64_t page = listing.vmas[i].start >> 12; page < listing.vmas[i].end >> 12; page++)
                after[page] = true;
        for (int page = 0; page < 64; page++)
            assert_false(after[page] && !before[page]);
        ms_listing_deinit(&listing);
    }
}

// ---- reading again

static char root[] = "/tmp/memsh-listing-XXXXXX";

static void put(const char *path, const char *text)
{
    char full[128];
    snprintf(full, sizeof full, "%s/%s", root, path);
    FILE *out = fopen(full, "w");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

static int make_root(void **state)
{
    (void)state;
    char dir[64];
    if (!mkdtemp(root))
        return -1;
    snprintf(dir, sizeof dir, "%s/7", root);
    if (mkdir(dir, 0700) != 0)
        return -1;
    put("7/stat", "7 (moving) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 77 4096 1 0\n");
    put("7/maps", LINE("1000-3000") LINE("2000-4000"));
    return 0;
}

static int remove_root(void **state)
{
    (void)state;
    static const char *const paths[] = {"7/stat", "7/maps", "7", "."};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        char full[128];
        snprintf(full, sizeof full, "%s/%s", root, paths[i]);
        remove(full);
    }
    return rmdir(root) == 0 || errno == ENOENT ? 0 : -1;
}

// Gives a listing in order from the `good`-th opening on.
struct turns {
    int opened;
    int good;
    const char *bad;
};

#define OVERLAPPING LINE("1000-3000") LINE("2000-4000")
#define CUT LINE("1000-3000") "3000-4000 rw-p 0000"

static int count_maps(void *ctx, const char *path)
{
    struct turns *turns = ctx;
    if (strcmp(path, "7/maps") == 0 && ++turns->opened == turns->good)
        put("7/maps", LINE("1000-3000") LINE("3000-4000"));
    return 0;
}

static struct ms_listing read_moving(struct turns *turns)
{
    struct ms_source *source = NULL;
    struct ms_process process;
    struct ms_listing listing;
    put("7/maps", turns->bad);
    assert_int_equal(ms_source_create(root, &source), 0);
    ms_source_set_hooks(source, (struct ms_source_hooks){.open = count_maps, .ctx = turns});
    ms_process_init(&process, source, 7);
    ms_listing_init(&listing);
    assert_int_equal(ms_reader_list(&process, false, 0, &listing), MS_KNOWN);
    ms_process_deinit(&process);
    ms_source_destroy(source);
    return listing;
}

static void one_that_settles_is_as_it_is(void **state)
{
    (void)state;
    struct turns turns = {.good = 2, .bad = OVERLAPPING};
    struct ms_listing listing = read_moving(&turns);
    assert_int_equal(turns.opened, 2);
    assert_false(listing.inconsistent);
    assert_int_equal(listing.vmas[1].start, 0x3000);
    ms_listing_deinit(&listing);
}

// A process that ends while it is read may leave half a line.
static void one_that_ends_early_is_read_again(void **state)
{
    (void)state;
    struct turns turns = {.good = 2, .bad = CUT};
    struct ms_listing listing = read_moving(&turns);
    assert_int_equal(turns.opened, 2);
    assert_int_equal(listing.count, 2);
    assert_false(listing.malformed);
    ms_listing_deinit(&listing);
    turns = (struct turns){.good = -1, .bad = CUT};
    listing = read_moving(&turns);
    assert_int_equal(turns.opened, 2); // each time costs the process as much as the first
    assert_true(listing.malformed);
    ms_listing_deinit(&listing);
}

static void one_that_never_settles_is_flagged(void **state)
{
    (void)state;
    struct turns turns = {.good = -1, .bad = OVERLAPPING};
    struct ms_listing listing = read_moving(&turns);
    assert_int_equal(turns.opened, 2); // each time costs the process as much as the first
    assert_true(listing.inconsistent);
    assert_int_equal(listing.count, 2);
    assert_int_equal(listing.vmas[0].end, 0x2000);
    ms_listing_deinit(&listing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_left_alone),
        cmocka_unit_test(the_newer_larger_one_is_whole),
        cmocka_unit_test(what_goes_backwards_is_put_in_order),
        cmocka_unit_test(counters_move_along_and_are_lost_by_the_cut),
        cmocka_unit_test(any_mixture_comes_out_in_order),
        cmocka_unit_test(one_that_settles_is_as_it_is),
        cmocka_unit_test(one_that_ends_early_is_read_again),
        cmocka_unit_test(one_that_never_settles_is_flagged),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
