// SPDX-License-Identifier: GPL-3.0-or-later
// limits, ksm_stat, numa_maps, fdinfo of graphics devices; and a process whose main thread has exited.
#include "test_procfs.h"

#include "reader/reader.h"

static struct ms_block *parse(enum ms_file file, const char *text, size_t len)
{
    char *own = malloc(len ? len : 1); // an allocation of its size shows a step beyond
    struct ms_block *block = ms_block_create(file, MS_NOT_RECORDED);
    assert_true(own && block);
    memcpy(own, text, len);
    const struct ms_text bytes = {own, len};
    ms_parse_file(block, bytes, (struct ms_parse_context){.page_size = 4096});
    free(own);
    return block;
}

#define PARSE(file, literal) parse(MS_FILE_##file, literal, sizeof(literal) - 1)

static void limits_are_the_soft_ones(void **state)
{
    (void)state;
    struct ms_block *block =
        PARSE(LIMITS, "Limit                     Soft Limit           Hard Limit           Units     \n"
                      "Max data size             unlimited            0                    bytes     \n"
                      "Max stack size            8388608              unlimited            bytes     \n"
                      "Max core file size        0                    unlimited            bytes     \n"
                      "Max resident set          18446744073709551614 unlimited            bytes     \n"
                      "Max locked memory         lots                 unlimited            bytes     \n");
    expect_number(block, MS_FIELD_LIMITS_limit_data, INT64_MAX);
    expect_number(block, MS_FIELD_LIMITS_limit_stack, 8388608);
    expect_number(block, MS_FIELD_LIMITS_limit_core, 0);
    expect_number(block, MS_FIELD_LIMITS_limit_rss, INT64_MAX);
    expect_why(block, MS_FIELD_LIMITS_limit_memlock, MS_MALFORMED);
    expect_why(block, MS_FIELD_LIMITS_limit_as, MS_UNSUPPORTED);
    ms_block_destroy(block);
}

static void limits_that_are_cut_or_doubled_say_nothing(void **state)
{
    (void)state;
    struct ms_block *block =
        PARSE(LIMITS, "Max stack size 1 1 bytes\nMax stack size 2 2 bytes\nMax data size 83");
    expect_why(block, MS_FIELD_LIMITS_limit_stack, MS_MALFORMED);
    expect_why(block, MS_FIELD_LIMITS_limit_data, MS_MALFORMED);
    expect_why(block, MS_FIELD_LIMITS_limit_as, MS_MALFORMED);
    ms_block_destroy(block);
    block = PARSE(LIMITS, "");
    expect_why(block, MS_FIELD_LIMITS_limit_as, MS_MALFORMED);
    ms_block_destroy(block);
}

static void ksm_stat_has_words_with_and_without_colons(void **state)
{
    (void)state;
    struct ms_block *block =
        PARSE(KSM_STAT, "ksm_rmap_items 12\nksm_zero_pages 3\nksm_merging_pages 4\n"
                        "ksm_process_profit -768\nksm_merge_any: no\nksm_mergeable: yes\n"
                        "ksm_new 7\n");
    expect_number(block, MS_FIELD_KSM_STAT_ksm_rmap_items, 12);
    expect_number(block, MS_FIELD_KSM_STAT_ksm_zero_pages, 3);
    expect_number(block, MS_FIELD_KSM_MERGING_ksm_merging_pages, 4);
    expect_number(block, MS_FIELD_KSM_STAT_ksm_process_profit, (uint64_t)-768);
    expect_number(block, MS_FIELD_KSM_STAT_ksm_merge_any, 0);
    expect_number(block, MS_FIELD_KSM_STAT_ksm_mergeable, 1);
    ms_block_destroy(block);
    block = PARSE(KSM_STAT, "\n:\nksm_rmap_items 0\nksm_mergeable: perhaps\nksm_zero_pages -1\n"
                            "ksm_process_profit: much\n");
    expect_number(block, MS_FIELD_KSM_STAT_ksm_rmap_items, 0);
    expect_why(block, MS_FIELD_KSM_STAT_ksm_mergeable, MS_MALFORMED);
    expect_why(block, MS_FIELD_KSM_STAT_ksm_zero_pages, MS_MALFORMED);
    expect_why(block, MS_FIELD_KSM_STAT_ksm_process_profit, MS_MALFORMED);
    expect_why(block, MS_FIELD_KSM_STAT_ksm_merge_any, MS_UNSUPPORTED);
    ms_block_destroy(block);
    block = PARSE(KSM_STAT, "ksm_rmap_items 12\nksm_zero_pages 1");
    expect_number(block, MS_FIELD_KSM_STAT_ksm_rmap_items, 12);
    expect_why(block, MS_FIELD_KSM_STAT_ksm_zero_pages, MS_MALFORMED);
    ms_block_destroy(block);
}

