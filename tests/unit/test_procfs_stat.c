// SPDX-License-Identifier: GPL-3.0-or-later
// stat, statm, and the files that are one line or one text.
#include "test_procfs.h"

#define REST " S 1 2 3 0 -1 4194304 110 0 7 0 12 3 0 0 20 0 5 0 1010 352256 56 18446744073709551615 1 1 0 0\n"

static struct ms_block *parse(enum ms_file file, const char *text, size_t len)
{
    char *own = malloc(len ? len : 1); // an allocation of its size shows a step beyond
    struct ms_block *block = ms_block_create(file, MS_NOT_RECORDED);
    assert_true(own && block);
    memcpy(own, text, len);
    const struct ms_text bytes = {own, len};
    ms_parse_file(block, bytes, (struct ms_parse_context){0});
    free(own);
    return block;
}

#define PARSE(file, literal) parse(MS_FILE_##file, literal, sizeof(literal) - 1)

static void stat_counts_from_the_last_parenthesis(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *comm;
    } cases[] = {
        {"7 (cat)" REST, "cat"},
        {"7 ()" REST, ""},
        {"7 ( )" REST, " "},
        {"7 ())" REST, ")"},
        {"7 ((x)" REST, "(x"},
        {"7 (a\nb)" REST, "a\nb"},
        {"7 (\n)" REST, "\n"},
        {"7 () S 1 2)" REST, ") S 1 2"},
        {"7 (\xff\x1b\t\\)" REST, "\xff\x1b\t\\"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct ms_block *block = parse(MS_FILE_STAT, cases[i].text, strlen(cases[i].text));
        expect_text(block, MS_FIELD_STAT_comm, cases[i].comm, strlen(cases[i].comm));
        expect_text(block, MS_FIELD_STAT_state, "S", 1);
        expect_number(block, MS_FIELD_STAT_pid, 7);
        expect_number(block, MS_FIELD_STAT_ppid, 1);
        expect_number(block, MS_FIELD_STAT_flags, 4194304);
        expect_number(block, MS_FIELD_STAT_min_flt, 110);
        expect_number(block, MS_FIELD_STAT_maj_flt, 7);
        expect_number(block, MS_FIELD_STAT_threads, 5);
        expect_number(block, MS_FIELD_STAT_start_time, 1010);
        ms_block_destroy(block);
    }
}

// Wherever the file is cut: what was there before is right, what may have been cut is not given.
static void a_cut_stat_gives_no_wrong_number(void **state)
{
    (void)state;
    static const char text[] = "1234 (name)" REST;
    struct ms_block *whole = parse(MS_FILE_STAT, text, sizeof(text) - 1);
    for (size_t len = 0; len < sizeof(text) - 1; len++) {
        struct ms_block *block = parse(MS_FILE_STAT, text, len);
        const struct ms_file_info *file = &ms_file_table[MS_FILE_STAT];
        for (int place = file->first; place < file->last; place++) {
            const struct ms_value value = ms_block_get(block, place), right = ms_block_get(whole, place);
            if (value.why != MS_KNOWN)
                assert_int_equal(value.why, MS_MALFORMED);
            else if (value.unit == MS_UNIT_NAME || value.unit == MS_UNIT_WORD)
                assert_true(ms_text_eq(value.text, right.text));
            else
                assert_true(value.number == right.number);
        }
        ms_block_destroy(block);
    }
    ms_block_destroy(whole);
}

static void stat_that_is_none_is_malformed(void **state)
{
    (void)state;
    static const char *const cases[] = {"",   "\n",           "7 cat S 1\n", "7 (cat S 1\n", "7 cat) S 1\n",
                                        ")(", "7 )cat( S 1\n"};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct ms_block *block = parse(MS_FILE_STAT, cases[i], strlen(cases[i]));
        expect_why(block, MS_FIELD_STAT_comm, MS_MALFORMED);
        expect_why(block, MS_FIELD_STAT_start_time, MS_MALFORMED);
        ms_block_destroy(block);
    }
    struct ms_block *block = PARSE(STAT, "7 (x) S -1 0 0 0 0 18446744073709551616 1x 0 +1 0\n");
    expect_why(block, MS_FIELD_STAT_ppid, MS_MALFORMED);
    expect_why(block, MS_FIELD_STAT_flags, MS_MALFORMED);
    expect_why(block, MS_FIELD_STAT_min_flt, MS_MALFORMED);
    expect_why(block, MS_FIELD_STAT_maj_flt, MS_MALFORMED);
    expect_why(block, MS_FIELD_STAT_threads, MS_MALFORMED);
    expect_text(block, MS_FIELD_STAT_state, "S", 1);
    ms_block_destroy(block);
}

