// SPDX-License-Identifier: GPL-3.0-or-later
// Runs a program and lets one of its system calls fail, by ptrace.
//
//   failing_call list REPORT COMMAND...                     changes nothing
//   failing_call NAME NUMBER FAULT[+] REPORT COMMAND...     the NUMBERth call of that name; with + all after
//   it, too
//
// FAULT is the name of an error, or "short": a call that may do less than it was asked for does a little.
// Calls count from memsh's first one on, see `starts`. The file REPORT gets "call NAME FAULT..." for each
// call that counts (list), "done" when the fault was made, and "open NUMBER", the descriptors at the end. It
// ends as the program does.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <sys/user.h>

// What each call may end with: its manual page, and for /proc what the kernel's handlers return.
#define OPEN "ENOENT EACCES EPERM EMFILE ENFILE ENOMEM EIO EINTR ELOOP ESRCH"
#define STAT "ENOENT EACCES ENOMEM EIO EOVERFLOW"
#define WRITE "ENOSPC EIO EPIPE EINTR EAGAIN EDQUOT EFBIG short"
#define ALTER "EACCES EPERM ENOENT ENOSPC EDQUOT EROFS EIO"
static const struct {
    const char *name;
    long number;
    const char *faults;
} calls[] = {
#define CALL(name) #name, SYS_##name
    {CALL(openat), OPEN},
    {CALL(openat2), OPEN " ENOSYS EXDEV EAGAIN"},
    {CALL(open), OPEN},
    {CALL(read), "EIO EINTR ESRCH ENOMEM EACCES EPERM short"},
    {CALL(pread64), "EIO EINTR ESRCH ENOMEM EACCES short"},
    {CALL(write), WRITE},
    {CALL(writev), WRITE},
    {CALL(pwrite64), WRITE},
    {CALL(sendto), "EAGAIN ECONNRESET EPIPE EINTR ENOBUFS"},
    {CALL(recvfrom), "EAGAIN ECONNRESET EINTR"},
    {CALL(close), "EIO EINTR ENOSPC"},
    {CALL(lseek), "EIO ESPIPE"},
    {CALL(fstat), STAT},
    {CALL(stat), STAT},
    {CALL(lstat), STAT},
    {CALL(newfstatat), STAT},
    {CALL(statx), STAT " ENOSYS"},
    {CALL(statfs), STAT " ENOSYS"},
    {CALL(fstatfs), STAT " ENOSYS"},
    {CALL(access), "ENOENT EACCES EIO ENOMEM"},
    {CALL(faccessat), "ENOENT EACCES EIO ENOMEM"},
    {CALL(faccessat2), "ENOENT EACCES EIO ENOMEM ENOSYS"},
    {CALL(readlink), "ENOENT EACCES EINVAL EIO ENOMEM ESRCH EPERM"},
    {CALL(readlinkat), "ENOENT EACCES EINVAL EIO ENOMEM ESRCH EPERM"},
    {CALL(getdents64), "ENOENT EIO ENOMEM EINTR short"},
    {CALL(getcwd), "ENOENT EACCES"},
    {CALL(mmap), "ENOMEM EAGAIN EPERM"},
    {CALL(mremap), "ENOMEM EAGAIN"},
    {CALL(mprotect), "ENOMEM EACCES"},
    {CALL(madvise), "ENOMEM EINVAL EAGAIN"},
    {CALL(brk), "ENOMEM"},
    {CALL(clone3), "EAGAIN ENOMEM EPERM ENOSYS"},
    {CALL(futex), "EINTR EAGAIN"},
    {CALL(ioctl), "ENOTTY EIO EINVAL ENOMEM EPERM ESRCH EINTR"},
    {CALL(fcntl), "EMFILE ENOLCK EINTR EAGAIN EACCES"},
    {CALL(flock), "EWOULDBLOCK EINTR ENOLCK"},
    {CALL(rename), ALTER},
    {CALL(renameat), ALTER},
    {CALL(renameat2), ALTER},
    {CALL(link), ALTER " EXDEV EEXIST"},
    {CALL(linkat), ALTER " EXDEV EEXIST"},
    {CALL(unlink), ALTER},
    {CALL(unlinkat), ALTER},
    {CALL(mkdir), ALTER " EEXIST"},
    {CALL(mkdirat), ALTER " EEXIST"},
    {CALL(fchmod), ALTER},
    {CALL(fchown), ALTER},
    {CALL(chmod), ALTER},
    {CALL(fsync), "EIO ENOSPC EDQUOT EROFS EINVAL EINTR"},
    {CALL(fdatasync), "EIO ENOSPC EDQUOT EROFS EINVAL EINTR"},
    {CALL(ftruncate), "EIO EINTR EPERM"},
    {CALL(fallocate), "ENOSPC EOPNOTSUPP EINTR EIO"},
    {CALL(socket), "EACCES EMFILE ENFILE ENOMEM EAFNOSUPPORT"},
    {CALL(connect), "ENOENT ECONNREFUSED EACCES EAGAIN EINTR"},
    {CALL(poll), "EINTR ENOMEM"},
    {CALL(ppoll), "EINTR ENOMEM"},
    {CALL(select), "EINTR ENOMEM"},
    {CALL(pselect6), "EINTR ENOMEM"},
    {CALL(clock_nanosleep), "EINTR"},
    {CALL(getrandom), "EINTR EAGAIN ENOSYS short"},
    {CALL(prlimit64), "EPERM"},
    {CALL(sched_getaffinity), "EINVAL ENOSYS EPERM"},
    {CALL(sysinfo), "EPERM"},
    {CALL(uname), "EPERM"},
    {CALL(kcmp), "EPERM ESRCH ENOSYS"},
    {CALL(memfd_create), "EMFILE ENFILE ENOMEM ENOSYS EPERM"},
    {CALL(capget), "EPERM EINVAL"},
    {CALL(pipe2), "EMFILE ENFILE"},
    {CALL(eventfd2), "EMFILE ENFILE ENOMEM"},
    {CALL(timer_create), "EAGAIN ENOMEM"},
    {CALL(signalfd4), "EMFILE ENFILE ENOMEM"},
    {CALL(mlockall), "ENOMEM EPERM EAGAIN"},
    {CALL(pidfd_open), "EMFILE ENFILE ENOSYS EPERM ESRCH"},
    {CALL(getxattr), "EOPNOTSUPP ENODATA EACCES EIO"},
    {CALL(fgetxattr), "EOPNOTSUPP ENODATA EIO"},
    {CALL(lgetxattr), "EOPNOTSUPP ENODATA EACCES EIO"},
    {CALL(fadvise64), "EINVAL EPERM"},
    {CALL(dup), "EMFILE"},
    {CALL(dup3), "EMFILE EINTR"},
    {CALL(utimensat), ALTER},
#undef CALL
};
enum { CALLS = sizeof calls / sizeof calls[0] };

