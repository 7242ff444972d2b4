// SPDX-License-Identifier: GPL-3.0-or-later
// For the tests of the confinement: functions of the C library and libseccomp that fail when they are told
// to, and what the kernel does to a thread or process alone, done to one.
#pragma once

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
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
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

// Sanitizers call some of these before they are ready to look at what others do.
#define UNWATCHED __attribute__((no_sanitize("address", "undefined")))

static const char *failing; // the function that fails, NULL: none

UNWATCHED static bool fails(const char *name)
{
    return failing && strcmp(failing, name) == 0;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

UNWATCHED int clearenv(void)
{
    return fails("clearenv") ? -1 : REAL(clearenv)();
}

UNWATCHED int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
    errno = EPERM;
    return fails("setrlimit") ? -1 : REAL(setrlimit)(resource, limit);
}

UNWATCHED int seccomp_load(const scmp_filter_ctx filter)
{
    return fails("seccomp_load") ? -EINVAL : REAL(seccomp_load)(filter);
}

UNWATCHED scmp_filter_ctx seccomp_init(uint32_t action)
{
    return fails("seccomp_init") ? NULL : REAL(seccomp_init)(action);
}

UNWATCHED int seccomp_attr_set(scmp_filter_ctx filter, enum scmp_filter_attr attribute, uint32_t value)
{
    return fails("seccomp_attr_set") ? -EINVAL : REAL(seccomp_attr_set)(filter, attribute, value);
}

static int rules_left = -1; // until seccomp_rule_add_array fails; -1: never

UNWATCHED int seccomp_rule_add_array(scmp_filter_ctx filter, uint32_t action, int call, unsigned count,
                                     const struct scmp_arg_cmp *arguments)
{
    if (rules_left == 0)
        return -ENOMEM;
    rules_left -= rules_left > 0;
    return REAL(seccomp_rule_add_array)(filter, action, call, count, arguments);
}

UNWATCHED pid_t fork(void)
{
    return fails("fork") ? -1 : REAL(fork)();
}

UNWATCHED void *reallocarray(void *old, size_t count, size_t size)
{
    return fails("reallocarray") ? NULL : realloc(old, count * size);
}

UNWATCHED int setgroups(size_t count, const gid_t *groups)
{
    return fails("setgroups") ? -1 : REAL(setgroups)(count, groups);
}

UNWATCHED int setresgid(gid_t a, gid_t b, gid_t c)
{
    return fails("setresgid") ? -1 : REAL(setresgid)(a, b, c);
}

UNWATCHED int setresuid(uid_t a, uid_t b, uid_t c)
{
    return fails("setresuid") ? -1 : REAL(setresuid)(a, b, c);
}

UNWATCHED char *realpath(const char *restrict name, char *restrict resolved)
{
    errno = ENOMEM;
    return fails("realpath") ? NULL : REAL(realpath)(name, resolved);
}

UNWATCHED int setenv(const char *name, const char *value, int replace)
{
    return fails("setenv") ? -1 : REAL(setenv)(name, value, replace);
}

static const char *link_text; // what every link says, NULL: what it has

UNWATCHED ssize_t readlink(const char *restrict name, char *restrict into, size_t size)
{
    if (link_text)
        return stpncpy(into, link_text, size) - into;
    return fails("readlink") ? -1 : REAL(readlink)(name, into, size);
}

static bool is_secure;       // whether the kernel says that the program has more rights than its user
static const char *executed; // as which file it was executed, NULL: as it was

UNWATCHED unsigned long getauxval(unsigned long type)
{
    if (is_secure && type == AT_SECURE)
        return 1;
    return executed && type == AT_EXECFN ? (unsigned long)executed : REAL(getauxval)(type);
}

UNWATCHED int fstat(int fd, struct stat *info)
{
    return fails("fstat") ? -1 : REAL(fstat)(fd, info);
}

UNWATCHED pid_t waitpid(pid_t child, int *status, int options)
{
    if (fails("waitpid: EINTR") || fails("waitpid: ECHILD")) {
        errno = fails("waitpid: EINTR") ? EINTR : ECHILD;
        failing = NULL; // once
        return -1;
    }
    return REAL(waitpid)(child, status, options);
}

static int failing_option = -1; // of prctl

UNWATCHED int prctl(int option, ...)
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

UNWATCHED long syscall(long number, ...)
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

static const char *administrators; // what is opened for /etc/memsh, NULL: that
static int failing_maps;           // the errno of opening them, 0: none

UNWATCHED int open(const char *name, int flags, ...)
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
    if (administrators && strcmp(name, "/etc/memsh") == 0)
        name = administrators;
    return REAL(open)(name, flags, mode);
}

// ---- in a thread

static void *run_in_thread(void *run)
{
    ((void (*)(void))run)();
    return NULL;
}

__attribute__((unused)) static void in_a_thread(void (*run)(void))
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run_in_thread, (void *)run), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

// Ends a child; it writes down which lines ran, where that is asked for. A sanitizer would look for leaks, by
// tracing.
__attribute__((unused)) static _Noreturn void leave(int status)
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
__attribute__((unused)) static int in_a_child(void (*run)(void))
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
