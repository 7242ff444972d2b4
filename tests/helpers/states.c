// SPDX-License-Identifier: GPL-3.0-or-later
// Processes in states that are easily misread.
#include "helper.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>

enum { KB = 1024, STACK_SIZE = 64 * KB };

static pid_t fork_or_fail(void)
{
    fflush(stdout);
    const pid_t pid = fork();
    if (pid < 0)
        fail("fork");
    if (pid == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    return pid;
}

static void *stay_on(void *unused)
{
    (void)unused;
    stay();
}

// Its main thread ends, the other one lives: State Z, Threads 2.
__attribute__((noreturn)) static void lose_leader(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, stay_on, NULL))
        fail("pthread_create");
    pthread_exit(NULL);
}

static void await_zombie(pid_t pid)
{
    char path[64], line[256] = "";
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    for (int i = 0; i < 1000 && !strstr(line, ") Z "); i++) {
        FILE *file = fopen(path, "r");
        if (!file || !fgets(line, sizeof(line), file))
            line[0] = '\0';
        if (file)
            fclose(file);
        usleep(2000);
    }
}

static void make_zombie(char **unused)
{
    (void)unused;
    const pid_t zombie = fork_or_fail();
    if (zombie == 0)
        _exit(0);
    const pid_t leader = fork_or_fail();
    if (leader == 0)
        lose_leader();
    await_zombie(zombie);
    await_zombie(leader);
    say("pid", "%d", getpid());
    say("zombie", "%d", zombie);
    say("leader", "%d", leader);
    ready();
}

static int be_child(void *unused)
{
    (void)unused;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    stay();
}

// Two processes with one memory, as during vfork.
static void make_vfork(char **arguments)
{
    const size_t kb = number(arguments[0]);
    char *stack = malloc(STACK_SIZE);
    if (!stack)
        fail("malloc");
    dirty(map_anonymous(kb * KB), kb * KB);
    const pid_t child = clone(be_child, stack + STACK_SIZE, CLONE_VM | SIGCHLD, NULL);
    if (child < 0)
        fail("clone");
    say("pid", "%d", getpid());
    say("child", "%d", child);
    say("dirty_kb", "%zu", kb);
    ready();
}

// Only who may trace anybody may look into it, whoever it belongs to.
static void make_undumpable(char **unused)
{
    (void)unused;
    prctl(PR_SET_DUMPABLE, 0);
    say("pid", "%d", getpid());
    ready();
}

// Becomes another program again and again, each time for so long: exec-big with 8 MB written, exec-small with
// none. Its memory is there before its name is, so that the big name never stands beside small memory.
static void make_exec(char **arguments)
{
    const size_t pause_us = number(arguments[0]);
    const size_t rounds = arguments[1] ? number(arguments[1]) : 0;
    char next[32];
    if (rounds == 0) {
        say("pid", "%d", getpid());
        say_ready();
        alarm(LIFE_SECONDS);
    }
    if (rounds % 2) {
        dirty(map_anonymous(8192 * KB), 8192 * KB);
        prctl(PR_SET_NAME, "exec-big");
    } else {
        prctl(PR_SET_NAME, "exec-small");
    }
    usleep((useconds_t)pause_us);
    snprintf(next, sizeof(next), "%zu", rounds + 1);
    execl("/proc/self/exe", rounds % 2 ? "small" : "big", "exec", arguments[0], next, (char *)NULL);
    fail("exec");
}

int main(int argc, char **argv)
{
    static const struct kind kinds[] = {
        {"zombie", "", make_zombie},
        {"vfork", "KB", make_vfork},
        {"undumpable", "", make_undumpable},
        {"exec", "MICROSECONDS", make_exec},
    };
    return argc > 0 ? make_kind(kinds, sizeof(kinds) / sizeof(*kinds), argv) : 2;
}
