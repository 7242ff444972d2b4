// SPDX-License-Identifier: GPL-3.0-or-later
// The memory of a set by frames: each once, and freed where nobody else maps it. Frames and counts are a
// test's own.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pages/footprint_private.h"
#include "pages/frame_counts.h"
#include "pages_root.h"

#define BIT(n) (UINT64_C(1) << (n))

static const uint64_t present = BIT(63), anon_flag = BIT(12), zero_flag = BIT(24);

static const char smaps[] = "10000000-10010000 rw-p 00000000 00:00 0 \nRss: 4 kB\n"
                            "20000000-20200000 rw-p 00000000 00:0f 9 /anon_hugepage (deleted)\nRss: 0 kB\n";

static struct root make_root(void)
{
    // 100: a child's and its parent's; 101, 102: the one's, the other's; 103: theirs and a third's; 104: of a
    // file; 7: zero. 105 is mapped twice by one of them.
    const uint64_t a[] = {present | 100, present | 101, present | 103,
                          present | 7,   present | 105, present | 105};
    const uint64_t b[] = {present | 100, present | 102, present | 103, 0, present | 104};
    struct root root = root_create();
    root_process(&root, 42, smaps);
    root_process(&root, 43, smaps);
    root_pagemap(&root, 42, 0x10000000, a, 6);
    root_pagemap(&root, 43, 0x10000000, b, 5);
    root_pagemap(&root, 42, 0x20000000, (uint64_t[512]){present | 4096, present | 4097}, 512);
    root_pagemap(&root, 43, 0x20000000, (uint64_t[512]){present | 4096, present | 4097}, 512);
    root_frames(&root, "kpagecount", 100, (uint64_t[]){2, 1, 1, 3, 1, 2}, 6);
    root_frames(&root, "kpageflags", 100,
                (uint64_t[]){anon_flag, anon_flag, anon_flag, anon_flag, 0, anon_flag}, 6);
    root_frames(&root, "kpageflags", 7, &zero_flag, 1);
    return root;
}

static enum ms_reason measure(const struct root *root, size_t count, struct ms_footprint *out)
{
    struct ms_process processes[2], *list[] = {&processes[0], &processes[1]};
    uint32_t weight[] = {1, 1};
    struct ms_source *source;
    assert_int_equal(ms_source_create(root->path, &source), 0);
    ms_process_init(&processes[0], source, 42);
    ms_process_init(&processes[1], source, 43);
    const struct ms_members members = {list, weight, count, count};
    enum ms_reason why = ms_footprint_by_frames(&members, out);
    ms_process_deinit(&processes[0]);
    ms_process_deinit(&processes[1]);
    ms_source_destroy(source);
    return why;
}

static void expect(struct ms_bounds bounds, uint64_t pages)
{
    assert_int_equal(bounds.least, pages * ROOT_PAGE);
    assert_int_equal(bounds.most, pages * ROOT_PAGE);
}

static void each_frame_once(void **state)
{
    (void)state;
    struct root root = make_root();
    struct ms_footprint both = {0}, one = {0};
    assert_int_equal(measure(&root, 2, &both), MS_KNOWN);
    assert_int_equal(both.processes, 2);
    expect(both.resident, 6);
    expect(both.freed, 5);
    expect(both.freed_anonymous, 4);
    expect(both.hugetlb, 2);
    assert_int_equal(measure(&root, 1, &one), MS_KNOWN);
    expect(one.resident, 4);
    expect(one.freed, 2); // 101, and 105, both of whose mappings are its own
    root_destroy(&root);
}

static void frames_that_are_not_shown(void **state)
{
    (void)state;
    struct root root = make_root();
    struct ms_footprint out = {0};
    root_pagemap(&root, 43, 0x10000000, (uint64_t[]){present}, 1);
    assert_int_equal(measure(&root, 2, &out), MS_DENIED);
    root_destroy(&root);
}

static void a_process_that_can_t_be_read(void **state)
{
    (void)state;
    struct root root = make_root();
    struct ms_footprint out = {0};
    root_print(&root, "errors", "43/pagemap EACCES\n");
    assert_int_equal(measure(&root, 2, &out), MS_KNOWN);
    assert_int_equal(out.processes, 1);
    assert_int_equal(out.missing[MS_DENIED], 1);
    root_destroy(&root);
}

