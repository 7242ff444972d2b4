// SPDX-License-Identifier: GPL-3.0-or-later
// What the kernel refuses a thread that is confined: some hundred system calls, and files.
#include "failing_calls.h"

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
} denied[128];
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

#ifndef SYS_mmap
#define SYS_mmap SYS_mmap2
#endif
#define ASK(call, ...) ask(#call " " #__VA_ARGS__, SYS_##call, __VA_ARGS__)
#define P(pointer) ((long)(intptr_t)(pointer))

static void ask_for_programs(void)
{
    static char *const arguments[] = {"/bin/true", NULL};
    ASK(execve, P("/bin/true"), P(arguments), 0, 0, 0);
    ASK(execveat, AT_FDCWD, P("/bin/true"), P(arguments), 0, 0);
#ifdef SYS_fork
    ASK(fork, 0, 0, 0, 0, 0);
    ASK(vfork, 0, 0, 0, 0, 0);
#endif
    ASK(clone, SIGCHLD, 0, 0, 0, 0);
    ASK(clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    ASK(unshare, CLONE_NEWUSER, 0, 0, 0, 0);
    ASK(setns, 0, 0, 0, 0, 0);
    ASK(mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    ASK(mmap, 0, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    ASK(mprotect, 0, 0, PROT_EXEC, 0, 0);
    ASK(shmget, 0, 4096, 0600, 0, 0);
    ASK(shmat, 0, 0, 0, 0, 0);
    ASK(personality, 0x0400000, 0, 0, 0, 0);
}

static void ask_for_files(void)
{
    static const int flags[] = {O_WRONLY, O_RDWR,   O_ACCMODE, O_CREAT,
                                O_TRUNC,  O_APPEND, O_TMPFILE, O_TMPFILE | O_RDWR};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        ASK(openat, AT_FDCWD, P("/tmp/memsh-confine"), flags[i], 0600, 0);
#ifdef SYS_open
    ASK(open, P("/tmp/memsh-confine"), O_WRONLY | O_CREAT, 0600, 0, 0);
    ASK(creat, P("/tmp/memsh-confine"), 0600, 0, 0, 0);
    ASK(mkdir, P("/tmp/memsh-confine"), 0700, 0, 0, 0);
    ASK(unlink, P("/tmp/memsh-confine"), 0, 0, 0, 0);
    ASK(rename, P("/tmp/memsh-confine"), P("/tmp/memsh-confine2"), 0, 0, 0);
    ASK(link, P("/etc/passwd"), P("/tmp/memsh-confine"), 0, 0, 0);
    ASK(symlink, P("/etc/passwd"), P("/tmp/memsh-confine"), 0, 0, 0);
    ASK(chmod, P("/tmp"), 01777, 0, 0, 0);
    ASK(chown, P("/tmp"), 0, 0, 0, 0);
    ASK(mknod, P("/tmp/memsh-confine"), S_IFIFO, 0, 0, 0);
#endif
    ASK(mkdirat, AT_FDCWD, P("/tmp/memsh-confine"), 0700, 0, 0);
    ASK(mknodat, AT_FDCWD, P("/tmp/memsh-confine"), S_IFIFO, 0, 0);
    ASK(unlinkat, AT_FDCWD, P("/tmp/memsh-confine"), 0, 0, 0);
    ASK(renameat2, AT_FDCWD, P("/tmp/memsh-confine"), AT_FDCWD, P("/tmp/memsh-confine2"), 0);
    ASK(linkat, AT_FDCWD, P("/etc/passwd"), AT_FDCWD, P("/tmp/memsh-confine"), 0);
    ASK(symlinkat, P("/etc/passwd"), AT_FDCWD, P("/tmp/memsh-confine"), 0, 0);
    ASK(fchmodat, AT_FDCWD, P("/tmp"), 01777, 0, 0);
    ASK(fchmod, 0, 0600, 0, 0, 0);
    ASK(fchownat, AT_FDCWD, P("/tmp"), 0, 0, 0);
    ASK(truncate, P("/tmp/memsh-confine"), 0, 0, 0, 0);
    ASK(ftruncate, 0, 0, 0, 0, 0);
    ASK(fallocate, 0, 0, 0, 1, 0);
    ASK(utimensat, AT_FDCWD, P("/tmp"), 0, 0, 0);
    ASK(setxattr, P("/tmp"), P("user.x"), P("x"), 1, 0);
    ASK(mount, P("none"), P("/tmp"), P("tmpfs"), 0, 0);
    ASK(umount2, P("/tmp/memsh-confine"), 0, 0, 0, 0);
    ASK(chroot, P("/"), 0, 0, 0, 0);
    ASK(chdir, P("/"), 0, 0, 0, 0);
    ASK(sendfile, 1, 0, 0, 0, 0);
    ASK(splice, 0, 0, 1, 0, 0);
    ASK(inotify_init1, 0, 0, 0, 0, 0);
}

static void ask_for_others(void)
{
    static const struct rlimit none;
    ASK(socket, AF_INET, SOCK_STREAM, 0, 0, 0);
    ASK(socket, AF_UNIX, SOCK_STREAM, 0, 0, 0);
    ASK(socketpair, AF_UNIX, SOCK_STREAM, 0, 0, 0);
    ASK(connect, 0, 0, 0, 0, 0);
    ASK(bind, 0, 0, 0, 0, 0);
    ASK(listen, 0, 0, 0, 0, 0);
    ASK(accept4, 0, 0, 0, 0, 0);
    ASK(sendto, 0, 0, 0, 0, 1);
    ASK(sendmsg, 0, 0, 0, 0, 0);
    ASK(kill, getppid(), 0, 0, 0, 0);
    ASK(kill, getpid(), 0, 0, 0, 0);
    ASK(tkill, getpid(), 0, 0, 0, 0);
    ASK(tgkill, 1, 1, 0, 0, 0);
    ASK(rt_sigqueueinfo, 1, 0, 0, 0, 0);
    ASK(pidfd_open, 1, 0, 0, 0, 0);
    ASK(pidfd_send_signal, 0, 0, 0, 0, 0);
    ASK(kcmp, 1, 1, KCMP_FILE, 0, 0);
    ASK(ioctl, 0, TIOCSTI, P("x"), 0, 0);
    ASK(ioctl, 0, TIOCSCTTY, 0, 0, 0);
    ASK(fcntl, 0, F_SETOWN, 1, 0, 0);
    ASK(fcntl, 0, F_SETLEASE, 0, 0, 0);
    ASK(setuid, 0, 0, 0, 0, 0);
    ASK(setresuid, 0, 0, 0, 0, 0);
    ASK(setgid, 0, 0, 0, 0, 0);
    ASK(setgroups, 0, 0, 0, 0, 0);
    ASK(capset, 0, 0, 0, 0, 0);
    ASK(prctl, PR_SET_DUMPABLE, 1, 0, 0, 0);
    ASK(prctl, PR_SET_PTRACER, -1, 0, 0, 0);
    ASK(prlimit64, 0, RLIMIT_CORE, P(&none), 0, 0);
    ASK(setpriority, 0, 0, 0, 0, 0);
    ASK(sched_setaffinity, 0, 0, 0, 0, 0);
    ASK(mq_open, P("/x"), O_RDONLY, 0, 0, 0);
    ASK(syslog, 3, 0, 0, 0, 0);
    ASK(reboot, 0, 0, 0, 0, 0);
    ASK(swapoff, P("/x"), 0, 0, 0, 0);
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
    ask_for_programs();
    ask_for_files();
    ask_for_others();
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
    static const long calls[] = {
        SYS_ptrace,       SYS_process_vm_readv, SYS_process_vm_writev, SYS_perf_event_open, SYS_bpf,
        SYS_userfaultfd,  SYS_io_uring_setup,   SYS_open_by_handle_at, SYS_process_madvise, SYS_pidfd_getfd,
        SYS_finit_module, SYS_keyctl,           SYS_kexec_load};
    assert_int_equal(in_a_child(confined_missing), 0);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        deadly = calls[i];
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
