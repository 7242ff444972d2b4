// SPDX-License-Identifier: GPL-3.0-or-later
// Processes of which a file hangs, as those do whose address space stays locked: what can be read of them and
// all of the others is there, and they cost the time of one file.
#include "test_procfs.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "reader/reader.h"
#include "system/system.h"

enum { PROCESSES = 30, TIMEOUT_MS = 300, MB = 1 << 20 };

#define LOCKING (MS_FILES(MS_FILE_ROLLUP) | MS_FILES(MS_FILE_CMDLINE))
#define FREE (MS_FILES(MS_FILE_STATM) | MS_FILES(MS_FILE_STATUS))

static struct ms_source *source;
static struct ms_process processes[PROCESSES], *batch[PROCESSES];
static volatile sig_atomic_t stop, left;
static atomic_bool gate;
static atomic_int waiting, back;
static char hanging[PROCESSES][48]; // how their paths end
static atomic_int hang_count;       // read by threads that may hang

static bool hangs(int fd)
{
    char link[64], path[512];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    const ssize_t len = readlink(link, path, sizeof(path) - 1);
    path[len > 0 ? len : 0] = '\0';
    for (int i = 0; i < hang_count; i++) {
        const size_t end = strlen(hanging[i]);
        if ((size_t)len > end && strcmp(path + len - end, hanging[i]) == 0)
            return true;
    }
    return false;
}

static ssize_t read_hook(void *ctx, int fd, void *bytes, size_t len)
{
    (void)ctx;
    const bool here = hang_count && hangs(fd);
    atomic_fetch_add(&waiting, here);
    while (here && !atomic_load(&gate))
        usleep(1000);
    atomic_fetch_add(&back, here);
    return read(fd, bytes, len);
}

static atomic_bool folders_hang;

// The C library's, but for folders that hang.
struct dirent *readdir(DIR *dir)
{
    static struct dirent *(*real)(DIR *);
    const bool here = atomic_load(&folders_hang);
    if (!real)
        real = (struct dirent * (*)(DIR *)) dlsym(RTLD_NEXT, "readdir");
    while (here && !atomic_load(&gate))
        usleep(1000);
    return real(dir);
}

static void put_file(int pid, const char *name, const char *text)
{
    char path[32];
    snprintf(path, sizeof(path), "%d/%s", pid, name);
    put(path, text);
}

// Process N has N MB resident.
static void make_process(int pid)
{
    char text[256];
    snprintf(text, sizeof(text), "%d (p) S 1 2 3 0 -1 0 5 0 7 0 12 3 0 0 20 0 5 0 100 4096 56 0 1 1 0\n",
             pid);
    put_file(pid, "stat", text);
    snprintf(text, sizeof(text), "%d %d 1 1 0 1 0\n", pid * 256, pid * 256);
    put_file(pid, "statm", text);
    snprintf(text, sizeof(text), "Name:\tp\nVmSize:\t%d kB\nVmRSS:\t%d kB\nThreads:\t1\n", pid * 1024,
             pid * 1024);
    put_file(pid, "status", text);
    put_file(pid, "cmdline", "p");
    snprintf(text, sizeof(text), "1-2 ---p 00000000 00:00 0 [rollup]\nPss: %d kB\nLocked: 0 kB\n", pid);
    put_file(pid, "smaps_rollup", text);
    snprintf(text, sizeof(text), "%08x-%08x rw-p 00000000 00:00 0 \n", pid << 12, (pid + 1) << 12);
    put_file(pid, "maps", text);
    snprintf(text + strlen(text), 64, "Rss: 4 kB\nPss: %d kB\nLocked: 0 kB\nVmFlags: rd \n", pid);
    put_file(pid, "smaps", text);
}

static void limit(struct ms_reader_limits limits)
{
    limits.timeout_ms = TIMEOUT_MS;
    assert_true(ms_reader_configure(source, &limits, (struct ms_reader_signs){.left = &left}));
}

