// SPDX-License-Identifier: GPL-3.0-or-later
// Build ids of mappings: what is asked of the kernel and of the filesystem on the way. The mappings are the
// test's own.
#include "test_procfs.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

#include "pages/buildid.h"
#include "reader/reader.h"

enum { BYTES = 1 << 16, HUGE = 2 << 20, TIMEOUT_MS = 300, MOST_OPENED = 64, MEMFD_SECRET = 447 };

#define PROCMAP_QUERY 0xc0686611UL

static struct ms_source *source;
static struct ms_process process;
static struct ms_listing listing;
static volatile sig_atomic_t left;
static atomic_int asked, asked_for_id, waiting;
static atomic_bool gate;
static const char *refused[4]; // how the paths of files begin, below the process, that may not be opened
static const char *hanging;    // or that hang
static char *vanishing;        // what is not mapped any more when a path is tried
static char opened[MOST_OPENED][256];
static atomic_int opened_count;

// In the kernel's struct procmap_query the size of the buffer for a build id is the word at 84, its address
// that at 96.
static void ask_hook(void *ctx, unsigned long request, const void *argument)
{
    (void)ctx;
    if (request != PROCMAP_QUERY)
        return;
    uint32_t size;
    uint64_t address;
    memcpy(&size, (const char *)argument + 84, sizeof(size));
    memcpy(&address, (const char *)argument + 96, sizeof(address));
    atomic_fetch_add(&asked, 1);
    atomic_fetch_add(&asked_for_id, size || address);
}

static bool begins(const char *path, const char *with)
{
    const char *below = strchr(path, '/');
    return with && below && *path != 's' && strncmp(below + 1, with, strlen(with)) == 0;
}

static int open_hook(void *ctx, const char *path)
{
    (void)ctx;
    const int at = atomic_fetch_add(&opened_count, 1);
    if (at < MOST_OPENED)
        snprintf(opened[at], sizeof(opened[at]), "%s", path);
    if (begins(path, hanging)) {
        atomic_fetch_add(&waiting, 1);
        while (!atomic_load(&gate))
            usleep(1000);
        atomic_fetch_sub(&waiting, 1);
    }
    if (vanishing && begins(path, "root"))
        munmap(vanishing, BYTES);
    for (int i = 0; i < 4; i++)
        if (begins(path, refused[i]))
            return EPERM;
    return 0;
}

static int set_up(void **state)
{
    if (make_folder(state) || ms_source_create(NULL, &source))
        return -1;
    ms_source_set_hooks(source, (struct ms_source_hooks){.open = open_hook, .ask = ask_hook});
    ms_process_init(&process, source, getpid());
    ms_listing_init(&listing);
    atomic_store(&asked, 0);
    atomic_store(&asked_for_id, 0);
    atomic_store(&gate, false);
    memset(refused, 0, sizeof(refused));
    hanging = NULL;
    vanishing = NULL;
    return 0;
}

static int tear_down(void **state)
{
    atomic_store(&gate, true);
    ms_listing_deinit(&listing);
    ms_process_deinit(&process);
    ms_source_destroy(source);
    while (atomic_load(&waiting))
        usleep(1000);
    return remove_folder(state);
}

static void list(void)
{
    assert_int_equal(ms_reader_list(&process, false, 0, &listing), MS_KNOWN);
    atomic_store(&opened_count, 0);
}

// ---- files to map

