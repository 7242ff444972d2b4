// SPDX-License-Identifier: GPL-3.0-or-later
// Calls that fail with EPERM in restricted mode, and those that end memsh. To be read after failing_calls.h,
// or what else has the headers of the calls.
#pragma once

// Makes a call, or finds out what would become of it. The includer's.
static void ask(const char *call, long number, long a, long b, long c, long d, long e);

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
#ifdef __s390__ // has the flags second
    ASK(clone, 0, SIGCHLD, 0, 0, 0);
    ASK(clone, 0, CLONE_NEWUSER | SIGCHLD, 0, 0, 0);
#else
    ASK(clone, SIGCHLD, 0, 0, 0, 0);
    ASK(clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
#endif
    ASK(unshare, CLONE_NEWUSER, 0, 0, 0, 0);
    ASK(setns, 0, 0, 0, 0, 0);
#if defined SYS_mmap && !defined __s390__ // where mmap can't be looked into
    ASK(mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    ASK(mmap, 0, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);
#endif
#ifdef SYS_mmap2
    ASK(mmap2, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    ASK(mmap2, 0, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);
#endif
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

// Where one call is many, what it is asked for is its first argument, and the arguments of that are in
// memory.
static void ask_for_many_in_one(void)
{
    static const long arguments[6];
    (void)arguments;
#ifdef SYS_socketcall
    enum { SEND = 9, LAST_SOCKETCALL = 20 };
    for (long call = 0; call <= LAST_SOCKETCALL; call++)
        if (call != SEND)
            ask("socketcall", SYS_socketcall, call, P(arguments), 0, 0, 0);
#endif
#ifdef SYS_ipc
    enum { LAST_IPC = 24 };
    for (long call = 0; call <= LAST_IPC; call++)
        ask("ipc", SYS_ipc, call, 0, 0, P(arguments), 0);
#endif
}

static void ask_for_all(void)
{
    ask_for_programs();
    ask_for_files();
    ask_for_others();
    ask_for_many_in_one();
}

static const long deadly_calls[] = {
    SYS_ptrace,       SYS_process_vm_readv, SYS_process_vm_writev, SYS_perf_event_open, SYS_bpf,
    SYS_userfaultfd,  SYS_io_uring_setup,   SYS_open_by_handle_at, SYS_process_madvise, SYS_pidfd_getfd,
    SYS_finit_module, SYS_keyctl,           SYS_kexec_load};
enum { DEADLY_CALLS = sizeof deadly_calls / sizeof *deadly_calls };
