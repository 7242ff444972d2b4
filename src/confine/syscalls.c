// SPDX-License-Identifier: GPL-3.0-or-later
#include "confine/syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

// Those that are allowed whatever their arguments. Names that a machine does not have are left out.
static const int allowed[] = {
    // files: what is open, and looking
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(close),
    SCMP_SYS(close_range),
    SCMP_SYS(dup),
    SCMP_SYS(lseek),
    SCMP_SYS(_llseek),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(fadvise64),
    SCMP_SYS(fadvise64_64),
    SCMP_SYS(stat),
    SCMP_SYS(stat64),
    SCMP_SYS(lstat),
    SCMP_SYS(lstat64),
    SCMP_SYS(fstat),
    SCMP_SYS(fstat64),
    SCMP_SYS(newfstatat),
    SCMP_SYS(fstatat64),
    SCMP_SYS(statx),
    SCMP_SYS(statfs),
    SCMP_SYS(statfs64),
    SCMP_SYS(fstatfs),
    SCMP_SYS(fstatfs64),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getdents),
    SCMP_SYS(getdents64),
    SCMP_SYS(getcwd),
    SCMP_SYS(getxattr),
    SCMP_SYS(lgetxattr),
    SCMP_SYS(fgetxattr),
    SCMP_SYS(umask),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(ppoll_time64),
    SCMP_SYS(select),
    SCMP_SYS(_newselect),
    SCMP_SYS(pselect6),
    SCMP_SYS(pselect6_time64),
    SCMP_SYS(memfd_create), // shows which device shared memory is of; what is in it can't be executed
    // memory
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(mincore),
    // threads
    SCMP_SYS(futex),
    SCMP_SYS(futex_time64),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(get_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getcpu),
    SCMP_SYS(membarrier),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    // signals that arrive
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigsuspend),
    SCMP_SYS(rt_sigpending),
    SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(rt_sigtimedwait_time64),
    SCMP_SYS(sigaction),
    SCMP_SYS(sigprocmask),
    SCMP_SYS(sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(wait4), // for who puts -o's file in its place
    // time
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_gettime64),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_getres_time64),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_nanosleep_time64),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(times),
    SCMP_SYS(getrusage),
    SCMP_SYS(setitimer),
    SCMP_SYS(getitimer),
    // who one is, and where
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getppid),
    SCMP_SYS(getpgrp),
    SCMP_SYS(getpgid),
    SCMP_SYS(getsid),
    SCMP_SYS(getuid),
    SCMP_SYS(getuid32),
    SCMP_SYS(geteuid),
    SCMP_SYS(geteuid32),
    SCMP_SYS(getgid),
    SCMP_SYS(getgid32),
    SCMP_SYS(getegid),
    SCMP_SYS(getegid32),
    SCMP_SYS(getgroups),
    SCMP_SYS(getgroups32),
    SCMP_SYS(getresuid),
    SCMP_SYS(getresuid32),
    SCMP_SYS(getresgid),
    SCMP_SYS(getresgid32),
    SCMP_SYS(capget),
    SCMP_SYS(getrlimit),
    SCMP_SYS(ugetrlimit),
    SCMP_SYS(uname),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getrandom),
    // --log and -o where libc has no sendto: to whom it is connected
    SCMP_SYS(send),
};

// No part of memsh makes these, so nothing is lost by the harshest answer. CAP_PERFMON opens two of them.
static const int deadly[] = {
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(process_madvise),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(bpf),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
};

// Rules with a condition on one argument: its bits in `mask` are `value`.
struct rule {
    int call;
    unsigned argument;
    uint64_t mask, value;
};

enum {
    // Not O_ACCMODE, which with musl has O_PATH in it.
    WRITES = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY),
    THREAD = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD,
    NAMESPACES = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
                 CLONE_NEWNET,
#ifdef __s390__
    CLONE_FLAGS = 1,
    NOT_MAPPED = 0, // mmap has its arguments in memory, which can't be looked at, and there is no other
#else
    CLONE_FLAGS = 0,
    NOT_MAPPED = PROT_EXEC,
#endif
};

static const uint64_t all_bits = UINT32_MAX;

