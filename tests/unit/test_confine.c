// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of the confinement. What the kernel does to a thread alone is done to a thread alone, so that the
// test itself goes on (and can write down which lines ran).
#include "confine/caller.h"
#include "confine/confine.h"
#include "confine/environment.h"
#include "confine/files.h"
#include "confine/landlock.h"
#include "confine/rights.h"
#include "confine/syscalls.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

// ---- what fails on demand

static const char *failing; // the function that fails, NULL: none

static bool fails(const char *name)
{
    return failing && strcmp(failing, name) == 0;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int clearenv(void)
{
    return fails("clearenv") ? -1 : REAL(clearenv)();
}

int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
    errno = EPERM;
    return fails("setrlimit") ? -1 : REAL(setrlimit)(resource, limit);
}

int seccomp_load(const scmp_filter_ctx filter)
{
    return fails("seccomp_load") ? -EINVAL : REAL(seccomp_load)(filter);
}

scmp_filter_ctx seccomp_init(uint32_t action)
{
    return fails("seccomp_init") ? NULL : REAL(seccomp_init)(action);
}

int seccomp_attr_set(scmp_filter_ctx filter, enum scmp_filter_attr attribute, uint32_t value)
{
    return fails("seccomp_attr_set") ? -EINVAL : REAL(seccomp_attr_set)(filter, attribute, value);
}

static int rules_left = -1; // until seccomp_rule_add_array fails; -1: never

int seccomp_rule_add_array(scmp_filter_ctx filter, uint32_t action, int call, unsigned count,
                           const struct scmp_arg_cmp *arguments)
{
    if (rules_left == 0)
        return -ENOMEM;
    rules_left -= rules_left > 0;
    return REAL(seccomp_rule_add_array)(filter, action, call, count, arguments);
}

pid_t fork(void)
{
    return fails("fork") ? -1 : REAL(fork)();
}

void *reallocarray(void *old, size_t count, size_t size)
{
    return fails("reallocarray") ? NULL : realloc(old, count * size);
}

int setgroups(size_t count, const gid_t *groups)
{
    return fails("setgroups") ? -1 : REAL(setgroups)(count, groups);
}

int setresgid(gid_t a, gid_t b, gid_t c)
{
    return fails("setresgid") ? -1 : REAL(setresgid)(a, b, c);
}

int setresuid(uid_t a, uid_t b, uid_t c)
{
    return fails("setresuid") ? -1 : REAL(setresuid)(a, b, c);
}

char *realpath(const char *restrict name, char *restrict resolved)
{
    errno = ENOMEM;
    return fails("realpath") ? NULL : REAL(realpath)(name, resolved);
}

int setenv(const char *name, const char *value, int replace)
{
    return fails("setenv") ? -1 : REAL(setenv)(name, value, replace);
}

ssize_t readlink(const char *restrict name, char *restrict into, size_t size)
{
    return fails("readlink") ? -1 : REAL(readlink)(name, into, size);
}

static int failing_option = -1; // of prctl

int prctl(int option, ...)
{
    va_list list;
    va_start(list, option);
    const unsigned long a = va_arg(list, unsigned long), b = va_arg(list, unsigned long),
                        c = va_arg(list, unsigned long), d = va_arg(list, unsigned long);
    va_end(list);
    errno = EINVAL;
    return option == failing_option ? -1 : REAL(prctl)(option, a, b, c, d);
}

static long failing_call = -1; // of syscall
static int calls_left;         // that do not fail yet

long syscall(long number, ...)
{
    va_list list;
    va_start(list, number);
    long a[6];
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    errno = EINVAL;
    if (number == failing_call && calls_left-- == 0)
        return -1;
    return REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static int failing_maps; // the errno of opening them, 0: none

int open(const char *name, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    const mode_t mode = va_arg(list, mode_t);
    va_end(list);
    if (failing_maps && strstr(name, "/maps")) {
        errno = failing_maps;
        return -1;
    }
    if (fails("open of passwd") && strcmp(name, "/etc/passwd") == 0)
        return -1;
    if (fails("open of the top") && strcmp(name, "/") == 0)
        return -1;
    return REAL(open)(name, flags, mode);
}

// ---- in a thread

static void *run_in_thread(void *run)
{
    ((void (*)(void))run)();
    return NULL;
}

static void in_a_thread(void (*run)(void))
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run_in_thread, (void *)run), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

