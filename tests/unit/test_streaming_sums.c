// SPDX-License-Identifier: GPL-3.0-or-later
// Mappings that are summed while they are read: the sums of the listing as it would have been kept; and that
// listing itself, where a number is unknown or mappings overlap.
#include "test_procfs.h"

#include "mappings/streaming_sums.h"
#include "reader/reader.h"

enum { PID = 7, MAPPINGS = 300 }; // more than are kept at a time

static char text[MAPPINGS * 400], whole[MAPPINGS * 400];

enum oddity { NOTHING, UNKNOWN, OVERLAP, NO_LINE };

// One mapping of every third is of the file; `odd` is what is the matter with the mapping at `at`.
static void make_smaps(char *out, enum oddity odd, int at)
{
    for (int i = 0; i < MAPPINGS; i++) {
        const bool is_it = i == at;
        out +=
            sprintf(out,
                    "%08x-%08x rw-p 00000000 %s\n"
                    "Size:           %8d kB\nKernelPageSize:        4 kB\nMMUPageSize:           4 kB\n"
                    "Rss:            %8d kB\nPrivate_Dirty:  %8d kB\n%s:            %8d kB\n"
                    "VmFlags: rd wr mr \n",
                    0x1000000 + i * 0x2000 - (is_it && odd == OVERLAP ? 0x1800 : 0), 0x1001000 + i * 0x2000,
                    i % 3 ? "00:00 0 " : "08:01 9                                /lib/x.so", 4, i,
                    i % 2 ? i : 0, is_it && odd == UNKNOWN ? "New" : "Pss", 3 * i);
        if (is_it && odd == NO_LINE)
            out += sprintf(out, "no line of smaps\n");
    }
}

static const struct ms_group_sums like = {
    .keys = {MS_FIELD_VMA_path},
    .key_count = 1,
    .sums = {MS_FIELD_SMAPS_rss, MS_FIELD_SMAPS_private_dirty, MS_FIELD_SMAPS_pss},
    .once = {false, true, false},
    .sum_count = 3,
};

// Gives a whole listing from the `good`-th opening on; 0: never.
struct turns {
    int opened;
    int good;
};

static int count_opens(void *ctx, const char *path)
{
    struct turns *turns = ctx;
    if (strcmp(path, "7/smaps") == 0 && ++turns->opened == turns->good)
        put("7/smaps", whole);
    return 0;
}

static enum ms_reason read_smaps(struct turns *turns, unsigned jobs, const struct ms_group_sums *sums,
                                 bool alone, struct ms_listing *out)
{
    struct ms_process process;
    put("7/stat", "7 (summed) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 77 4096 1 0\n");
    put("7/smaps", text);
    turns->opened = 0;
    struct ms_source *source = open_folder();
    const struct ms_reader_limits limits = {.jobs = jobs, .timeout_ms = 60000};
    assert_true(ms_reader_configure(source, &limits, (struct ms_reader_signs){0}));
    ms_source_set_hooks(source, (struct ms_source_hooks){.open = count_opens, .ctx = turns});
    ms_process_init(&process, source, PID);
    ms_listing_init(out);
    struct ms_request *request = ms_reader_request_sums(&process, true, 0, alone, sums);
    assert_non_null(request);
    const enum ms_reason why = ms_request_take(request, out);
    ms_request_destroy(request);
    ms_process_deinit(&process);
    ms_source_destroy(source);
    return why;
}

static void same_tallies(const struct ms_group_sums *a, const struct ms_group_sums *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        size_t at = 0, other_at = 0;
        assert_true(
            ms_text_eq(ms_group_sums_key(a, i, 0, &at).text, ms_group_sums_key(b, i, 0, &other_at).text));
        assert_int_equal(a->groups[i].count, b->groups[i].count);
        assert_int_equal(a->groups[i].processes, b->groups[i].processes);
        assert_int_equal(a->groups[i].first, b->groups[i].first);
        assert_memory_equal(&a->totals[i * a->sum_count], &b->totals[i * a->sum_count],
                            a->sum_count * sizeof a->totals[0]);
    }
}

