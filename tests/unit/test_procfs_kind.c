// SPDX-License-Identifier: GPL-3.0-or-later
// What a mapping is and in which quadrant it was made: each form of line, on a root that says what its
// devices are.
#include "test_procfs.h"

#include "mappings/listing.h"

// Device numbers are decimal here and hexadecimal in maps.
static const char mountinfo[] = "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
                                "22 21 0:5 / /dev rw - devtmpfs udev rw,size=1k\n"
                                "23 21 0:26 / /tmp rw,x shared:1 - tmpfs tmpfs rw\n"
                                "24 21 0:31 / /huge rw - hugetlbfs none rw\n"
                                "25 21 0:43 / /merged\\040here rw - overlay overlay rw,lowerdir=/a\n"
                                "26 21 0:2 / /ram rw - rootfs rootfs rw,size=10k\n"
                                "27 21 0:44 / /ramfs rw - rootfs rootfs rw\n"
                                "bad line\n28 21 x:1 / /y rw - tmpfs t rw\n29 21 0:77 / /z rw\n";

static const struct {
    const char *line;
    const char *kind;
    const char *quadrant;
    bool on_shmem;
} cases[] = {
    {"rw-p 00000000 00:00 0 ", "anon", "private-anon", false},
    {"rw-p 00000000 00:00 0   [heap]", "heap", "private-anon", false},
    {"rw-p 00000000 00:00 0   [stack]", "stack", "private-anon", false},
    {"rw-p 00000000 00:00 0   [stack:17]", "stack", "private-anon", false},
    {"rw-p 00000000 00:00 0   [anon:a b]", "anon", "private-anon", false},
    {"r-xp 00000000 00:00 0   [vdso]", "vdso", "private-anon", false},
    {"r--p 00000000 00:00 0   [vvar]", "vvar", "private-anon", false},
    {"r--p 00000000 00:00 0   [vvar_vclock]", "vvar", "private-anon", false},
    {"--xp 00000000 00:00 0   [vsyscall]", "vsyscall", "private-anon", false},
    {"r-xp 00000000 00:00 0   [uprobes]", "special", "private-anon", false},
    {"r-xp 00000000 08:01 9   /bin/cat", "file", "private-file", false},
    {"rw-s 00000000 08:01 9   /data", "file", "shared-file", false},
    {"rw-s 00000000 08:01 9   /memfd:fake (deleted)", "file", "shared-file", false},
    {"rw-s 00000000 00:2b 9   /overlay", "file", "shared-file", false},
    {"rw-p 00000000 00:2b 9   /overlay", "file", "private-file", false},
    {"rw-s 00000000 00:1a 9   /tmp/x", "shmem", "shared-anon", true},
    {"rw-p 00000000 00:1a 9   /tmp/x", "shmem", "private-file", true},
    {"rw-s 00000000 00:02 9   /bin/busybox", "shmem", "shared-anon", true},
    {"r-xp 00000000 00:2c 9   /bin/busybox", "file", "private-file", false},
    {"rw-p 00000000 00:05 9   /dev/zero", "anon", "private-anon", false},
    {"rw-s 00000000 00:01 9   /dev/zero (deleted)", "shmem", "shared-anon", true},
    {"rw-s 00000000 00:01 9   /memfd:x (deleted)", "memfd", "shared-anon", true},
    {"rw-p 00000000 00:01 9   /memfd:x (deleted)", "memfd", "private-file", true},
    {"rw-s 00000000 00:01 0   /SYSV00000000 (deleted)", "sysv", "shared-anon", true},
    {"rw-s 00000000 00:01 9   [anon_shmem:x]", "shmem", "shared-anon", true},
    {"rw-s 00000000 00:1f 9   /huge/x", "hugetlb", "shared-anon", false},
    {"rw-p 00000000 00:1f 9   /huge/x", "hugetlb", "private-anon", false},
    {"rw-p 00000000 00:10 9   /anon_hugepage (deleted)", "hugetlb", "private-anon", false},
    {"rw-s 00000000 00:05 9   /dev/fb0", "device", "shared-file", false},
    {"rw-s 00000000 00:01 9   /dev/ashmem/dalvik cache (deleted)", "shmem", "shared-anon", true},
    {"rw-p 00000000 00:01 9   /dev/ashmem/dalvik cache (deleted)", "anon", "private-anon", false},
    {"rw-s 00000000 08:01 9   /dev/ashmem/x", "file", "shared-file", false},
    {"rw-s 00000000 00:05 9   /dev/ashmem (deleted)", "shmem", "shared-anon", true},
    {"rw-p 00000000 00:01 9   [anon:libc_malloc]", "anon", "private-anon", false},
    {"rw-s 00000000 00:0e 9   anon_inode:[perf_event]", "special", "shared-file", false},
    {"rw-s 00000000 00:0f 9   /secretmem (deleted)", "special", "shared-file", false},
};

