// SPDX-License-Identifier: GPL-3.0-or-later
// What a benchmark measures with: a small parent, so that the memory of a child is its own, and a reader that
// does nothing but read, one thread: what no program that reads these files can be faster than.
#include "helper.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

enum { PIECE = 64 * 1024 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

// "run COMMAND...": seconds, seconds of CPU, the most memory in kB, its status.
static void run(char **command)
{
    const double start = now();
    const pid_t pid = fork();
    if (pid == 0) {
        const int nothing = open("/dev/null", O_RDWR);
        dup2(nothing, 0);
        dup2(nothing, 1);
        dup2(nothing, 2);
        execvp(command[0], command);
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
        fail(command[0]);
    const double took = now() - start;
    const double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
    printf("%.6f %.6f %ld %d\n", took, cpu, usage.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128);
}

static void read_file(int directory, const char *pid, const char *file)
{
    static char bytes[PIECE];
    char path[512];
    if (snprintf(path, sizeof path, "%s/%s", pid, file) >= (int)sizeof path)
        return;
    const int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    while (read(fd, bytes, sizeof bytes) > 0)
        continue;
    close(fd);
}

// "read FILE,FILE... [PID...]": these files of these processes, or of all.
static void read_all(char **arguments)
{
    const int directory = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    char *files[8] = {0};
    size_t count = 0;
    for (char *file = strtok(arguments[0], ","); file && count < 8; file = strtok(NULL, ","))
        files[count++] = file;
    for (char **pid = arguments + 1; *pid; pid++)
        for (size_t i = 0; i < count; i++)
            read_file(directory, *pid, files[i]);
    DIR *list = arguments[1] ? NULL : opendir("/proc");
    for (struct dirent *entry; list && (entry = readdir(list));)
        for (size_t i = 0; i < count && entry->d_name[0] >= '1' && entry->d_name[0] <= '9'; i++)
            read_file(directory, entry->d_name, files[i]);
    if (list)
        closedir(list);
}

// As the kernel's struct pm_scan_arg, which older headers lack.
struct scan {
    uint64_t size, flags, start, end, walk_end, regions, room, most, inverted, all, any, shown;
};

// "scan PID": PAGEMAP_SCAN over its whole address space, of what is present, swapped or a guard.
static void scan(char **arguments)
{
    enum { ROOM = 512, CATEGORIES = 4 | 8 | 16 | 32 | 64, WANTED = 8 | 16 };
    static uint64_t regions[ROOM * 3];
    char path[64];
    snprintf(path, sizeof path, "/proc/%s/pagemap", arguments[0]);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail(path);
    const uint64_t end = (UINT64_C(1) << 47) - (uint64_t)sysconf(_SC_PAGESIZE);
    for (uint64_t at = 0; at < end;) {
        struct scan one = {.size = sizeof one,
                           .start = at,
                           .end = end,
                           .regions = (uintptr_t)regions,
                           .room = ROOM,
                           .any = WANTED,
                           .shown = CATEGORIES};
        if (ioctl(fd, _IOWR('f', 16, struct scan), &one) < 0)
            fail("PAGEMAP_SCAN");
        at = one.walk_end;
    }
    close(fd);
}

int main(int argc, char **argv)
{
    static const struct kind kinds[] = {
        {"run", "COMMAND...", run},
        {"scan", "PID", scan},
        {"read", "FILE,FILE... [PID...]", read_all},
    };
    return argc > 2 ? make_kind(kinds, sizeof(kinds) / sizeof(*kinds), argv) : 2;
}
