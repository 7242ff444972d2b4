// SPDX-License-Identifier: GPL-3.0-or-later
// What the kernel refuses a thread that is confined: some hundred system calls, and files.
#include "failing_calls.h"

#include "refused_calls.h"

#include "confine/landlock.h"
#include "confine/syscalls.h"

static char directory[] = "/tmp/memsh-confine.XXXXXX";
static char path[sizeof directory + 64];

static const char *in_directory(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static void write_text(const char *name, const char *text)
{
    FILE *file = fopen(in_directory(name), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

// ---- system calls

static struct {
    const char *call;
    long result;
    int error;
} denied[192];
static size_t denied_count;
static int loaded = -1;
static bool works;

static void ask(const char *call, long number, long a, long b, long c, long d, long e)
{
    errno = 0;
    const long result = syscall(number, a, b, c, d, e, 0L);
    if (result == 0 && (number == SYS_clone
#ifdef SYS_fork
                        || number == SYS_fork || number == SYS_vfork
#endif
                        ))
        _exit(0);
    denied[denied_count].call = call;
    denied[denied_count].result = result;
    denied[denied_count++].error = errno;
}

static void *nothing(void *unused)
{
    return unused;
}

static bool all_is_well(void)
{
    char text[16];
    struct winsize size;
    pthread_t thread;
    const int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    const bool reads = fd >= 0 && read(fd, text, sizeof text) > 0 && fcntl(fd, F_GETFL) >= 0;
    ioctl(fd, TIOCGWINSZ, &size);
    close(fd);
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return reads && errno == ENOTTY && memory != MAP_FAILED && munmap(memory, 4096) == 0 &&
           pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0 &&
           poll(NULL, 0, 0) == 0 && syscall(SYS_tgkill, getpid(), gettid(), 0) == 0;
}

static void confined_calls(void)
{
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    loaded = ms_syscalls_restrict();
    ask_for_all();
    works = all_is_well();
}

static void test_syscalls(void **state)
{
    (void)state;
    in_a_thread(confined_calls);
    assert_int_equal(loaded, 0);
    assert_true(works);
    assert_true(denied_count > 80);
    for (size_t i = 0; i < denied_count; i++) {
        if (denied[i].result != -1 || denied[i].error != EPERM)
            fail_msg("%s gave %ld, %s", denied[i].call, denied[i].result, strerror(denied[i].error));
    }
}

// What the rules can't look into is missing, so that it is done in another way.
static void confined_missing(void)
{
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (ms_syscalls_restrict() != 0 || syscall(SYS_clone3, NULL, 0) != -1 || errno != ENOSYS ||
        syscall(SYS_openat2, 0, "", NULL, 0) != -1 || errno != ENOSYS)
        _exit(1);
}

static long deadly;

static void confined_deadly(void)
{
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (ms_syscalls_restrict() == 0)
        syscall(deadly, 0, 0, 0, 0, 0);
}

static void test_deadly(void **state)
{
    (void)state;
    assert_int_equal(in_a_child(confined_missing), 0);
    for (size_t i = 0; i < DEADLY_CALLS; i++) {
        deadly = deadly_calls[i];
        const int status = in_a_child(confined_deadly);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
    }
}

static void test_filter_fails(void **state)
{
    (void)state;
    static const char *const functions[] = {"seccomp_init", "seccomp_attr_set", "seccomp_load"};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        failing = functions[i];
        assert_int_not_equal(ms_syscalls_restrict(), 0);
    }
    failing = "seccomp_load"; // nothing is restricted here
    int error = 0;
    for (int left = 0; error != EINVAL; left++) {
        rules_left = left;
        error = ms_syscalls_restrict();
        assert_true(error == ENOMEM || error == EINVAL);
        assert_true(left < 1000);
    }
    rules_left = -1;
    failing = NULL;
}

// ---- files

static int landlocked = -1, inside, outside, list_outside, writing;
static int beneath[2];

static void confined_files(void)
{
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    landlocked = ms_landlock_restrict(ms_landlock_version(), beneath, 2);
    inside = open(in_directory("file"), O_RDONLY | O_CLOEXEC);
    outside = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    list_outside = open("/etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    writing = open(in_directory("file"), O_WRONLY | O_CLOEXEC);
}

static void test_landlock(void **state)
{
    (void)state;
    int ends[2];
    if (ms_landlock_version() == 0)
        skip();
    assert_int_equal(ms_landlock_restrict(1, (int[]){-1}, 1), EBADF);
    assert_int_equal(ms_landlock_restrict(1, (int[]){-1, -1}, 2), EBADF);
    failing_call = 446; // landlock_restrict_self
    for (int version = 1; version <= ms_landlock_version(); version++) {
        calls_left = 0;
        assert_int_equal(ms_landlock_restrict(version, NULL, 0), EINVAL);
    }
    failing_call = 445; // landlock_add_rule
    calls_left = 0;
    beneath[0] = open("/", O_PATH | O_CLOEXEC);
    assert_int_equal(ms_landlock_restrict(1, beneath, 1), EINVAL);
    close(beneath[0]);
    failing_call = -1;
    write_text("file", "inside");
    assert_int_equal(pipe(ends), 0);
    beneath[0] = open(directory, O_PATH | O_CLOEXEC);
    beneath[1] = ends[0];
    in_a_thread(confined_files);
    assert_int_equal(landlocked, 0);
    assert_true(inside >= 0);
    assert_int_equal(outside, -1);
    assert_int_equal(list_outside, -1);
    assert_int_equal(writing, -1);
}

static int make_directory(void **state)
{
    (void)state;
    umask(022);
    return mkdtemp(directory) && chmod(directory, 0755) == 0 ? 0 : -1;
}

static int remove_directory(void **state)
{
    (void)state;
    char command[sizeof directory + 16];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_syscalls),
        cmocka_unit_test(test_deadly),
        cmocka_unit_test(test_filter_fails),
        cmocka_unit_test(test_landlock),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
