// SPDX-License-Identifier: GPL-3.0-or-later
// Processes without an address space, for good or for a moment, and kernels without smaps_rollup.
#include "test_procfs_reader.h"

static int becomes_a_zombie(const char *path)
{
    if (is(path, "42/status"))
        become_memoryless('Z', 0);
    return 0;
}

static void a_zombie_since_the_first_file_has_no_memory(void **state)
{
    (void)state;
    event = becomes_a_zombie;
    assert_true(load(ALL));
    expect_image(-MS_NO_MEMORY);
    assert_int_equal(image_in_text(MS_FIELD_STAT_comm), 0);
    assert_int_equal(image_in_text(MS_FIELD_CMDLINE_cmdline), -MS_NO_MEMORY);
}

static void arguments_of_one_that_ends_are_gone_before_it_is_a_zombie(void **state)
{
    (void)state;
    become_memoryless('R', 0x4);
    assert_true(load(MS_FILES(MS_FILE_CMDLINE)));
    assert_int_equal(image_in_text(MS_FIELD_CMDLINE_cmdline), -MS_NO_MEMORY);
}

static void what_a_zombie_lacks(void **state)
{
    (void)state;
    become_memoryless('Z', 0);
    assert_true(load(ALL | MS_FILES(MS_FILE_EXE)));
    expect_image(-MS_NO_MEMORY);
    assert_int_equal(image_in_text(MS_FIELD_CMDLINE_cmdline), -MS_NO_MEMORY);
    assert_int_equal(image_in_text(MS_FIELD_EXE_exe), -MS_NO_MEMORY);
    assert_true(ms_process_has_no_mm(&process));
    assert_int_equal(ms_process_is_kernel(&process), 0);
}

static void what_a_kernel_thread_lacks(void **state)
{
    (void)state;
    struct ms_value value;
    become_memoryless('I', 0x00200000);
    assert_true(load(ALL | MS_FILES(MS_FILE_EXE)));
    expect_image(-MS_NO_MEMORY);
    assert_int_equal(ms_process_is_kernel(&process), 1);
    assert_true(ms_process_get(&process, MS_FIELD_EXE_exe, &value)); // it has none: that is no secret
    assert_true(value.why == MS_KNOWN && value.text.len == 0);
    assert_true(ms_process_get(&process, MS_FIELD_CMDLINE_cmdline, &value));
    assert_true(value.why == MS_KNOWN && value.text.len == 0);
}

static void arguments_or_a_program_show_that_it_is_no_kernel_thread(void **state)
{
    (void)state;
    assert_true(load(MS_FILES(MS_FILE_CMDLINE)));
    assert_int_equal(ms_process_is_kernel(&process), 0);
    ms_process_forget(&process);
    put("42/cmdline", "");
    assert_true(load(MS_FILES(MS_FILE_EXE)));
    assert_int_equal(ms_process_is_kernel(&process), 0);
    ms_process_forget(&process);
    assert_int_equal(ms_process_is_kernel(&process), -1);
}

// Each thread has its own files: those of the main thread that has exited are empty.
static void lose_the_main_thread(void)
{
    static const char *const names[] = {"statm", "status", "smaps_rollup", "maps", "smaps", "cmdline"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char path[64], thread[64], text[512] = "";
        snprintf(path, sizeof(path), "42/%s", names[i]);
        snprintf(thread, sizeof(thread), "42/task/44/%s", names[i]);
        FILE *file = fopen(path_in_folder(path), "r");
        assert_non_null(file);
        const size_t len = fread(text, 1, sizeof(text) - 1, file);
        fclose(file);
        put_bytes(thread, text, len);
    }
    put("42/task/43/statm", "0 0 0 0 0 0 0\n"); // another that has exited
    put("42/task/42/statm", "0 0 0 0 0 0 0\n");
    become_memoryless('Z', 0);
    put("42/status", "Name:\timage0\nState:\tZ (zombie)\nThreads:\t5\n");
}