static struct ms_stat_id id_of(const char *text)
{
    return ms_parse_stat_id(ms_text_of(text));
}

// stat of a name, a start time, an address space in bytes, a start of its code
static const char *stat_like(const char *comm, int start, int vsize, int code)
{
    static char text[256];
    snprintf(text, sizeof(text),
             "7 (%s) S 1 2 3 0 -1 0 %d 0 7 0 12 3 0 0 20 0 5 0 %d %d 56 18446744073709551615 %d 0 0\n", comm,
             rand() % 1000, start, vsize, code);
    return text;
}

// stat whose fields from the 4th on are 1, but for one (as proc(5) numbers them, which has 52; newer kernels
// may add more)
static uint64_t image_but_for(int changed)
{
    char text[256];
    int len = snprintf(text, sizeof(text), "7 (x) S");
    for (int field = 4; field <= 60; field++)
        len += snprintf(text + len, sizeof(text) - (size_t)len, " %d", field == changed ? 2 : 1);
    snprintf(text + len, sizeof(text) - (size_t)len, "\n");
    return id_of(text).image;
}

static void an_image_has_these_fields_and_no_others(void **state)
{
    (void)state;
    // starttime, startcode, endcode, startstack, start_data, end_data, start_brk, arg_start
    static const bool has[61] = {[22] = true, [26] = true, [27] = true, [28] = true,
                                 [45] = true, [46] = true, [47] = true, [48] = true};
    for (int field = 4; field <= 60; field++)
        assert_int_equal(image_but_for(field) != image_but_for(0), has[field]);
}

static void an_image_is_told_by_name_start_addresses_and_memory(void **state)
{
    (void)state;
    const struct ms_stat_id id = id_of(stat_like("a", 100, 4096, 1));
    assert_true(id.has_start);
    assert_int_equal(id.start, 100);
    assert_true(id.image == id_of(stat_like("a", 100, 4096, 1)).image); // faults do not count
    assert_true(id.image == id_of(stat_like("a", 100, 8192, 1)).image); // nor does growth
    assert_true(id.image != id_of(stat_like("b", 100, 4096, 1)).image);
    assert_true(id.image != id_of(stat_like("a", 101, 4096, 1)).image);
    assert_true(id.image != id_of(stat_like("a", 100, 4096, 2)).image);
    assert_true(id.image != id_of(stat_like("a", 100, 0, 1)).image); // it has ended
    assert_false(id_of("garbage").has_start);
    assert_false(id_of("7 (x) S 1 2 3 0 -1 0 0 0 7 0 12 3 0 0 20 0 5 0 10").has_start); // 10...
}

static struct ms_block *parse_statm(const char *text, uint64_t page_size)
{
    struct ms_block *block = ms_block_create(MS_FILE_STATM, MS_NOT_RECORDED);
    assert_non_null(block);
    ms_parse_statm(block, ms_text_of(text), (struct ms_parse_context){.page_size = page_size});
    return block;
}

static void statm_is_in_pages(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {4096, 16384, 65536};
    for (size_t i = 0; i < 3; i++) {
        struct ms_block *block = parse_statm("1000 500 300 20 0 111 0\n", sizes[i]);
        expect_number(block, MS_FIELD_STATM_virt, 1000 * sizes[i]);
        expect_number(block, MS_FIELD_STATM_res, 500 * sizes[i]);
        expect_number(block, MS_FIELD_STATM_shr, 300 * sizes[i]);
        expect_number(block, MS_FIELD_STATM_code, 20 * sizes[i]);
        expect_number(block, MS_FIELD_STATM_data, 111 * sizes[i]);
        ms_block_destroy(block);
    }
}

