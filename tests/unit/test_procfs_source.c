// SPDX-License-Identifier: GPL-3.0-or-later
// The source: the errors file, roots that others made, what it knows of the machine.
#include "test_procfs_fixture.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "system/system.h"

enum { ZOO = 1107 };

static int fault_of(const char *errors, const char *path)
{
    put("errors", errors);
    struct ms_source *source = open_folder();
    char bytes[64];
    struct ms_buf text;
    ms_buf_init(&text);
    snprintf(bytes, sizeof(bytes), "%s", path);
    int dir = ms_source_open_process(source, atoi(path));
    const bool is_process = strchr(path, '/') != NULL;
    int error = is_process ? ms_source_read(source, (struct ms_target){.pid = atoi(path), .dir = -1},
                                            MS_FILE_STATM, &text)
                           : -(dir < 0 ? dir : 0);
    if (dir >= 0)
        close(dir);
    ms_buf_deinit(&text);
    ms_source_destroy(source);
    return error;
}

static void the_errors_file(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int error;
    } names[] = {{"EACCES", EACCES}, {"EPERM", EPERM},   {"ENOENT", ENOENT}, {"ESRCH", ESRCH},
                 {"EIO", EIO},       {"ENOMEM", ENOMEM}, {"EINVAL", EINVAL}, {"ENAMETOOLONG", ENAMETOOLONG},
                 {"EMFILE", EMFILE}, {"ENFILE", ENFILE}, {"EFBIG", EFBIG},   {"EOPNOTSUPP", EOPNOTSUPP}};
    put("7/statm", "1 1 1 1 1 1 1\n");
    put("8/statm", "1 1 1 1 1 1 1\n");
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char line[64];
        snprintf(line, sizeof(line), "7/statm %s\n", names[i].name);
        assert_int_equal(fault_of(line, "7/statm"), names[i].error);
        assert_int_equal(fault_of(line, "8/statm"), 0);
    }
    assert_int_equal(fault_of("7/* EPERM\n", "7/statm"), EPERM);
    assert_int_equal(fault_of("7/* EPERM\n", "7"), 0);
    assert_int_equal(fault_of("7 EPERM\n", "7"), EPERM);
    assert_int_equal(fault_of("*/statm EIO\n", "8/statm"), EIO);
    assert_int_equal(fault_of("* EIO\n", "8/statm"), EIO);
    assert_int_equal(fault_of("7/* EPERM\n7/statm EIO\n", "7/statm"), EIO); // plain goes before pattern
    assert_int_equal(fault_of("7/statm EPERM\n7/statm EIO\n", "7/statm"), EPERM);
    assert_int_equal(fault_of("# 7/statm EIO\n\n  \n7/maps EIO", "7/statm"), 0);
    assert_int_equal(fault_of("7/statm EIO", "7/statm"), EIO);
    assert_int_equal(fault_of("  7/statm\tEIO  \n", "7/statm"), EIO);
}

static void an_errors_file_that_makes_no_sense(void **state)
{
    (void)state;
    static const char *const texts[] = {"7/statm\n", "7/statm EWHAT\n", "7/statm 13\n", "7/statm EIO\r\n",
                                        "x"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct ms_source *source = NULL;
        put("errors", texts[i]);
        assert_int_equal(ms_source_create(folder, &source), EINVAL);
        assert_null(source);
    }
}

static void many_errors_are_found(void **state)
{
    (void)state;
    static char text[4000 * 32];
    size_t len = 0;
    for (int i = 3999; i >= 0; i--)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%d/statm %s\n", i * 7 % 4000 + 1,
                                i % 2 ? "EIO" : "EPERM");
    put("errors", text);
    struct ms_source *source = open_folder();
    struct ms_buf out;
    ms_buf_init(&out);
    for (int i = 0; i < 4000; i++)
        assert_int_equal(ms_source_read(source, (struct ms_target){.pid = i * 7 % 4000 + 1, .dir = -1},
                                        MS_FILE_STATM, &out),
                         i % 2 ? EIO : EPERM);
    ms_buf_deinit(&out);
    ms_source_destroy(source);
}

