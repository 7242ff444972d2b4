// SPDX-License-Identifier: GPL-3.0-or-later
// Memory of known kinds and sizes.
#include "helper.h"

#include <sys/prctl.h>

enum { KB = 1024, SWAP_TRIES = 500, SWAP_PAUSE_US = 20000 };

// The number of a line of a file of one's own, in kB; -1 if there is none.
static long own_kb(const char *path, const char *label)
{
    char line[256];
    long kb = -1;
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof(line), file))
        if (strncmp(line, label, strlen(label)) == 0)
            kb = strtol(line + strlen(label), NULL, 10);
    if (file)
        fclose(file);
    return kb;
}

// Asks again until that much is swapped out: MADV_PAGEOUT leaves pages that are just being looked at.
static void page_out(char *area, size_t kb)
{
    if (own_kb("/proc/meminfo", "SwapFree:") < (long)kb)
        skip("there is not enough swap");
    for (int i = 0; i < SWAP_TRIES; i++) {
        madvise(area, kb * KB, MADV_PAGEOUT);
        if (own_kb("/proc/self/smaps_rollup", "Swap:") >= (long)kb)
            return;
        usleep(SWAP_PAUSE_US);
    }
    skip("the pages were not swapped out");
}

static void make_dirty(char **arguments)
{
    const size_t kb = number(arguments[0]);
    dirty(map_anonymous(kb * KB), kb * KB);
    say("pid", "%d", getpid());
    say("dirty_kb", "%zu", kb);
    ready();
}

static void make_swapped(char **arguments)
{
    const size_t dirty_kb = number(arguments[0]);
    const size_t swap_kb = number(arguments[1]);
    if (arguments[2])
        prctl(PR_SET_NAME, arguments[2]);
    dirty(map_anonymous(dirty_kb * KB), dirty_kb * KB);
    char *area = map_anonymous(swap_kb * KB);
    dirty(area, swap_kb * KB);
    page_out(area, swap_kb);
    say("pid", "%d", getpid());
    say("dirty_kb", "%zu", dirty_kb);
    say("swap_kb", "%zu", swap_kb);
    ready();
}

// Neighbours may not be alike, or the kernel makes one mapping of them.
static void make_maps(char **arguments)
{
    const size_t count = number(arguments[0]);
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *area = mmap(NULL, count * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED)
        fail("mmap");
    for (size_t i = 0; i < count; i += 2)
        if (mprotect(area + i * page, page, PROT_READ | PROT_WRITE))
            fail("mprotect");
    say("pid", "%d", getpid());
    say("mappings", "%zu", count);
    say("first", "%p", (void *)area);
    ready();
}

// The same with mappings of one to seven pages, by no rule that repeats soon.
static void make_uneven(char **arguments)
{
    enum { LONGEST = 7 };
    const size_t count = number(arguments[0]);
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *area =
        mmap(NULL, count * LONGEST * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (area == MAP_FAILED)
        fail("mmap");
    unsigned next = 1;
    char *at = area;
    for (size_t i = 0; i < count; i++) {
        next = next * 1103515245U + 12345U;
        const size_t size = ((next >> 16) % LONGEST + 1) * page;
        if (i % 2 == 0 && mprotect(at, size, PROT_READ | PROT_WRITE))
            fail("mprotect");
        at += size;
    }
    if (munmap(at, (size_t)(area + count * LONGEST * page - at)))
        fail("munmap");
    say("pid", "%d", getpid());
    say("mappings", "%zu", count);
    ready();
}

// Shared anonymous memory, a memfd mapped twice, a file mapped both ways: dirty, each of that size.
static void make_kinds(char **arguments)
{
    const size_t bytes = number(arguments[0]) * KB;
    char *shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const int fd = memfd_create("memsh test", MFD_CLOEXEC);
    if (shared == MAP_FAILED || fd < 0 || ftruncate(fd, (off_t)bytes))
        fail("shared memory");
    char *object = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *copied = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    char *executable =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (object == MAP_FAILED || copied == MAP_FAILED || executable == MAP_FAILED)
        fail("mmap");
    dirty(shared, bytes);
    dirty(object, bytes);
    dirty(copied, bytes);
    dirty(executable, bytes);
    say("pid", "%d", getpid());
    say("shared", "%lx", (unsigned long)shared);
    say("memfd_shared", "%lx", (unsigned long)object);
    say("memfd_private", "%lx", (unsigned long)copied);
    say("executable", "%lx", (unsigned long)executable);
    ready();
}

int main(int argc, char **argv)
{
    static const struct kind kinds[] = {
        {"dirty", "KB", make_dirty},   {"swapped", "DIRTY-KB SWAPPED-KB [COMM]", make_swapped},
        {"maps", "NUMBER", make_maps}, {"uneven", "NUMBER", make_uneven},
        {"kinds", "KB", make_kinds},
    };
    return argc > 0 ? make_kind(kinds, sizeof(kinds) / sizeof(*kinds), argv) : 2;
}
