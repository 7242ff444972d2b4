// SPDX-License-Identifier: GPL-3.0-or-later
// Files of "Label: value" lines (status, smaps_rollup, meminfo), and pressure/memory.
#include "test_procfs.h"

static struct ms_block *parse_bytes(enum ms_file file, const char *text, size_t len, struct ms_source *source)
{
    char *own = malloc(len ? len : 1);
    struct ms_block *block = ms_block_create(file, MS_NOT_RECORDED);
    assert_true(own && block);
    memcpy(own, text, len);
    ms_parse_file(block, (struct ms_text){own, len}, (struct ms_parse_context){.source = source});
    free(own);
    return block;
}

static struct ms_block *parse(enum ms_file file, const char *text)
{
    return parse_bytes(file, text, strlen(text), NULL);
}

static void status_in_any_order(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "Name:\tx\nUid:\t1\t2\t3\t4\nVmSize:\t     100 kB\nVmSwap:\t 8 "
        "kB\nThreads:\t3\nuntag_mask:\t0xffffffffffffff\n",
        "Threads:\t3\nuntag_mask:\t0xffffffffffffff\nVmSwap: 8 kB\n\nno colon\nVmSize:100 kB\nUid: 1 2 3 "
        "4\nName:\tx\n",
    };
    for (size_t i = 0; i < 2; i++) {
        struct ms_block *block = parse(MS_FILE_STATUS, texts[i]);
        expect_text(block, MS_FIELD_STAT_comm, "x", 1);
        expect_number(block, MS_FIELD_STATUS_ruid, 1);
        expect_number(block, MS_FIELD_STATUS_uid, 2);
        expect_number(block, MS_FIELD_STATUS_user, 2);
        expect_number(block, MS_FIELD_STATUS_vm_size, 102400);
        expect_number(block, MS_FIELD_STATM_virt, 102400);
        expect_number(block, MS_FIELD_STATUS_vm_swap, 8192);
        expect_number(block, MS_FIELD_STAT_threads, 3);
        expect_number(block, MS_FIELD_STATUS_untag_mask, 0xffffffffffffff);
        expect_why(block, MS_FIELD_STATUS_rss_anon, MS_UNSUPPORTED);
        expect_why(block, MS_FIELD_STATUS_gid, MS_UNSUPPORTED);
        ms_block_destroy(block);
    }
}

static void expect_kb(const char *value, enum ms_reason why, uint64_t bytes)
{
    char text[256];
    snprintf(text, sizeof(text), "VmSwap:%s\nVmSize: 1 kB\nThreads: 1\n", value);
    struct ms_block *block = parse(MS_FILE_STATUS, text);
    expect_why(block, MS_FIELD_STATUS_vm_swap, why);
    if (why == MS_KNOWN)
        expect_number(block, MS_FIELD_STATUS_vm_swap, bytes);
    ms_block_destroy(block);
}

static void what_is_a_number_of_kilobytes(void **state)
{
    (void)state;
    expect_kb("\t       0 kB", MS_KNOWN, 0);
    expect_kb("8 kB", MS_KNOWN, 8192);
    expect_kb("  \t 8   kB  ", MS_KNOWN, 8192);
    expect_kb("\t9007199254740991 kB", MS_KNOWN, 9007199254740991ULL * 1024);
    expect_kb("\t9007199254740992 kB", MS_MALFORMED, 0); // more than 2^63 - 1 bytes
    expect_kb("\t18014398509481980 kB", MS_MALFORMED, 0);
    expect_kb("\t18446744073709551616 kB", MS_MALFORMED, 0);
    expect_kb("\t-8 kB", MS_MALFORMED, 0);
    expect_kb("\t+8 kB", MS_MALFORMED, 0);
    expect_kb("\t8", MS_MALFORMED, 0);
    expect_kb("\t8 k", MS_MALFORMED, 0);
    expect_kb("\t8 MB", MS_MALFORMED, 0);
    expect_kb("\t8 kB more", MS_MALFORMED, 0);
    expect_kb("\t0x8 kB", MS_MALFORMED, 0);
    expect_kb("", MS_MALFORMED, 0);
    expect_kb(" kB", MS_MALFORMED, 0);
    struct ms_block *block =
        parse_bytes(MS_FILE_STATUS, "VmSwap: 8\0 kB\nVmSize: 1 kB\nThreads: 1\n", 38, NULL);
    expect_why(block, MS_FIELD_STATUS_vm_swap, MS_MALFORMED);
    expect_number(block, MS_FIELD_STATUS_vm_size, 1024);
    ms_block_destroy(block);
}