// Calls that have nothing to fail of.
static const long harmless[] = {
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sigaltstack,   SYS_set_robust_list,
    SYS_rseq,         SYS_gettid,         SYS_getpid,       SYS_getppid,       SYS_getuid,
    SYS_geteuid,      SYS_getgid,         SYS_getegid,      SYS_munmap,        SYS_exit,
    SYS_exit_group,   SYS_clock_gettime,  SYS_tgkill,       SYS_sched_yield,   SYS_restart_syscall,
    SYS_prctl,        SYS_umask,          SYS_kill,         SYS_timer_settime, SYS_timer_delete,
    SYS_clock_getres, SYS_getpgrp,        SYS_getpgid,      SYS_getsid,        SYS_getitimer,
    SYS_setitimer,    SYS_alarm,          SYS_execve,       SYS_arch_prctl,    SYS_set_tid_address,
    SYS_setfsuid,     SYS_setfsgid,
};

static struct {
    long number; // -1: none, they are listed
    long moment; // calls until it fails
    int error;   // 0: short
    bool lasts, started, made;
    FILE *report;
    pid_t child;
    size_t changed; // a register that is put back, and what it held
    uint64_t before;
} plan = {.number = -1};

_Noreturn static void die(const char *what)
{
    fprintf(stderr, "failing_call: %s: %s\n", what, strerror(errno));
    exit(125);
}

