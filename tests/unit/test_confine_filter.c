// SPDX-License-Identifier: GPL-3.0-or-later
// What the filter of restricted mode says of each call, by running it here: also where the kernel of the
// machine is an emulator's, which has no filters. Calls have other numbers, arguments and byte orders on
// other machines.
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/kcmp.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "refused_calls.h"

#include "confine/syscalls.h"

static struct sock_filter filter[4096];
static size_t filter_length;

// Instead of the kernel, this test gets it.
int seccomp_load(const scmp_filter_ctx made)
{
    const int fd = memfd_create("filter", MFD_CLOEXEC);
    const int error = seccomp_export_bpf(made, fd);
    const ssize_t got = pread(fd, filter, sizeof filter, 0);
    filter_length = got > 0 ? (size_t)got / sizeof *filter : 0;
    close(fd);
    return error;
}

static bool jumps(const struct sock_filter *one, uint32_t value)
{
    switch (BPF_OP(one->code)) {
    case BPF_JEQ:
        return value == one->k;
    case BPF_JGT:
        return value > one->k;
    case BPF_JGE:
        return value >= one->k;
    case BPF_JSET:
        return value & one->k;
    default:
        fail_msg("no such jump: %x", one->code);
        return false;
    }
}

// As the kernel runs it, as far as libseccomp makes use of that.
static uint32_t run(const struct seccomp_data *data)
{
    uint32_t value = 0;
    for (size_t at = 0; at < filter_length; at++) {
        const struct sock_filter *one = &filter[at];
        switch (one->code) {
        case BPF_LD | BPF_W | BPF_ABS:
            assert_true(one->k % sizeof value == 0 && one->k < sizeof *data);
            memcpy(&value, (const char *)data + one->k, sizeof value);
            break;
        case BPF_ALU | BPF_AND | BPF_K:
            value &= one->k;
            break;
        case BPF_RET | BPF_K:
            return one->k;
        case BPF_JMP | BPF_JA:
            at += one->k;
            break;
        default:
            assert_int_equal(BPF_CLASS(one->code), BPF_JMP);
            at += jumps(one, value) ? one->jt : one->jf;
        }
    }
    fail_msg("the filter of %zu has no end", filter_length);
    return 0;
}

static uint32_t what_becomes_of(uint32_t machine, long number, long a, long b, long c, long d, long e)
{
    // A long of 32 bits has no more in a register.
    const struct seccomp_data data = {
        .nr = (int)number,
        .arch = machine,
        .args = {(unsigned long)a, (unsigned long)b, (unsigned long)c, (unsigned long)d, (unsigned long)e}};
    return run(&data);
}

#define SAYS(call, ...) what_becomes_of(seccomp_arch_native(), SYS_##call, __VA_ARGS__)
#define ALLOWED(call, ...) assert_int_equal(SAYS(call, __VA_ARGS__), SECCOMP_RET_ALLOW)

static const uint32_t refused = SECCOMP_RET_ERRNO | EPERM;

static void ask(const char *call, long number, long a, long b, long c, long d, long e)
{
    const uint32_t action = what_becomes_of(seccomp_arch_native(), number, a, b, c, d, e);
    if (action != refused)
        fail_msg("%s: %#x instead of EPERM", call, action);
}

static void test_refused(void **state)
{
    (void)state;
    ask_for_all();
    for (size_t i = 0; i < DEADLY_CALLS; i++)
        assert_int_equal(what_becomes_of(seccomp_arch_native(), deadly_calls[i], 0, 0, 0, 0, 0),
                         SECCOMP_RET_KILL_PROCESS);
    assert_int_equal(SAYS(clone3, 0, 0, 0, 0, 0), SECCOMP_RET_ERRNO | ENOSYS);
    assert_int_equal(SAYS(openat2, 0, 0, 0, 0, 0), SECCOMP_RET_ERRNO | ENOSYS);
    for (long unknown = 600; unknown < 5000; unknown++) // calls that are yet to come
        ask("unknown", unknown, 0, 0, 0, 0, 0);
}

// A program of this process for another machine, and x32, would have other numbers.
static void test_other_machines(void **state)
{
    (void)state;
    static const uint32_t machines[] = {AUDIT_ARCH_I386,    AUDIT_ARCH_X86_64, AUDIT_ARCH_ARM,
                                        AUDIT_ARCH_AARCH64, AUDIT_ARCH_S390X,  AUDIT_ARCH_PPC64LE,
                                        AUDIT_ARCH_S390};
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++)
        if (machines[i] != seccomp_arch_native())
            assert_int_equal(what_becomes_of(machines[i], SYS_read, 0, 0, 0, 0, 0), SECCOMP_RET_KILL_PROCESS);