static void numa_maps_add_up_by_node_in_pages_of_each_line(void **state)
{
    (void)state;
    static const char nodes[] = "0 20480\n1 4096\n3 4194304\n";
    struct ms_block *block =
        PARSE(NUMA_MAPS, "00400000 default file=/bin/N0=9 mapped=2 N0=2 kernelpagesize_kB=4\n"
                         "00600000 default\n"
                         "00700000 bind:0 anon=4 dirty=4 N0=3 N1=1 kernelpagesize_kB=4\n"
                         "7f000000 interleave:0-1 file=/anon_hugepage\\040(deleted) huge anon=2 N3=2 "
                         "kernelpagesize_kB=2048\n");
    expect_text(block, MS_FIELD_NUMA_MAPS_numa, nodes, sizeof(nodes) - 1);
    ms_block_destroy(block);
    block = PARSE(NUMA_MAPS, "00400000 default N2=1\n"); // an old kernel
    expect_text(block, MS_FIELD_NUMA_MAPS_numa, "2 4096\n", 7);
    ms_block_destroy(block);
    block = PARSE(NUMA_MAPS, "00400000 default N1 N= Nx=2 N0=x N1023=1 x0=9 kernelpagesize_kB=8\n");
    expect_text(block, MS_FIELD_NUMA_MAPS_numa, "1023 8192\n", 10);
    ms_block_destroy(block);
    block = PARSE(NUMA_MAPS, "00400000 default\n");
    expect_text(block, MS_FIELD_NUMA_MAPS_numa, "", 0);
    ms_block_destroy(block);
}

static void add_to_node_2(void *ctx, uint64_t address, int node, uint64_t bytes)
{
    uint64_t *sums = ctx; // by address, in pages
    sums[address >> 12] += node == 2 ? bytes : 0;
}

// Of a mapping they are what the process has of it, on a kernel that prints no size, too.
static void numa_maps_by_mapping(void **state)
{
    (void)state;
    uint64_t sums[8] = {0};
    const struct ms_text text = MS_TEXT("1000 default anon=2 N2=2\n2000 default\n"
                                        "3000 default N0=4 N2=1 kernelpagesize_kB=2048\n");
    assert_true(ms_numa_maps_each(text, 4096, add_to_node_2, sums));
    assert_int_equal(sums[1], 2 * 4096);
    assert_int_equal(sums[2], 0);
    assert_int_equal(sums[3], 2048 * 1024);
    assert_false(ms_numa_maps_each((struct ms_text){text.data, text.len - 1}, 4096, add_to_node_2, sums));
    assert_false(ms_numa_maps_each(MS_TEXT("x default N0=1\n"), 4096, add_to_node_2, sums));
}

static void numa_maps_that_can_not_be_are_malformed(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "00400000 default N0=1 kernelpagesize_kB=4",
        "00400000 default N4096=1 kernelpagesize_kB=4\n",
        "00400000 default N0=18446744073709551615 kernelpagesize_kB=4\n",
        "a default N0=4503599627370495 kernelpagesize_kB=4\nb default N0=1 kernelpagesize_kB=4\n",
        "a default N0=1 kernelpagesize_kB=x\n",
        "a default N0=1 kernelpagesize_kB=18014398509481984\n",
        "a default N1024=1 kernelpagesize_kB=4\n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct ms_block *block = parse(MS_FILE_NUMA_MAPS, texts[i], strlen(texts[i]));
        expect_why(block, MS_FIELD_NUMA_MAPS_numa, MS_MALFORMED);
        ms_block_destroy(block);
    }
}

