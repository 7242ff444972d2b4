// SPDX-License-Identifier: GPL-3.0-or-later
// maps and smaps: header lines, paragraphs, files cut in any way.
#include "test_procfs.h"

#include <inttypes.h>

#include "mappings/listing.h"
#include "mappings/packed.h"

#define ANON "00100000-00101000 rw-p 00000000 00:00 0 \n"

static void parse_pieces(struct ms_listing *out, bool counters, const char *text, size_t len, size_t piece,
                         struct ms_source *source)
{
    struct ms_listing_parser parser;
    ms_listing_parser_init(&parser, out, counters, source);
    for (size_t at = 0; at < len; at += piece)
        assert_true(ms_listing_parser_take(&parser, text + at, len - at < piece ? len - at : piece));
    ms_listing_parser_end(&parser);
    ms_listing_parser_deinit(&parser);
    assert_false(out->failed);
}

static struct ms_listing parse(bool counters, const char *text)
{
    struct ms_listing listing;
    ms_listing_init(&listing);
    parse_pieces(&listing, counters, text, strlen(text), 1 << 20, NULL);
    return listing;
}

static struct ms_value get(const struct ms_listing *listing, size_t index, enum ms_field field)
{
    static char scratch[32];
    return ms_listing_get(listing, index, field, scratch);
}

static void expect_is(const struct ms_listing *listing, size_t index, enum ms_field field, uint64_t number)
{
    const struct ms_value value = get(listing, index, field);
    if (value.why != MS_KNOWN || value.number != number)
        fail_msg("%s of %zu is %s %" PRIu64 " and should be %" PRIu64, ms_fields[field].name, index,
                 ms_reason_name(value.why), value.number, number);
}

static void expect_reason(const struct ms_listing *listing, size_t index, enum ms_field field,
                          enum ms_reason why)
{
    const struct ms_value value = get(listing, index, field);
    if (value.why != why)
        fail_msg("%s of %zu is %s and should be %s", ms_fields[field].name, index, ms_reason_name(value.why),
                 ms_reason_name(why));
}

static void expect_bytes(const struct ms_listing *listing, size_t index, enum ms_field field,
                         const char *text)
{
    const struct ms_value value = get(listing, index, field);
    assert_int_equal(value.why, MS_KNOWN);
    if (!ms_text_eq(value.text, ms_text_of(text)))
        fail_msg("%s is '%.*s' and should be '%s'", ms_fields[field].name, (int)value.text.len,
                 value.text.data, text);
}

static void header_of_a_file(void **state)
{
    (void)state;
    struct ms_listing l =
        parse(false, "7f0000001000-7f0000004000 r-xs 0001f000 fd:3b 18446744073709551615 /lib/x.so\n");
    assert_int_equal(l.count, 1);
    assert_false(l.malformed);
    expect_is(&l, 0, MS_FIELD_VMA_addr, 0x7f0000001000);
    expect_is(&l, 0, MS_FIELD_VMA_addr_end, 0x7f0000004000);
    expect_is(&l, 0, MS_FIELD_VMA_size, 0x3000);
    expect_bytes(&l, 0, MS_FIELD_VMA_perms, "r-xs");
    expect_is(&l, 0, MS_FIELD_VMA_r, 1);
    expect_is(&l, 0, MS_FIELD_VMA_w, 0);
    expect_is(&l, 0, MS_FIELD_VMA_x, 1);
    expect_is(&l, 0, MS_FIELD_VMA_shared, 1);
    expect_is(&l, 0, MS_FIELD_VMA_offset, 0x1f000);
    expect_bytes(&l, 0, MS_FIELD_VMA_dev, "fd:3b");
    expect_is(&l, 0, MS_FIELD_VMA_inode, UINT64_MAX);
    expect_bytes(&l, 0, MS_FIELD_VMA_name, "/lib/x.so");
    expect_bytes(&l, 0, MS_FIELD_VMA_path, "/lib/x.so");
    expect_reason(&l, 0, MS_FIELD_SMAPS_rss, MS_NOT_RECORDED);
    expect_reason(&l, 0, MS_FIELD_SMAPS_vm_flags, MS_NOT_RECORDED);
    ms_listing_deinit(&l);
}