#ifdef __x86_64__
    assert_int_equal(what_becomes_of(AUDIT_ARCH_X86_64, 0x40000000 | SYS_read, 0, 0, 0, 0, 0),
                     SECCOMP_RET_KILL_PROCESS);
#endif
}

static void test_files_and_memory(void **state)
{
    (void)state;
    const long look =
        O_RDONLY | O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_PATH | O_LARGEFILE;
    ALLOWED(openat, AT_FDCWD, P("/proc"), look, 0, 0);
#ifdef SYS_open
    ALLOWED(open, P("/proc"), look, 0, 0, 0);
#endif
    ALLOWED(read, 0, 0, 0, 0, 0);
    ALLOWED(write, 1, -1, -1, 0, 0);
    const long data = PROT_READ | PROT_WRITE;
#ifdef SYS_mmap2
    ALLOWED(mmap2, 0, 4096, data, MAP_PRIVATE | MAP_ANONYMOUS, -1);
#elif defined __s390__
    ALLOWED(mmap, P(&data), 0, data, 0, 0);
    ALLOWED(mmap, P(&data), -1, -1, -1, -1); // what else is in registers is of no call
#else
    ALLOWED(mmap, 0, 4096, data, MAP_PRIVATE | MAP_ANONYMOUS, -1);
#endif
    ALLOWED(mprotect, 0, 4096, data, 0, 0);
    ALLOWED(munmap, 0, 4096, 0, 0, 0);
    ALLOWED(brk, 0, 0, 0, 0, 0);
}

// What the C library's threads and signals to oneself come down to.
static void test_threads(void **state)
{
    (void)state;
    const long flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                       CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
#ifdef __s390__
    ALLOWED(clone, P(&flags), flags, 0, 0, 0);
#else
    ALLOWED(clone, flags, P(&flags), 0, 0, 0);
#endif
#ifdef SYS_futex
    ALLOWED(futex, P(&flags), FUTEX_WAIT_PRIVATE, 0, 0, 0);
#endif
#ifdef SYS_futex_time64
    ALLOWED(futex_time64, P(&flags), FUTEX_WAIT_PRIVATE, 0, 0, 0);
#endif
    ALLOWED(tgkill, getpid(), 1, SIGABRT, 0, 0);
    ALLOWED(exit_group, 1, 0, 0, 0, 0);
}

// The numbers are the kernel's, in a header of its own for each machine.
static void test_terminal(void **state)
{
    (void)state;
#ifdef __powerpc__
    static const unsigned allowed[] = {0x402c7413, 0x802c7414, 0x802c7415,
                                       0x802c7416, 0x40087468, 0x40047477};
    static const unsigned denied[] = {0x5412, 0x541c, 0x8004667e, 0x80047476}; // TIOCSTI, TIOCLINUX, ...
#else
    static const unsigned allowed[] = {0x5401,     0x5402,     0x5403, 0x5404,
                                       0x802c542a, 0x402c542b, 0x5413, 0x540f};
    static const unsigned denied[] = {0x5412, 0x541c, 0x5421, 0x5410}; // TIOCSTI, TIOCLINUX, ...
#endif
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        ALLOWED(ioctl, 0, (long)allowed[i], 0, 0, 0);
    for (size_t i = 0; i < sizeof denied / sizeof *denied; i++)
        ask("ioctl", SYS_ioctl, 0, (long)denied[i], 0, 0, 0);
}

// --log and -o: to whom a socket is connected, and to nobody else.
static void test_connected(void **state)
{
    (void)state;
#ifdef SYS_socketcall
    static const long arguments[6];
    ALLOWED(socketcall, 9, P(arguments), 0, 0, 0);
#else
    ALLOWED(sendto, 3, P("x"), 1, MSG_NOSIGNAL, 0);
#endif
#ifdef SYS_send
    ALLOWED(send, 3, P("x"), 1, MSG_NOSIGNAL, 0);
#endif
}

static int get_filter(void **state)
{
    (void)state;
    seccomp_api_set(3); // the first that can end a process, whatever this kernel can do
    return ms_syscalls_restrict() == 0 && filter_length > 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),          cmocka_unit_test(test_other_machines),
        cmocka_unit_test(test_files_and_memory), cmocka_unit_test(test_threads),
        cmocka_unit_test(test_terminal),         cmocka_unit_test(test_connected),
    };
    return cmocka_run_group_tests(tests, get_filter, NULL);
}