static const char *path_of(const char *name)
{
    static char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

// An ELF file with a build id of 20 bytes, 1 to 20 where `first` is 1: the fuzzer's first input, and others.
static void make_elf(const char *name, uint8_t first)
{
    static char bytes[BYTES];
    FILE *in = fopen(MEMSH_FIXTURES "/../fuzz/corpus/buildid/64le", "rb");
    assert_non_null(in);
    const size_t len = fread(bytes, 1, sizeof(bytes), in);
    fclose(in);
    static const uint8_t usual[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20};
    uint8_t *id = memmem(bytes, len, usual, sizeof(usual));
    assert_non_null(id);
    id[0] = first;
    FILE *out = fopen(path_of(name), "wb");
    assert_int_equal(fwrite(bytes, 1, len, out), len);
    fclose(out);
}

static char *map_fd(int fd, size_t bytes, int flags)
{
    char *area = fd < 0 ? MAP_FAILED : mmap(NULL, bytes, PROT_READ, flags, fd, 0);
    if (fd >= 0)
        close(fd);
    return area == MAP_FAILED ? NULL : area;
}

static char *map_file(const char *name)
{
    char *area = map_fd(open(path_of(name), O_RDONLY | O_CLOEXEC), BYTES, MAP_PRIVATE);
    assert_non_null(area);
    return area;
}

static enum ms_reason id_at(const char *area, struct ms_build_id *id)
{
    for (size_t i = 0; i < listing.count; i++)
        if (listing.vmas[i].start == (uintptr_t)area)
            return ms_build_id_of_mapping(&process, &listing, i, id);
    fail_msg("not listed");
    return MS_GONE;
}

static void expect_id(const char *area, uint8_t first)
{
    struct ms_build_id id = {0};
    const enum ms_reason why = id_at(area, &id);
    if (why != MS_KNOWN)
        fail_msg("%s", ms_reason_name(why));
    assert_int_equal(id.len, 20);
    assert_int_equal(id.bytes[0], first);
}

static void expect_none(const char *area, enum ms_reason why)
{
    struct ms_build_id id = {.len = 1};
    const enum ms_reason got = id_at(area, &id);
    if (got != why)
        fail_msg("%s and not %s", ms_reason_name(got), ms_reason_name(why));
    assert_int_equal(id.len, 0);
}

static bool was_opened(const char *part)
{
    for (int i = 0; i < atomic_load(&opened_count) && i < MOST_OPENED; i++)
        if (strstr(opened[i], part))
            return true;
    return false;
}

// ---- what the kernel is asked

static int hole(const char *name, unsigned flags, size_t bytes)
{
    int fd = memfd_create(name, MFD_CLOEXEC | flags);
    if (fd >= 0 && ftruncate(fd, (off_t)bytes)) {
        close(fd);
        return -1;
    }
    return fd;
}

static void told(const char *kind, const char *area)
{
    if (!area)
        print_message("SKIP %s: this kernel has none, or has none left\n", kind);
}

// Each kind that has no read_folio, with its first page absent; the programs and libraries of the test beside
// them.
static void never_for_a_build_id(void **state)
{
    (void)state;
    told("memfd", map_fd(hole("hole", 0, BYTES), BYTES, MAP_SHARED));
    told("hugetlb", map_fd(hole("huge", MFD_HUGETLB, HUGE), HUGE, MAP_SHARED | MAP_NORESERVE));
    int secret = (int)syscall(MEMFD_SECRET, O_CLOEXEC);
    told("secretmem", secret < 0 || ftruncate(secret, BYTES) ? NULL : map_fd(secret, BYTES, MAP_SHARED));
    assert_ptr_not_equal(mmap(NULL, BYTES, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0), MAP_FAILED);
    const int id = shmget(IPC_PRIVATE, BYTES, IPC_CREAT | 0600);
    char *segment = id < 0 ? (char *)-1 : shmat(id, NULL, SHM_RDONLY);
    shmctl(id, IPC_RMID, NULL);
    told("sysv", segment == (char *)-1 ? NULL : segment);
    told("device", map_fd(open("/dev/zero", O_RDONLY | O_CLOEXEC), BYTES, MAP_PRIVATE));
    list();
    size_t files = 0;
    for (size_t i = 0; i < listing.count; i++) {
        struct ms_build_id found;
        files += listing.vmas[i].inode != 0;
        ms_build_id_of_mapping(&process, &listing, i, &found);
    }
    assert_true(files > 8);
    print_message("%d queries for %zu mappings of files\n", atomic_load(&asked), files);
    assert_int_equal(atomic_load(&asked_for_id), 0);
}

// ---- whose id it is

static void by_map_files_and_by_path(void **state)
{
    (void)state;
    make_elf("a.so", 1);
    const char *a = map_file("a.so");
    list();
    expect_id(a, 1);
    refused[0] = "map_files";
    expect_id(a, 1);
    assert_false(was_opened("self/root"));
    refused[1] = "root"; // of another user's process
    expect_id(a, 1);
    assert_true(was_opened("self/root"));
}

static void a_name_with_a_newline(void **state)
{
    (void)state;
    make_elf("new\nline.so", 1);
    make_elf("old\\012line.so", 2);
    make_elf("both\n\\012.so", 3);
    const char *newline = map_file("new\nline.so"), *literal = map_file("old\\012line.so"),
               *both = map_file("both\n\\012.so");
    list();
    refused[0] = "map_files";
    expect_id(newline, 1);
    expect_id(literal, 2);
    expect_none(both, MS_DENIED); // neither way of reading it is its name
}

// Another file at the path, of whatever kind, is neither opened nor taken for the mapped one.
static void what_has_taken_the_path(void **state)
{
    (void)state;
    static const char *const names[] = {"file", "fifo", "device", "directory", "link", "nothing"};
    const char *areas[6];
    make_elf("other", 77);
    for (int i = 0; i < 6; i++) {
        make_elf(names[i], 1);
        areas[i] = map_file(names[i]);
    }
    list();
    for (int i = 0; i < 6; i++)
        assert_int_equal(unlink(path_of(names[i])), 0);
    char other[512];
    snprintf(other, sizeof(other), "%s", path_of("other"));
    assert_int_equal(rename(other, path_of("file")), 0);
    assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
    if (mknod(path_of("device"), S_IFCHR | 0600, 0x050c)) // nothing has this number
        print_message("SKIP device: root alone makes one\n");
    assert_int_equal(mkdir(path_of("directory"), 0700), 0);
    assert_int_equal(symlink("file", path_of("link")), 0);
    char link[64];
    snprintf(link, sizeof(link), "/proc/self/map_files/%lx-%lx", (unsigned long)areas[0],
             (unsigned long)areas[0] + BYTES);
    const bool may_follow = stat(link, &(struct stat){0}) == 0;
    for (int i = 0; i < 6 && may_follow; i++)
        expect_id(areas[i], 1);
    refused[0] = "map_files";
    for (int i = 0; i < 6; i++)
        expect_none(areas[i], MS_DENIED);
}

static void a_deleted_program_is_read_through_exe(void **state)
{
    (void)state;
    char link[512] = "";
    struct stat st;
    assert_true(readlink("/proc/self/exe", link, sizeof(link) - 1) > 0 && stat(link, &st) == 0);
    list();
    for (size_t i = 0; i < listing.count; i++) {
        struct ms_build_id by_root, by_exe;
        if (listing.vmas[i].inode != st.st_ino)
            continue;
        assert_int_equal(ms_build_id_of_mapping(&process, &listing, i, &by_root), MS_KNOWN);
        // As if its name were that of a file that is not there any more.
        struct ms_span *name = &listing.vmas[i].name;
        name->len -= 1;
        refused[0] = "map_files";
        assert_int_equal(ms_build_id_of_mapping(&process, &listing, i, &by_exe), MS_KNOWN);
        assert_true(was_opened("/exe"));
        assert_int_equal(by_exe.len, by_root.len);
        assert_memory_equal(by_exe.bytes, by_root.bytes, by_root.len);
        return;
    }
    fail_msg("the program is not listed");
}

static void what_is_gone_is_gone(void **state)
{
    (void)state;
    make_elf("a.so", 1);
    make_elf("b.so", 2);
    char *gone = map_file("a.so"), *replaced = map_file("a.so");
    list();
    munmap(gone, BYTES);
    const int fd = open(path_of("b.so"), O_RDONLY | O_CLOEXEC);
    assert_ptr_equal(mmap(replaced, BYTES, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0), replaced);
    close(fd);
    expect_none(gone, MS_GONE);
    expect_none(replaced, MS_GONE);
    refused[0] = "map_files";
    expect_none(gone, MS_GONE);
    expect_none(replaced, MS_GONE);
}

// The file at the path may have been given the inode of the mapped one, once that is gone.
static void what_goes_while_its_path_is_opened_is_gone(void **state)
{
    (void)state;
    make_elf("a.so", 1);
    char *area = map_file("a.so");
    list();
    refused[0] = "map_files";
    vanishing = area;
    expect_none(area, MS_GONE);
    assert_true(was_opened("/root/"));
}

static void *sleep_on(void *ctx)
{
    for (;;)
        pause();
    return ctx;
}

// A child whose main thread has exited, and another lives on.
static pid_t start_without_main_thread(void)
{
    const pid_t child = fork();
    pthread_t thread;
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pthread_create(&thread, NULL, sleep_on, NULL);
        syscall(SYS_exit, 0);
    }
    for (int i = 0; i < 5000; i++) {
        ms_process_init(&process, source, child);
        struct ms_process *one = &process;
        assert_true(ms_reader_load(&one, 1, MS_FILES(MS_FILE_STAT)));
        if (ms_process_lost_main_thread(&process))
            return child;
        ms_process_deinit(&process);
        usleep(1000);
    }
    fail_msg("it has its main thread still");
    return child;
}

