// SPDX-License-Identifier: GPL-3.0-or-later
// Owners of the files of a filesystem, against files that are made here; lines of sysvipc/shm, however odd.
#include "test_procfs.h"

#include "pool/heartbeat.h"

#include <linux/limits.h>

// ---- the walk: it is any filesystem's, as long as it is the one that is named

static dev_t device(void)
{
    struct stat st;
    assert_int_equal(stat(folder, &st), 0);
    return st.st_dev;
}

static void put_in_own_folder(void **state)
{
    (void)state;
    put("a/one", "1234");
    put("a/b/two", "1234");
    put("three", "");
}

static struct ms_tmpfs_walk walk(uint64_t files)
{
    struct ms_tmpfs_walk found = {.most_files = files, .most_ms = 60000};
    assert_int_equal(ms_source_tmpfs_walk(folder, device(), NULL, &found), 0);
    return found;
}

static void files_are_counted_by_owner(void **state)
{
    put_in_own_folder(state);
    struct stat one, two;
    char path[PATH_MAX], other[PATH_MAX];
    snprintf(path, sizeof path, "%s/a/one", folder);
    assert_int_equal(stat(path, &one), 0);
    snprintf(other, sizeof other, "%s/linked", folder);
    assert_int_equal(link(path, other), 0);
    snprintf(other, sizeof other, "%s/a/loop", folder);
    assert_int_equal(symlink("..", other), 0);
    snprintf(path, sizeof path, "%s/a/b/two", folder);
    assert_int_equal(stat(path, &two), 0);

    struct ms_tmpfs_walk found = walk(1000);
    assert_int_equal(found.owner_count, 1);
    assert_int_equal(found.owners[0].uid, getuid());
    assert_int_equal(found.owners[0].files, 3); // the second name and the link are none
    assert_int_equal(found.owners[0].bytes, (one.st_blocks + two.st_blocks) * 512);
    assert_false(found.is_cut);
    assert_int_equal(found.closed, 0);
    ms_tmpfs_walk_deinit(&found);
}

static void it_stops_at_its_limits(void **state)
{
    put_in_own_folder(state);
    struct ms_tmpfs_walk found = walk(1);
    assert_true(found.is_cut);
    assert_true(found.files <= 1);
    ms_tmpfs_walk_deinit(&found);
    found = (struct ms_tmpfs_walk){.most_files = 1000};
    assert_int_equal(ms_source_tmpfs_walk(folder, device(), NULL, &found), 0);
    assert_true(found.is_cut); // it had no time
    ms_tmpfs_walk_deinit(&found);
    struct ms_heartbeat heartbeat = {.stop = true};
    found = (struct ms_tmpfs_walk){.most_files = 1000, .most_ms = 60000};
    assert_int_equal(ms_source_tmpfs_walk(folder, device(), &heartbeat, &found), EINTR);
    ms_tmpfs_walk_deinit(&found);
}

static void it_goes_no_deeper_than_it_may(void **state)
{
    (void)state;
    char path[PATH_MAX];
    int len = snprintf(path, sizeof path, "%s", folder);
    for (int i = 0; i < 100; i++) {
        len += snprintf(path + len, sizeof path - (size_t)len, "/d");
        assert_int_equal(mkdir(path, 0700), 0);
    }
    struct ms_tmpfs_walk found = walk(1000);
    assert_int_equal(found.closed, 1);
    assert_false(found.is_cut);
    ms_tmpfs_walk_deinit(&found);
}

static void another_filesystem_is_not_read(void **state)
{
    (void)state;
    struct ms_tmpfs_walk found = {.most_files = 1000, .most_ms = 60000};
    assert_int_equal(ms_source_tmpfs_walk("/proc", device(), NULL, &found), ESTALE);
    assert_int_equal(ms_source_tmpfs_walk("/nowhere", device(), NULL, &found), ENOENT);
    assert_int_equal(found.owner_count, 0);
}

// ---- segments

struct seen {
    size_t count;
    struct ms_segment last;
};

static void take(void *ctx, const struct ms_segment *segment)
{
    struct seen *seen = ctx;
    seen->count++;
    seen->last = *segment;
}

static struct seen segments(const char *lines)
{
    struct seen seen = {0};
    char text[1024];
    snprintf(text, sizeof text, "       key      shmid perms size cpid lpid nattch uid gid ...\n%s", lines);
    ms_segments_each(ms_text_of(text), take, &seen);
    return seen;
}

static void segments_are_read(void **state)
{
    (void)state;
    struct seen seen = segments("  -17  32769  1600  4194304 77 78 2 1000 1000 1000 1000 1 2 3 8192 4096\n");
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.last.id, 32769);
    assert_int_equal(seen.last.size, 4194304);
    assert_int_equal(seen.last.creator, 77);
    assert_int_equal(seen.last.attached, 2);
    assert_int_equal(seen.last.uid, 1000);
    assert_int_equal(seen.last.rss.number, 8192);
    assert_int_equal(seen.last.swap.number, 4096);
}

static void segments_that_make_no_sense_are_none(void **state)
{
    (void)state;
    assert_int_equal(segments("").count, 0);
    assert_int_equal(segments("\n\n 1 2 3\n").count, 0);
    assert_int_equal(segments("0 x 0 1 1 1 0 0 0 0 0 0 0 0 1 1\n").count, 0);
    struct seen seen = segments("0 1 0 1 1 1 0 0 0 0 0 0 0 0\n"); // Linux 2.6.35
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.last.rss.why, MS_UNSUPPORTED);
    seen = segments("0 1 0 1 1 1 0 0 0 0 0 0 0 0 -1 18446744073709551616");
    assert_int_equal(seen.last.rss.why, MS_MALFORMED);
    assert_int_equal(seen.last.swap.why, MS_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_are_counted_by_owner, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(it_stops_at_its_limits, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(it_goes_no_deeper_than_it_may, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(another_filesystem_is_not_read, make_folder, remove_folder),
        cmocka_unit_test(segments_are_read),
        cmocka_unit_test(segments_that_make_no_sense_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
