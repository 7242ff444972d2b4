// SPDX-License-Identifier: GPL-3.0-or-later
// Files of the machine that are lists: swaps, vmstat, sysvipc/shm.
#include "test_procfs.h"

enum { MOST = 8 };

static struct {
    struct ms_swap swaps[MOST];
    struct ms_segment segments[MOST];
    struct ms_text names[MOST];
    uint64_t numbers[MOST];
    size_t count;
} seen;

static void take_swap(void *ctx, const struct ms_swap *swap)
{
    (void)ctx;
    assert_true(seen.count < MOST);
    seen.swaps[seen.count++] = *swap;
}

static void take_segment(void *ctx, const struct ms_segment *segment)
{
    (void)ctx;
    assert_true(seen.count < MOST);
    seen.segments[seen.count++] = *segment;
}

static void take_counter(void *ctx, struct ms_text name, uint64_t number)
{
    (void)ctx;
    assert_true(seen.count < MOST);
    seen.names[seen.count] = name;
    seen.numbers[seen.count++] = number;
}

static void expect_is(struct ms_text text, const char *expected)
{
    if (!ms_text_eq(text, ms_text_of(expected)))
        fail_msg("it is '%.*s' and should be '%s'", (int)text.len, text.data, expected);
}

static void check_value(struct ms_value value, enum ms_reason why, uint64_t number)
{
    assert_int_equal(value.why, why);
    if (why == MS_KNOWN)
        assert_int_equal(value.number, number);
}

#define SWAPS(lines) MS_TEXT("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n" lines)

static void swaps_are_in_bytes(void **state)
{
    (void)state;
    seen.count = 0;
    ms_swaps_each(SWAPS("/dev/sda5                               partition\t4194300\t\t12\t\t-2\n"
                        "/a\\040b                                 file\t\t8\t\t0\t\t10\n"),
                  take_swap, NULL);
    assert_int_equal(seen.count, 2);
    expect_is(seen.swaps[0].path, "/dev/sda5");
    expect_is(seen.swaps[0].kind, "partition");
    check_value(seen.swaps[0].size, MS_KNOWN, 4194300ULL * 1024);
    check_value(seen.swaps[0].used, MS_KNOWN, 12 * 1024);
    check_value(seen.swaps[0].priority, MS_KNOWN, (uint64_t)-2);
    expect_is(seen.swaps[1].path, "/a\\040b"); // as the kernel escapes it
    expect_is(seen.swaps[1].kind, "file");
    check_value(seen.swaps[1].size, MS_KNOWN, 8192);
    check_value(seen.swaps[1].used, MS_KNOWN, 0);
    check_value(seen.swaps[1].priority, MS_KNOWN, 10);
}

static void swaps_that_are_none_have_no_numbers(void **state)
{
    (void)state;
    seen.count = 0;
    ms_swaps_each(SWAPS(""), take_swap, NULL);
    ms_swaps_each(MS_TEXT(""), take_swap, NULL);
    assert_int_equal(seen.count, 0);
    ms_swaps_each(SWAPS("/x file x 18446744073709551615 high\n/y file 18014398509481984 1\n"), take_swap,
                  NULL);
    assert_int_equal(seen.count, 2);
    check_value(seen.swaps[0].size, MS_MALFORMED, 0);
    check_value(seen.swaps[0].used, MS_MALFORMED, 0); // more bytes than 64 bits count
    check_value(seen.swaps[0].priority, MS_MALFORMED, 0);
    check_value(seen.swaps[1].size, MS_MALFORMED, 0);
    check_value(seen.swaps[1].used, MS_KNOWN, 1024);
    check_value(seen.swaps[1].priority, MS_MALFORMED, 0);
}

static void counters_of_vmstat(void **state)
{
    (void)state;
    seen.count = 0;
    ms_vmstat_each(
        MS_TEXT("nr_free_pages 123\n\nnr_dirty -1\nbroken\noom_kill  0 \nlast 18446744073709551615"),
        take_counter, NULL);
    assert_int_equal(seen.count, 3);
    expect_is(seen.names[0], "nr_free_pages");
    assert_int_equal(seen.numbers[0], 123);
    expect_is(seen.names[1], "oom_kill");
    assert_int_equal(seen.numbers[1], 0);
    expect_is(seen.names[2], "last");
    assert_true(seen.numbers[2] == UINT64_MAX);
}

#define SHM(lines)                                                                                           \
    MS_TEXT("       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid  " \
            "    atime      dtime      ctime                   rss                  swap\n" lines)

static void segments_of_shared_memory(void **state)
{
    (void)state;
    seen.count = 0;
    ms_segments_each(
        SHM("         0          3  1600                 65536   101   102      4    33    34    35    36"
            " 1700000001 1700000002 1700000003                  8192                  4096\n"
            "         1          5   666                  4096     7     8      0     0     0     0     0"
            "          0          0          0\n" // before 2.6.36
            "         1          6   666                  4096     7     8      0     0     0     0     0"
            "          0          0          0                     x                    -1\n"),
        take_segment, NULL);
    assert_int_equal(seen.count, 3);
    const struct ms_segment *segment = &seen.segments[0];
    assert_int_equal(segment->id, 3);
    assert_int_equal(segment->size, 65536);
    assert_int_equal(segment->creator, 101);
    assert_int_equal(segment->attached, 4);
    assert_int_equal(segment->uid, 33);
    check_value(segment->rss, MS_KNOWN, 8192);
    check_value(segment->swap, MS_KNOWN, 4096);
    check_value(seen.segments[1].rss, MS_UNSUPPORTED, 0);
    check_value(seen.segments[1].swap, MS_UNSUPPORTED, 0);
    check_value(seen.segments[2].rss, MS_MALFORMED, 0);
    check_value(seen.segments[2].swap, MS_MALFORMED, 0);
}

// A segment without one of its numbers would be a wrong row.
static void segments_that_are_none(void **state)
{
    (void)state;
    static const int needed[] = {1, 3, 4, 6, 7};
    seen.count = 0;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        char line[128] = "titles\n";
        for (int word = 0; word < 16; word++)
            strcat(line, word == needed[i] ? "x " : "1 ");
        ms_segments_each(ms_text_of(line), take_segment, NULL);
    }
    ms_segments_each(SHM("\n1 2 3"), take_segment, NULL);
    ms_segments_each(MS_TEXT(""), take_segment, NULL);
    assert_int_equal(seen.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(swaps_are_in_bytes),     cmocka_unit_test(swaps_that_are_none_have_no_numbers),
        cmocka_unit_test(counters_of_vmstat),     cmocka_unit_test(segments_of_shared_memory),
        cmocka_unit_test(segments_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
