// SPDX-License-Identifier: GPL-3.0-or-later
// Processes that execute, end, or are replaced while they are read: what comes out is of one image, or gone.
#include "test_procfs_reader.h"

static void all_files_of_a_process_at_rest(void **state)
{
    (void)state;
    assert_true(load(ALL));
    expect_image(1);
    assert_int_equal(image_in_text(MS_FIELD_CMDLINE_cmdline), 1);
    assert_int_equal(process.rereads, 0);
    assert_int_equal(opens, 1 + 6 + 1); // the directory, the files, stat once more
    assert_true(load(ALL));
    assert_int_equal(opens, 8); // nothing again
}

static void one_file_needs_no_directory(void **state)
{
    (void)state;
    assert_true(load(MS_FILES(MS_FILE_STATUS)));
    assert_int_equal(opens, 1);
    assert_false(process.has_start);
}

static int executes_once(const char *path)
{
    if (is(path, "42/status") && image == 1)
        become(2, 100);
    return 0;
}

static void exec_between_files_reads_all_again(void **state)
{
    (void)state;
    event = executes_once;
    assert_true(load(ALL));
    expect_image(2);
    assert_int_equal(image_in_text(MS_FIELD_STAT_comm), 2);
    assert_int_equal(image_in_text(MS_FIELD_CMDLINE_cmdline), 2);
}

static int executes_always(const char *path)
{
    if (is(path, "42/status"))
        become(image + 1, 100);
    return 0;
}

static void exec_in_every_try_is_gone(void **state)
{
    (void)state;
    event = executes_always;
    assert_true(load(ALL));
    expect_image(-MS_GONE);
    assert_true(ms_process_is_gone(&process));
}

static void exec_since_the_last_load_reads_all_again(void **state)
{
    (void)state;
    assert_true(load(MS_FILES(MS_FILE_STATM) | MS_FILES(MS_FILE_CMDLINE) | MS_FILES(MS_FILE_MAPS)));
    become(2, 100);
    assert_true(load(ALL));
    expect_image(2);
    assert_int_equal(image_in_text(MS_FIELD_CMDLINE_cmdline), 2);
    assert_int_equal(process.rereads, 1);
}

static void what_was_loaded_is_gone_when_nothing_stays(void **state)
{
    (void)state;
    assert_true(load(MS_FILES(MS_FILE_STATM) | MS_FILES(MS_FILE_CMDLINE)));
    event = executes_always;
    assert_true(load(ALL));
    expect_image(-MS_GONE);
    assert_int_equal(image_in_text(MS_FIELD_CMDLINE_cmdline), -MS_GONE);
}

static void a_strangers_files_are_not_read(void **state)
{
    (void)state;
    assert_true(load(MS_FILES(MS_FILE_STATM) | MS_FILES(MS_FILE_MAPS)));
    become(2, 200); // the number is another's now
    assert_true(load(ALL));
    assert_int_equal(image_in(MS_FIELD_STATM_virt, PAGE), 1);
    assert_int_equal(image_in(MS_FIELD_MAPS_mappings, 1), 1);
    assert_int_equal(image_in(MS_FIELD_STATUS_vm_swap, 1), -MS_GONE);
    assert_int_equal(image_in(MS_FIELD_ROLLUP_pss, 1), -MS_GONE);
    struct ms_listing list;
    ms_listing_init(&list);
    assert_int_equal(ms_reader_list(&process, true, 0, &list), MS_GONE);
    assert_int_equal(list.count, 0);
    ms_listing_deinit(&list);
    ms_process_forget(&process);
    assert_true(load(MS_FILES(MS_FILE_STATM))); // its identity is kept
    assert_int_equal(image_in(MS_FIELD_STATM_virt, PAGE), -MS_GONE);
}

// Nothing had told the start time yet: the first file is read again with it.
static void a_first_file_without_identity_is_read_again(void **state)
{
    (void)state;
    assert_true(load(MS_FILES(MS_FILE_STATM)));
    become(2, 200);
    assert_true(load(ALL));
    expect_image(2);
    assert_int_equal(process.start, 200);
    assert_int_equal(process.rereads, 1);
}

static int is_replaced(const char *path)
{
    if (is(path, "42/status") && image == 1)
        become(2, 200);
    return 0;
}

static void replaced_while_it_is_read_is_gone(void **state)
{
    (void)state;
    event = is_replaced;
    assert_true(load(ALL));
    expect_image(-MS_GONE);
}

static int ends(const char *path)
{
    if (is(path, "42/smaps_rollup"))
        vanish();
    return 0;
}

static void ended_while_it_is_read_is_gone(void **state)
{
    (void)state;
    event = ends;
    assert_true(load(ALL));
    expect_image(-MS_GONE);
    assert_true(ms_process_is_gone(&process));
}

static void ended_before_is_gone(void **state)
{
    (void)state;
    assert_true(load(MS_FILES(MS_FILE_STATM) | MS_FILES(MS_FILE_STAT)));
    vanish();
    assert_true(load(ALL));
    assert_int_equal(image_in(MS_FIELD_STATM_virt, PAGE), 1); // as it was
    assert_int_equal(image_in(MS_FIELD_STATUS_vm_swap, 1), -MS_GONE);
    assert_int_equal(image_in(MS_FIELD_ROLLUP_pss, 1), -MS_GONE);
}

static int is_reaped(const char *path)
{
    static bool gone;
    if (is(path, "42"))
        gone = false;
    gone |= is(path, "42/status");
    return gone ? ESRCH : 0;
}

static void esrch_in_the_middle_is_gone(void **state)
{
    (void)state;
    event = is_reaped;
    assert_true(load(ALL));
    expect_image(-MS_GONE);
}

