// SPDX-License-Identifier: GPL-3.0-or-later
// What stands in /sys, however odd: a number, or a reason for it.
#include "test_procfs.h"

#include "system/sysfs.h"

static struct ms_block *load(struct ms_source *source, enum ms_file file)
{
    struct ms_block *block = ms_block_create(file, MS_NOT_RECORDED);
    assert_non_null(block);
    ms_sysfs_load(source, block);
    return block;
}

static void expect_list(struct ms_source *source, enum ms_file file, const char *text)
{
    struct ms_block *block = load(source, file);
    const struct ms_value value = ms_block_get(block, ms_file_table[file].first);
    assert_int_equal(value.why, MS_KNOWN);
    if (value.text.len != strlen(text) || memcmp(value.text.data, text, value.text.len) != 0)
        fail_msg("it is\n%.*sand should be\n%s", (int)value.text.len, value.text.data, text);
    ms_block_destroy(block);
}

static void expect_reason(struct ms_source *source, enum ms_file file, enum ms_reason why)
{
    struct ms_block *block = load(source, file);
    assert_int_equal(ms_block_get(block, ms_file_table[file].first).why, why);
    ms_block_destroy(block);
}

#define SYS ".machine/sys/"

static void a_root_without_it(void **state)
{
    (void)state;
    struct ms_source *source = open_folder();
    static const enum ms_file files[] = {MS_FILE_ZRAM, MS_FILE_HUGEPAGES, MS_FILE_NODES, MS_FILE_ZSWAP};
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        assert_true(ms_is_sysfs(files[i]));
        expect_reason(source, files[i], MS_NOT_RECORDED);
    }
    assert_false(ms_is_sysfs(MS_FILE_MEMINFO));
    assert_false(ms_is_sysfs(MS_FILE_MACHINE));
    put(SYS "power/state", "mem\n");
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
        expect_reason(source, files[i], MS_UNSUPPORTED);
    assert_int_equal(ms_source_opened(source, MS_FILE_ZRAM), 2);
    ms_source_destroy(source);
}

static void zram_devices(void **state)
{
    (void)state;
    put(SYS "block/sda/size", "1\n");
    put(SYS "block/zramx/disksize", "1\n");
    struct ms_source *source = open_folder();
    expect_list(source, MS_FILE_ZRAM, "");
    put(SYS "block/zram10/disksize", "18446744073709551616\n");
    put(SYS "block/zram10/mm_stat", "1 2 x\n");
    put(SYS "block/zram9/disksize", "4096");
    expect_list(source, MS_FILE_ZRAM,
                "=\nname \"zram9\ndisksize 4096\norig ?3\ncompr ?3\nused ?3\nlimit ?3\nused_max ?3\n"
                "same_pages ?3\ncompacted ?3\nhuge_pages ?3\nhuge_pages_since ?3\n"
                "=\nname \"zram10\ndisksize ?6\norig 1\ncompr 2\nused ?6\nlimit ?6\nused_max ?6\n"
                "same_pages ?6\ncompacted ?6\nhuge_pages ?3\nhuge_pages_since ?3\n");
    ms_source_destroy(source);
}

