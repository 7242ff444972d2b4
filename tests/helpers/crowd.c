// SPDX-License-Identifier: GPL-3.0-or-later
// Very many processes that come and go, of four families. Of which one a process is can be told from its
// name, its arguments, its parent, its memory and its address space: kin-N has 4 N + 2 MB written, and N GB
// reserved. Two families have children that share their parent's memory and end at once, as many as there can
// be; those of the two others live for some 20 ms under numbers that all of these share, where that may be
// chosen. 40 processes stay.
#include "helper.h"

#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

enum {
    MB = 1 << 20,
    FAMILIES = 4,
    LIVING = 16,       // children that one parent has at a time
    FIRST_PID = 30000, // of those that are given again and again
    PIDS = 64,
    PLANTED = 40,
    PLANTED_KB = 64,
};

static _Atomic size_t *born;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void be_of_family(size_t n, char **arguments)
{
    const size_t room = strlen(arguments[0]);
    char name[16];
    snprintf(name, sizeof name, "kin-%zu", n);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, name);
    memset(arguments[0], ' ', room);
    memcpy(arguments[0], name, strlen(name) < room ? strlen(name) : room);
    dirty(map_anonymous((4 * n + 2) * MB), (4 * n + 2) * MB);
    if (mmap(NULL, n << 30, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) == MAP_FAILED)
        fail("mmap");
}

static int end_at_once(void *argument)
{
    (void)argument;
    _exit(0);
}

// On one CPU, where a child need not wait for its parent to be elsewhere.
static void stay_on_a_cpu(size_t n)
{
    cpu_set_t may, one;
    if (sched_getaffinity(0, sizeof may, &may))
        return;
    n %= (size_t)CPU_COUNT(&may);
    CPU_ZERO(&one);
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &may) && n-- == 0)
            CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one);
}

__attribute__((noreturn)) static void have_many(size_t n)
{
    static char stack[16384] __attribute__((aligned(16)));
    const int shared = CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_FS | CLONE_SIGHAND;
    signal(SIGCHLD, SIG_IGN);
    stay_on_a_cpu(n);
    for (;;)
        if (clone(end_at_once, stack + sizeof stack, shared | SIGCHLD, NULL) > 0)
            (*born)++;
}

// One with that pid, or where none may be chosen with any.
static pid_t fork_as(pid_t pid)
{
    struct clone_args args = {
        .exit_signal = SIGCHLD, .set_tid = (uint64_t)(uintptr_t)&pid, .set_tid_size = 1};
    const pid_t child = (pid_t)syscall(SYS_clone3, &args, sizeof args);
    return child < 0 && errno != EEXIST ? fork() : child;
}

__attribute__((noreturn)) static void have_some(void)
{
    pid_t living[LIVING] = {0};
    const pid_t self = getpid();
    unsigned seed = (unsigned)self;
    for (size_t i = 0;; i = (i + 1) % LIVING) {
        if (living[i] > 0) {
            kill(living[i], SIGKILL);
            waitpid(living[i], NULL, 0);
        }
        living[i] = fork_as(FIRST_PID + rand_r(&seed) % PIDS);
        if (living[i] == 0) {
            end_with(self);
            stay();
        }
        *born += living[i] > 0;
        usleep(1000);
    }
}

static pid_t start_child(void)
{
    fflush(stdout);
    const pid_t pid = fork();
    if (pid < 0)
        fail("fork");
    return pid;
}

static void plant(void)
{
    for (size_t i = 0; i < PLANTED; i++) {
        const pid_t pid = start_child();
        if (pid) {
            say("planted", "%d", pid);
            continue;
        }
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_NAME, "planted");
        dirty(map_anonymous(PLANTED_KB * 1024), PLANTED_KB * 1024);
        stay();
    }
}

static pid_t start_family(size_t n, char **arguments)
{
    const pid_t pid = start_child();
    if (pid) {
        say("family", "%d", pid);
        return pid;
    }
    be_of_family(n, arguments);
    if (n <= FAMILIES / 2)
        have_some();
    have_many(n);
}

// Says how many a second there were when it is asked to end.
int main(int argc, char **argv)
{
    pid_t families[FAMILIES];
    sigset_t term;
    int signal_number;
    if (argc != 1)
        return 2;
    born = mmap(NULL, sizeof *born, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (born == MAP_FAILED)
        fail("mmap");
    plant();
    for (size_t n = 1; n <= FAMILIES; n++)
        families[n - 1] = start_family(n, argv);
    usleep(500000); // all have their memory
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, NULL);
    alarm(LIFE_SECONDS);
    say_ready();
    const double start = now();
    const size_t before = *born;
    sigwait(&term, &signal_number);
    say("rate", "%.0f", (double)(*born - before) / (now() - start));
    for (size_t i = 0; i < FAMILIES; i++)
        kill(families[i], SIGKILL);
    fflush(stdout);
    return 0;
}