static int executes_at_smaps(const char *path)
{
    if (is(path, "42/smaps") && image == 1)
        become(2, 100);
    return 0;
}

static void a_listing_is_of_one_image_with_its_files(void **state)
{
    (void)state;
    struct ms_listing list;
    ms_listing_init(&list);
    assert_true(load(MS_FILES(MS_FILE_STATM)));
    event = executes_at_smaps;
    assert_int_equal(ms_reader_list(&process, true, MS_FILES(MS_FILE_STATUS), &list), MS_KNOWN);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.vmas[0].start, 2 << 12);
    assert_int_equal(image_in(MS_FIELD_STATM_virt, PAGE), 2);
    assert_int_equal(image_in(MS_FIELD_STATUS_vm_swap, 1024), 2);
    event = NULL;
    assert_int_equal(ms_reader_list(&process, false, 0, &list), MS_KNOWN);
    assert_int_equal(list.count, 1);
    become_memoryless('Z', 0);
    assert_int_equal(ms_reader_list(&process, false, 0, &list), MS_NO_MEMORY);
    assert_int_equal(list.count, 0);
    vanish();
    assert_int_equal(ms_reader_list(&process, false, 0, &list), MS_GONE);
    ms_listing_deinit(&list);
}

static int stop_at;

static int stops(const char *path)
{
    (void)path;
    if (opens == stop_at)
        stop = 1;
    return 0;
}

// Told to stop at any moment: what is there is right, nothing is said to be gone, and it can go on later.
static void a_stop_leaves_nothing_wrong(void **state)
{
    (void)state;
    static const enum ms_field fields[] = {MS_FIELD_STATM_virt, MS_FIELD_STATUS_vm_swap, MS_FIELD_ROLLUP_pss,
                                           MS_FIELD_MAPS_mappings, MS_FIELD_STAT_comm};
    struct ms_listing list;
    ms_listing_init(&list);
    event = stops;
    for (stop_at = 1; stop_at < 30; stop_at++) {
        bool done = true;
        opens = 0;
        ms_process_deinit(&process);
        ms_process_init(&process, source, PID);
        done &= load(MS_FILES(MS_FILE_STATM));
        done = done && load(MS_FILES(MS_FILE_STATUS));
        done = done && ms_reader_list(&process, true, MS_FILES(MS_FILE_CMDLINE), &list) == MS_KNOWN && !stop;
        done = done && load(ALL);
        for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
            struct ms_value value;
            if (ms_process_get(&process, fields[i], &value))
                assert_int_equal(value.why, MS_KNOWN);
        }
        assert_int_equal(done, !stop);
        stop = 0;
        assert_true(load(ALL));
        expect_image(1);
    }
    ms_listing_deinit(&list);
}

static void a_frozen_process_is_not_read(void **state)
{
    (void)state;
    struct ms_listing list;
    ms_listing_init(&list);
    assert_true(load(MS_FILES(MS_FILE_STATM)));
    process.frozen = true;
    opens = 0;
    assert_true(load(ALL));
    assert_int_equal(opens, 0);
    assert_int_equal(image_in(MS_FIELD_STATM_virt, PAGE), 1);
    assert_int_equal(image_in(MS_FIELD_STATUS_vm_swap, 1), -MS_NOT_RECORDED);
    assert_int_equal(ms_reader_list(&process, true, 0, &list), MS_NOT_RECORDED);
    ms_listing_deinit(&list);
}

static int hidden(const char *path)
{
    return strncmp(path, "42", 2) == 0 ? EPERM : 0;
}

static void a_hidden_process_is_denied(void **state)
{
    (void)state;
    struct ms_listing list;
    ms_listing_init(&list);
    event = hidden;
    assert_true(load(ALL));
    assert_int_equal(image_in(MS_FIELD_STATUS_vm_swap, 1), -MS_DENIED);
    assert_int_equal(image_in(MS_FIELD_MAPS_mappings, 1), -MS_DENIED);
    assert_int_equal(ms_reader_list(&process, true, 0, &list), MS_DENIED);
    assert_false(ms_process_is_gone(&process));
    ms_listing_deinit(&list);
}

static void a_batch_is_read_one_by_one(void **state)
{
    (void)state;
    struct ms_process other, *batch[] = {&process, &other, &process};
    ms_process_init(&other, source, 4711);
    assert_true(ms_reader_load(batch, 3, ALL));
    expect_image(1);
    assert_true(ms_process_is_gone(&other));
    assert_true(ms_reader_load_kernel(batch, 2));
    assert_int_equal(ms_process_is_kernel(&process), 0);
    ms_process_deinit(&other);
    assert_true(ms_reader_load(NULL, 0, ALL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_files_of_a_process_at_rest),
        TEST(one_file_needs_no_directory),
        TEST(exec_between_files_reads_all_again),
        TEST(exec_in_every_try_is_gone),
        TEST(exec_since_the_last_load_reads_all_again),
        TEST(what_was_loaded_is_gone_when_nothing_stays),
        TEST(a_strangers_files_are_not_read),
        TEST(a_first_file_without_identity_is_read_again),
        TEST(replaced_while_it_is_read_is_gone),
        TEST(ended_while_it_is_read_is_gone),
        TEST(ended_before_is_gone),
        TEST(esrch_in_the_middle_is_gone),
        TEST(a_listing_is_of_one_image_with_its_files),
        TEST(a_stop_leaves_nothing_wrong),
        TEST(a_frozen_process_is_not_read),
        TEST(a_hidden_process_is_denied),
        TEST(a_batch_is_read_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