static bool is_kilobytes(const char *value)
{
    value += strspn(value, " \t");
    const size_t digits = strspn(value, "0123456789");
    value += digits;
    const size_t space = strspn(value, " \t");
    return digits && space && strncmp(value + space, "kB", 2) == 0 &&
           strspn(value + space + 2, " \t") == strlen(value + space + 2);
}

// Each byte of a line that comes where it is expected, as every other byte.
static void a_line_with_another_byte_in_it(void **state)
{
    (void)state;
    static const char usual[] = "\t     812 kB";
    for (size_t at = 0; at < sizeof usual - 1; at++)
        for (int byte = 1; byte < 256; byte++) {
            char value[sizeof usual], text[256];
            memcpy(value, usual, sizeof usual);
            value[at] = (char)byte;
            snprintf(text, sizeof text, "VmPeak: 1 kB\nVmSize:%s\nThreads: 1\n", value);
            struct ms_block *block = parse(MS_FILE_STATUS, text);
            const bool known = ms_block_get(block, ms_place_first(MS_FIELD_STATUS_vm_size)).why == MS_KNOWN;
            assert_true(byte == '\n' || known == is_kilobytes(value));
            ms_block_destroy(block);
        }
}

static void expect_name(const char *line, const char *name, size_t len)
{
    char text[256];
    snprintf(text, sizeof(text), "Name:%s\nThreads: 1\n", line);
    struct ms_block *block = parse(MS_FILE_STATUS, text);
    expect_text(block, MS_FIELD_STAT_comm, name, len);
    ms_block_destroy(block);
}

static void names_are_unescaped(void **state)
{
    (void)state;
    expect_name("\tcat", "cat", 3);
    expect_name("cat", "cat", 3);
    expect_name("", "", 0);
    expect_name("\t", "", 0);
    expect_name("\ta\\nb", "a\nb", 3);
    expect_name("\ta\\\\nb", "a\\nb", 4);
    expect_name("\t\\\\", "\\", 1);
    expect_name("\t\\", "\\", 1);
    expect_name("\t\\t", "\\t", 2);
    expect_name("\t\t x: ", "\t x: ", 5);
    expect_name("\t\xff\x1b", "\xff\x1b", 2);
    char longest[101] = {0};
    char line[110] = "\t";
    memset(longest, 'n', 100);
    expect_name(strcat(line, longest), longest, 100);
}

// stat shows the same name raw.
static void stat_and_status_agree_on_each_name(void **state)
{
    (void)state;
    static const char escaped[] = "Name:\t) R 1 (\\n) S 1\\\\\nThreads:\t1\n";
    struct ms_block *status = parse(MS_FILE_STATUS, escaped);
    struct ms_block *stat = ms_block_create(MS_FILE_STAT, MS_NOT_RECORDED);
    ms_parse_file(stat, MS_TEXT("7 () R 1 (\n) S 1\\) S 1 1\n"), (struct ms_parse_context){0});
    assert_true(
        ms_text_eq(value_of(status, MS_FIELD_STAT_comm).text, value_of(stat, MS_FIELD_STAT_comm).text));
    ms_block_destroy(status);
    ms_block_destroy(stat);
}

static void a_label_that_comes_twice_says_nothing(void **state)
{
    (void)state;
    struct ms_block *block =
        parse(MS_FILE_STATUS, "VmSwap: 8 kB\nVmSize: 1 kB\nVmSwap: 9 kB\nThreads: 1\nVmSwap: 8 kB\n");
    expect_why(block, MS_FIELD_STATUS_vm_swap, MS_MALFORMED);
    expect_number(block, MS_FIELD_STATUS_vm_size, 1024);
    ms_block_destroy(block);
}

