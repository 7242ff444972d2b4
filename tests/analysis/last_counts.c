// SPDX-License-Identifier: GPL-3.0-or-later
// To be preloaded into a memsh with --coverage, which writes its counts when it exits: it writes them, too,
// before it ends by a signal, as at a prompt whose terminal is gone.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void write_counts(void)
{
    void (*dump)(void) = (void (*)(void))dlsym(RTLD_DEFAULT, "__gcov_dump");
    void (*reset)(void) = (void (*)(void))dlsym(RTLD_DEFAULT, "__gcov_reset");
    if (!dump || !reset)
        return;
    dump();
    reset();
}

int raise(int signal_number)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "raise");
    write_counts();
    return real(signal_number);
}

static void on_signal(int signal_number)
{
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

__attribute__((constructor)) static void start(void)
{
    static const int ends[] = {SIGHUP, SIGTERM};
    struct sigaction is;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (sigaction(ends[i], NULL, &is) == 0 && is.sa_handler == SIG_DFL)
            signal(ends[i], on_signal);
}

void _exit(int status)
{
    void (*real)(int) = (void (*)(int))dlsym(RTLD_NEXT, "_exit");
    write_counts();
    real(status);
    __builtin_unreachable();
}

// ---- a confined memsh could not write its counts: it is told that the kernel confines it

static bool is_memsh(void)
{
    return strncmp(program_invocation_short_name, "memsh", 5) == 0;
}

int seccomp_load(const void *filter)
{
    int (*real)(const void *) = (int (*)(const void *))dlsym(RTLD_NEXT, "seccomp_load");
    return is_memsh() ? 0 : real(filter);
}

long syscall(long number, ...)
{
    long (*real)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    long is[6];
    va_list arguments;
    va_start(arguments, number);
    for (size_t i = 0; i < sizeof is / sizeof *is; i++)
        is[i] = va_arg(arguments, long);
    va_end(arguments);
    return number == SYS_landlock_restrict_self && is_memsh()
               ? 0
               : real(number, is[0], is[1], is[2], is[3], is[4], is[5]);
}