static void names_and_paths(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *name;
        const char *path;
    } cases[] = {
        {"00100000-00101000 rw-p 00000000 00:00 0 \n", "", ""},
        {"00100000-00101000 rw-p 00000000 00:00 0\n", "", ""},
        {"00100000-00101000 rw-p 00000000 00:00 0      [heap]\n", "[heap]", ""},
        {"00100000-00101000 rw-p 00000000 00:00 0 [anon:a b]\n", "[anon:a b]", ""},
        {"00100000-00101000 rw-s 00000000 00:01 9 [anon_shmem:x]\n", "[anon_shmem:x]", ""},
        {"00100000-00101000 rw-s 00000000 00:0e 9 anon_inode:[io_uring]\n", "anon_inode:[io_uring]",
         "anon_inode:[io_uring]"},
        {"00100000-00101000 r--p 00000000 08:01 9   /a b\tc\n", "/a b\tc", "/a b\tc"},
        {"00100000-00101000 r--p 00000000 08:01 9   /a  \n", "/a  ", "/a  "},
        {"00100000-00101000 r--p 00000000 08:01 9   /\x1b[31m\\012\r\xff\x7f\n", "/\x1b[31m\\012\r\xff\x7f",
         "/\x1b[31m\\012\r\xff\x7f"},
        {"00100000-00101000 r--p 00000000 08:01 9   /x (deleted)\n", "/x (deleted)", "/x"},
        {"00100000-00101000 r--p 00000000 08:01 9   /x (deleted) (deleted)\n", "/x (deleted) (deleted)",
         "/x (deleted)"},
        {"00100000-00101000 rw-s 00000000 00:01 0   /SYSV00000000 (deleted)\n", "/SYSV00000000 (deleted)",
         "/SYSV00000000"},
        {"00100000-00101000 rw-p 00000000 00:00 0   (deleted)\n", "(deleted)", "(deleted)"},
        {"00100000-00101000 r--p 00000000 08:01 9   /00200000-00201000 r--p 00000000 00:00 0\n",
         "/00200000-00201000 r--p 00000000 00:00 0", "/00200000-00201000 r--p 00000000 00:00 0"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct ms_listing l = parse(false, cases[i].line);
        assert_int_equal(l.count, 1);
        assert_false(l.malformed);
        expect_bytes(&l, 0, MS_FIELD_VMA_name, cases[i].name);
        expect_bytes(&l, 0, MS_FIELD_VMA_path, cases[i].path);
        ms_listing_deinit(&l);
    }
}

static void addresses_have_64_bits(void **state)
{
    (void)state;
    struct ms_listing l =
        parse(false, "80000000000000-80000000010000 rw-p 00000000 00:00 0 \n"
                     "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0    [vsyscall]\n"
                     "00001000-ffffffffffffffff ---p ffffffffffffffff ff:fffff 0 \n");
    assert_int_equal(l.count, 3);
    expect_is(&l, 0, MS_FIELD_VMA_addr, 0x80000000000000);
    expect_is(&l, 1, MS_FIELD_VMA_addr, 0xffffffffff600000);
    expect_is(&l, 1, MS_FIELD_VMA_size, 0x1000);
    expect_bytes(&l, 1, MS_FIELD_VMA_perms, "--xp");
    expect_is(&l, 2, MS_FIELD_VMA_addr_end, UINT64_MAX);
    expect_is(&l, 2, MS_FIELD_VMA_offset, UINT64_MAX);
    expect_bytes(&l, 2, MS_FIELD_VMA_dev, "ff:fffff");
    ms_listing_deinit(&l);
}