// Ends a child; it writes down which lines ran, where that is asked for. A sanitizer would look for leaks, by
// tracing.
static _Noreturn void leave(int status)
{
#if defined(__SANITIZE_ADDRESS__)
    _exit(status);
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
    _exit(status);
#endif
#endif
    exit(status);
}

// How a child ended that runs this: its wait status.
static int in_a_child(void (*run)(void))
{
    int status = -1;
    fflush(NULL);
    const pid_t child = REAL(fork)();
    if (child == 0) {
        run();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

// ---- the environment

static void test_environment(void **state)
{
    (void)state;
    extern char **environ;
    clearenv();
    static const char *const given[][2] = {
        {"TERM", "xterm-256color"}, {"LANG", "de_DE.UTF-8"},  {"TZ", "Europe/Berlin"},
        {"COLUMNS", "80"},          {"NO_COLOR", "1"},        {"LC_CTYPE", "C.UTF-8@x"},
        {"LC_ALL", "/etc/shadow"},  {"LINES", "a b"},         {"FORCE_COLOR", "../x"},
        {"LD_PRELOAD", "x.so"},     {"LUA_INIT", "x"},        {"HOME", "/root"},
        {"INPUTRC", "x"},           {"PAGER", "x"},           {"TERMINFO", "/tmp"},
        {"LOCPATH", "/tmp"},        {"MALLOC_ARENA_MAX", "1"}};
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        setenv(given[i][0], given[i][1], 1);
    assert_true(ms_environment_reduce());
    size_t count = 0;
    for (char **one = environ; one && *one; one++)
        count++;
    assert_int_equal(count, 6);
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        const char *value = getenv(given[i][0]);
        assert_true(i < 6 ? value && strcmp(value, given[i][1]) == 0 : !value);
    }
    static const char *const zones[] = {
        ":/etc/shadow",
        "/etc/shadow",
        "a/../b",
        "a\nb",
        "",
        "A123456789012345678901234567890123456789012345678901234567890123456789"};
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        setenv("TZ", zones[i], 1);
        assert_true(ms_environment_reduce());
        assert_true(!getenv("TZ") || *zones[i] == '\0');
    }
    setenv("TZ", ":Europe/Berlin", 1);
    assert_true(ms_environment_reduce());
    assert_string_equal(getenv("TZ"), ":Europe/Berlin");
    failing = "setenv";
    assert_false(ms_environment_reduce());
    setenv("TZ", "UTC", 1);
    failing = "clearenv";
    assert_false(ms_environment_reduce());
    failing = NULL;
}

// ---- who runs it

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

static bool is_listed(const char *text, uid_t user)
{
    write_text("list", text);
    return ms_caller_is_listed(in_directory("list"), user);
}

static void test_listed(void **state)
{
    (void)state;
    if (geteuid() != 0) // the list is root's
        skip();
    assert_false(ms_caller_is_listed(in_directory("list"), 65534));
    assert_true(is_listed("# people\n\nnobody\n", 65534));
    assert_true(is_listed("daemon\n65534", 65534));
    assert_true(is_listed("*", 4711));
    assert_true(is_listed(" 4711\t\n", 4711));
    assert_false(is_listed("nobod\nnobodyy\n# nobody\nnobody x\n", 65534));
    assert_false(is_listed("", 65534));
    assert_false(is_listed("nobody", 4711)); // who has no name
    static char big[65537];
    memset(big, '\n', sizeof big - 1);
    assert_false(is_listed(big, 65534));
    write_text("list", "*");
    assert_int_equal(chmod(in_directory("list"), 0666), 0);
    assert_false(ms_caller_is_listed(in_directory("list"), 1));
    assert_int_equal(chmod(in_directory("list"), 0644), 0);
    assert_int_equal(chown(in_directory("list"), 1, 0), 0);
    assert_false(ms_caller_is_listed(in_directory("list"), 1));
    assert_int_equal(chown(in_directory("list"), 0, 0), 0);
    assert_int_equal(chmod(directory, 0777), 0);
    assert_false(ms_caller_is_listed(in_directory("list"), 1));
    assert_int_equal(chmod(directory, 0755), 0);
    assert_true(ms_caller_is_listed(in_directory("list"), 1));
    assert_int_equal(symlink("list", in_directory("link")), 0);
    assert_false(ms_caller_is_listed(in_directory("link"), 1));
    assert_int_equal(mkdir(in_directory("folder"), 0755), 0);
    assert_false(ms_caller_is_listed(in_directory("folder"), 1));
}

