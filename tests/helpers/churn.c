// SPDX-License-Identifier: GPL-3.0-or-later
// Processes that come and go.
#include "helper.h"

#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>

enum { KB = 1024 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// Forks as fast as it can, for so long, each child ending at once; says how many a second that were.
static void make_forks(char **arguments)
{
    const double seconds = (double)number(arguments[0]);
    size_t forks = 0;
    say("pid", "%d", getpid());
    say_ready();
    const double start = now();
    while (now() - start < seconds) {
        const pid_t pid = fork();
        if (pid < 0)
            continue;
        if (pid == 0)
            _exit(0);
        waitpid(pid, NULL, 0);
        forks++;
    }
    say("forks", "%zu", forks);
    say("rate", "%.0f", (double)forks / (now() - start));
}

// A child with that pid, whole from its first moment: name and memory are its parent's. Needs CAP_SYS_ADMIN
// or CAP_CHECKPOINT_RESTORE when pid is not 0.
static pid_t fork_as(pid_t pid)
{
    struct clone_args args = {.exit_signal = SIGCHLD};
    if (pid) {
        args.set_tid = (uint64_t)(uintptr_t)&pid;
        args.set_tid_size = 1;
    }
    return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

// Makes children with that pid, one after the other, each time a byte comes from `turn`; tells `done` when
// one has lived for so long and is reaped.
__attribute__((noreturn)) static void be_twin_parent(const char *name, size_t kb, size_t life_us, pid_t pid,
                                                     int turn, int done)
{
    char byte;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, name);
    dirty(map_anonymous(kb * KB), kb * KB);
    while (read(turn, &byte, 1) == 1) {
        const pid_t self = getpid(), child = fork_as(pid);
        if (child == 0) {
            end_with(self);
            stay();
        }
        if (child > 0) {
            usleep((useconds_t)life_us);
            kill(child, SIGKILL);
            waitpid(child, NULL, 0);
        }
        byte = child > 0;
        if (write(done, &byte, 1) != 1)
            break;
    }
    _exit(0);
}

static int start_parent(const char *name, size_t kb, size_t life_us, pid_t pid, int done)
{
    int turn[2];
    if (pipe(turn))
        fail("pipe");
    fflush(stdout);
    const pid_t parent = fork();
    if (parent < 0)
        fail("fork");
    if (parent == 0) {
        close(turn[1]);
        be_twin_parent(name, kb, life_us, pid, turn[0], done);
    }
    close(turn[0]);
    return turn[1];
}

static pid_t free_pid(void)
{
    const pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    if (pid < 0 || waitpid(pid, NULL, 0) != pid)
        fail("fork");
    const pid_t again = fork_as(pid);
    if (again == 0)
        _exit(0);
    if (again < 0)
        skip("a process can't be given a chosen pid here");
    waitpid(again, NULL, 0);
    return pid;
}

// One pid, in turn that of twin-small (1 MB written) and of twin-big (16 MB written), each for so long.
static void make_twins(char **arguments)
{
    const double seconds = (double)number(arguments[0]);
    const size_t life_us = number(arguments[1]);
    int done[2];
    char byte = 0;
    size_t lives = 0;
    if (pipe(done))
        fail("pipe");
    const pid_t pid = free_pid();
    const int turns[] = {start_parent("twin-small", 1024, life_us, pid, done[1]),
                         start_parent("twin-big", 16384, life_us, pid, done[1])};
    say("pid", "%d", pid);
    say_ready();
    const double start = now();
    for (size_t i = 0; now() - start < seconds; i++) {
        if (write(turns[i % 2], &byte, 1) != 1 || read(done[0], &byte, 1) != 1)
            fail("twin");
        lives += (unsigned char)byte;
    }
    say("lives", "%zu", lives);
    close(turns[0]);
    close(turns[1]);
}

int main(int argc, char **argv)
{
    static const struct kind kinds[] = {
        {"forks", "SECONDS", make_forks},
        {"twins", "SECONDS MICROSECONDS", make_twins},
    };
    return argc > 0 ? make_kind(kinds, sizeof(kinds) / sizeof(*kinds), argv) : 2;
}