static void a_label_that_comes_again_where_it_is_expected_says_nothing(void **state)
{
    (void)state;
    struct ms_block *block =
        parse(MS_FILE_STATUS, "VmSize:\t 1 kB\nVmSwap:\t 8 kB\nVmPMD:\t 1 kB\nVmSwap:\t 9 kB\nThreads:\t1\n");
    expect_why(block, MS_FIELD_STATUS_vm_swap, MS_MALFORMED);
    expect_number(block, MS_FIELD_STATUS_vm_pmd, 1024);
    ms_block_destroy(block);
}

static void expect_flag(const char *value, enum ms_reason why, uint64_t number)
{
    char text[256];
    snprintf(text, sizeof text, "VmSize:\t 1 kB\nHugetlbPages:\t 0 kB\nCoreDumping:%s\nThreads:\t1\n", value);
    struct ms_block *block = parse(MS_FILE_STATUS, text);
    expect_why(block, MS_FIELD_STATUS_core_dumping, why);
    if (why == MS_KNOWN)
        expect_number(block, MS_FIELD_STATUS_core_dumping, number);
    ms_block_destroy(block);
}

static void a_flag_is_0_or_1(void **state)
{
    (void)state;
    expect_flag("\t0", MS_KNOWN, 0);
    expect_flag("\t1", MS_KNOWN, 1);
    expect_flag(" 1 ", MS_KNOWN, 1);
    expect_flag("\t2", MS_MALFORMED, 0);
    expect_flag("\t1 kB", MS_MALFORMED, 0);
    expect_flag("\tx", MS_MALFORMED, 0);
    expect_flag("", MS_MALFORMED, 0);
}

static void expect_mask(const char *value, enum ms_reason why, uint64_t number)
{
    char text[256];
    snprintf(text, sizeof text, "VmSize:\t 1 kB\nuntag_mask:\t%s\nThreads:\t1\n", value);
    struct ms_block *block = parse(MS_FILE_STATUS, text);
    expect_why(block, MS_FIELD_STATUS_untag_mask, why);
    if (why == MS_KNOWN)
        expect_number(block, MS_FIELD_STATUS_untag_mask, number);
    ms_block_destroy(block);
}

static void a_mask_is_hexadecimal(void **state)
{
    (void)state;
    expect_mask("0xffffffffffffffff", MS_KNOWN, UINT64_MAX);
    expect_mask("0x10", MS_KNOWN, 16);
    expect_mask("10", MS_KNOWN, 16);
    expect_mask("1f0", MS_KNOWN, 0x1f0);
    expect_mask("0x1", MS_KNOWN, 1);
    expect_mask("0x", MS_MALFORMED, 0);
    expect_mask("0x10000000000000000", MS_MALFORMED, 0);
    expect_mask("", MS_MALFORMED, 0);
}

// The largest number that is read the quick way, and one that is not.
static void long_numbers(void **state)
{
    (void)state;
    struct ms_block *block =
        parse(MS_FILE_STATUS, "VmSize:\t999999999999999 kB\nVmLck:\t1000000000000000 kB\n"
                              "VmPin:\t18446744073709551617 kB\nThreads:\t1\n");
    expect_number(block, MS_FIELD_STATUS_vm_size, 999999999999999ULL * 1024);
    expect_number(block, MS_FIELD_STATUS_vm_lck, 1000000000000000ULL * 1024);
    expect_why(block, MS_FIELD_STATUS_vm_pin, MS_MALFORMED);
    ms_block_destroy(block);
}

// A zombie or kernel thread has no lines about memory; other lines are missing because the kernel is old.
static void status_without_memory(void **state)
{
    (void)state;
    struct ms_block *block = parse(MS_FILE_STATUS, "Name:\tz\nUid:\t0\t0\t0\t0\nThreads:\t1\n");
    expect_why(block, MS_FIELD_STATUS_vm_swap, MS_NO_MEMORY);
    expect_why(block, MS_FIELD_STATUS_vm_rss, MS_NO_MEMORY);
    expect_why(block, MS_FIELD_STATUS_rss_shmem, MS_NO_MEMORY);
    expect_why(block, MS_FIELD_STATM_res, MS_NO_MEMORY);
    expect_why(block, MS_FIELD_STATUS_hugetlb_pages, MS_NO_MEMORY);
    expect_why(block, MS_FIELD_STATUS_untag_mask, MS_NO_MEMORY);
    expect_why(block, MS_FIELD_STATUS_kthread, MS_UNSUPPORTED);
    expect_why(block, MS_FIELD_STATUS_tracer_pid, MS_UNSUPPORTED);
    expect_why(block, MS_FIELD_STATUS_voluntary_ctxt_switches, MS_UNSUPPORTED);
    expect_number(block, MS_FIELD_STATUS_uid, 0);
    ms_block_destroy(block);
    // What is there all the same is what it is.
    block = parse(MS_FILE_STATUS, "VmSwap:\t 8 kB\nVmStk:\t x kB\nThreads:\t1\n");
    expect_number(block, MS_FIELD_STATUS_vm_swap, 8192);
    expect_why(block, MS_FIELD_STATUS_vm_stk, MS_MALFORMED);
    expect_why(block, MS_FIELD_STATUS_vm_rss, MS_NO_MEMORY);
    ms_block_destroy(block);
}