// What is summed of two processes, of which the second may share the memory of the first: added as a whole,
// or merged.
static void compare_sums(const struct ms_listing *kept, const struct ms_listing *folded, bool again)
{
    struct ms_group_sums added, merged;
    ms_group_sums_init_like(&added, &like);
    ms_group_sums_init_like(&merged, &like);
    for (uint64_t number = 1; number <= 2; number++) {
        assert_int_equal(ms_group_sums_add(&added, kept, number, again && number == 2), MS_KNOWN);
        assert_int_equal(ms_group_sums_merge(&merged, &folded->sums->tally, number, again && number == 2),
                         MS_KNOWN);
    }
    same_tallies(&added, &merged);
    ms_group_sums_deinit(&added);
    ms_group_sums_deinit(&merged);
}

static void sums_are_those_of_the_listing(void **state)
{
    (void)state;
    make_smaps(text, NOTHING, -1);
    for (int i = 0; i < 4; i++) {
        struct turns turns = {0};
        struct ms_listing kept, folded;
        assert_int_equal(read_smaps(&turns, i & 1, NULL, i & 2, &kept), MS_KNOWN);
        assert_int_equal(read_smaps(&turns, i & 1, &like, i & 2, &folded), MS_KNOWN);
        assert_int_equal(turns.opened, 1);
        assert_int_equal(kept.count, MAPPINGS);
        assert_false(ms_listing_is_summed(&kept));
        assert_true(ms_listing_is_summed(&folded));
        assert_int_equal(ms_listing_number(&folded), MAPPINGS);
        assert_true(folded.count > 0 && folded.cap < MAPPINGS); // some are kept, and not all
        compare_sums(&kept, &folded, false);
        compare_sums(&kept, &folded, true);
        ms_listing_deinit(&kept);
        ms_listing_deinit(&folded);
    }
}

// What can't be summed is there as if it had not been tried.
static void same_listings(const struct ms_listing *a, const struct ms_listing *b)
{
    assert_false(ms_listing_is_summed(b));
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->malformed, b->malformed);
    assert_int_equal(a->inconsistent, b->inconsistent);
    for (size_t i = 0; i < a->count; i++)
        for (int id = 0; id < MS_FIELD_COUNT; id++) {
            char scratch[2][32];
            if (ms_fields[id].kind != MS_MAPPING || ms_fields[id].unit == MS_UNIT_FLAGS)
                continue;
            const struct ms_value x = ms_listing_get(a, i, (enum ms_field)id, scratch[0]),
                                  y = ms_listing_get(b, i, (enum ms_field)id, scratch[1]);
            assert_int_equal(x.why, y.why);
            if (x.why == MS_KNOWN && x.text.data == NULL)
                assert_int_equal(x.number, y.number);
        }
}

static void what_is_odd_is_kept(void **state)
{
    (void)state;
    static const struct {
        enum oddity odd;
        int at;
        int opened; // beside those of a listing that is kept
    } cases[] = {
        {UNKNOWN, 0, 1}, {UNKNOWN, 30, 1}, {UNKNOWN, 63, 1},  {UNKNOWN, 64, 1}, {UNKNOWN, 299, 1},
        {OVERLAP, 1, 0}, {OVERLAP, 64, 0}, {OVERLAP, 200, 0}, {NO_LINE, 0, 0},  {NO_LINE, 200, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct turns turns = {0};
        struct ms_listing kept, tried;
        make_smaps(text, cases[i].odd, cases[i].at);
        assert_int_equal(read_smaps(&turns, 0, NULL, false, &kept), MS_KNOWN);
        const int opened = turns.opened;
        assert_int_equal(read_smaps(&turns, 1, &like, false, &tried), MS_KNOWN);
        assert_int_equal(turns.opened, opened + cases[i].opened);
        same_listings(&kept, &tried);
        ms_listing_deinit(&kept);
        ms_listing_deinit(&tried);
    }
}

// One that settles when it is read again is the listing of that time.
static void one_that_settles_is_read_again(void **state)
{
    (void)state;
    make_smaps(whole, NOTHING, -1);
    for (int at = 10; at < MAPPINGS; at += 200) {
        struct turns turns = {.good = 2};
        struct ms_listing listing;
        make_smaps(text, OVERLAP, at);
        assert_int_equal(read_smaps(&turns, 1, &like, true, &listing), MS_KNOWN);
        assert_int_equal(turns.opened, 2);
        assert_int_equal(ms_listing_number(&listing), MAPPINGS);
        assert_false(listing.inconsistent);
        ms_listing_deinit(&listing);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_those_of_the_listing),
        cmocka_unit_test(what_is_odd_is_kept),
        cmocka_unit_test(one_that_settles_is_read_again),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