static long trace(int request, pid_t pid, uintptr_t address, uintptr_t data)
{
    return ptrace((enum __ptrace_request)request, pid, (void *)address, (void *)data);
}

// ---- which calls count

static const char *faults_of(long number)
{
    for (int i = 0; i < CALLS; i++)
        if (calls[i].number == number)
            return calls[i].faults;
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++)
        if (harmless[i] == number)
            return NULL;
    fprintf(stderr, "failing_call: no faults are known for system call %ld\n", number);
    exit(125);
}

static const char *name_of(long number)
{
    for (int i = 0; i < CALLS; i++)
        if (calls[i].number == number)
            return calls[i].name;
    return NULL;
}

// Some calls do many things, and not all of them fail.
static bool may_fail(long number, const uint64_t *arguments)
{
    const int what = (int)arguments[1];
    switch (number) {
    case SYS_fcntl:
        return what == F_DUPFD || what == F_DUPFD_CLOEXEC || what == F_SETLK || what == F_SETLKW ||
               what == F_OFD_SETLK || what == F_OFD_SETLKW;
    case SYS_futex:
        return (what & FUTEX_CMD_MASK) == FUTEX_WAIT || (what & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET;
    case SYS_brk:
        return arguments[0] != 0;
    default:
        return true;
    }
}

// The loader is done when memsh looks whether its standard descriptors are open.
static bool starts(long number, const uint64_t *arguments)
{
    return number == SYS_fcntl && arguments[0] == STDIN_FILENO && arguments[1] == F_GETFD;
}

// ---- a call that is about to be made

static void set(pid_t pid, size_t offset, uint64_t value)
{
    if (trace(PTRACE_POKEUSER, pid, offset, value) != 0 && errno != ESRCH)
        die("PTRACE_POKEUSER");
}
#define SET(pid, reg, value) set(pid, offsetof(struct user_regs_struct, reg), (uint64_t)(value))

static uint64_t few(long number)
{
    enum { ENTRY = 8, NAMES = 96 }; // one of pagemap; few of a directory
    return number == SYS_getdents64 ? NAMES : number == SYS_pread64 ? ENTRY : 1;
}

// An argument that is changed for this call, and put back after it: the program goes on using its register.
static void change(pid_t pid, size_t offset, uint64_t before, uint64_t value)
{
    plan.changed = offset;
    plan.before = before;
    set(pid, offset, value);
}
#define CHANGE(pid, reg, before, value) change(pid, offsetof(struct user_regs_struct, reg), before, value)

// Whether something is left to do when the call was made.
static bool make_fault(pid_t pid, long number, const uint64_t *arguments)
{
    plan.made = true;
    plan.changed = 0;
    if (plan.error && number != SYS_brk && number != SYS_close) {
        SET(pid, orig_rax, -1);
        SET(pid, rax, -plan.error);
        return false;
    }
    if (number == SYS_brk)
        CHANGE(pid, rdi, arguments[0], 0); // fails by returning what there is
    else if (number == SYS_getrandom)
        CHANGE(pid, rsi, arguments[1], few(number));
    else if (number != SYS_close && arguments[2] > few(number))
        CHANGE(pid, rdx, arguments[2], few(number));
    return true;
}

static void end_fault(pid_t pid)
{
    if (plan.changed)
        set(pid, plan.changed, plan.before);
    else if (plan.error) // close: it is closed all the same
        SET(pid, rax, -plan.error);
}

static bool is_due(void)
{
    if (plan.moment > 0)
        plan.moment--;
    return plan.moment == 0 && (!plan.made || plan.lasts);
}

static void list_call(long number)
{
    const char *faults = faults_of(number);
    if (faults)
        fprintf(plan.report, "call %s %s\n", name_of(number), faults);
}

static int open_descriptors(pid_t pid)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *dir = opendir(path);
    int count = -2; // . and ..
    while (dir && readdir(dir))
        count++;
    if (dir)
        closedir(dir);
    return count;
}

