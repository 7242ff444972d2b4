// SPDX-License-Identifier: GPL-3.0-or-later
// What pages are, from the words of pagemap and kpageflags, as kernels old and new print them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pages/private.h"
#include "pages_root.h"
#include "reader/reader.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define BIT(n) (UINT64_C(1) << (n))

static const uint64_t present = BIT(63), swapped = BIT(62), file = BIT(61), guard = BIT(58),
                      uffd_wp = BIT(57), exclusive = BIT(56), zero_flag = BIT(24), anon_flag = BIT(12),
                      thp_flag = BIT(22);

static const struct ms_page_place anonymous_place = {.anonymous = true, .guards = MS_GUARDS_SHOWN},
                                  file_place = {0}, shared_place = {.shared = true},
                                  device_place = {.shared = true, .device = true},
                                  hidden_place = {.anonymous = true, .guards = MS_GUARDS_HIDDEN},
                                  old_place = {.anonymous = true, .guards = MS_GUARDS_NONE};

static void kind(uint64_t entry, const struct ms_page_place *place, enum ms_page_kind should)
{
    assert_string_equal(ms_page_kind_name(ms_page_kind_of(entry, place, false, 0)),
                        ms_page_kind_name(should));
}

static void kind_with(uint64_t entry, uint64_t flags, const struct ms_page_place *place,
                      enum ms_page_kind should)
{
    assert_string_equal(ms_page_kind_name(ms_page_kind_of(entry, place, true, flags)),
                        ms_page_kind_name(should));
}

static void entries_without_frames(void **state)
{
    (void)state;
    kind(0, &anonymous_place, MS_PAGE_ABSENT);
    kind(BIT(55), &anonymous_place, MS_PAGE_ABSENT); // soft-dirty alone: a new mapping
    kind(0, &device_place, MS_PAGE_SPECIAL);
    kind(present | exclusive, &anonymous_place, MS_PAGE_ANONYMOUS);
    kind(present, &anonymous_place, MS_PAGE_ANONYMOUS_OR_ZERO);
    kind(present | file, &anonymous_place, MS_PAGE_ZERO); // the huge zero page on 6.1 to 6.18
    kind(present | file, &file_place, MS_PAGE_FILE);
    kind(present | file | exclusive, &shared_place, MS_PAGE_FILE);
    kind(present | exclusive, &file_place, MS_PAGE_ANONYMOUS); // copied on write
    kind(present, &shared_place, MS_PAGE_SPECIAL);
    kind(swapped, &anonymous_place, MS_PAGE_SWAPPED);
    kind(swapped, &hidden_place, MS_PAGE_SWAPPED_OR_SPECIAL);
    kind(swapped | uffd_wp, &anonymous_place, MS_PAGE_SWAPPED_OR_SPECIAL);
    kind(swapped | guard, &anonymous_place, MS_PAGE_GUARD);
}

static void entries_with_frames(void **state)
{
    (void)state;
    const uint64_t frame = 0x1234;
    kind_with(present | frame, zero_flag, &anonymous_place, MS_PAGE_ZERO);
    kind_with(present | frame, zero_flag | thp_flag, &anonymous_place, MS_PAGE_ZERO);
    kind_with(present | file | frame, zero_flag, &file_place, MS_PAGE_ZERO); // a hole of a DAX file
    kind_with(present | frame, anon_flag, &anonymous_place, MS_PAGE_ANONYMOUS);
    kind_with(present | frame, 0, &anonymous_place, MS_PAGE_SPECIAL);
    kind_with(present | file | frame, anon_flag, &file_place, MS_PAGE_FILE);
    kind_with(present, 0, &anonymous_place, MS_PAGE_ANONYMOUS_OR_ZERO); // the frame is not shown
    kind(swapped | BIT(5), &anonymous_place, MS_PAGE_SWAPPED);          // area 0, page 1
    kind(swapped | BIT(5) | 22, &hidden_place, MS_PAGE_SWAPPED);
    kind(swapped | BIT(5) | UINT64_C(12) << 55, &old_place,
         MS_PAGE_SWAPPED);                                               // before 4.2: pages of 2^12 bytes
    kind(swapped | BIT(5) | uffd_wp, &anonymous_place, MS_PAGE_SWAPPED); // real swap that is also marked
    kind(swapped | 31, &anonymous_place, MS_PAGE_SPECIAL);
    kind(swapped | uffd_wp | 31, &anonymous_place, MS_PAGE_SPECIAL);
    kind(swapped | BIT(20) | 25, &anonymous_place, MS_PAGE_SPECIAL); // migration
    kind(swapped | guard | 31, &anonymous_place, MS_PAGE_GUARD);
}