static void expect_all(struct ms_block *block, enum ms_reason why)
{
    const struct ms_file_info *file = &ms_file_table[block->file];
    for (int place = file->first; place < file->last; place++)
        if (ms_places[place].field >= 0)
            expect_why(block, (enum ms_field)ms_places[place].field, why);
    ms_block_destroy(block);
}

static void statm_without_numbers(void **state)
{
    (void)state;
    expect_all(parse_statm("0 0 0 0 0 0 0\n", 4096), MS_NO_MEMORY);
    expect_all(parse_statm("0 0 0 0 0 0 0\n", 0), MS_NO_MEMORY);
    expect_all(parse_statm("1000 500 300 20 0 111 0\n", 0), MS_NOT_RECORDED);
    expect_all(parse_statm("", 4096), MS_MALFORMED);
    expect_all(parse_statm("\n", 4096), MS_MALFORMED);
    expect_all(parse_statm("a b c d e f g\n", 4096), MS_MALFORMED);
    expect_all(parse_statm("-1 -1 -1 -1 -1 -1 -1\n", 4096), MS_MALFORMED);
    expect_all(
        parse_statm(
            "2251799813685248 4503599627370496 2251799813685248 4503599627370496 0 2251799813685248\n", 4096),
        MS_MALFORMED);
    struct ms_block *block = parse_statm("1000 50", 4096); // of 500?
    expect_number(block, MS_FIELD_STATM_virt, 4096000);
    expect_why(block, MS_FIELD_STATM_res, MS_MALFORMED);
    expect_why(block, MS_FIELD_STATM_data, MS_MALFORMED);
    ms_block_destroy(block);
    block = parse_statm("2251799813685247 1\n2 3 4", 4096); // the largest there is; a second line is none
    expect_number(block, MS_FIELD_STATM_virt, 2251799813685247ULL * 4096);
    expect_number(block, MS_FIELD_STATM_res, 4096);
    expect_why(block, MS_FIELD_STATM_shr, MS_MALFORMED);
    ms_block_destroy(block);
}

#define CMDLINE(literal, line, list)                                                                         \
    do {                                                                                                     \
        struct ms_block *block_ = PARSE(CMDLINE, literal);                                                   \
        expect_text(block_, MS_FIELD_CMDLINE_cmdline, line, sizeof(line) - 1);                               \
        expect_text(block_, MS_FIELD_CMDLINE_argv, list, sizeof(list) - 1);                                  \
        ms_block_destroy(block_);                                                                            \
    } while (0)

static void cmdline_is_split_at_nuls(void **state)
{
    (void)state;
    CMDLINE("", "", "");
    CMDLINE("\0\0\0", "", "");
    CMDLINE("worker: idle   ", "worker: idle   ", "worker: idle   ");
    CMDLINE("a\0b c\0", "a b c", "a\0b c");
    CMDLINE("a\0\0b\0", "a  b", "a\0\0b");
    CMDLINE("a\nb\0\xff\x1b[2J\0", "a\nb \xff\x1b[2J", "a\nb\0\xff\x1b[2J");
    CMDLINE("\0x\0", " x", "\0x");
}

static void expect_cgroup(const char *text, const char *path)
{
    struct ms_block *block = parse(MS_FILE_CGROUP, text, strlen(text));
    if (path)
        expect_text(block, MS_FIELD_CGROUP_cgroup, path, strlen(path));
    else
        expect_why(block, MS_FIELD_CGROUP_cgroup, MS_MALFORMED);
    ms_block_destroy(block);
}