static void lines_that_are_no_header(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "00100000-\n",
        "00100000-00101000\n",
        "00100000-00101000 r--p\n",
        "00100000-00101000 r--p 00000000\n",
        "00100000-00101000 r--p 00000000 08:\n",
        "00100000-00101000 r--p 00000000 08:01 \n",
        "00100000-00101000 r--x 00000000 08:01 1\n",
        "00100000-00101000 rwp 00000000 08:01 1\n",
        "00100000-00101000 wr-p 00000000 08:01 1\n",
        "00101000-00100000 r--p 00000000 08:01 1\n",
        "11111111111111111-22222222222222222 r--p 00000000 08:01 1\n",
        "0x100000-00101000 r--p 00000000 08:01 1\n",
        "00100000-00101000 r--p 00000000 100000000:01 1\n",
        "00100000-00101000 r--p 00000000 08:01 18446744073709551616\n",
        "00100000-00101000  r--p 00000000 08:01 1\n",
        " 00100000-00101000 r--p 00000000 08:01 1\n",
        "garbage\n",
        "00100000-0010",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char text[256];
        snprintf(text, sizeof(text), "%s%s", ANON, cases[i]);
        struct ms_listing l = parse(false, text);
        assert_int_equal(l.count, 1);
        assert_true(l.malformed);
        ms_listing_deinit(&l);
    }
}

static void long_names(void **state)
{
    (void)state;
    static char text[20200], name[5001];
    memset(name, 'n', 5000);
    name[0] = '/';
    snprintf(text, sizeof(text),
             "00100000-00101000 r--p 00000000 08:01 9 %s\n00200000-00201000 r--p 00000000 08:01 9 %s\n", name,
             name);
    struct ms_listing l = parse(true, text);
    assert_int_equal(l.count, 2);
    expect_bytes(&l, 0, MS_FIELD_VMA_path, name);
    expect_bytes(&l, 1, MS_FIELD_VMA_name, name);
    assert_true(l.texts.len < 6000); // it is kept once
    ms_listing_deinit(&l);
}

static const char paragraph[] =
    "00400000-00402000 r-xp 00000000 08:01 16                  /usr/bin/x\n"
    "Size:                  8 kB\nKernelPageSize:        4 kB\nMMUPageSize:           4 kB\n"
    "Rss:                   8 kB\nPss:                   4 kB\nPss_Dirty:             1 kB\n"
    "Swap:                 12 kB\nLocked:                0 kB\nTHPeligible:           1\n"
    "ProtectionKey:         3\nVmFlags: rd ex ?? lo lf \n"
    "7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0           [stack]\n"
    "VmFlags: rd wr gd nr \nTHPeligible: 0\nSwap:  0 kB\nPss:  20 kB\nRss: 24 kB\n"
    "KernelPageSize: 4 kB\nMMUPageSize: 4 kB\nNewLabel: 1 kB\nNewWord: a b\n";

static void paragraphs_in_any_order(void **state)
{
    (void)state;
    struct ms_listing l = parse(true, paragraph);
    assert_int_equal(l.count, 2);
    assert_false(l.malformed);
    assert_false(l.wide);
    expect_is(&l, 0, MS_FIELD_SMAPS_kernel_page_size, 4096);
    expect_is(&l, 0, MS_FIELD_SMAPS_rss, 8192);
    expect_is(&l, 0, MS_FIELD_SMAPS_pss, 4096);
    expect_is(&l, 0, MS_FIELD_SMAPS_swap, 12288);
    expect_is(&l, 0, MS_FIELD_SMAPS_locked, 0);
    expect_is(&l, 0, MS_FIELD_SMAPS_thp_eligible, 1);
    expect_is(&l, 0, MS_FIELD_SMAPS_protection_key, 3);
    expect_bytes(&l, 0, MS_FIELD_SMAPS_vm_flags, "rd ex ?? lo lf");
    expect_is(&l, 0, MS_FIELD_SMAPS_locked_flag, 1);
    expect_is(&l, 0, MS_FIELD_SMAPS_noreserve, 0);
    expect_is(&l, 1, MS_FIELD_SMAPS_rss, 24576);
    expect_is(&l, 1, MS_FIELD_SMAPS_pss, 20480);
    expect_is(&l, 1, MS_FIELD_SMAPS_swap, 0);
    expect_is(&l, 1, MS_FIELD_SMAPS_thp_eligible, 0);
    expect_is(&l, 1, MS_FIELD_SMAPS_noreserve, 1);
    expect_is(&l, 1, MS_FIELD_SMAPS_grows_down, 1);
    expect_reason(&l, 0, MS_FIELD_SMAPS_ksm, MS_UNSUPPORTED);
    expect_reason(&l, 1, MS_FIELD_SMAPS_locked, MS_MALFORMED); // the other has it
    expect_reason(&l, 1, MS_FIELD_SMAPS_pss_dirty, MS_MALFORMED);
    ms_listing_deinit(&l);
}