static int make_root(void **state)
{
    if (make_folder(state))
        return -1;
    put(".machine/info", "page_size 4096\n");
    put("meminfo", "MemTotal: 4 kB\n");
    for (int pid = 1; pid <= PROCESSES; pid++)
        make_process(pid);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    source = open_folder();
    for (int i = 0; i < PROCESSES; i++) {
        ms_process_init(&processes[i], source, i + 1);
        batch[i] = &processes[i];
    }
    stop = left = 0;
    hang_count = 0;
    atomic_store(&folders_hang, false);
    atomic_store(&gate, false);
    atomic_store(&waiting, 0);
    atomic_store(&back, 0);
    ms_source_set_hooks(source, (struct ms_source_hooks){.read = read_hook});
    ms_source_set_stop(source, &stop);
    limit((struct ms_reader_limits){.jobs = 2});
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < PROCESSES; i++)
        ms_process_deinit(&processes[i]);
    ms_source_destroy(source);
    atomic_store(&gate, true); // whoever hangs comes back, and lets go of the rest
    while (atomic_load(&back) < atomic_load(&waiting))
        usleep(1000);
    return 0;
}

static void hang(int pid, const char *file)
{
    snprintf(hanging[hang_count++], sizeof(hanging[0]), "/%d/%s", pid, file);
}

static void expect(int pid, enum ms_field field, enum ms_reason why, uint64_t number)
{
    struct ms_value value;
    assert_true(ms_process_get(&processes[pid - 1], field, &value));
    if (value.why != why)
        fail_msg("%s of %d is %s", ms_fields[field].name, pid, ms_reason_name(value.why));
    if (why == MS_KNOWN)
        assert_int_equal(value.number, number);
}

static void expect_pss(int pid, enum ms_reason why)
{
    expect(pid, MS_FIELD_ROLLUP_pss, why, (uint64_t)pid * 1024);
}

static void expect_virt(int pid, enum ms_reason why)
{
    expect(pid, MS_FIELD_STATM_virt, why, (uint64_t)pid * MB);
}

static long long now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void expect_one_hanging(unsigned jobs)
{
    limit((struct ms_reader_limits){.jobs = jobs});
    hang(7, "smaps_rollup");
    assert_true(ms_reader_load(batch, PROCESSES, FREE | LOCKING));
    for (int pid = 1; pid <= PROCESSES; pid++) {
        expect_pss(pid, pid == 7 ? MS_TIMEOUT : MS_KNOWN);
        expect_virt(pid, MS_KNOWN);
    }
    expect(7, MS_FIELD_CMDLINE_cmdline, MS_TIMEOUT, 0);
    assert_int_equal(left, 1);
    assert_int_equal(ms_reader_lost(source), 1);
    assert_false(ms_reader_gave_up(source));
}

static void one_hangs_and_all_others_are_there(void **state)
{
    (void)state;
    expect_one_hanging(3);
}

static void one_hangs_and_there_is_one_reader(void **state)
{
    (void)state;
    expect_one_hanging(1);
}

static void what_hung_once_is_not_tried_again(void **state)
{
    (void)state;
    struct ms_listing list;
    ms_listing_init(&list);
    hang(7, "smaps_rollup");
    assert_true(ms_reader_load(batch, PROCESSES, MS_FILES(MS_FILE_ROLLUP)));
    expect_pss(7, MS_TIMEOUT);
    assert_int_equal(ms_reader_list(&processes[6], true, FREE, &list), MS_TIMEOUT);
    assert_int_equal(ms_reader_list(&processes[6], false, FREE, &list), MS_TIMEOUT);
    expect_virt(7, MS_KNOWN);
    assert_int_equal(ms_reader_list(&processes[7], true, FREE, &list), MS_KNOWN);
    ms_reader_begin(source); // it hangs still
    ms_process_forget(&processes[6]);
    assert_true(ms_reader_load(batch, PROCESSES, LOCKING));
    expect_pss(7, MS_TIMEOUT);
    assert_int_equal(atomic_load(&waiting), 1);
    assert_int_equal(ms_reader_lost(source), 1);
    ms_listing_deinit(&list);
}