static void pools_of_huge_pages(void **state)
{
    (void)state;
    put(SYS "kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "16\n");
    put(SYS "kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "\n");
    put(SYS "kernel/mm/hugepages/hugepages-18446744073709551615kB/nr_hugepages", "1\n");
    put(SYS "kernel/mm/hugepages/hugepages-kB/nr_hugepages", "1\n");
    struct ms_source *source = open_folder();
    expect_list(source, MS_FILE_HUGEPAGES,
                "=\nsize 2097152\ntotal 16\nfree ?6\nreserved ?3\nsurplus ?3\n"
                "=\nsize ?6\ntotal 1\nfree ?3\nreserved ?3\nsurplus ?3\n");
    ms_source_destroy(source);
}

static void nodes(void **state)
{
    (void)state;
    put(SYS "devices/system/node/possible", "0-1\n");
    put(SYS "devices/system/node/node0/meminfo", "Node 0 MemTotal:  100 kB\nNode 0 Active(anon): 3 kB\nNode "
                                                 "0 SReclaimable: 4 kB\nNode 0 NFS_Unstable: 5 kB\n"
                                                 "Node 0 FilePages: kB\nNode 0 HugePages_Free: 7\nNode 0 "
                                                 "\x1b[31m: 1 kB\nNode 0\n\nNode 0 New Label: 1 kB\n");
    put(SYS "devices/system/node/node1/other", "");
    struct ms_source *source = open_folder();
    expect_list(source, MS_FILE_NODES,
                "=\nnode 0\ntotal 102400\nactive_anon 3072\ns_reclaimable 4096\nnfs_unstable 5120\nfile ?6\n"
                "huge_pages_free 7\n"
                "=\nnode 1\ntotal ?3\nfree ?3\nused ?3\n");
    ms_source_destroy(source);
}

static void a_switch(void **state)
{
    (void)state;
    struct ms_source *source = open_folder();
    static const struct {
        const char *text;
        enum ms_reason why;
        uint64_t number;
    } cases[] = {
        {"Y\n", MS_KNOWN, 1}, {"N\n", MS_KNOWN, 0}, {"", MS_MALFORMED, 0}, {"maybe\n", MS_MALFORMED, 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        put(SYS "module/zswap/parameters/enabled", cases[i].text);
        struct ms_block *block = load(source, MS_FILE_ZSWAP);
        const struct ms_value value = ms_block_get(block, ms_file_table[MS_FILE_ZSWAP].first);
        assert_int_equal(value.why, cases[i].why);
        if (value.why == MS_KNOWN)
            assert_int_equal(value.number, cases[i].number);
        ms_block_destroy(block);
    }
    ms_source_destroy(source);
}

static int refuse(void *ctx, const char *path)
{
    return strstr(path, (const char *)ctx) ? EACCES : 0;
}

static void what_is_denied(void **state)
{
    (void)state;
    put(SYS "block/zram0/disksize", "8192\n");
    put(SYS "block/zram0/mm_stat", "1 2 3 4 5 6 7 8 9\n");
    struct ms_source *source = open_folder();
    ms_source_set_hooks(source, (struct ms_source_hooks){.open = refuse, .ctx = (char[]){"mm_stat"}});
    expect_list(
        source, MS_FILE_ZRAM,
        "=\nname \"zram0\ndisksize 8192\norig ?1\ncompr ?1\nused ?1\nlimit ?1\nused_max ?1\nsame_pages ?1\n"
        "compacted ?1\nhuge_pages ?1\nhuge_pages_since ?1\n");
    ms_source_set_hooks(source, (struct ms_source_hooks){.open = refuse, .ctx = (char[]){"sys/block"}});
    expect_reason(source, MS_FILE_ZRAM, MS_DENIED);
    ms_source_destroy(source);
}

static void a_link_out_of_the_root_is_not_followed(void **state)
{
    (void)state;
    put("outside", "4096\n");
    put(SYS "block/zram0/mm_stat", "1 2 3 4 5 6 7 8 9\n");
    assert_int_equal(symlink("/etc/hostname", path_in_folder(SYS "block/zram0/disksize")), 0);
    struct ms_source *source = open_folder();
    const int before = open_fds();
    struct ms_block *block = load(source, MS_FILE_ZRAM);
    const struct ms_value value = ms_block_get(block, ms_file_table[MS_FILE_ZRAM].first);
    assert_int_equal(value.why, MS_KNOWN);
    assert_non_null(memmem(value.text.data, value.text.len, "disksize ?", 10));
    ms_block_destroy(block);
    assert_int_equal(open_fds(), before);
    ms_source_destroy(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_root_without_it, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(zram_devices, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(pools_of_huge_pages, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(nodes, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_switch, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(what_is_denied, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_link_out_of_the_root_is_not_followed, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