static void counters_that_are_none(void **state)
{
    (void)state;
    struct ms_listing l =
        parse(true, ANON "Rss: -4 kB\nPss: 4\nSwap: 99999999999999999999999 kB\nLocked: 4 kB\n"
                         "Locked: 4 kB\nTHPeligible: 2\nKSM: 18014398509481984 kB\nReferenced:\n");
    expect_reason(&l, 0, MS_FIELD_SMAPS_rss, MS_MALFORMED);
    expect_reason(&l, 0, MS_FIELD_SMAPS_pss, MS_MALFORMED);
    expect_reason(&l, 0, MS_FIELD_SMAPS_swap, MS_MALFORMED);
    expect_reason(&l, 0, MS_FIELD_SMAPS_locked, MS_MALFORMED);
    expect_reason(&l, 0, MS_FIELD_SMAPS_thp_eligible, MS_MALFORMED);
    expect_reason(&l, 0, MS_FIELD_SMAPS_ksm, MS_MALFORMED);
    expect_reason(&l, 0, MS_FIELD_SMAPS_referenced, MS_MALFORMED);
    expect_reason(&l, 0, MS_FIELD_SMAPS_anonymous, MS_UNSUPPORTED);
    expect_reason(&l, 0, MS_FIELD_SMAPS_vm_flags, MS_UNSUPPORTED);
    expect_reason(&l, 0, MS_FIELD_SMAPS_noreserve, MS_UNSUPPORTED);
    ms_listing_deinit(&l);
}

static void flags(void **state)
{
    (void)state;
    struct ms_listing l =
        parse(true, ANON "VmFlags:\n" ANON "VmFlags: \n" ANON "VmFlags: ?? ?? nrx xnr n r \n");
    expect_bytes(&l, 0, MS_FIELD_SMAPS_vm_flags, "");
    expect_bytes(&l, 1, MS_FIELD_SMAPS_vm_flags, "");
    expect_is(&l, 1, MS_FIELD_SMAPS_noreserve, 0);
    expect_bytes(&l, 2, MS_FIELD_SMAPS_vm_flags, "?? ?? nrx xnr n r");
    expect_is(&l, 2, MS_FIELD_SMAPS_noreserve, 0);
    ms_listing_deinit(&l);
}

// The codes are fields, and no labels: a line that begins with one is unknown.
static void codes_are_no_labels(void **state)
{
    (void)state;
    struct ms_listing l = parse(true, ANON "nr: 1 kB\nlo: x\nVmFlags: rd \n");
    expect_is(&l, 0, MS_FIELD_SMAPS_noreserve, 0);
    expect_bytes(&l, 0, MS_FIELD_SMAPS_vm_flags, "rd");
    ms_listing_deinit(&l);
}