// Newer kernels add lines after the last one that is known.
static void lines_after_the_last_label(void **state)
{
    (void)state;
    struct ms_block *block = parse(
        MS_FILE_STATUS, "Threads:\t1\nnonvoluntary_ctxt_switches:\t5\nx86_Thread_features:\t\n\t7\n7 kB\n");
    expect_number(block, MS_FIELD_STATUS_nonvoluntary_ctxt_switches, 5);
    expect_number(block, MS_FIELD_STAT_threads, 1);
    ms_block_destroy(block);
    block = parse(MS_FILE_STATUS, "Threads:\t1\nnonvoluntary_ctxt_switches:\t5\n\t7\n7 kB\n");
    expect_number(block, MS_FIELD_STATUS_nonvoluntary_ctxt_switches, 5);
    ms_block_destroy(block);
}

static void one_user_instead_of_four(void **state)
{
    (void)state;
    struct ms_block *block = parse(MS_FILE_STATUS, "Uid:\t7\nVmSize:\t 1 kB\nThreads:\t1\n");
    expect_number(block, MS_FIELD_STATUS_ruid, 7);
    expect_why(block, MS_FIELD_STATUS_uid, MS_MALFORMED);
    expect_why(block, MS_FIELD_STATUS_user, MS_MALFORMED);
    ms_block_destroy(block);
}

static bool is_text(enum ms_unit unit)
{
    return unit == MS_UNIT_NAME || unit == MS_UNIT_WORD || unit == MS_UNIT_TEXT;
}

// Cut anywhere: a value is that of the whole file or it is unknown.
static void check_cuts(enum ms_file file, const char *text)
{
    struct ms_block *whole = parse(file, text);
    for (size_t len = 0; len < strlen(text); len++) {
        struct ms_block *block = parse_bytes(file, text, len, NULL);
        for (int place = ms_file_table[file].first; place < ms_file_table[file].last; place++) {
            const struct ms_value value = ms_block_get(block, place), right = ms_block_get(whole, place);
            if (ms_places[place].field < 0 || value.why == MS_MALFORMED)
                continue;
            if (value.why != MS_KNOWN || right.why != MS_KNOWN)
                assert_true(value.why == right.why || file == MS_FILE_MEMINFO || text[len - 1] == '\n');
            else if (is_text(value.unit))
                assert_true(ms_text_eq(value.text, right.text));
            else
                assert_true(value.number == right.number);
        }
        ms_block_destroy(block);
    }
    ms_block_destroy(whole);
}

static void cut_files_give_no_wrong_number(void **state)
{
    (void)state;
    check_cuts(MS_FILE_STATUS,
               "Name:\tcat\nState:\tS (sleeping)\nPid:\t1234\nUid:\t10\t20\t30\t40\nVmSize:\t  1234 kB\n"
               "VmSwap:\t  56 kB\nuntag_mask:\t0xffff\nThreads:\t12\nMems_allowed_list:\t0-13\n"
               "voluntary_ctxt_switches:\t1234\nnonvoluntary_ctxt_switches:\t56\n");
    check_cuts(MS_FILE_ROLLUP,
               "00400000-7ffc ---p 00000000 00:00 0     [rollup]\nRss:   1234 kB\nPss:    56 kB\n"
               "Swap:  12 kB\nSwapPss:   3 kB\nLocked:     100 kB\n");
    check_cuts(MS_FILE_MEMINFO,
               "MemTotal:  1234 kB\nMemFree:  12 kB\nHugePages_Total:   12\nDirectMap1G:  1048576 kB\n");
    check_cuts(MS_FILE_PRESSURE_MEMORY, "some avg10=1.25 avg60=0.00 avg300=0.00 total=1234\n"
                                        "full avg10=0.00 avg60=0.00 avg300=0.00 total=56\n");
}