static void no_counts(void **state)
{
    (void)state;
    struct root root = make_root();
    struct ms_footprint out = {0};
    root_print(&root, "errors", "kpagecount EACCES\n");
    assert_int_equal(measure(&root, 2, &out), MS_DENIED);
    root_destroy(&root);
}

// ---- bounds

static void rollup(const struct root *root, int pid, unsigned rss, unsigned pss, unsigned own,
                   unsigned anonymous)
{
    char path[64];
    snprintf(path, sizeof(path), "%d/smaps_rollup", pid);
    root_print(
        root, path,
        "10000000-20200000 ---p 00000000 00:00 0 [rollup]\nRss: %u kB\nPss: %u kB\nPrivate_Clean: 0 kB\n"
        "Private_Dirty: %u kB\nAnonymous: %u kB\nShared_Hugetlb: 0 kB\nPrivate_Hugetlb: 2048 kB\n",
        rss, pss, own, anonymous);
}

static void bounds_by_shares(void **state)
{
    (void)state;
    struct root root = make_root();
    struct ms_process processes[2], *list[] = {&processes[0], &processes[1]};
    uint32_t weight[] = {1, 1};
    struct ms_source *source;
    struct ms_footprint clear = {0}, unclear = {0};
    rollup(&root, 42, 100, 60, 20, 95);
    rollup(&root, 43, 80, 50, 10, 60);
    assert_int_equal(ms_source_create(root.path, &source), 0);
    ms_process_init(&processes[0], source, 42);
    ms_process_init(&processes[1], source, 43);
    assert_int_equal(ms_footprint_by_shares(&(struct ms_members){list, weight, 2, 2}, &clear), MS_KNOWN);
    assert_int_equal(clear.resident.least, 110 * 1024);
    assert_int_equal(clear.resident.most, 180 * 1024);
    assert_int_equal(clear.freed.least, 30 * 1024);
    assert_int_equal(clear.freed.most, 112 * 1024); // PSS is cut off to a kilobyte
    assert_int_equal(clear.freed_anonymous.least,
                     15 * 1024); // of 20 of the one, 5 may be of files; of 10, all
    assert_int_equal(clear.freed_anonymous.most, 112 * 1024);
    assert_int_equal(clear.hugetlb.least, 4096 * 1024);
    // Where it isn't known whether the two share one address space, they may be one.
    assert_int_equal(ms_footprint_by_shares(&(struct ms_members){list, weight, 2, 0}, &unclear), MS_KNOWN);
    assert_int_equal(unclear.resident.least, 100 * 1024);
    assert_int_equal(unclear.freed.least, 20 * 1024);
    assert_int_equal(unclear.resident.most, 180 * 1024);
    assert_int_equal(unclear.hugetlb.least, 2048 * 1024);
    ms_process_deinit(&processes[0]);
    ms_process_deinit(&processes[1]);
    ms_source_destroy(source);
    root_destroy(&root);
}

static void the_table_of_frames(void **state)
{
    (void)state;
    struct ms_frames frames;
    ms_frames_init(&frames);
    const uint64_t far = UINT64_C(1) << 34;
    assert_true(ms_frames_add(&frames, 5, false) && ms_frames_add(&frames, 5, true) &&
                ms_frames_add(&frames, far, false));
    assert_int_equal(frames.chunks[0]->times[5], 2);
    assert_int_equal(frames.chunks[0]->hugetlb[0], 1 << 5);
    assert_int_equal(frames.chunks[far / MS_FRAME_CHUNK]->times[0], 1);
    assert_null(frames.chunks[1]);
    for (int i = 0; i < 70000; i++)
        ms_frames_add(&frames, 6, false);
    assert_int_equal(frames.chunks[0]->times[6], MS_FRAME_OFTEN);
    assert_false(ms_frames_add(&frames, UINT64_C(1) << 54, false));
    ms_frames_deinit(&frames);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_frame_once),
        cmocka_unit_test(frames_that_are_not_shown),
        cmocka_unit_test(a_process_that_can_t_be_read),
        cmocka_unit_test(no_counts),
        cmocka_unit_test(bounds_by_shares),
        cmocka_unit_test(the_table_of_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
