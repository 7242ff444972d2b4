// SPDX-License-Identifier: GPL-3.0-or-later
// What a benchmark asks about: many processes, much memory, and a process that feels how long it is held up.
#include "helper.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <time.h>

enum { KB = 1024, PARTS = 4, OF_A_LIBRARY = 16 * KB, BASE_MAPPINGS = 20, OWN_KB = 64 };

// As a loader maps a library: four parts, of which the last is written to.
static size_t map_library(const char *path)
{
    static const int access[PARTS] = {PROT_READ, PROT_READ | PROT_EXEC, PROT_READ, PROT_READ | PROT_WRITE};
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    if (lseek(fd, 0, SEEK_END) < OF_A_LIBRARY) {
        close(fd);
        return 0;
    }
    for (int i = 0; i < PARTS; i++) {
        volatile char *part = mmap(NULL, OF_A_LIBRARY, access[i], MAP_PRIVATE, fd, 0);
        if ((void *)part == MAP_FAILED)
            fail(path);
        for (size_t at = 0; at < OF_A_LIBRARY; at += 4 * KB) {
            const char byte = part[at];
            if (access[i] & PROT_WRITE)
                part[at] = byte;
        }
    }
    close(fd);
    return PARTS;
}

// The files beside libc, as many as give `count` mappings.
static size_t map_libraries(size_t count)
{
    static const char *const places[] = {"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
                                         "/usr/lib64", "/usr/lib"};
    size_t made = 0;
    for (size_t i = 0; i < sizeof places / sizeof *places && made < count; i++) {
        DIR *directory = opendir(places[i]);
        for (struct dirent *entry; directory && made + PARTS <= count && (entry = readdir(directory));) {
            char path[1024];
            snprintf(path, sizeof path, "%s/%s", places[i], entry->d_name);
            if (strstr(entry->d_name, ".so") && entry->d_type == DT_REG)
                made += map_library(path);
        }
        if (directory)
            closedir(directory);
    }
    return made;
}

static void map_pages(size_t count)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *area = mmap(NULL, count * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED)
        fail("mmap");
    for (size_t i = 0; i < count; i += 2) // neighbours that are alike would be one mapping
        if (mprotect(area + i * page, page, PROT_READ | PROT_WRITE))
            fail("mprotect");
    for (size_t i = 0; i < count; i += 4)
        area[i * page] = 1;
}

static void be_one_of_many(size_t index, char *own)
{
    char name[16];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(name, sizeof name, "worker-%zu", index % 50);
    prctl(PR_SET_NAME, name);
    dirty(own, OWN_KB * KB);
    stay();
}

static void make_processes(char **arguments)
{
    const size_t count = number(arguments[0]), mappings = number(arguments[1]);
    const size_t wanted = mappings > BASE_MAPPINGS ? mappings - BASE_MAPPINGS : 0;
    const size_t of_files = map_libraries(wanted * 3 / 4);
    if (wanted > of_files)
        map_pages(wanted - of_files);
    char *own = map_anonymous(OWN_KB * KB);
    for (size_t i = 0; i < count; i++) {
        const pid_t pid = fork();
        if (pid < 0)
            fail("fork");
        if (pid == 0)
            be_one_of_many(i, own);
    }
    usleep(200000); // the last of them write to their memory
    say("pid", "%d", getpid());
    ready();
}

static void make_resident(char **arguments)
{
    const size_t bytes = number(arguments[0]) * KB * KB;
    char *area = map_anonymous(bytes);
    for (size_t i = 0; i < bytes; i += 4 * KB)
        area[i] = 1;
    say("pid", "%d", getpid());
    ready();
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// Durations, each counted in one of 16 parts of its power of two.
enum { POWERS = 64, PARTS_OF_A_POWER = 16 };

struct durations {
    uint64_t count, worst;
    uint64_t of[POWERS * PARTS_OF_A_POWER];
};

static void add_duration(struct durations *d, uint64_t ns)
{
    const unsigned power = 63u - (unsigned)__builtin_clzll(ns | PARTS_OF_A_POWER);
    d->of[power * PARTS_OF_A_POWER + (ns >> (power - 4)) % PARTS_OF_A_POWER]++;
    d->worst = ns > d->worst ? ns : d->worst;
    d->count++;
}

// What 999 of 1,000 stay below, to a sixteenth.
static uint64_t most_stay_below(const struct durations *d)
{
    uint64_t left = d->count / 1000;
    for (size_t i = POWERS * PARTS_OF_A_POWER; i-- > 0;) {
        if (d->of[i] > left)
            return (i % PARTS_OF_A_POWER + PARTS_OF_A_POWER + 1) << (i / PARTS_OF_A_POWER) >> 4;
        left -= d->of[i];
    }
    return 0;
}

// How long it took, each time, to make and remove a mapping in so many seconds after SIGUSR1: the longest,
// what most stay below, how many there were.
static void make_latency(char **arguments)
{
    static struct durations taken;
    const size_t count = number(arguments[0]), seconds = number(arguments[1]);
    sigset_t start;
    int signal_number;
    sigemptyset(&start);
    sigaddset(&start, SIGUSR1);
    sigprocmask(SIG_BLOCK, &start, NULL);
    map_pages(count);
    say("pid", "%d", getpid());
    say_ready();
    alarm(LIFE_SECONDS);
    for (;;) {
        sigwait(&start, &signal_number);
        uint64_t last = now_ns();
        taken = (struct durations){0};
        for (const uint64_t end = last + seconds * 1000000000u; last < end;) {
            void *page = mmap(NULL, 4 * KB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            munmap(page, 4 * KB);
            const uint64_t now = now_ns();
            add_duration(&taken, now - last);
            last = now;
        }
        say("latency", "%llu %llu %llu", (unsigned long long)taken.worst,
            (unsigned long long)most_stay_below(&taken), (unsigned long long)taken.count);
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    static const struct kind kinds[] = {
        {"processes", "NUMBER MAPPINGS", make_processes},
        {"resident", "MB", make_resident},
        {"latency", "MAPPINGS SECONDS", make_latency},
    };
    return argc > 0 ? make_kind(kinds, sizeof(kinds) / sizeof(*kinds), argv) : 2;
}
