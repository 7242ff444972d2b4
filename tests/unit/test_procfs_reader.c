// SPDX-License-Identifier: GPL-3.0-or-later
// Processes that execute, end, or are replaced while they are read: what comes out is of one image, or gone,
// or without memory. A hook changes the files when one is opened; each image of the process has its number in
// all of its files.
#include "test_procfs.h"

#include <signal.h>

#include "reader.h"

enum { PID = 42, PAGE = 4096 };

#define ALL                                                                                                  \
    (MS_FILES(MS_FILE_STAT) | MS_FILES(MS_FILE_STATM) | MS_FILES(MS_FILE_STATUS) |                           \
     MS_FILES(MS_FILE_CMDLINE) | MS_FILES(MS_FILE_ROLLUP) | MS_FILES(MS_FILE_MAPS))

static struct ms_source *source;
static struct ms_process process;
static volatile sig_atomic_t stop;
static int fds_before;
static int image, opens;

// What happens when a path is opened; a number is the errno of it.
static int (*event)(const char *path);

static int on_open(void *ctx, const char *path)
{
    (void)ctx;
    opens++;
    return event ? event(path) : 0;
}

static void put_stat(const char *comm, char state, unsigned flags, int vsize, int start)
{
    char text[256];
    snprintf(text, sizeof(text), "%d (%s) %c 1 2 3 0 -1 %u 5 0 7 0 12 3 0 0 20 0 5 0 %d %d 56 0 1 1 0\n", PID,
             comm, state, flags, start, vsize);
    put("42/stat", text);
}

static void become(int number, int start)
{
    char text[256], comm[24];
    image = number;
    snprintf(comm, sizeof(comm), "image%d", number);
    put_stat(comm, 'S', 0, PAGE, start);
    snprintf(text, sizeof(text), "%d %d 1 1 0 1 0\n", number, number);
    put("42/statm", text);
    snprintf(text, sizeof(text), "Name:\t%s\nVmSize:\t%d kB\nVmSwap:\t%d kB\nThreads:\t1\n", comm, number,
             number);
    put("42/status", text);
    put("42/cmdline", comm);
    put("42/exe", comm);
    snprintf(text, sizeof(text), "1-2 ---p 00000000 00:00 0 [rollup]\nPss: %d kB\nLocked: 0 kB\n", number);
    put("42/smaps_rollup", text);
    snprintf(text, sizeof(text), "%08x-%08x rw-p 00000000 00:00 0 \n", number << 12, (number + 1) << 12);
    put("42/maps", text);
    strcat(text, "Rss: 4 kB\nPss: ");
    snprintf(text + strlen(text), 64, "%d kB\nAnonymous: 4 kB\nLocked: 0 kB\nVmFlags: rd \n", number);
    put("42/smaps", text);
}

static void become_memoryless(char state, unsigned flags)
{
    put_stat("image0", state, flags, 0, 100);
    put("42/task/42/statm", "0 0 0 0 0 0 0\n"); // no other thread is left
    put("42/statm", "0 0 0 0 0 0 0\n");
    put("42/status", "Name:\timage0\nThreads:\t1\n");
    put("42/cmdline", "");
    unlink(path_in_folder("42/exe"));
    put("42/smaps_rollup", "");
    put("42/maps", "");
    put("42/smaps", "");
}

static void vanish(void)
{
    static const char *const names[] = {"stat", "statm",        "status", "cmdline",
                                        "exe",  "smaps_rollup", "maps",   "smaps"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char path[32];
        snprintf(path, sizeof(path), "42/%s", names[i]);
        unlink(path_in_folder(path));
    }
    rmdir(path_in_folder("42"));
}

static int set_up(void **state)
{
    if (make_folder(state))
        return -1;
    fds_before = open_fds();
    put(".machine/info", "page_size 4096\n");
    become(1, 100);
    source = open_folder();
    stop = 0;
    opens = 0;
    event = NULL;
    ms_source_set_hooks(source, (struct ms_source_hooks){.open = on_open});
    ms_source_set_stop(source, &stop);
    ms_process_init(&process, source, PID);
    return 0;
}

static int tear_down(void **state)
{
    ms_process_deinit(&process);
    ms_source_destroy(source);
    return open_fds() != fds_before || remove_folder(state);
}

static bool load(ms_files files)
{
    struct ms_process *batch = &process;
    return ms_reader_load(&batch, 1, files);
}

// The number of the image that a field is of, 0 - reason where it is unknown.
static int image_in(enum ms_field field, uint64_t unit)
{
    struct ms_value value;
    assert_true(ms_process_get(&process, field, &value));
    return value.why == MS_KNOWN ? (int)(value.number / unit) : -(int)value.why;
}

static int image_in_text(enum ms_field field)
{
    struct ms_value value;
    char text[32];
    assert_true(ms_process_get(&process, field, &value));
    if (value.why != MS_KNOWN)
        return -(int)value.why;
    snprintf(text, sizeof(text), "%.*s", (int)value.text.len, value.text.data);
    return atoi(text + strlen("image"));
}

// Of each file a value: all of one image, or for one reason.
static void expect_image(int number)
{
    assert_int_equal(image_in(MS_FIELD_STATM_code, PAGE), number > 0 ? 1 : number);
    assert_int_equal(image_in(MS_FIELD_STATM_virt, 1) > 0, number > 0);
    assert_int_equal(ms_block_get(process.blocks[MS_FILE_STATM], ms_place_first(MS_FIELD_STATM_virt)).number,
                     number > 0 ? (uint64_t)number * PAGE : 0);
    assert_int_equal(image_in(MS_FIELD_STATUS_vm_swap, 1024), number);
    assert_int_equal(image_in(MS_FIELD_ROLLUP_pss, 1024), number);
    assert_int_equal(image_in(MS_FIELD_MAPS_mappings, 1), number > 0 ? 1 : number);
}

static bool is(const char *path, const char *name)
{
    return strcmp(path, name) == 0;
}

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

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
        TEST(a_zombie_since_the_first_file_has_no_memory),
        TEST(what_a_zombie_lacks),
        TEST(what_a_kernel_thread_lacks),
        TEST(memory_of_a_process_without_main_thread),
        TEST(one_file_without_memory),
        TEST(a_process_may_have_no_arguments),
        TEST(a_moment_without_memory_passes),
        TEST(without_smaps_rollup_smaps_is_summed),
        TEST(a_listing_is_of_one_image_with_its_files),
        TEST(a_stop_leaves_nothing_wrong),
        TEST(a_frozen_process_is_not_read),
        TEST(a_hidden_process_is_denied),
        TEST(a_batch_is_read_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
