// SPDX-License-Identifier: GPL-3.0-or-later
// The experiments by which articles explain top and pmap, each with memory of known kind and size.
//   shared KB KB-TOUCHED      shared anonymous memory, from its start touched so far
//   copied FILE KB            a file mapped privately and read; SIGUSR1 writes to its first half
//   reserved MB               private memory that is never touched
//   noreserve MB              the same, made with MAP_NORESERVE
//   locked KB                 private memory, mlock()ed
#include "helper.h"

#include <fcntl.h>
#include <signal.h>

enum { KB = 1024, MB = 1024 * KB };

static char *map(size_t bytes, int flags, int fd)
{
    char *area = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (area == MAP_FAILED)
        fail("mmap");
    return area;
}

static void tell(const char *area, size_t bytes)
{
    say("pid", "%d", getpid());
    say("addr", "%lx", (unsigned long)area);
    say("bytes", "%zu", bytes);
}

static void make_shared(char **arguments)
{
    const size_t bytes = number(arguments[0]) * KB;
    const size_t touched = number(arguments[1]) * KB;
    char *area = map(bytes, MAP_SHARED | MAP_ANONYMOUS, -1);
    for (size_t i = 0; i < touched; i += 4096)
        area[i] = 1;
    tell(area, bytes);
    ready();
}

static void make_copied(char **arguments)
{
    const size_t bytes = number(arguments[1]) * KB;
    const int fd = open(arguments[0], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)bytes) || fsync(fd))
        fail(arguments[0]);
    char *area = map(bytes, MAP_PRIVATE, fd);
    for (size_t i = 0; i < bytes; i += 4096)
        (void)*(volatile char *)(area + i);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    tell(area, bytes);
    say_ready();
    alarm(LIFE_SECONDS);
    int number_of_signal;
    sigwait(&signals, &number_of_signal);
    dirty(area, bytes / 2);
    say("written", "%zu", bytes / 2);
    fflush(stdout);
    stay();
}

static void make_reserved(char **arguments)
{
    const size_t bytes = number(arguments[0]) * MB;
    char *area = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED)
        skip("the kernel promises no such amount");
    tell(area, bytes);
    ready();
}

static void make_noreserve(char **arguments)
{
    const size_t bytes = number(arguments[0]) * MB;
    char *area =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (area == MAP_FAILED)
        skip("the kernel promises no such amount");
    tell(area, bytes);
    ready();
}

static void make_locked(char **arguments)
{
    const size_t bytes = number(arguments[0]) * KB;
    char *area = map_anonymous(bytes);
    if (mlock(area, bytes))
        skip("so much may not be locked here");
    tell(area, bytes);
    ready();
}

int main(int argc, char **argv)
{
    static const struct kind kinds[] = {
        {"shared", "KB KB-TOUCHED", make_shared},
        {"copied", "FILE KB", make_copied},
        {"reserved", "MB", make_reserved},
        {"noreserve", "MB", make_noreserve},
        {"locked", "KB", make_locked},
    };
    return argc > 0 ? make_kind(kinds, sizeof(kinds) / sizeof(*kinds), argv) : 2;
}