static struct ms_caller caller_with(const char *user, const char *group)
{
    unsetenv("SUDO_UID");
    unsetenv("SUDO_GID");
    if (user)
        setenv("SUDO_UID", user, 1);
    if (group)
        setenv("SUDO_GID", group, 1);
    return ms_caller_find();
}

static uid_t real, effective;
static gid_t group;

static void as_other(void)
{
    if (setresgid(group, group, group) || setresuid(real, effective, 0))
        leave(100);
    leave((int)ms_caller_find().rights);
}

static int rights_of(uid_t user, uid_t as, gid_t of)
{
    real = user;
    effective = as;
    group = of;
    return WEXITSTATUS(in_a_child(as_other));
}

static void test_caller(void **state)
{
    (void)state;
    assert_int_equal(caller_with(NULL, NULL).rights, MS_CALLER_OWN);
    assert_int_equal(caller_with("0", "0").rights, MS_CALLER_OWN);
    assert_int_equal(caller_with("x", "0").rights, MS_CALLER_OWN);
    assert_int_equal(caller_with("-1", "0").rights, MS_CALLER_OWN);
    assert_int_equal(caller_with("4294967295", "0").rights, MS_CALLER_OWN);
    if (geteuid() != 0)
        skip();
    const struct ms_caller lent = caller_with("4711", "4712");
    assert_int_equal(lent.rights, MS_CALLER_LENT);
    assert_int_equal(lent.user, 4711);
    assert_int_equal(lent.group, 4712);
    assert_int_equal(caller_with("4711", NULL).rights, MS_CALLER_STRANGER);
    assert_int_equal(caller_with("4711", "x").rights, MS_CALLER_STRANGER);
    assert_int_equal(rights_of(65534, 65534, 0), MS_CALLER_STRANGER);
    caller_with(NULL, NULL);
    setenv("PKEXEC_UID", "65534", 1);
    assert_int_equal(ms_caller_find().rights, MS_CALLER_LENT);
    assert_int_equal(ms_caller_find().user, 65534);
    setenv("PKEXEC_UID", "4711", 1); // who has no entry
    assert_int_equal(ms_caller_find().rights, MS_CALLER_STRANGER);
    unsetenv("PKEXEC_UID");
    setenv("DOAS_USER", "nobody", 1);
    assert_int_equal(ms_caller_find().rights, MS_CALLER_LENT);
    assert_int_equal(ms_caller_find().user, 65534);
    setenv("DOAS_USER", "no such user", 1);
    assert_int_equal(ms_caller_find().rights, MS_CALLER_STRANGER);
    setenv("DOAS_USER", "root", 1);
    assert_int_equal(ms_caller_find().rights, MS_CALLER_OWN);
    unsetenv("DOAS_USER");
    assert_int_equal(rights_of(65534, 65534, 0), MS_CALLER_OWN);
    assert_int_equal(rights_of(65534, 0, 0), MS_CALLER_LENT); // set-user-ID root
    assert_int_equal(rights_of(65534, 65533, 0), MS_CALLER_STRANGER);
    assert_true(ms_caller_says_restricted("memsh-restricted"));
    assert_true(ms_caller_says_restricted("/usr/bin/memsh-restricted"));
    assert_false(ms_caller_says_restricted("memsh"));
    assert_false(ms_caller_says_restricted("memsh-restricted/memsh"));
    assert_false(ms_caller_says_restricted(NULL));
    failing = "readlink";
    assert_false(ms_caller_says_restricted("memsh"));
    failing = NULL;
    setenv("SUDO_UID", "0", 1);
    assert_int_equal(rights_of(0, 0, 4711), MS_CALLER_OWN);
}

// ---- capabilities

static void become_and_look(void)
{
    char line[256], permitted[32] = "", effective_set[32] = "";
    enum ms_right right;
    if (!ms_rights_become(65534, 65533) || getuid() != 65534 || geteuid() != 65534 || getegid() != 65533 ||
        getgroups(0, NULL) != 0)
        leave(1);
    if (setuid(0) == 0 || open("/etc/shadow", O_RDONLY | O_CLOEXEC) >= 0)
        leave(2);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (!ms_rights_take(&right))
        leave(3);
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status)) {
        sscanf(line, "CapPrm: %31s", permitted);
        sscanf(line, "CapEff: %31s", effective_set);
    }
    static const char *const sets[] = {[MS_RIGHT_NONE] = "0000000000000000",
                                       [MS_RIGHT_PERFMON] = "0000004000000000",
                                       [MS_RIGHT_PTRACE] = "0000000000080000"};
    leave(strcmp(permitted, sets[right]) != 0 || strcmp(effective_set, sets[right]) != 0 ? 4 : 0);
}