static void like_neighbours_are_one_run(void **state)
{
    (void)state;
    struct ms_page_runs runs = {0};
    ms_pages_add(&runs, 0, 10, MS_PAGE_FILE, MS_HUGE_NO);
    ms_pages_add(&runs, 10, 10, MS_PAGE_ZERO, MS_HUGE_NO);
    ms_pages_add(&runs, 10, 20, MS_PAGE_FILE, MS_HUGE_NO);
    ms_pages_add(&runs, 20, 30, MS_PAGE_FILE, MS_HUGE_YES);
    assert_int_equal(runs.count, 2);
    assert_int_equal(runs.runs[0].end, 20);
    free(runs.runs);
    runs = (struct ms_page_runs){0};
    enum ms_reason why = MS_KNOWN;
    uint64_t at = 0;
    for (; why == MS_KNOWN; at++)
        why = ms_pages_add(&runs, at, at + 1, at % 2 ? MS_PAGE_FILE : MS_PAGE_ZERO, MS_HUGE_NO);
    assert_int_equal(why, MS_TOO_LARGE);
    assert_int_equal(runs.count, 1 << 20);
    free(runs.runs);
}

// ---- whole mappings of a saved root

// "3:zero 2:absent", or the reason why not.
static void expect_runs(const struct root *root, uint64_t addr, enum ms_page_way way, const char *should)
{
    struct ms_source *source;
    struct ms_process process;
    struct ms_listing listing;
    struct ms_page_runs runs = {0};
    char text[1024] = "";
    assert_int_equal(ms_source_create(root->path, &source), 0);
    ms_process_init(&process, source, 42);
    ms_listing_init(&listing);
    assert_int_equal(ms_reader_list(&process, true, 0, &listing), MS_KNOWN);
    size_t index = 0;
    while (listing.vmas[index].start != addr)
        assert_true(++index < listing.count);
    struct ms_page_walk *walk = ms_page_walk_create();
    enum ms_reason why = ms_pages_ranges(walk, &process, &listing, index, way, &runs);
    for (size_t i = 0, len = 0; i < runs.count; i++) {
        const struct ms_page_run *run = &runs.runs[i];
        static const char *const huge[] = {"", ":huge", ":huge?"};
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%llu:%s%s", i ? " " : "",
                                (unsigned long long)((run->end - run->start) / ROOT_PAGE),
                                ms_page_kind_name(run->kind), huge[run->huge]);
    }
    assert_string_equal(why == MS_KNOWN ? text : ms_reason_name(why), should);
    free(runs.runs);
    ms_page_walk_destroy(walk);
    ms_listing_deinit(&listing);
    ms_process_deinit(&process);
    ms_source_destroy(source);
}

// 16 pages, two huge pages, a shared mapping, [vsyscall].
#define SMAPS(huge)                                                                                          \
    "10000000-10010000 rw-p 00000000 00:00 0 \nRss: 4 kB\nAnonHugePages: 0 kB\n"                             \
    "40000000-40400000 rw-p 00000000 00:00 0 \nRss: 4096 kB\nAnonHugePages: " huge " kB\n"                   \
    "50000000-50004000 rw-s 00000000 08:01 77 /some/file\nRss: 4 kB\nAnonHugePages: 0 kB\n"                  \
    "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]\nRss: 0 kB\nAnonHugePages: 0 kB\n"

static struct root make_root(const char *smaps)
{
    struct root root = root_create();
    root_process(&root, 42, smaps);
    return root;
}

static void a_small_mapping(void **state)
{
    (void)state;
    struct root root = make_root(SMAPS("0"));
    const uint64_t words[16] = {
        present | exclusive | 100, present | 7, present | 7,  swapped | BIT(5), swapped | 31,
        swapped | guard | 31,      0,           present | 101};
    const uint64_t pages_of_file[4] = {present | file | 300, 0, 0, present | file | exclusive | 301};
    root_pagemap(&root, 42, 0x10000000, words, 16);
    root_pagemap(&root, 42, 0x50000000, pages_of_file, 4);
    expect_runs(
        &root, 0x10000000, MS_PAGES_ANY,
        "1:anonymous 2:anonymous_or_zero 1:swapped 1:special 1:guard 1:absent 1:anonymous_or_zero 8:absent");
    root_frames(&root, "kpageflags", 7, &zero_flag, 1);
    root_frames(&root, "kpageflags", 100, (uint64_t[]){anon_flag, anon_flag}, 2);
    root_frames(&root, "kpageflags", 300, (uint64_t[]){0, 0}, 2);
    expect_runs(&root, 0x10000000, MS_PAGES_BY_PAGEMAP,
                "1:anonymous 2:zero 1:swapped 1:special 1:guard 1:absent 1:anonymous 8:absent");
    expect_runs(&root, 0x50000000, MS_PAGES_ANY, "1:file 2:absent 1:file");
    expect_runs(&root, 0xffffffffff600000, MS_PAGES_ANY, "1:special");
    expect_runs(&root, 0x10000000, MS_PAGES_BY_SCAN, "unsupported");
    root_destroy(&root);
}