static void graphics_count_a_client_once_in_all_its_regions(void **state)
{
    (void)state;
    struct ms_block *block =
        PARSE(GRAPHICS, "pos:\t0\nflags:\t02\n" // a descriptor of dup(2): the same client
                        "drm-driver:\txe\ndrm-client-id:\t7\ndrm-pdev:\t0000:03:00.0\n"
                        "drm-total-vram0:\t3 MiB\ndrm-shared-vram0:\t1 MiB\n"
                        "drm-resident-vram0:\t2 MiB\ndrm-total-system:\t4 KiB\n"
                        "pos:\t0\ndrm-driver:\txe\ndrm-client-id:\t7\n"
                        "drm-pdev:\t0000:03:00.0\ndrm-total-vram0:\t3 MiB\n"
                        "drm-shared-vram0:\t1 MiB\ndrm-resident-vram0:\t2 MiB\n"
                        "drm-total-system:\t4 KiB\n"
                        "pos:\t0\ndrm-driver:\txe\ndrm-client-id:\t7\n" // of another device
                        "drm-pdev:\t0000:04:00.0\ndrm-total-vram0:\t512\n"
                        "drm-shared-vram0:\t0\ndrm-resident-vram0:\t0\n");
    expect_number(block, MS_FIELD_GRAPHICS_drm_total, (3 << 20) + 4096 + 512);
    expect_number(block, MS_FIELD_GRAPHICS_drm_resident, 2 << 20);
    expect_number(block, MS_FIELD_GRAPHICS_drm_shared, 1 << 20);
    ms_block_destroy(block);
}

// A device is known by its place on the bus, and by its driver where it has none; a client is known by its
// number.
static void graphics_clients_are_told_apart(void **state)
{
    (void)state;
    struct ms_block *block = PARSE(GRAPHICS, "pos:\t0\ndrm-pdev:\t0000:03:00.0\ndrm-driver:\ta\n"
                                             "drm-client-id:\t7\ndrm-total-x:\t1\n"
                                             "pos:\t0\ndrm-driver:\tb\ndrm-pdev:\t0000:03:00.0\n"
                                             "drm-client-id:\t7\ndrm-total-x:\t1\n"); // one client
    expect_number(block, MS_FIELD_GRAPHICS_drm_total, 1);
    ms_block_destroy(block);
    block = PARSE(GRAPHICS, "pos:\t0\ndrm-driver:\tx\ndrm-client-id:\t7\ndrm-total-x:\t1\n"
                            "pos:\t0\ndrm-driver:\ty\ndrm-client-id:\t7\ndrm-total-x:\t10\n"
                            "pos:\t0\ndrm-driver:\tx\ndrm-client-id:\t70\ndrm-total-x:\t100\n"
                            "pos:\t0\ndrm-client-id:\t7\ndrm-total-x:\t1000\n"
                            "pos:\t0\ndrm-driver:\tx\ndrm-total-x:\t10000\n" // no numbers: each counts
                            "pos:\t0\ndrm-driver:\tx\ndrm-total-x:\t10000\n"
                            "pos:\t0\ndrm-driver:\tx\ndrm-client-id:\t7\ndrm-total-x:\t1\n");
    expect_number(block, MS_FIELD_GRAPHICS_drm_total, 21111);
    ms_block_destroy(block);
}