static void roots_that_are_none(void **state)
{
    (void)state;
    struct ms_source *source = NULL;
    assert_int_equal(ms_source_create(path_in_folder("absent"), &source), ENOENT);
    put("file", "");
    assert_int_equal(ms_source_create(path_in_folder("file"), &source), ENOTDIR);
    assert_null(source);
    ms_source_destroy(NULL);
}

static int open_named(const char *path, int flags)
{
    (void)path;
    return open(path_in_folder("named"), flags);
}

static int refuse_to_open(const char *path, int flags)
{
    (void)path, (void)flags;
    errno = EPERM;
    return -1;
}

// A path may lead elsewhere a moment later: nothing is looked up by it once the root is open.
static void a_root_is_what_was_opened(void **state)
{
    (void)state;
    struct ms_source *source = NULL;
    pid_t *pids = NULL;
    size_t count = 0;
    put("named/7/statm", "1 1 1 1 1 1 1\n");
    put("elsewhere/8/statm", "1 1 1 1 1 1 1\n");
    assert_int_equal(ms_source_create_by(open_named, path_in_folder("elsewhere"), &source), 0);
    assert_int_equal(ms_source_pids(source, &pids, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(pids[0], 7);
    free(pids);
    ms_source_destroy(source);
    source = NULL;
    assert_int_equal(ms_source_create_by(refuse_to_open, path_in_folder("named"), &source), EPERM);
    assert_null(source);
}

static void pids_in_order(void **state)
{
    (void)state;
    static const char *const names[] = {"2",           "10",         "1",    "4194304",   "0",  "01",
                                        "+3",          "3x",         "x3",   "-4",        ".5", "6.",
                                        "99999999999", "2147483648", "self", "2147483647"};
    static const pid_t right[] = {1, 2, 10, 4194304, 2147483647};
    pid_t *pids;
    size_t count;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        assert_int_equal(mkdir(path_in_folder(names[i]), 0755), 0);
    put("77", "a file");
    struct ms_source *source = open_folder();
    assert_int_equal(ms_source_pids(source, &pids, &count), 0);
    assert_int_equal(count, 5);
    assert_memory_equal(pids, right, sizeof(right));
    free(pids);
    volatile sig_atomic_t stop = 1;
    ms_source_set_stop(source, &stop);
    assert_int_equal(ms_source_pids(source, &pids, &count), EINTR);
    ms_source_destroy(source);
}

static void an_empty_root_has_no_processes(void **state)
{
    (void)state;
    pid_t *pids;
    size_t count = 1;
    struct ms_source *source = open_folder();
    assert_int_equal(ms_source_pids(source, &pids, &count), 0);
    assert_int_equal(count, 0);
    free(pids);
    assert_int_equal(ms_source_page_size(source), 0);
    assert_int_equal(ms_source_hz(source), 100);
    assert_string_equal(ms_source_host(source), "");
    double seconds;
    assert_int_equal(ms_source_now(source, &seconds), MS_NOT_RECORDED);
    assert_int_equal(ms_source_uptime(source, &seconds), MS_NOT_RECORDED);
    assert_false(ms_source_is_live(source));
    assert_true(ms_text_eq(ms_source_user(source, 1000), MS_TEXT("1000")));
    ms_source_destroy(source);
}

static int read_statm(struct ms_source *source, pid_t pid, const char **first)
{
    static char text[64];
    struct ms_buf out;
    ms_buf_init(&out);
    int error = ms_source_read(source, (struct ms_target){.pid = pid, .dir = -1}, MS_FILE_STATM, &out);
    snprintf(text, sizeof(text), "%.*s", (int)out.len, out.data ? out.data : "");
    *first = text;
    ms_buf_deinit(&out);
    return error;
}

static void make_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%.60s/%.40s", folder, path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
}

// What a root holds was chosen by somebody else: nothing leads out of it, nothing waits.
static void links_and_fifos_in_a_root(void **state)
{
    (void)state;
    const char *text;
    struct ms_process process, *batch = &process;
    struct ms_value value;
    put("1/statm", "11 1\n");
    for (int i = 2; i <= 9; i++) {
        char path[16];
        snprintf(path, sizeof(path), "%d", i);
        assert_int_equal(mkdir(path_in_folder(path), 0755), 0);
    }
    assert_int_equal(symlink("../1/statm", path_in_folder("2/statm")), 0);
    assert_int_equal(symlink("/etc/passwd", path_in_folder("3/statm")), 0);
    assert_int_equal(symlink("../../../../../../etc/passwd", path_in_folder("4/statm")), 0);
    assert_int_equal(mkfifo(path_in_folder("5/statm"), 0644), 0);
    assert_int_equal(mkdir(path_in_folder("6/statm"), 0755), 0);
    assert_int_equal(symlink("statm", path_in_folder("7/statm")), 0);
    make_socket("8/statm");
    assert_int_equal(symlink("/proc/self", path_in_folder("10")), 0);
    struct ms_source *source = open_folder();
    assert_int_equal(read_statm(source, 1, &text), 0);
    assert_string_equal(text, "11 1\n");
    assert_int_equal(read_statm(source, 2, &text), 0);
    assert_string_equal(text, "11 1\n");
    for (pid_t pid = 3; pid <= 10; pid++) {
        const int error = read_statm(source, pid, &text);
        const enum ms_reason why = ms_source_reason(source, (struct ms_target){.pid = pid, .dir = -1}, error);
        assert_string_equal(text, "");
        assert_int_equal(why, pid == 9 ? MS_GONE : MS_MALFORMED);
        ms_process_init(&process, source, pid); // below a directory, too
        assert_true(ms_reader_load(&batch, 1, MS_FILES(MS_FILE_STATM) | MS_FILES(MS_FILE_MAPS)));
        assert_true(ms_process_get(&process, MS_FIELD_STATM_virt, &value));
        assert_true(value.why == MS_MALFORMED || value.why == MS_GONE);
        ms_process_deinit(&process);
    }
    ms_source_destroy(source);
}

static void exe_as_a_link_and_as_a_file(void **state)
{
    (void)state;
    put("1/exe", "/bin/cat (deleted)");
    put("2/stat", "2 (x) S 1\n");
    assert_int_equal(symlink("/usr/bin/secret", path_in_folder("2/exe")), 0); // as cp -a leaves it
    put("3/stat", "3 (x) S 1\n");
    struct ms_source *source = open_folder();
    static const char *const right[] = {"/bin/cat (deleted)", "/usr/bin/secret"};
    for (pid_t pid = 1; pid <= 2; pid++) {
        struct ms_buf out;
        ms_buf_init(&out);
        assert_int_equal(ms_source_read(source, (struct ms_target){.pid = pid, .dir = -1}, MS_FILE_EXE, &out),
                         0);
        assert_true(ms_text_eq((struct ms_text){out.data, out.len}, ms_text_of(right[pid - 1])));
        ms_buf_deinit(&out);
    }
    assert_int_equal(reason_of(source, 3, MS_FIELD_EXE_exe), MS_UNSUPPORTED); // not saved
    ms_source_destroy(source);
}

static uint64_t derived_page_size(void)
{
    struct ms_source *source = open_folder();
    const uint64_t size = ms_source_page_size(source);
    ms_source_destroy(source);
    return size;
}

static void the_page_size_is_derived(void **state)
{
    (void)state;
    put("1/smaps", "");
    assert_int_equal(derived_page_size(), 0);
    put("3/smaps",
        "00400000-00600000 r-xp 00000000 00:0f 1 /huge\nKernelPageSize: 2048 kB\nMMUPageSize: 2048 kB\n"
        "00600000-00700000 r-xp 00000000 00:0f 1 /text\nKernelPageSize: 64 kB\nMMUPageSize: 64 kB\n");
    assert_int_equal(derived_page_size(), 65536);
    put("2/smaps", "00400000-00600000 r-xp 00000000 00:0f 1 /x\nMMUPageSize: -4 kB\nMMUPageSize: 0 "
                   "kB\nMMUPageSize: 16 kB\n");
    assert_int_equal(derived_page_size(), 16384);
    put(".machine/info", "page_size 4096\n");
    assert_int_equal(derived_page_size(), 4096);
}

static void the_machine_of_a_root(void **state)
{
    (void)state;
    double seconds;
    put(".machine/info", "hz 250\nnow 1700000000\nhost  a host \nhz 0\nhz x\nunknown 1\n\n");
    put(".machine/passwd",
        "root:x:0:0::/:/bin/sh\n:x:5:5\nbad\nann:x:1000:1000\nann2:x:1000:1000\nbig:x:4294967295:1\n");
    put("uptime", "12.5 3\n");
    struct ms_source *source = open_folder();
    assert_int_equal(ms_source_hz(source), 250);
    assert_true(ms_source_now(source, &seconds) == MS_KNOWN && seconds == 1700000000);
    assert_true(ms_source_uptime(source, &seconds) == MS_KNOWN && seconds == 12.5);
    assert_string_equal(ms_source_host(source), "a host");
    assert_true(ms_text_eq(ms_source_user(source, 0), MS_TEXT("root")));
    assert_true(ms_text_eq(ms_source_user(source, 1000), MS_TEXT("ann")));
    assert_true(ms_text_eq(ms_source_user(source, 5), MS_TEXT("5")));
    assert_true(ms_text_eq(ms_source_user(source, 4294967295), MS_TEXT("big")));
    assert_false(ms_source_lacks_user(source, "nobody of the saved processes"));
    ms_source_destroy(source);
    put(".machine/info", "");
    put("stat", "cpu 1 2\nbtime 1600000000\n");
    source = open_folder();
    assert_true(ms_source_now(source, &seconds) == MS_KNOWN && seconds == 1600000012.5);
    ms_source_destroy(source);
    assert_int_equal(unlink(path_in_folder("stat")), 0);
    assert_int_equal(symlink("stat", path_in_folder("stat")), 0);
    source = open_folder();
    assert_int_equal(ms_source_now(source, &seconds), MS_MALFORMED);
    assert_int_equal(ms_source_uptime(source, &seconds), MS_KNOWN);
    ms_source_destroy(source);
}

static void notes_are_bounded(void **state)
{
    (void)state;
    struct ms_source *source = open_folder();
    size_t count = 0;
    for (int i = 0; i < 3000; i++) {
        char label[32];
        snprintf(label, sizeof(label), "Label%d", i % 1500);
        ms_source_note_label(source, MS_FILE_STATUS, ms_text_of(label));
    }
    while (ms_source_noted_label(source, count))
        count++;
    assert_int_equal(count, 1000);
    ms_source_destroy(source);
}

static void nothing_stays_open(void **state)
{
    (void)state;
    const int before = open_fds();
    struct ms_source *source = open_fixture("full");
    for (int i = 0; i < MS_FIELD_COUNT; i++)
        if (ms_fields[i].kind == MS_PROCESS)
            reason_of(source, ZOO, (enum ms_field)i);
    ms_source_destroy(source);
    assert_int_equal(open_fds(), before);
}

static void the_live_machine(void **state)
{
    (void)state;
    struct ms_source *source = NULL;
    pid_t *pids;
    size_t count;
    double epoch, uptime;
    assert_int_equal(ms_source_create(NULL, &source), 0);
    assert_true(ms_source_is_live(source));
    assert_string_equal(ms_source_root(source), "/proc");
    assert_int_equal(ms_source_page_size(source), sysconf(_SC_PAGESIZE));
    assert_int_equal(ms_source_pids(source, &pids, &count), 0);
    assert_true(count > 0);
    free(pids);
    assert_true(!ms_source_now(source, &epoch) && !ms_source_uptime(source, &uptime) && epoch > uptime);
    for (int i = 0; i < MS_FIELD_COUNT; i++) // of itself
        if (ms_fields[i].file <= MS_FILE_STATM || ms_fields[i].file == MS_FILE_EXE)
            assert_int_equal(reason_of(source, getpid(), (enum ms_field)i), MS_KNOWN);
    ms_source_destroy(source);
}

#define IN_FOLDER(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(the_errors_file),
        IN_FOLDER(an_errors_file_that_makes_no_sense),
        IN_FOLDER(many_errors_are_found),
        IN_FOLDER(roots_that_are_none),
        IN_FOLDER(a_root_is_what_was_opened),
        IN_FOLDER(pids_in_order),
        IN_FOLDER(an_empty_root_has_no_processes),
        IN_FOLDER(links_and_fifos_in_a_root),
        IN_FOLDER(exe_as_a_link_and_as_a_file),
        IN_FOLDER(the_page_size_is_derived),
        IN_FOLDER(the_machine_of_a_root),
        IN_FOLDER(notes_are_bounded),
        cmocka_unit_test(nothing_stays_open),
        cmocka_unit_test(the_live_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