static void counters_grow_wide(void **state)
{
    (void)state;
    static char text[200 * 120];
    size_t len = 0;
    for (unsigned i = 0; i < 200; i++) // number 150 has more than 32 bits of kilobytes
        len += (size_t)snprintf(text + len, sizeof(text) - len,
                                "%08x-%08x rw-p 00000000 00:00 0 \nRss: %llu kB\nSwap: %u kB\n", i << 12,
                                (i + 1) << 12, i == 150 ? 4294967296ULL : i, i + 1000);
    struct ms_listing l = parse(true, text);
    assert_true(l.wide);
    for (unsigned i = 0; i < 200; i++) {
        expect_is(&l, i, MS_FIELD_SMAPS_rss, (i == 150 ? 4294967296ULL : i) * 1024);
        expect_is(&l, i, MS_FIELD_SMAPS_swap, (i + 1000) * 1024);
    }
    _Alignas(struct ms_packed) char kept[MS_PACKED_MAX];
    struct ms_packed_strings *strings = ms_packed_strings_create();
    assert_true(ms_packed_make(strings, &l, 150, (struct ms_packed *)kept) > 0);
    assert_int_equal(ms_packed_get(strings, (struct ms_packed *)kept, MS_FIELD_SMAPS_rss, NULL).number,
                     4294967296ULL * 1024);
    assert_int_equal(ms_packed_get(strings, (struct ms_packed *)kept, MS_FIELD_VMA_addr, NULL).number,
                     150 << 12);
    ms_packed_strings_destroy(strings);
    parse_pieces(&l, true, ANON "Rss: 4294967295 kB\n", sizeof(ANON) + 18, 7,
                 NULL); // the storage serves again
    assert_int_equal(l.count, 1);
    expect_is(&l, 0, MS_FIELD_SMAPS_rss, 4294967295ULL * 1024);
    ms_listing_deinit(&l);
}

// A listing that held maps, then smaps, then maps of other sizes.
static void storage_serves_both_files(void **state)
{
    (void)state;
    static char text[3000 * 60];
    struct ms_listing l;
    ms_listing_init(&l);
    for (int round = 0; round < 6; round++) {
        const unsigned count = round % 3 == 0 ? 2000 : 70;
        size_t len = 0;
        for (unsigned i = 0; i < count; i++)
            len +=
                (size_t)snprintf(text + len, sizeof(text) - len,
                                 "%08x-%08x rw-p 00000000 00:00 0 \nRss: %u kB\n", i << 12, (i + 1) << 12, i);
        parse_pieces(&l, round % 2, text, len, 4096, NULL);
        assert_int_equal(l.count, count);
        expect_is(&l, count - 1, MS_FIELD_VMA_addr, (count - 1) << 12);
        if (round % 2)
            expect_is(&l, count - 1, MS_FIELD_SMAPS_rss, (count - 1) * 1024);
        else
            expect_reason(&l, count - 1, MS_FIELD_SMAPS_rss, MS_NOT_RECORDED);
    }
    ms_listing_deinit(&l);
}

static void same(const struct ms_listing *a, const struct ms_listing *b)
{
    char scratch[2][32];
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->malformed, b->malformed);
    for (size_t row = 0; row < a->count; row++)
        for (int i = 0; i < MS_FIELD_COUNT; i++) {
            const enum ms_field field = (enum ms_field)i;
            if (ms_fields[i].kind != MS_MAPPING)
                continue;
            const struct ms_value x = ms_listing_get(a, row, field, scratch[0]);
            const struct ms_value y = ms_listing_get(b, row, field, scratch[1]);
            const enum ms_unit unit = ms_fields[i].unit;
            assert_int_equal(x.why, y.why);
            if (x.why == MS_KNOWN && (unit == MS_UNIT_TEXT || unit == MS_UNIT_PATH || unit == MS_UNIT_FLAGS))
                assert_true(ms_text_eq(x.text, y.text));
            else if (x.why == MS_KNOWN)
                assert_true(x.number == y.number);
        }
}

static void pieces_of_any_size_give_the_same(void **state)
{
    (void)state;
    struct ms_listing whole = parse(true, paragraph), pieces;
    ms_listing_init(&pieces);
    for (size_t piece = 1; piece <= sizeof(paragraph); piece++) {
        parse_pieces(&pieces, true, paragraph, sizeof(paragraph) - 1, piece, NULL);
        same(&whole, &pieces);
    }
    ms_listing_deinit(&pieces);
    ms_listing_init(&pieces);
    for (size_t cut = 0; cut <= sizeof(paragraph) - 1; cut++) { // in two, at each byte
        struct ms_listing_parser parser;
        ms_listing_parser_init(&parser, &pieces, true, NULL);
        assert_true(ms_listing_parser_take(&parser, paragraph, cut));
        assert_true(ms_listing_parser_take(&parser, paragraph + cut, sizeof(paragraph) - 1 - cut));
        ms_listing_parser_end(&parser);
        ms_listing_parser_deinit(&parser);
        same(&whole, &pieces);
    }
    ms_listing_deinit(&pieces);
    ms_listing_deinit(&whole);
}