static void memory_of_a_process_without_main_thread(void **state)
{
    (void)state;
    struct ms_listing list;
    ms_listing_init(&list);
    lose_the_main_thread();
    assert_true(load(ALL));
    expect_image(1);
    assert_int_equal(image_in_text(MS_FIELD_STAT_comm), 0);
    assert_int_equal(ms_reader_list(&process, true, 0, &list), MS_KNOWN);
    assert_int_equal(list.count, 1);
    ms_listing_deinit(&list);
    static const enum ms_field fields[] = {MS_FIELD_STATM_virt, MS_FIELD_STATUS_vm_swap, MS_FIELD_ROLLUP_pss,
                                           MS_FIELD_MAPS_mappings};
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) { // each alone
        ms_process_deinit(&process);
        ms_process_init(&process, source, PID);
        assert_true(load(MS_FILES(ms_fields[fields[i]].file)));
        assert_true(image_in(fields[i], 1) > 0);
    }
    unlink(path_in_folder("42/task/44/statm")); // the last one has exited
    ms_process_deinit(&process);
    ms_process_init(&process, source, PID);
    assert_true(load(ALL));
    expect_image(-MS_NO_MEMORY);
}

static void one_file_without_memory(void **state)
{
    (void)state;
    static const enum ms_field fields[] = {MS_FIELD_STATM_virt, MS_FIELD_STATUS_vm_swap, MS_FIELD_ROLLUP_pss,
                                           MS_FIELD_MAPS_mappings, MS_FIELD_QUADRANTS_private_file};
    for (int kernel = 0; kernel < 2; kernel++) {
        become_memoryless(kernel ? 'I' : 'Z', kernel ? 0x00200000 : 0);
        for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
            assert_true(load(MS_FILES(ms_fields[fields[i]].file)));
            assert_int_equal(image_in(fields[i], 1), -MS_NO_MEMORY);
            ms_process_deinit(&process);
            ms_process_init(&process, source, PID);
        }
    }
}

static void a_process_may_have_no_arguments(void **state)
{
    (void)state;
    struct ms_value value;
    put("42/cmdline", "");
    assert_true(load(MS_FILES(MS_FILE_CMDLINE)));
    assert_true(ms_process_get(&process, MS_FIELD_CMDLINE_cmdline, &value));
    assert_true(value.why == MS_KNOWN && value.text.len == 0);
}

static int refusals;

static int refuses_rollup(const char *path)
{
    return is(path, "42/smaps_rollup") && refusals-- > 0 ? ESRCH : 0;
}

// In the middle of exec there is no address space for a moment.
static void a_moment_without_memory_passes(void **state)
{
    (void)state;
    event = refuses_rollup;
    refusals = 2;
    assert_true(load(ALL));
    expect_image(1);
    ms_process_forget(&process);
    refusals = 1000;
    assert_true(load(ALL));
    assert_int_equal(image_in(MS_FIELD_ROLLUP_pss, 1), -MS_NO_MEMORY);
    assert_int_equal(image_in(MS_FIELD_STATUS_vm_swap, 1024), 1);
}

static void without_smaps_rollup_smaps_is_summed(void **state)
{
    (void)state;
    unlink(path_in_folder("42/smaps_rollup"));
    assert_true(load(MS_FILES(MS_FILE_ROLLUP)));
    assert_int_equal(image_in(MS_FIELD_ROLLUP_pss, 1024), 1);
    assert_int_equal(image_in(MS_FIELD_ROLLUP_swap_exact, 1), -MS_UNSUPPORTED);
    ms_process_forget(&process);
    put("42/smaps", "00001000-00002000 rw-p 00000000 00:00 0 \nPss: 1 kB\nLocked: 0 kB\n00002000-0000");
    assert_true(load(MS_FILES(MS_FILE_ROLLUP)));
    assert_int_equal(image_in(MS_FIELD_ROLLUP_pss, 1), -MS_MALFORMED); // a mapping may be missing
    ms_process_forget(&process);
    unlink(path_in_folder("42/smaps"));
    assert_true(load(MS_FILES(MS_FILE_ROLLUP)));
    assert_int_equal(image_in(MS_FIELD_ROLLUP_pss, 1), -MS_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_zombie_since_the_first_file_has_no_memory),
        TEST(arguments_of_one_that_ends_are_gone_before_it_is_a_zombie),
        TEST(what_a_zombie_lacks),
        TEST(what_a_kernel_thread_lacks),
        TEST(arguments_or_a_program_show_that_it_is_no_kernel_thread),
        TEST(memory_of_a_process_without_main_thread),
        TEST(one_file_without_memory),
        TEST(a_process_may_have_no_arguments),
        TEST(a_moment_without_memory_passes),
        TEST(without_smaps_rollup_smaps_is_summed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