static void become_another(void)
{
    if (setresuid(65534, 65534, 65534))
        leave(1);
    leave(ms_rights_become(4711, 4711) ? 2 : 0);
}

static void take_nothing(void)
{
    enum ms_right right = MS_RIGHT_PERFMON;
    if (setresuid(65534, 65534, 65534))
        leave(1);
    leave(ms_rights_take(&right) && right == MS_RIGHT_NONE ? 0 : 2);
}

static void take_without_fork(void)
{
    enum ms_right right;
    failing = "fork";
    leave(ms_rights_take(&right) ? 2 : 0);
}

static void become_in_vain(void)
{
    static const char *const functions[] = {"setgroups", "setresgid", "setresuid"};
    enum ms_right right;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        failing = functions[i];
        if (ms_rights_become(65534, 65534))
            leave(1);
    }
    failing = NULL;
    failing_option = PR_SET_KEEPCAPS;
    if (ms_rights_become(65534, 65534))
        leave(2);
    failing_option = -1;
    failing_call = SYS_capget;
    calls_left = 0;
    if (ms_rights_take(&right))
        leave(3);
    failing_call = SYS_capset;
    calls_left = 0;
    if (ms_rights_take(&right))
        leave(4);
    calls_left = 1;
    if (ms_rights_take(&right))
        leave(5);
    failing_call = SYS_capget;
    calls_left = 0;
    leave(ms_rights_become(65534, 65534) ? 6 : 0);
}

// As on a kernel that does not take CAP_PERFMON for maps: without it nothing shows them.
static void take_as_on_old_kernels(void)
{
    enum ms_right right = MS_RIGHT_NONE;
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    failing_maps = ESRCH; // somebody killed the child
    if (ms_rights_take(&right))
        leave(1);
    failing_maps = EACCES;
    leave(ms_rights_take(&right) && right == MS_RIGHT_PTRACE ? 0 : 2);
}

static void test_rights(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(in_a_child(become_in_vain), 0);
    assert_int_equal(in_a_child(take_as_on_old_kernels), 0);
    assert_int_equal(in_a_child(become_and_look), 0);
    assert_int_equal(in_a_child(become_another), 0);
    assert_int_equal(in_a_child(take_nothing), 0);
    assert_int_equal(in_a_child(take_without_fork), 0);
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

// The descriptor's file begins so.
static bool begins(int fd, const char *text)
{
    char bytes[32] = "";
    const ssize_t got = fd < 0 ? -1 : read(fd, bytes, sizeof bytes - 1);
    if (fd >= 0)
        close(fd);
    return got >= 0 && strncmp(bytes, text, strlen(text)) == 0;
}

// The list is closed for good: this comes late.
static void test_files(void **state)
{
    (void)state;
    int ends[2];
    char pipe_path[64];
    write_text("file", "file");
    assert_int_equal(mkdir(in_directory("named"), 0755), 0);
    write_text("named/inside", "inside");
    assert_int_equal(symlink("../file", in_directory("named/link")), 0);
    assert_int_equal(symlink("inside", in_directory("named/within")), 0);
    assert_int_equal(mkdir(in_directory("named2"), 0755), 0);
    write_text("named2/inside", "other");
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "piped", 5), 5);
    snprintf(pipe_path, sizeof pipe_path, "/dev/fd/%d", ends[0]);
    failing = "reallocarray";
    assert_false(ms_files_name(directory));
    failing = "realpath";
    assert_false(ms_files_name(directory));
    failing = NULL;
    const size_t before = ms_files_count();
    assert_true(ms_files_name(in_directory("named")));
    assert_true(ms_files_name(in_directory("not there")));
    assert_true(ms_files_name(pipe_path));
    assert_true(ms_files_name("/proc/self/status"));
    assert_int_equal(ms_files_count(), before + 3);
    assert_true(ms_files_descriptor(before) >= 0);
    assert_int_equal(ms_files_look("/nowhere"), 0);
    assert_true(begins(ms_files_open(in_directory("file"), 0), "file"));
    ms_files_close();
    assert_true(begins(ms_files_open(in_directory("named/inside"), 0), "inside"));
    assert_true(begins(ms_files_open(in_directory("named/within"), 0), "inside"));
    assert_true(begins(ms_files_open(in_directory("named2/../named/inside"), 0), "inside"));
    assert_true(begins(ms_files_open(pipe_path, 0), "piped"));
    assert_true(ms_files_open(in_directory("named"), O_DIRECTORY) >= 0);
    assert_int_equal(ms_files_look(in_directory("named/inside")), 0);
    static const char *const refused[] = {"named/link", "file", "named2/inside", "named/../file", "named2"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_int_equal(ms_files_open(in_directory(refused[i]), 0), -1);
        assert_int_equal(errno, EPERM);
        assert_int_equal(ms_files_look(in_directory(refused[i])), EPERM);
    }
    assert_int_equal(ms_files_open("/", 0), -1);
    failing = "open of the top";
    assert_int_equal(ms_files_open(in_directory("named/inside"), 0), -1);
    failing = NULL;
    assert_int_equal(ms_files_open(in_directory("named/nothing"), 0), -1);
    assert_int_equal(errno, ENOENT);
    assert_non_null(strstr(ms_files_problem(EPERM), "restricted mode reads"));
    assert_string_equal(ms_files_problem(ENOENT), strerror(ENOENT));
}