static void cgroup_is_where_memory_is_counted(void **state)
{
    (void)state;
    expect_cgroup("0::/a/b.service\n", "/a/b.service");
    expect_cgroup("0::/a/b.service", "/a/b.service");
    expect_cgroup("0::/a:b/c:d\n", "/a:b/c:d");
    expect_cgroup("0::/\n", "/");
    expect_cgroup("0::/gone (deleted)\n", "/gone (deleted)");
    expect_cgroup("11:cpu,cpuacct:/c\n5:memory:/m\n1:name=systemd:/s\n0::/u\n", "/m");
    expect_cgroup("0::/u\n5:cpu,memory:/m\n", "/m");
    expect_cgroup("3:hugetlb,memory,pids:/m:n\n", "/m:n");
    expect_cgroup("12:memoryless:/x\n0::/u\n1:name=systemd:/s\n", "/u");
    expect_cgroup("2:cpu:/c\n1:name=systemd:/s\n", "/c");
    expect_cgroup("", ""); // no hierarchy is mounted: it is in none
    expect_cgroup("\n", NULL);
    expect_cgroup("nonsense\n", NULL);
    expect_cgroup("0::relative\n", NULL);
}

static void plain_files(void **state)
{
    (void)state;
    struct ms_block *block = PARSE(OOM_SCORE, "666\n");
    expect_number(block, MS_FIELD_OOM_SCORE_oom_score, 666);
    ms_block_destroy(block);
    expect_all(PARSE(OOM_SCORE, ""), MS_MALFORMED);
    expect_all(PARSE(OOM_SCORE, "\n"), MS_MALFORMED);
    expect_all(PARSE(OOM_SCORE, "-1\n"), MS_MALFORMED);
    block = PARSE(OOM_SCORE_ADJ, "-1000\n");
    expect_why(block, MS_FIELD_OOM_SCORE_ADJ_oom_score_adj, MS_KNOWN);
    assert_true(value_of(block, MS_FIELD_OOM_SCORE_ADJ_oom_score_adj).integer == -1000);
    ms_block_destroy(block);
    expect_all(PARSE(OOM_SCORE_ADJ, "--1\n"), MS_MALFORMED);
    expect_all(PARSE(OOM_SCORE_ADJ, "9223372036854775808\n"), MS_MALFORMED);
    block = PARSE(EXE, "/a b\n\xff (deleted)");
    expect_text(block, MS_FIELD_EXE_exe, "/a b\n\xff (deleted)", 16);
    ms_block_destroy(block);
    block = PARSE(VERSION, "Linux version 6.1.0-32-amd64 (x@y) #1 SMP\n");
    expect_text(block, MS_FIELD_VERSION_kernel, "6.1.0-32-amd64", 14);
    expect_text(block, MS_FIELD_VERSION_version, "Linux version 6.1.0-32-amd64 (x@y) #1 SMP", 41);
    ms_block_destroy(block);
    block = PARSE(VERSION, "Linux\n");
    expect_why(block, MS_FIELD_VERSION_kernel, MS_MALFORMED);
    ms_block_destroy(block);
    block = PARSE(UPTIME, "12.25 3.00\n");
    expect_why(block, MS_FIELD_UPTIME_uptime, MS_KNOWN);
    assert_true(value_of(block, MS_FIELD_UPTIME_uptime).real == 12.25);
    ms_block_destroy(block);
    expect_all(PARSE(UPTIME, "inf 3\n"), MS_MALFORMED);
    expect_all(PARSE(UPTIME, "0x10 3\n"), MS_MALFORMED);
    expect_all(PARSE(UPTIME, "-1 3\n"), MS_MALFORMED);
    expect_all(PARSE(UPTIME, ""), MS_MALFORMED);
    block = PARSE(BOOT_ID, "0c1e4b2a-0000-4000-8000-000000000000\n");
    expect_text(block, MS_FIELD_BOOT_ID_boot_id, "0c1e4b2a-0000-4000-8000-000000000000", 36);
    ms_block_destroy(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stat_counts_from_the_last_parenthesis),
        cmocka_unit_test(a_cut_stat_gives_no_wrong_number),
        cmocka_unit_test(stat_that_is_none_is_malformed),
        cmocka_unit_test(an_image_has_these_fields_and_no_others),
        cmocka_unit_test(an_image_is_told_by_name_start_addresses_and_memory),
        cmocka_unit_test(statm_is_in_pages),
        cmocka_unit_test(statm_without_numbers),
        cmocka_unit_test(cmdline_is_split_at_nuls),
        cmocka_unit_test(cgroup_is_where_memory_is_counted),
        cmocka_unit_test(plain_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
