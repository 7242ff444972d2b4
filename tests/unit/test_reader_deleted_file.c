// SPDX-License-Identifier: GPL-3.0-or-later
// A deleted file on a filesystem that does not answer. The mapping is the test's own.
#include "test_procfs.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "reader/deleted_file.h"

enum { TIMEOUT_MS = 200 };

static volatile sig_atomic_t left;
static atomic_bool hanging;
static atomic_int waiting;

static int open_hook(void *ctx, const char *path)
{
    (void)ctx;
    if (!strstr(path, "map_files") && !strstr(path, "/exe"))
        return 0;
    atomic_fetch_add(&waiting, 1);
    while (atomic_load(&hanging))
        usleep(1000);
    atomic_fetch_sub(&waiting, 1);
    return 0;
}

static size_t find(const struct ms_listing *listing, const char *area)
{
    for (size_t i = 0; i < listing->count; i++)
        if (listing->vmas[i].start == (uintptr_t)area)
            return i;
    fail_msg("not listed");
    return 0;
}

// Whoever is given it closes its directory.
static struct ms_target own(struct ms_source *source)
{
    return (struct ms_target){.pid = getpid(), .dir = ms_source_open_process(source, getpid())};
}

static void a_dead_filesystem_costs_one_timeout(void **state)
{
    (void)state;
    const struct ms_reader_limits limits = {.jobs = 2, .timeout_ms = TIMEOUT_MS};
    struct ms_source *source;
    struct ms_process process;
    struct ms_listing listing;
    struct ms_deleted answer;
    char path[512];
    snprintf(path, sizeof(path), "%s/gone", folder);
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(ftruncate(fd, 4096), 0);
    char *area = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(area, MAP_FAILED);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(ms_source_create(NULL, &source), 0);
    ms_source_set_hooks(source, (struct ms_source_hooks){.open = open_hook});
    assert_true(ms_reader_configure(source, &limits, (struct ms_reader_signs){.left = &left}));
    ms_process_init(&process, source, getpid());
    ms_listing_init(&listing);
    assert_int_equal(ms_reader_list(&process, false, 0, &listing), MS_KNOWN);
    const size_t at = find(&listing, area);
    const struct ms_text exe = MS_TEXT("/bin/gone (deleted)");
    assert_int_equal(ms_reader_mapping_deleted(source, own(source), &listing, at, &answer), MS_KNOWN);
    assert_true(answer.deleted);
    assert_int_equal(ms_reader_program_deleted(source, own(source), exe, &answer), MS_KNOWN);
    assert_false(answer.deleted); // its program has links, whatever the name
    atomic_store(&hanging, true);
    ms_reader_begin(source);
    for (int i = 0; i < 20; i++)
        assert_int_equal(ms_reader_mapping_deleted(source, own(source), &listing, at, &answer), MS_TIMEOUT);
    assert_int_equal(ms_reader_lost(source), 1); // the other 19 did not begin
    assert_int_equal(ms_reader_program_deleted(source, own(source), exe, &answer), MS_TIMEOUT);
    assert_int_equal(ms_reader_lost(source), 2);
    atomic_store(&hanging, false);
    while (atomic_load(&waiting))
        usleep(1000);
    ms_listing_deinit(&listing);
    ms_process_deinit(&process);
    ms_source_destroy(source);
    munmap(area, 4096);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_dead_filesystem_costs_one_timeout, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