static void a_cut_status_does_not_look_like_a_zombie(void **state)
{
    (void)state;
    struct ms_block *block = parse(MS_FILE_STATUS, "Name:\tx\nUid:\t0\t0\t0\t0\nVmPeak:\t 9 kB\n");
    expect_why(block, MS_FIELD_STATUS_vm_swap, MS_MALFORMED);
    expect_number(block, MS_FIELD_STATUS_vm_peak, 9216);
    ms_block_destroy(block);
    block = parse(MS_FILE_STATUS, "");
    expect_why(block, MS_FIELD_STATUS_vm_swap, MS_MALFORMED);
    expect_why(block, MS_FIELD_STAT_comm, MS_MALFORMED);
    ms_block_destroy(block);
    block = parse(MS_FILE_MEMINFO, "");
    expect_why(block, MS_FIELD_MEMINFO_mem_total, MS_MALFORMED);
    expect_why(block, MS_FIELD_MEMINFO_zswap, MS_MALFORMED);
    ms_block_destroy(block);
}

static void rollup(void **state)
{
    (void)state;
    static const char head[] = "Rss: 1-2 ---p 00000000 00:00 0   [rollup]\n"; // no line of its own
    char text[512];
    snprintf(text, sizeof(text), "%sRss: 16270 kB\nPss: 100 kB\nSwap: 4 kB\nLocked: 0 kB\n", head);
    struct ms_block *block = parse(MS_FILE_ROLLUP, text);
    expect_number(block, MS_FIELD_ROLLUP_rss_exact, 16270 * 1024);
    expect_number(block, MS_FIELD_ROLLUP_pss, 102400);
    expect_number(block, MS_FIELD_ROLLUP_swap_exact, 4096);
    expect_why(block, MS_FIELD_ROLLUP_pss_dirty, MS_UNSUPPORTED);
    expect_why(block, MS_FIELD_ROLLUP_ksm, MS_UNSUPPORTED);
    ms_block_destroy(block);
    snprintf(text, sizeof(text), "%sRss: 16270 kB\nPss: 100 kB\nSwap: 4 kB\n", head);
    block = parse(MS_FILE_ROLLUP, text);
    expect_number(block, MS_FIELD_ROLLUP_pss, 102400);
    expect_why(block, MS_FIELD_ROLLUP_locked, MS_MALFORMED);
    expect_why(block, MS_FIELD_ROLLUP_ksm, MS_MALFORMED);
    ms_block_destroy(block);
}

static void meminfo(void **state)
{
    (void)state;
    struct ms_block *block = parse(MS_FILE_MEMINFO, "MemTotal:       2040000 kB\nActive(anon):    12 kB\n"
                                                    "HugePages_Total:       7\nCommitted_AS:    5 kB");
    expect_number(block, MS_FIELD_MEMINFO_mem_total, 2040000ULL * 1024);
    expect_number(block, MS_FIELD_MEMINFO_active_anon, 12288);
    expect_number(block, MS_FIELD_MEMINFO_huge_pages_total, 7);
    expect_number(block, MS_FIELD_MEMINFO_committed_as, 5120);
    expect_why(block, MS_FIELD_MEMINFO_zswap, MS_UNSUPPORTED);
    ms_block_destroy(block);
    block = parse(MS_FILE_MEMINFO, "MemTotal:  0 kB\nMemFree:  0 kB\n"); // no machine has none
    expect_why(block, MS_FIELD_MEMINFO_mem_total, MS_MALFORMED);
    expect_number(block, MS_FIELD_MEMINFO_mem_free, 0);
    ms_block_destroy(block);
    block = parse(MS_FILE_MEMINFO, "MemTotal:  x kB\nMemFree:  1 kB\n");
    expect_why(block, MS_FIELD_MEMINFO_mem_total, MS_MALFORMED);
    expect_number(block, MS_FIELD_MEMINFO_mem_free, 1024);
    expect_why(block, MS_FIELD_MEMINFO_zswap, MS_UNSUPPORTED);
    ms_block_destroy(block);
}