// Whether it is to stop once more when the call was made.
static bool before_call(pid_t pid)
{
    struct __ptrace_syscall_info call;
    if (trace(PTRACE_GET_SYSCALL_INFO, pid, sizeof call, (uintptr_t)&call) <= 0)
        return false;
    const long number = (long)call.seccomp.nr;
    const uint64_t *arguments = (const uint64_t *)call.seccomp.args;
    if (number == SYS_exit_group)
        fprintf(plan.report, "open %d\n", open_descriptors(pid));
    plan.started |= starts(number, arguments);
    if (!plan.started || !may_fail(number, arguments))
        return false;
    if (plan.number < 0)
        list_call(number);
    return number == plan.number && is_due() && make_fault(pid, number, arguments);
}

// ---- the program

// The calls that are to be seen stop, all others go on at once.
static void filter_calls(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fcntl, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)plan.number, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, plan.number < 0 ? SECCOMP_RET_TRACE : SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
    };
    struct sock_fprog program = {sizeof code / sizeof code[0], code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        die("seccomp");
}

static void start(char **command)
{
    plan.child = fork();
    if (plan.child < 0)
        die("fork");
    if (plan.child == 0) {
        const struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        raise(SIGSTOP);
        filter_calls();
        execv(command[0], command);
        die(command[0]);
    }
    int status;
    waitpid(plan.child, &status, WUNTRACED);
    const int options = PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD |
                        PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;
    if (trace(PTRACE_SEIZE, plan.child, 0, (uintptr_t)options) != 0)
        die("PTRACE_SEIZE");
    kill(plan.child, SIGCONT);
}

// Lets a thread that stopped go on.
static void go_on(pid_t pid, int status)
{
    const int event = status >> 16;
    int signal = 0, request = PTRACE_CONT;
    if (event == PTRACE_EVENT_SECCOMP)
        request = before_call(pid) ? PTRACE_SYSCALL : PTRACE_CONT;
    else if (!event && WSTOPSIG(status) == (SIGTRAP | 0x80))
        end_fault(pid);
    else if (!event)
        signal = WSTOPSIG(status);
    trace(request, pid, 0, (uintptr_t)signal);
}

// The status with which the program ended.
static int follow(void)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, __WALL)) > 0) {
        if (WIFSTOPPED(status))
            go_on(pid, status);
        else if (pid == plan.child)
            return status;
    }
    die("waitpid");
}

static int error_named(const char *name)
{
    for (int error = 1; error < 134; error++)
        if (strerrorname_np(error) && strcmp(strerrorname_np(error), name) == 0)
            return error;
    return strcmp(name, "EWOULDBLOCK") == 0 ? EAGAIN : strcmp(name, "EOPNOTSUPP") == 0 ? EOPNOTSUPP : 0;
}

static char **read_plan(char **argv)
{
    if (strcmp(argv[1], "list") != 0) {
        for (int i = 0; i < CALLS; i++)
            if (strcmp(calls[i].name, argv[1]) == 0)
                plan.number = calls[i].number;
        plan.moment = atol(argv[2]);
        char *end = argv[3] + strlen(argv[3]) - 1;
        plan.lasts = *end == '+';
        if (plan.lasts)
            *end = '\0';
        plan.error = error_named(argv[3]);
        argv += 2;
    }
    plan.report = fopen(argv[2], "we");
    if (!plan.report)
        die(argv[2]);
    return argv + 3;
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 125;
    start(read_plan(argv));
    const int status = follow();
    if (plan.made)
        fputs("done\n", plan.report);
    fclose(plan.report);
    if (WIFSIGNALED(status)) {
        const struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        raise(WTERMSIG(status));
    }
    return WEXITSTATUS(status);
}
#else
int main(void)
{
    return 77; // registers are named for x86-64 alone
}
#endif
