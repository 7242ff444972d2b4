// SPDX-License-Identifier: GPL-3.0-or-later
// Mappings whose pages are known one by one. Each kind says "area ADDRESS" and "runs COUNT:KIND[:huge] ...".
#include "helper.h"

#include <fcntl.h>
#include <stdbool.h>

enum { HUGE = 2 * 1024 * 1024, GUARD_INSTALL = 102, SWAP_TRIES = 500, SWAP_PAUSE_US = 20000 };

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

__attribute__((noreturn)) static void done(const void *area, const char *runs)
{
    say("pid", "%d", getpid());
    say("area", "0x%lx", (unsigned long)area);
    say("runs", "%s", runs);
    ready();
}

static void read_pages(const char *area, size_t pages)
{
    for (size_t i = 0; i < pages; i++)
        (void)*(volatile const char *)(area + i * page_size());
}

// Three pages written, two read, three untouched.
static void make_anonymous(char **arguments)
{
    (void)arguments;
    const size_t page = page_size();
    char *area = map_anonymous(8 * page);
    dirty(area, 3 * page);
    read_pages(area + 3 * page, 2);
    done(area, "3:anonymous 2:zero 3:absent");
}

// A private mapping of a file: four pages read, two of which are written then, four beyond the ones read.
static void make_file(char **arguments)
{
    const size_t page = page_size();
    const int fd = open(arguments[0] ? arguments[0] : "", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)(8 * page)))
        fail("the file");
    char *area = mmap(NULL, 8 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    if (area == MAP_FAILED)
        fail("mmap");
    madvise(area, 8 * page, MADV_RANDOM); // nothing is read ahead
    dirty(area, 2 * page);
    read_pages(area + 2 * page, 2);
    madvise(area + 4 * page, 4 * page, MADV_DONTNEED); // neighbours that were mapped beside
    done(area, "2:anonymous 2:file 4:absent");
}

static void make_memfd(char **arguments)
{
    (void)arguments;
    const size_t page = page_size();
    const int fd = memfd_create("pages", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)(8 * page)))
        fail("memfd");
    char *area = mmap(NULL, 8 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (area == MAP_FAILED)
        fail("mmap");
    dirty(area, 3 * page);
    done(area, "3:file 5:absent");
}