// The file ends anywhere: each number is that of the whole file, or malformed, or the listing is.
static void cut_files_give_no_wrong_number(void **state)
{
    (void)state;
    struct ms_listing whole = parse(true, paragraph), l;
    ms_listing_init(&l);
    for (size_t len = 1; len < sizeof(paragraph) - 1; len++) {
        parse_pieces(&l, true, paragraph, len, 1 << 20, NULL);
        for (size_t row = 0; row < l.count; row++)
            for (int i = 0; i < MS_FIELD_COUNT; i++) {
                const enum ms_field field = (enum ms_field)i;
                if (ms_fields[i].file != MS_FILE_SMAPS)
                    continue;
                const struct ms_value is = get(&l, row, field), should = get(&whole, row, field);
                if (is.why == MS_KNOWN && ms_fields[i].unit != MS_UNIT_FLAGS &&
                    ms_fields[i].unit != MS_UNIT_FLAG)
                    assert_true(should.why == MS_KNOWN && is.number == should.number);
                else if (is.why == MS_UNSUPPORTED && should.why == MS_KNOWN) // cut between two lines
                    assert_true(row == 0 && paragraph[len - 1] == '\n');
            }
    }
    parse_pieces(&l, true, paragraph, sizeof(paragraph) - 1 - 70, 1 << 20, NULL);
    expect_reason(&l, 1, MS_FIELD_SMAPS_rss, MS_MALFORMED); // not unsupported
    ms_listing_deinit(&l);
    l = parse(true, ANON "Rss: 4 kB\nVmFlags: rd w");
    expect_is(&l, 0, MS_FIELD_SMAPS_rss, 4096);
    expect_reason(&l, 0, MS_FIELD_SMAPS_vm_flags, MS_MALFORMED);
    expect_reason(&l, 0, MS_FIELD_SMAPS_pss, MS_MALFORMED);
    assert_true(l.malformed); // more mappings may have been there
    ms_listing_deinit(&l);
    l = parse(true, ANON "Rss: 4 kB\nVmFlags: rd wr ");
    expect_bytes(&l, 0, MS_FIELD_SMAPS_vm_flags, "rd wr");
    assert_false(l.malformed);
    ms_listing_deinit(&l);
    l = parse(true, ANON "Rss: 4 kB");
    expect_is(&l, 0, MS_FIELD_SMAPS_rss, 4096);
    assert_false(l.malformed);
    ms_listing_deinit(&l);
    static const char *const cuts[] = {ANON "Rss: 4", ANON "Rss: 4 kB\nPs", ANON "Rss: 4 kB\nNewLabel: 1",
                                       ANON "Rss: 4 kB\n00200000-00201000 rw-p 00000000 00:00 0"};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        l = parse(true, cuts[i]);
        assert_true(l.malformed);
        ms_listing_deinit(&l);
    }
    ms_listing_deinit(&whole);
}

static void unknown_labels_are_noted(void **state)
{
    (void)state;
    struct ms_source *source = open_folder();
    struct ms_listing l;
    ms_listing_init(&l);
    parse_pieces(&l, true, paragraph, sizeof(paragraph) - 1, 100, source);
    assert_string_equal(ms_source_noted_label(source, 0), "smaps: NewLabel");
    assert_string_equal(ms_source_noted_label(source, 1), "smaps: NewWord");
    assert_null(ms_source_noted_label(source, 2));
    ms_listing_deinit(&l);
    ms_source_destroy(source);
}

static void labels_without_a_mapping(void **state)
{
    (void)state;
    struct ms_listing l = parse(true, "Rss: 4 kB\n" ANON "00200000-0020 rw\nPss: 4 kB\n" ANON "Rss: 8 kB\n");
    assert_int_equal(l.count, 2);
    assert_true(l.malformed);
    expect_reason(&l, 0, MS_FIELD_SMAPS_rss, MS_MALFORMED);
    expect_reason(&l, 0, MS_FIELD_SMAPS_pss, MS_UNSUPPORTED); // of the line that made no sense
    expect_is(&l, 1, MS_FIELD_SMAPS_rss, 8192);
    ms_listing_deinit(&l);
    l = parse(true, "");
    assert_int_equal(l.count, 0);
    assert_false(l.malformed);
    ms_listing_deinit(&l);
}