static const struct rule rules[] = {
    {SCMP_SYS(open), 1, WRITES, 0},
    {SCMP_SYS(openat), 2, WRITES, 0},
#ifdef SYS_mmap2 // where there is this one, the older call has its arguments in memory, too
    {SCMP_SYS(mmap2), 2, NOT_MAPPED, 0},
#else
    {SCMP_SYS(mmap), 2, NOT_MAPPED, 0},
#endif
    {SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
    {SCMP_SYS(clone), CLONE_FLAGS, THREAD | NAMESPACES, THREAD},
#ifdef __powerpc__ // as the kernel has them: glibc's are of another size, and are translated
    {SCMP_SYS(ioctl), 1, all_bits, (uint32_t)_IOR('t', 19, char[44])},
    {SCMP_SYS(ioctl), 1, all_bits, (uint32_t)_IOW('t', 20, char[44])},
    {SCMP_SYS(ioctl), 1, all_bits, (uint32_t)_IOW('t', 21, char[44])},
    {SCMP_SYS(ioctl), 1, all_bits, (uint32_t)_IOW('t', 22, char[44])},
#else
    {SCMP_SYS(ioctl), 1, all_bits, TCGETS},
    {SCMP_SYS(ioctl), 1, all_bits, TCSETS},
    {SCMP_SYS(ioctl), 1, all_bits, TCSETSW},
    {SCMP_SYS(ioctl), 1, all_bits, TCSETSF},
    {SCMP_SYS(ioctl), 1, all_bits, (uint32_t)_IOR('T', 0x2A, char[44])},
    {SCMP_SYS(ioctl), 1, all_bits, (uint32_t)_IOW('T', 0x2B, char[44])},
    {SCMP_SYS(ioctl), 1, all_bits, (uint32_t)_IOW('T', 0x2C, char[44])},
    {SCMP_SYS(ioctl), 1, all_bits, (uint32_t)_IOW('T', 0x2D, char[44])},
#endif
    {SCMP_SYS(ioctl), 1, all_bits, TIOCGWINSZ},
    {SCMP_SYS(ioctl), 1, all_bits, TIOCGPGRP},
    {SCMP_SYS(ioctl), 1, all_bits, FIONREAD},
    {SCMP_SYS(ioctl), 1, all_bits, (uint32_t)_IOWR('f', 16, char[96])},  // PAGEMAP_SCAN
    {SCMP_SYS(ioctl), 1, all_bits, (uint32_t)_IOWR('f', 17, char[104])}, // PROCMAP_QUERY
    {SCMP_SYS(fcntl), 1, all_bits, F_GETFD},
    {SCMP_SYS(fcntl), 1, all_bits, F_SETFD},
    {SCMP_SYS(fcntl), 1, all_bits, F_GETFL},
    {SCMP_SYS(fcntl), 1, all_bits, F_SETFL},
    {SCMP_SYS(fcntl), 1, all_bits, F_DUPFD_CLOEXEC},
    {SCMP_SYS(fcntl), 1, all_bits, F_GETLK}, // of a recording
    {SCMP_SYS(fcntl), 1, all_bits, F_SETLK},
    {SCMP_SYS(fcntl), 1, all_bits, F_OFD_GETLK},
    {SCMP_SYS(fcntl64), 1, all_bits, F_GETFD},
    {SCMP_SYS(fcntl64), 1, all_bits, F_SETFD},
    {SCMP_SYS(fcntl64), 1, all_bits, F_GETFL},
    {SCMP_SYS(fcntl64), 1, all_bits, F_SETFL},
    {SCMP_SYS(fcntl64), 1, all_bits, F_DUPFD_CLOEXEC},
    {SCMP_SYS(fcntl64), 1, all_bits, F_GETLK},
    {SCMP_SYS(fcntl64), 1, all_bits, F_SETLK},
    {SCMP_SYS(fcntl64), 1, all_bits, F_OFD_GETLK},
    {SCMP_SYS(kcmp), 2, all_bits, KCMP_VM}, // whether two processes are one address space
    {SCMP_SYS(prctl), 0, all_bits, PR_SET_NAME},
    {SCMP_SYS(prctl), 0, all_bits, 0x53564d41}, // PR_SET_VMA: malloc names its mappings
    {SCMP_SYS(prlimit64), 2, UINT64_MAX, 0},    // asks, and sets nothing
#ifndef SYS_socketcall                          // which makes this one, too, and has the address in memory
    {SCMP_SYS(sendto), 4, UINT64_MAX, 0},       // to whom it is connected: --log
#endif
};

static int add_rule(scmp_filter_ctx filter, const struct rule *rule)
{
    const struct scmp_arg_cmp is = SCMP_CMP64(rule->argument, SCMP_CMP_MASKED_EQ, rule->mask, rule->value);
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, rule->call, 1, &is);
}

static int add_all(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
    int error = 0;
    for (size_t i = 0; i < count && !error; i++)
        error = seccomp_rule_add_array(filter, action, calls[i], 0, NULL);
    return error;
}

// Where these are missing what calls them does without, or in another way.
static int add_missing(scmp_filter_ctx filter)
{
    static const int missing[] = {SCMP_SYS(clone3), SCMP_SYS(openat2)}; // their flags can't be looked at
    return add_all(filter, SCMP_ACT_ERRNO(ENOSYS), missing, sizeof missing / sizeof *missing);
}

// Signals go to memsh itself: abort() and raise().
static int add_own_signals(scmp_filter_ctx filter)
{
    const struct rule own = {SCMP_SYS(tgkill), 0, all_bits, (uint32_t)getpid()};
    return add_rule(filter, &own);
}

static int add_rules(scmp_filter_ctx filter)
{
    int error = add_all(filter, SCMP_ACT_ALLOW, allowed, sizeof allowed / sizeof *allowed);
    if (!error)
        error = add_all(filter, SCMP_ACT_KILL_PROCESS, deadly, sizeof deadly / sizeof *deadly);
    if (!error)
        error = add_missing(filter);
    if (!error)
        error = add_own_signals(filter);
    for (size_t i = 0; i < sizeof rules / sizeof *rules && !error; i++)
        error = add_rule(filter, &rules[i]);
    return error;
}

// Looking for leaks is tracing: the leak sanitizer asks this at the end.
// NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the name is the sanitizer's
int __lsan_is_turned_off(void);
static bool is_restricted;

int __lsan_is_turned_off(void)
{
    return is_restricted;
}

int ms_syscalls_restrict(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return ENOMEM;
    int error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (!error)
        error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0); // it is set already
    if (!error)
        error = add_rules(filter);
    if (!error)
        error = seccomp_load(filter);
    is_restricted |= !error;
    seccomp_release(filter);
    return -error;
}