static void unknown_labels_are_noted_once(void **state)
{
    (void)state;
    struct ms_source *source = open_folder();
    static const char text[] =
        "NewLabel: 1 kB\nSigQ:\t0/1\nVmSize: 1 kB\nThreads: 1\nNewLabel: 2 kB\nOther:\nplain\n";
    ms_block_destroy(parse_bytes(MS_FILE_STATUS, text, sizeof(text) - 1, source));
    ms_block_destroy(parse_bytes(MS_FILE_STATUS, text, sizeof(text) - 1, source));
    assert_string_equal(ms_source_noted_label(source, 0), "status: NewLabel");
    assert_string_equal(ms_source_noted_label(source, 1), "status: Other");
    assert_null(ms_source_noted_label(source, 2));
    ms_source_destroy(source);
}

static void pressure(void **state)
{
    (void)state;
    struct ms_block *block =
        parse(MS_FILE_PRESSURE_MEMORY,
              "some avg10=1.25 avg60=x avg300=0.50 total=1500000\nother avg10=1.00\nsome avg300=0.50\n"
              "some 1234567890123456789012345678901234567890123456789012345678=1 avg=1\n"
              "some 12345678901234567890123456789012345678901234567890123456789=1\n");
    expect_why(block, MS_FIELD_PRESSURE_MEMORY_pressure_some_avg10, MS_KNOWN);
    assert_true(value_of(block, MS_FIELD_PRESSURE_MEMORY_pressure_some_avg10).real == 1.25);
    assert_true(value_of(block, MS_FIELD_PRESSURE_MEMORY_pressure_some_total).real == 1.5);
    expect_why(block, MS_FIELD_PRESSURE_MEMORY_pressure_some_avg60, MS_MALFORMED);
    expect_why(block, MS_FIELD_PRESSURE_MEMORY_pressure_some_avg300, MS_MALFORMED);
    expect_why(block, MS_FIELD_PRESSURE_MEMORY_pressure_full_total, MS_UNSUPPORTED);
    ms_block_destroy(block);
    // A word that nothing ends may have been longer.
    block = parse(MS_FILE_PRESSURE_MEMORY,
                  "full avg10=0.10 avg60=0.00 avg300=0.00 total=5\nsome avg10=1.2 avg60=1");
    assert_true(value_of(block, MS_FIELD_PRESSURE_MEMORY_pressure_some_avg10).real == (double)1.2);
    expect_why(block, MS_FIELD_PRESSURE_MEMORY_pressure_some_avg60, MS_MALFORMED);
    expect_why(block, MS_FIELD_PRESSURE_MEMORY_pressure_some_total, MS_MALFORMED);
    expect_why(block, MS_FIELD_PRESSURE_MEMORY_pressure_full_total, MS_KNOWN);
    ms_block_destroy(block);
    block = parse(MS_FILE_PRESSURE_MEMORY, "");
    expect_why(block, MS_FIELD_PRESSURE_MEMORY_pressure_full_total, MS_MALFORMED);
    ms_block_destroy(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_in_any_order),
        cmocka_unit_test(what_is_a_number_of_kilobytes),
        cmocka_unit_test(a_line_with_another_byte_in_it),
        cmocka_unit_test(names_are_unescaped),
        cmocka_unit_test(stat_and_status_agree_on_each_name),
        cmocka_unit_test(a_label_that_comes_twice_says_nothing),
        cmocka_unit_test(a_label_that_comes_again_where_it_is_expected_says_nothing),
        cmocka_unit_test(a_flag_is_0_or_1),
        cmocka_unit_test(a_mask_is_hexadecimal),
        cmocka_unit_test(long_numbers),
        cmocka_unit_test(lines_after_the_last_label),
        cmocka_unit_test(one_user_instead_of_four),
        cmocka_unit_test(status_without_memory),
        cmocka_unit_test(cut_files_give_no_wrong_number),
        cmocka_unit_test(a_cut_status_does_not_look_like_a_zombie),
        cmocka_unit_test(rollup),
        cmocka_unit_test(meminfo),
        cmocka_unit_test_setup_teardown(unknown_labels_are_noted_once, make_folder, remove_folder),
        cmocka_unit_test(pressure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