static void graphics_of_older_drivers_are_what_they_say(void **state)
{
    (void)state;
    struct ms_block *block = PARSE(GRAPHICS, "pos:\t0\ndrm-driver:\tamdgpu\ndrm-client-id:\t1\n"
                                             "drm-memory-vram:\t8 KiB\ndrm-memory-gtt: \t4 KiB\n");
    expect_number(block, MS_FIELD_GRAPHICS_drm_total, 12288);
    expect_number(block, MS_FIELD_GRAPHICS_drm_resident, 12288);
    expect_why(block, MS_FIELD_GRAPHICS_drm_shared, MS_UNSUPPORTED);
    ms_block_destroy(block);
    block = PARSE(GRAPHICS, "pos:\t0\ndrm-driver:\told\ndrm-engine-gpu:\t12 ns\n");
    expect_why(block, MS_FIELD_GRAPHICS_drm_total, MS_UNSUPPORTED);
    ms_block_destroy(block);
    block = PARSE(GRAPHICS, "pos:\t0\nflags:\t02\n"); // before Linux 5.19
    expect_why(block, MS_FIELD_GRAPHICS_drm_total, MS_UNSUPPORTED);
    ms_block_destroy(block);
    block = PARSE(GRAPHICS, ""); // no graphics device
    expect_number(block, MS_FIELD_GRAPHICS_drm_total, 0);
    ms_block_destroy(block);
}

static void graphics_that_can_not_be_are_malformed(void **state)
{
    (void)state;
    static const char *const values[] = {"",
                                         "-1",
                                         "1 GiB",
                                         "18446744073709551615 KiB",
                                         "x",
                                         "18446744073709551615\ndrm-total-b:\t1",
                                         "x\npos:\t0\ndrm-driver:\txf\ndrm-total-a:\t1",
                                         "18446744073709551615\npos:\t0\ndrm-driver:\txe\ndrm-total-a:\t1"};
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
        char text[128];
        snprintf(text, sizeof text, "pos:\t0\ndrm-driver:\txe\ndrm-total-a:\t%s\n", values[i]);
        struct ms_block *block = parse(MS_FILE_GRAPHICS, text, strlen(text));
        expect_why(block, MS_FIELD_GRAPHICS_drm_total, MS_MALFORMED);
        ms_block_destroy(block);
    }
}

// A thread that has exited, too, and one that lives.
static void put_process(const char *state, const char *threads)
{
    char stat[256];
    snprintf(stat, sizeof(stat), "30 (x) %s 1 2 3 0 -1 4194304 0 0 0 0 1 1 0 0 20 0 %s 0 10 0 0\n", state,
             threads);
    put("30/stat", stat);
    put("30/statm", "0 0 0 0 0 0 0\n");
    put("30/status", "Name:\tx\nState:\tZ (zombie)\nPid:\t30\nUid:\t1\t1\t1\t1\nThreads:\t3\n");
    put("30/maps", "");
    put("30/cmdline", "");
    put("30/task/30/statm", "0 0 0 0 0 0 0\n");
    put("30/task/31/statm", "0 0 0 0 0 0 0\n");
    put("30/task/32/statm", "5 3 1 1 0 1 0\n");
    put("30/task/32/status",
        "Name:\ty\nState:\tS (sleeping)\nPid:\t32\nUid:\t2\t2\t2\t2\nVmSize:\t20 kB\nThreads:\t3\n");
    put("30/task/32/maps", "00400000-00405000 r-xp 00000000 08:01 7                          /bin/x\n");
    put("30/task/32/cmdline", "x");
    put(".machine/info", "page_size 4096\n");
}

static enum ms_reason load(struct ms_source *source, enum ms_field field, uint64_t *number)
{
    struct ms_process process, *batch = &process;
    struct ms_value value;
    ms_process_init(&process, source, 30);
    assert_true(ms_reader_load(&batch, 1, ms_process_plan(&field, 1, 0)));
    assert_true(ms_process_get(&process, field, &value));
    *number = value.number;
    ms_process_deinit(&process);
    return value.why;
}