static void fill(const struct root *root, uint64_t addr, uint64_t entry, uint64_t step)
{
    uint64_t words[512];
    for (size_t i = 0; i < 512; i++)
        words[i] = entry + i * step;
    root_pagemap(root, 42, addr, words, 512);
}

static void flags(const struct root *root, uint64_t frame, uint64_t flag)
{
    uint64_t words[512];
    for (size_t i = 0; i < 512; i++)
        words[i] = flag;
    root_frames(root, "kpageflags", frame, words, 512);
}

// Two areas that huge pages could be behind: pagemap does not say so, and smaps says how much there is.
static void huge_pages_without_frames(void **state)
{
    (void)state;
    struct root all = make_root(SMAPS("4096")), some = make_root(SMAPS("2048")), none = make_root(SMAPS("0"));
    const struct root *roots[] = {&all, &some, &none};
    for (size_t i = 0; i < 3; i++) {
        fill(roots[i], 0x40000000, present | exclusive, 0);
        fill(roots[i], 0x40200000, present | exclusive, 0);
    }
    expect_runs(&all, 0x40000000, MS_PAGES_ANY, "1024:anonymous:huge");
    expect_runs(&some, 0x40000000, MS_PAGES_ANY, "1024:anonymous:huge?");
    expect_runs(&none, 0x40000000, MS_PAGES_ANY, "1024:anonymous");
    for (size_t i = 0; i < 3; i++)
        root_destroy(roots[i]);
}

static void huge_pages_with_frames(void **state)
{
    (void)state;
    struct root root = make_root(SMAPS("2048"));
    fill(&root, 0x40000000, present | exclusive | 1024, 1); // a huge page lies where one can
    fill(&root, 0x40200000, present | exclusive | 2049, 1); // another page behind the other
    flags(&root, 1024, anon_flag | thp_flag);
    flags(&root, 2049, anon_flag);
    expect_runs(&root, 0x40000000, MS_PAGES_ANY, "512:anonymous:huge 512:anonymous");
    fill(&root, 0x40200000, present | file | 4096, 1); // the huge zero page
    flags(&root, 4096, zero_flag | thp_flag);
    expect_runs(&root, 0x40000000, MS_PAGES_ANY, "512:anonymous:huge 512:zero:huge");
    root_destroy(&root);
}

static void what_is_not_there(void **state)
{
    (void)state;
    struct root root = make_root(SMAPS("0"));
    expect_runs(&root, 0x10000000, MS_PAGES_ANY, "not_recorded");
    root_print(&root, "errors", "42/pagemap EACCES\n");
    expect_runs(&root, 0x10000000, MS_PAGES_ANY, "denied");
    root_destroy(&root);
    root = make_root(SMAPS("0"));
    root_pagemap(&root, 42, 0x10000000, (uint64_t[]){0}, 1); // it ends before the mapping does
    expect_runs(&root, 0x10000000, MS_PAGES_ANY, "gone");
    root_destroy(&root);
}

// ---- a process that ends while its pagemap is open

static pid_t waiting_child(void)
{
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        alarm(60);
        for (;;)
            pause();
    }
    return pid;
}

static void an_address_space_that_is_over_has_no_pages_to_show(void **state)
{
    (void)state;
    struct ms_source *source;
    struct ms_process process;
    struct ms_pagemap map;
    struct ms_scan_region regions[8];
    size_t count = 0;
    const uint64_t page = (uint64_t)(uintptr_t)&regions / ROOT_PAGE * ROOT_PAGE, end = page + ROOT_PAGE;
    uint64_t at = page;
    const pid_t pid = waiting_child();
    assert_int_equal(ms_source_create(NULL, &source), 0);
    ms_process_init(&process, source, pid);
    assert_int_equal(ms_pagemap_open(&process, &map), MS_KNOWN);
    enum ms_reason why = ms_pagemap_scan(&map, &at, end, regions, 8, &count);
    assert_true(why == MS_UNSUPPORTED || (why == MS_KNOWN && count > 0));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    at = page;
    if (why == MS_KNOWN)
        assert_int_equal(ms_pagemap_scan(&map, &at, end, regions, 8, &count), MS_GONE);
    uint64_t entry;
    assert_int_equal(ms_pagemap_read(&map, page, &entry, 1), MS_GONE);
    ms_pagemap_close(&map);
    ms_process_deinit(&process);
    ms_source_destroy(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_without_frames),
        cmocka_unit_test(entries_with_frames),
        cmocka_unit_test(like_neighbours_are_one_run),
        cmocka_unit_test(a_small_mapping),
        cmocka_unit_test(huge_pages_without_frames),
        cmocka_unit_test(huge_pages_with_frames),
        cmocka_unit_test(what_is_not_there),
        cmocka_unit_test(an_address_space_that_is_over_has_no_pages_to_show),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