static void what_comes_back_is_asked_again(void **state)
{
    (void)state;
    hang(7, "smaps_rollup");
    assert_true(ms_reader_load(batch, PROCESSES, LOCKING));
    expect_pss(7, MS_TIMEOUT);
    atomic_store(&gate, true);
    for (int i = 0; i < 10000 && ms_reader_lost(source); i++) {
        usleep(1000);
        ms_reader_begin(source);
    }
    assert_int_equal(ms_reader_lost(source), 0);
    expect_pss(7, MS_TIMEOUT); // that question has its answer
    ms_process_forget(&processes[6]);
    assert_true(ms_reader_load(batch, PROCESSES, LOCKING));
    expect_pss(7, MS_KNOWN);
}

static void a_listing_that_hangs(void **state)
{
    (void)state;
    struct ms_listing list;
    ms_listing_init(&list);
    hang(3, "smaps");
    assert_int_equal(ms_reader_list(&processes[2], true, MS_FILES(MS_FILE_STATUS), &list), MS_TIMEOUT);
    assert_int_equal(list.count, 0);
    expect(3, MS_FIELD_STATUS_vm_size, MS_KNOWN, 3 * MB);
    assert_true(ms_reader_load(batch, PROCESSES, LOCKING));
    expect_pss(3, MS_TIMEOUT);
    expect_pss(4, MS_KNOWN);
    ms_listing_deinit(&list);
}

static void a_file_that_locks_nothing_hangs(void **state)
{
    (void)state;
    hang(5, "status");
    assert_true(ms_reader_load(batch, PROCESSES, FREE | LOCKING));
    expect_virt(5, MS_TIMEOUT);
    expect_pss(5, MS_TIMEOUT);
    expect_pss(6, MS_KNOWN);
    expect_virt(6, MS_KNOWN);
}

static void too_many_hang(void **state)
{
    (void)state;
    for (int pid = 1; pid <= 12; pid++)
        hang(pid, "smaps_rollup");
    assert_true(ms_reader_load(batch, PROCESSES, FREE | LOCKING));
    assert_true(ms_reader_gave_up(source));
    assert_int_equal(ms_reader_lost(source), 8);
    assert_int_equal(atomic_load(&waiting), 8);
    for (int pid = 1; pid <= PROCESSES; pid++)
        expect_virt(pid, MS_KNOWN);
    ms_process_forget(&processes[PROCESSES - 1]);
    const uint64_t rollups = ms_source_opened(source, MS_FILE_ROLLUP);
    assert_true(ms_reader_load(&batch[PROCESSES - 1], 1, MS_FILES(MS_FILE_ROLLUP)));
    expect_pss(PROCESSES, MS_TIMEOUT); // such files are not opened any more
    assert_int_equal(ms_source_opened(source, MS_FILE_ROLLUP), rollups);
}

static void interrupted_while_one_hangs(void **state)
{
    (void)state;
    hang(2, "smaps_rollup");
    const struct ms_reader_limits limits = {.jobs = 2, .timeout_ms = 60000};
    assert_true(ms_reader_configure(source, &limits, (struct ms_reader_signs){.left = &left}));
    stop = 1; // Ctrl-C comes with the first read
    const long long begun = now_ms();
    assert_false(ms_reader_load(batch, PROCESSES, FREE | LOCKING));
    assert_true(now_ms() - begun < 30000);
    stop = 0;
    for (int pid = 1; pid <= PROCESSES; pid++) {
        struct ms_value value; // what is there is right
        if (ms_process_get(&processes[pid - 1], MS_FIELD_ROLLUP_pss, &value))
            expect_pss(pid, MS_KNOWN);
    }
    atomic_store(&gate, true);
    assert_true(ms_reader_load(batch, PROCESSES, FREE | LOCKING)); // waits for the one that was left
    for (int pid = 1; pid <= PROCESSES; pid++)
        expect_pss(pid, MS_KNOWN);
}