static void expect_word(const struct ms_listing *listing, size_t row, enum ms_field field, const char *word)
{
    const struct ms_value value = ms_listing_get(listing, row, field, NULL);
    if (value.why != MS_KNOWN || !ms_text_eq(value.text, ms_text_of(word)))
        fail_msg("%s of '%s' is %.*s and should be %s", ms_fields[field].name, cases[row].line,
                 (int)value.text.len, value.text.data, word);
}

static void kinds_and_quadrants(void **state)
{
    (void)state;
    static char text[sizeof(cases) / sizeof(*cases) * 120];
    size_t len = 0;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%08zx-%08zx %s\n", i << 12, (i + 1) << 12,
                                cases[i].line);
    put("7/mountinfo", mountinfo);
    struct ms_source *source = open_folder();
    struct ms_listing listing;
    struct ms_listing_parser parser;
    ms_listing_init(&listing);
    for (int round = 0; round < 2; round++) { // again, when all devices are known
        ms_listing_parser_init(&parser, &listing, false, source);
        parser.pid = 7;
        assert_true(ms_listing_parser_take(&parser, text, len));
        ms_listing_parser_end(&parser);
        ms_listing_parser_deinit(&parser);
        assert_int_equal(listing.count, sizeof(cases) / sizeof(*cases));
        for (size_t i = 0; i < listing.count; i++) {
            expect_word(&listing, i, MS_FIELD_VMA_kind, cases[i].kind);
            expect_word(&listing, i, MS_FIELD_VMA_quadrant, cases[i].quadrant);
            if (ms_listing_get(&listing, i, MS_FIELD_VMA_on_shmem, NULL).number != cases[i].on_shmem)
                fail_msg("on_shmem of '%s'", cases[i].line);
        }
    }
    ms_listing_deinit(&listing);
    ms_source_destroy(source);
}

static void flags_tell_hugetlb_and_devices(void **state)
{
    (void)state;
    static const char text[] = "00100000-00300000 rw-p 00000000 00:10 9 /x\nVmFlags: rd wr ht \n"
                               "00300000-00301000 rw-s 00000000 08:01 9 /y\nVmFlags: rd wr io pf \n";
    struct ms_listing listing;
    struct ms_listing_parser parser;
    ms_listing_init(&listing);
    ms_listing_parser_init(&parser, &listing, true, NULL);
    assert_true(ms_listing_parser_take(&parser, text, sizeof(text) - 1));
    ms_listing_parser_end(&parser);
    ms_listing_parser_deinit(&parser);
    expect_word(&listing, 0, MS_FIELD_VMA_kind, "hugetlb");
    expect_word(&listing, 0, MS_FIELD_VMA_quadrant, "private-anon");
    expect_word(&listing, 1, MS_FIELD_VMA_kind, "device");
    expect_word(&listing, 1, MS_FIELD_VMA_quadrant, "shared-file");
    ms_listing_deinit(&listing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(kinds_and_quadrants, make_folder, remove_folder),
        cmocka_unit_test(flags_tell_hugetlb_and_devices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