static void memory_is_seen_through_a_thread_that_lives(void **state)
{
    (void)state;
    uint64_t number;
    put_process("Z", "3");
    struct ms_source *source = open_folder();
    assert_int_equal(load(source, MS_FIELD_STATM_res, &number), MS_KNOWN);
    assert_int_equal(number, 3 * 4096);
    assert_int_equal(load(source, MS_FIELD_STATUS_vm_size, &number), MS_KNOWN);
    assert_int_equal(number, 20 * 1024);
    assert_int_equal(load(source, MS_FIELD_STATUS_uid, &number), MS_KNOWN); // its own, not the thread's
    assert_int_equal(number, 1);
    assert_int_equal(load(source, MS_FIELD_MAPS_mappings, &number), MS_KNOWN);
    assert_int_equal(number, 1);
    assert_int_equal(load(source, MS_FIELD_CMDLINE_cmdline, &number), MS_KNOWN);
    struct ms_process process;
    struct ms_listing list;
    ms_process_init(&process, source, 30);
    ms_listing_init(&list);
    assert_int_equal(ms_reader_list(&process, false, 0, &list), MS_KNOWN);
    assert_int_equal(list.count, 1);
    ms_listing_deinit(&list);
    ms_process_deinit(&process);
    ms_source_destroy(source);
}

static void threads_that_were_not_saved_would_have_told(void **state)
{
    (void)state;
    uint64_t number;
    put("30/stat", "30 (x) Z 1 2 3 0 -1 4194304 0 0 0 0 1 1 0 0 20 0 2 0 10 0 0\n");
    put("30/statm", "0 0 0 0 0 0 0\n");
    put("30/maps", "");
    put("30/cmdline", "");
    put("30/status", "Name:\tx\nState:\tZ (zombie)\nPid:\t30\nUid:\t1\t1\t1\t1\nThreads:\t2\n");
    struct ms_source *source = open_folder();
    assert_int_equal(load(source, MS_FIELD_STATM_res, &number), MS_NOT_RECORDED);
    assert_int_equal(load(source, MS_FIELD_STATUS_vm_swap, &number), MS_NOT_RECORDED);
    assert_int_equal(load(source, MS_FIELD_MAPS_mappings, &number), MS_NOT_RECORDED);
    assert_int_equal(load(source, MS_FIELD_CMDLINE_cmdline, &number), MS_NOT_RECORDED);
    struct ms_process process;
    struct ms_listing list;
    ms_process_init(&process, source, 30);
    ms_listing_init(&list);
    assert_int_equal(ms_reader_list(&process, false, 0, &list), MS_NOT_RECORDED);
    ms_listing_deinit(&list);
    ms_process_deinit(&process);
    ms_source_destroy(source);
}

static void a_zombie_has_no_thread_to_ask(void **state)
{
    (void)state;
    uint64_t number;
    put_process("Z", "1");
    struct ms_source *source = open_folder();
    assert_int_equal(load(source, MS_FIELD_STATM_res, &number), MS_NO_MEMORY);
    assert_int_equal(load(source, MS_FIELD_STATUS_vm_size, &number), MS_NO_MEMORY);
    assert_int_equal(load(source, MS_FIELD_MAPS_mappings, &number), MS_NO_MEMORY);
    ms_source_destroy(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_are_the_soft_ones),
        cmocka_unit_test(limits_that_are_cut_or_doubled_say_nothing),
        cmocka_unit_test(ksm_stat_has_words_with_and_without_colons),
        cmocka_unit_test(numa_maps_add_up_by_node_in_pages_of_each_line),
        cmocka_unit_test(numa_maps_by_mapping),
        cmocka_unit_test(numa_maps_that_can_not_be_are_malformed),
        cmocka_unit_test(graphics_count_a_client_once_in_all_its_regions),
        cmocka_unit_test(graphics_clients_are_told_apart),
        cmocka_unit_test(graphics_of_older_drivers_are_what_they_say),
        cmocka_unit_test(graphics_that_can_not_be_are_malformed),
        cmocka_unit_test_setup_teardown(memory_is_seen_through_a_thread_that_lives, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(threads_that_were_not_saved_would_have_told, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(a_zombie_has_no_thread_to_ask, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