static void the_sum_stands_for_smaps_rollup(void **state)
{
    (void)state;
    struct ms_listing l =
        parse(true, ANON "Rss: 4 kB\nPss: 3 kB\nSwap: x kB\nLocked: 18014398509481983 kB\n" ANON
                         "Rss: 8 kB\nSwap: 1 kB\nLocked: 1 kB\n");
    struct ms_block *block = ms_block_create(MS_FILE_ROLLUP, MS_UNSUPPORTED);
    ms_listing_roll_up(&l, block);
    expect_number(block, MS_FIELD_ROLLUP_rss_exact, 12288);
    expect_why(block, MS_FIELD_ROLLUP_pss, MS_MALFORMED);
    expect_why(block, MS_FIELD_ROLLUP_swap_exact, MS_MALFORMED);
    expect_why(block, MS_FIELD_ROLLUP_locked, MS_MALFORMED); // does not fit
    expect_why(block, MS_FIELD_ROLLUP_ksm, MS_UNSUPPORTED);
    expect_why(block, MS_FIELD_ROLLUP_pss_anon, MS_UNSUPPORTED);
    ms_block_destroy(block);
    ms_listing_deinit(&l);
}

static void numbers_larger_than_scripts_can_count(void **state)
{
    (void)state;
    struct ms_listing l =
        parse(true, "00001000-9000000000000000 rw-p 00000000 00:00 0 \nRss: 9007199254740991 kB\nSwap: 0 kB\n"
                    "9000000000000000-a000000000000000 rw-p 00000000 00:00 0 \nRss: 1 kB\nSwap: 1 kB\n"
                    "ProtectionKey: 9223372036854775808\n");
    expect_reason(&l, 0, MS_FIELD_VMA_size, MS_TOO_LARGE);
    expect_is(&l, 1, MS_FIELD_VMA_size, 0x1000000000000000);
    expect_reason(&l, 1, MS_FIELD_SMAPS_protection_key, MS_MALFORMED);
    struct ms_block *rollup = ms_block_create(MS_FILE_ROLLUP, MS_UNSUPPORTED);
    ms_listing_roll_up(&l, rollup);
    expect_why(rollup, MS_FIELD_ROLLUP_rss_exact, MS_TOO_LARGE);
    expect_number(rollup, MS_FIELD_ROLLUP_swap_exact, 1024);
    ms_block_destroy(rollup);
    struct ms_block *maps = ms_block_create(MS_FILE_MAPS, MS_UNSUPPORTED);
    ms_listing_sum_up(&l, maps);
    expect_why(maps, MS_FIELD_MAPS_private_anon_virt, MS_TOO_LARGE);
    expect_number(maps, MS_FIELD_MAPS_shared_anon_virt, 0);
    ms_block_destroy(maps);
    ms_listing_deinit(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_of_a_file),
        cmocka_unit_test(names_and_paths),
        cmocka_unit_test(addresses_have_64_bits),
        cmocka_unit_test(lines_that_are_no_header),
        cmocka_unit_test(long_names),
        cmocka_unit_test(paragraphs_in_any_order),
        cmocka_unit_test(counters_that_are_none),
        cmocka_unit_test(flags),
        cmocka_unit_test(codes_are_no_labels),
        cmocka_unit_test(counters_grow_wide),
        cmocka_unit_test(storage_serves_both_files),
        cmocka_unit_test(pieces_of_any_size_give_the_same),
        cmocka_unit_test(cut_files_give_no_wrong_number),
        cmocka_unit_test_setup_teardown(unknown_labels_are_noted, make_folder, remove_folder),
        cmocka_unit_test(labels_without_a_mapping),
        cmocka_unit_test(the_sum_stands_for_smaps_rollup),
        cmocka_unit_test(numbers_larger_than_scripts_can_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