static void large_processes_are_spared(void **state)
{
    (void)state;
    struct ms_listing list;
    ms_listing_init(&list);
    limit((struct ms_reader_limits){.jobs = 2, .max_rss = 10 * MB});
    assert_true(ms_reader_load(batch, PROCESSES, LOCKING));
    for (int pid = 1; pid <= PROCESSES; pid++) {
        expect_pss(pid, pid > 10 ? MS_BUDGET : MS_KNOWN);
        expect(pid, MS_FIELD_STATM_res, MS_KNOWN, (uint64_t)pid * MB);
    }
    assert_int_equal(ms_source_opened(source, MS_FILE_ROLLUP), 10);
    assert_int_equal(ms_reader_list(&processes[10], true, 0, &list), MS_BUDGET);
    assert_int_equal(ms_reader_list(&processes[10], false, 0, &list), MS_KNOWN); // maps walks over nothing
    assert_int_equal(ms_reader_list(&processes[9], true, 0, &list), MS_KNOWN);
    limit((struct ms_reader_limits){.jobs = 2});
    assert_int_equal(ms_reader_list(&processes[10], true, 0, &list), MS_KNOWN);
    ms_listing_deinit(&list);
}

static void listings_are_read_ahead(void **state)
{
    (void)state;
    struct ms_request *requests[PROCESSES];
    struct ms_listing list;
    ms_listing_init(&list);
    for (int i = 0; i < PROCESSES; i++) {
        requests[i] = ms_reader_request(batch[i], true, MS_FILES(MS_FILE_STATUS));
        assert_non_null(requests[i]);
    }
    assert_true(ms_reader_load(&batch[4], 1, LOCKING)); // waits for its listing, which brought status
    expect_pss(5, MS_KNOWN);
    expect(5, MS_FIELD_STATUS_vm_size, MS_KNOWN, 5 * MB);
    for (int i = 0; i < PROCESSES; i++) {
        if (i % 4 != 3) { // the others are not wanted after all
            assert_int_equal(ms_request_take(requests[i], &list), MS_KNOWN);
            assert_int_equal(list.count, 1);
            assert_int_equal(list.vmas[0].start, (i + 1) << 12);
            expect(i + 1, MS_FIELD_STATUS_vm_size, MS_KNOWN, (uint64_t)(i + 1) * MB);
            ms_reader_recycle(source, &list);
        }
        ms_request_destroy(requests[i]);
    }
    assert_int_equal(ms_source_opened(source, MS_FILE_SMAPS) <= PROCESSES, 1);
    ms_listing_deinit(&list);
}

static void requests_may_outlive_the_source(void **state)
{
    (void)state;
    struct ms_source *other = open_folder();
    struct ms_process process;
    struct ms_listing list;
    ms_listing_init(&list);
    ms_process_init(&process, other, 1);
    const struct ms_reader_limits limits = {.jobs = 2, .timeout_ms = TIMEOUT_MS};
    assert_true(ms_reader_configure(other, &limits, (struct ms_reader_signs){0}));
    struct ms_request *one = ms_reader_request(&process, true, 0),
                      *two = ms_reader_request(&process, true, 0);
    ms_source_destroy(other);
    ms_request_destroy(one);
    ms_request_destroy(two);
    ms_process_deinit(&process);
    ms_listing_deinit(&list);
}

static void the_same_process_twice_in_a_batch(void **state)
{
    (void)state;
    struct ms_process twin;
    ms_process_init(&twin, source, 3);
    struct ms_process *rows[] = {&processes[2], &processes[9], &twin, &processes[2], &processes[0]};
    assert_true(ms_reader_load(rows, 5, FREE | LOCKING));
    expect_pss(3, MS_KNOWN);
    expect_pss(10, MS_KNOWN);
    expect_pss(1, MS_KNOWN);
    assert_int_equal(ms_source_opened(source, MS_FILE_ROLLUP), 4);
    ms_process_deinit(&twin);
}

// It is read for who asks, whom Ctrl-C and the timeout reach.
static void a_file_of_the_machine_hangs(void **state)
{
    (void)state;
    struct ms_system system;
    snprintf(hanging[hang_count++], sizeof(hanging[0]), "/meminfo");
    ms_system_init(&system, source);
    assert_int_equal(ms_system_get(&system, MS_FIELD_MEMINFO_mem_total).why, MS_TIMEOUT);
    ms_system_deinit(&system);
    stop = 1;
    ms_system_init(&system, source);
    assert_int_not_equal(ms_system_get(&system, MS_FIELD_MEMINFO_mem_total).why, MS_KNOWN);
    ms_system_deinit(&system);
    stop = 0;
    hang_count = 0;
    ms_system_init(&system, source);
    assert_int_equal(ms_system_get(&system, MS_FIELD_MEMINFO_mem_total).number, 4096);
    ms_system_deinit(&system);
}