// ---- all of it

static char problem[MS_CONFINE_TEXT_MAX];
static bool done;
static struct ms_confine_wish wish;

static void confine(void)
{
    done = ms_confine(wish, problem);
}

static void confine_failing(const char *function, const char *part)
{
    failing = function;
    in_a_thread(confine);
    failing = NULL;
    assert_false(done);
    assert_non_null(strstr(problem, part));
    assert_false(ms_confine_is_on());
}

static void test_confine(void **state)
{
    (void)state;
    char text[MS_CONFINE_TEXT_MAX];
    size_t len;
    ms_confine_describe(text);
    assert_string_equal(text, "not confined (see --restricted)");
    assert_null(ms_confine_passwd(&len));
    confine_failing("reallocarray", "files: ");
    confine_failing("setrlimit", "limits of the process");
    confine_failing("seccomp_load", "system calls (seccomp)");
    static const int options[] = {PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        failing_option = options[i];
        confine_failing(NULL, "limits of the process");
    }
    failing_option = -1;
    failing_call = SYS_capget;
    calls_left = 0;
    confine_failing(NULL, "capabilities");
    wish.only_files = true;
    const bool has_landlock = ms_landlock_version() != 0;
    failing_call = 444; // landlock_create_ruleset, after it was asked for its version
    calls_left = 1;
    if (has_landlock)
        confine_failing(NULL, "files (Landlock)");
    failing_call = -1;
    wish.whole = true;
    wish.only_files = true;
    in_a_thread(confine);
    assert_true(ms_confine_is_on());
    ms_confine_describe(text);
    assert_int_equal(done, strstr(text, "files by Landlock") != NULL);
    assert_true(done || strstr(problem, "--require-confinement"));
    assert_non_null(strstr(text, "confined: system calls by seccomp, files by "));
    const char *passwd = ms_confine_passwd(&len);
    assert_non_null(passwd);
    assert_true(len > 0 && memmem(passwd, len, "root:", 5));
    assert_int_equal(prctl(PR_GET_DUMPABLE), 0);
    if (geteuid() != 0)
        skip();
    wish.only_files = false;
    failing_maps = EACCES; // CAP_PERFMON is not enough here
    in_a_thread(confine);
    failing_maps = 0;
    assert_false(done);
    assert_non_null(strstr(problem, "hides other processes without CAP_PERFMON"));
    ms_confine_describe(text);
    assert_non_null(strstr(text, "files by memsh itself; capabilities: sys_ptrace"));
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
        cmocka_unit_test(test_listed),   cmocka_unit_test(test_caller),
        cmocka_unit_test(test_rights),   cmocka_unit_test(test_syscalls),
        cmocka_unit_test(test_deadly),   cmocka_unit_test(test_filter_fails),
        cmocka_unit_test(test_landlock), cmocka_unit_test(test_files),
        cmocka_unit_test(test_confine),  cmocka_unit_test(test_environment),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