// A large reservation of which one page in the middle is used.
static void make_reserved(char **arguments)
{
    (void)arguments;
    const size_t page = page_size(), pages = (size_t)1 << 24;
    char *area =
        mmap(NULL, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (area == MAP_FAILED)
        fail("mmap");
    madvise(area, pages * page, MADV_NOHUGEPAGE);
    area[pages / 2 * page] = 1;
    char runs[96];
    snprintf(runs, sizeof(runs), "%zu:absent 1:anonymous %zu:absent", pages / 2, pages / 2 - 1);
    done(area, runs);
}

// Every other page is used: more runs than are asked for at once.
static void make_striped(char **arguments)
{
    (void)arguments;
    enum { PAIRS = 1500, ROOM = 32 };
    const size_t page = page_size();
    char *area = map_anonymous(2 * PAIRS * page), *runs = malloc(PAIRS * ROOM);
    if (!runs)
        fail("malloc");
    size_t len = 0;
    for (size_t i = 0; i < PAIRS; i++) {
        dirty(area + 2 * i * page, page);
        len += (size_t)snprintf(runs + len, ROOM, "%s1:anonymous 1:absent", i ? " " : "");
    }
    done(area, runs);
}

static void make_guard(char **arguments)
{
    (void)arguments;
    const size_t page = page_size();
    char *area = map_anonymous(8 * page);
    dirty(area, 2 * page);
    if (madvise(area + 2 * page, 3 * page, GUARD_INSTALL))
        skip("this kernel has no guard regions");
    done(area, "2:anonymous 3:guard 3:absent");
}

// What the mapping that begins at `area` has under a label of smaps, in kB.
static long smaps_kb(const char *area, const char *label)
{
    char line[4096], start[32];
    long kb = -1;
    bool here = false;
    FILE *file = fopen("/proc/self/smaps", "r");
    snprintf(start, sizeof(start), "%lx-", (unsigned long)area);
    while (file && kb < 0 && fgets(line, sizeof(line), file)) {
        here |= strncmp(line, start, strlen(start)) == 0;
        if (here && strncmp(line, label, strlen(label)) == 0)
            kb = strtol(line + strlen(label), NULL, 10);
    }
    if (file)
        fclose(file);
    return kb;
}

// An area of huge pages by itself: nothing merges with it.
static char *map_huge(size_t count)
{
    char *area = mmap(NULL, (count + 2) * HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED)
        fail("mmap");
    area = (char *)(((size_t)area + HUGE) / HUGE * HUGE);
    if (mprotect(area, count * HUGE, PROT_READ | PROT_WRITE) || madvise(area, count * HUGE, MADV_HUGEPAGE))
        skip("there are no transparent huge pages");
    return area;
}

// One huge page written, one read (the huge zero page), one untouched.
static void make_huge(char **arguments)
{
    (void)arguments;
    char *area = map_huge(3);
    dirty(area, HUGE);
    read_pages(area + HUGE, 1);
    if (smaps_kb(area, "AnonHugePages:") != HUGE / 1024)
        skip("no huge page was to be had");
    if (smaps_kb(area, "Rss:") != HUGE / 1024)
        skip("the huge zero page is not used here");
    const size_t pages = HUGE / page_size();
    char runs[96];
    snprintf(runs, sizeof(runs), "%zu:anonymous:huge %zu:zero:huge %zu:absent", pages, pages, pages);
    done(area, runs);
}

// A huge page that is there as before, but mapped in parts.
static void make_split(char **arguments)
{
    (void)arguments;
    char *area = map_huge(1);
    dirty(area, HUGE);
    if (smaps_kb(area, "AnonHugePages:") != HUGE / 1024)
        skip("no huge page was to be had");
    madvise(area + HUGE - page_size(), page_size(), MADV_DONTNEED);
    const size_t pages = HUGE / page_size();
    char runs[96];
    snprintf(runs, sizeof(runs), "%zu:anonymous 1:absent", pages - 1);
    done(area, runs);
}

static void make_swapped(char **arguments)
{
    (void)arguments;
    const size_t page = page_size();
    char *area = map_anonymous(16 * page);
    dirty(area, 12 * page);
    for (int i = 0; smaps_kb(area, "Swap:") != (long)(8 * page / 1024); i++) {
        if (i == SWAP_TRIES)
            skip("the pages were not swapped out");
        madvise(area + 4 * page, 8 * page, MADV_PAGEOUT);
        usleep(SWAP_PAUSE_US);
    }
    done(area, "4:anonymous 8:swapped 4:absent");
}

// A parent and a child that share SHARED pages since fork; each has OWN more. Both say nothing but the sizes.
static void make_family(char **arguments)
{
    const size_t page = page_size();
    const size_t shared = number(arguments[0]), own = number(arguments[1]);
    char *common = map_anonymous(shared * page);
    dirty(common, shared * page);
    const pid_t child = fork();
    if (child < 0)
        fail("fork");
    char *mine = map_anonymous(own * page);
    dirty(mine, own * page);
    if (child == 0)
        stay();
    while (usleep(SWAP_PAUSE_US), smaps_kb(common, "Private_Dirty:") != 0)
        ;
    say("pid", "%d", getpid());
    say("child", "%d", child);
    say("common", "0x%lx", (unsigned long)common);
    ready();
}

int main(int argc, char **argv)
{
    static const struct kind kinds[] = {
        {"anonymous", "", make_anonymous}, {"file", "PATH", make_file},
        {"memfd", "", make_memfd},         {"reserved", "", make_reserved},
        {"striped", "", make_striped},     {"guard", "", make_guard},
        {"huge", "", make_huge},           {"split", "", make_split},
        {"swapped", "", make_swapped},     {"family", "SHARED-PAGES OWN-PAGES", make_family},
    };
    return argc > 0 ? make_kind(kinds, sizeof(kinds) / sizeof(*kinds), argv) : 2;
}