static bool has_procmap_query(void)
{
    struct utsname name;
    int major = 0, minor = 0;
    uname(&name);
    return sscanf(name.release, "%d.%d", &major, &minor) == 2 && (major > 6 || (major == 6 && minor >= 11));
}

// Its own map_files and root are those of a zombie: another thread has the root, and none has map_files.
static void of_a_process_without_its_main_thread(void **state)
{
    (void)state;
    if (!has_procmap_query()) {
        print_message("SKIP: Linux before 6.11 shows no mapping of such a process by its bounds\n");
        skip();
    }
    make_elf("a.so", 1);
    const char *area = map_file("a.so");
    const pid_t child = start_without_main_thread();
    list();
    expect_id(area, 1);
    assert_true(was_opened("/task/") && was_opened("/root/"));
    assert_false(was_opened("self/root") || was_opened("/exe"));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

// Reading some files of the kernel takes something out of them or touches a device.
static void files_of_the_kernel_are_not_read(void **state)
{
    (void)state;
    char *secret_area = NULL;
    int secret = (int)syscall(MEMFD_SECRET, O_CLOEXEC);
    if (secret >= 0 && ftruncate(secret, BYTES) == 0)
        secret_area = map_fd(secret, BYTES, MAP_SHARED);
    told("secretmem", secret_area);
    char *zero = map_fd(open("/dev/zero", O_RDONLY | O_CLOEXEC), BYTES, MAP_PRIVATE);
    list();
    if (secret_area)
        expect_none(secret_area, MS_DENIED);
    expect_none(zero, MS_KNOWN); // a device has none
}

// ---- a filesystem that does not answer

static long long now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void a_dead_filesystem_costs_one_timeout(void **state)
{
    (void)state;
    const struct ms_reader_limits limits = {.jobs = 2, .timeout_ms = TIMEOUT_MS};
    assert_true(ms_reader_configure(source, &limits, (struct ms_reader_signs){.left = &left}));
    make_elf("a.so", 1);
    const char *areas[20];
    for (int i = 0; i < 20; i++)
        areas[i] = map_file("a.so");
    list();
    expect_id(areas[0], 1); // in a thread
    hanging = "map_files";
    ms_reader_begin(source);
    const long long begun = now_ms();
    for (int i = 0; i < 20; i++)
        expect_none(areas[i], MS_TIMEOUT);
    assert_true(now_ms() - begun < 10 * TIMEOUT_MS);
    assert_int_equal(ms_reader_lost(source), 1);
    assert_int_equal(atomic_load(&waiting), 1);
    list(); // the process is not to blame
    atomic_store(&gate, true);
    while (atomic_load(&waiting))
        usleep(1000);
    for (int i = 0; i < 500; i++) {
        struct ms_build_id id;
        ms_reader_begin(source);
        if (id_at(areas[0], &id) == MS_KNOWN)
            break;
        usleep(10000);
    }
    expect_id(areas[0], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(never_for_a_build_id, set_up, tear_down),
        cmocka_unit_test_setup_teardown(by_map_files_and_by_path, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_name_with_a_newline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_has_taken_the_path, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_deleted_program_is_read_through_exe, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_gone_is_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_goes_while_its_path_is_opened_is_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_a_process_without_its_main_thread, set_up, tear_down),
        cmocka_unit_test_setup_teardown(files_of_the_kernel_are_not_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_dead_filesystem_costs_one_timeout, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