// Each way to a directory of a saved root: 0 or an errno.
static int list_processes(void)
{
    pid_t *pids = NULL;
    size_t count = 0;
    const int error = ms_source_pids(source, &pids, &count);
    free(pids);
    return error;
}

static int list_groups(void)
{
    MS_AUTO_BUF names = {0};
    return ms_source_cgroup_list(source, "/a", &names);
}

static int list_nodes(void)
{
    uint64_t *numbers = NULL;
    size_t count;
    const int error = ms_source_sys_numbers(source, "devices/system/node", "node", "", &numbers, &count);
    free(numbers);
    return error;
}

static int read_graphics(void)
{
    MS_AUTO_BUF text = {0};
    return ms_source_read(source, (struct ms_target){.pid = 3, .dir = -1}, MS_FILE_GRAPHICS, &text);
}

static int read_group(void)
{
    MS_AUTO_BUF text = {0};
    return ms_source_cgroup_read(source, "/a", "memory.max", &text);
}

// What hung may need a while to end.
static int when_it_is_back(int (*way)(void))
{
    int error = way();
    for (int i = 0; i < 100 && error == ETIMEDOUT; i++) {
        usleep(10000);
        error = way();
    }
    return error;
}

static void folders_of_a_saved_root_hang(void **state)
{
    (void)state;
    int (*const ways[])(void) = {list_processes, list_groups, list_nodes, read_graphics, read_group};
    put("3/fdinfo/0", "pos:\t0\n");
    put(".machine/cgroup/a/memory.max", "max\n");
    put(".machine/sys/devices/system/node/node0/meminfo", "Node 0 MemTotal: 4 kB\n");
    for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
        assert_int_equal(ways[i](), 0);
        atomic_store(&folders_hang, true);
        snprintf(hanging[hang_count++], sizeof(hanging[0]), "/memory.max");
        assert_int_equal(ways[i](), ETIMEDOUT);
        stop = 1;
        assert_int_equal(ways[i](), EINTR);
        stop = 0;
        hang_count = 0;
        atomic_store(&folders_hang, false);
        assert_int_equal(when_it_is_back(ways[i]), 0);
    }
}

// A filesystem that hangs is not waited for again and again.
static void after_some_that_hang_no_more_is_asked(void **state)
{
    (void)state;
    enum { ENOUGH = 20 };
    atomic_store(&folders_hang, true);
    const long long begun = now_ms();
    for (int i = 0; i < ENOUGH; i++)
        assert_int_equal(list_processes(), ETIMEDOUT);
    assert_true(now_ms() - begun < ENOUGH * TIMEOUT_MS);
    atomic_store(&folders_hang, false);
    atomic_store(&gate, true);
    while (list_processes() != 0)
        usleep(1000);
}

static void it_pauses_behind_those_that_it_locks(void **state)
{
    (void)state;
    limit((struct ms_reader_limits){.jobs = 1, .gentle_ms = 25});
    const long long begun = now_ms();
    assert_true(ms_reader_load(batch, 6, LOCKING));
    assert_true(now_ms() - begun >= 5 * 25);
    expect_pss(6, MS_KNOWN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_hangs_and_all_others_are_there),
        TEST(one_hangs_and_there_is_one_reader),
        TEST(what_hung_once_is_not_tried_again),
        TEST(what_comes_back_is_asked_again),
        TEST(a_listing_that_hangs),
        TEST(a_file_that_locks_nothing_hangs),
        TEST(a_file_of_the_machine_hangs),
        TEST(folders_of_a_saved_root_hang),
        TEST(after_some_that_hang_no_more_is_asked),
        TEST(too_many_hang),
        TEST(interrupted_while_one_hangs),
        TEST(large_processes_are_spared),
        TEST(listings_are_read_ahead),
        TEST(requests_may_outlive_the_source),
        TEST(the_same_process_twice_in_a_batch),
        TEST(it_pauses_behind_those_that_it_locks),
    };
    return cmocka_run_group_tests(tests, make_root, remove_folder);
}
