// SPDX-License-Identifier: GPL-3.0-or-later
// Two threads that map, unmap and protect beside each other without end, so that mappings split and merge
// while they are listed.
#include "helper.h"

#include <pthread.h>
#include <stdint.h>

enum { PAGES = 1024, LONGEST = 16 };

static char *area;
static size_t page;

static unsigned next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*state >> 33);
}

__attribute__((noreturn)) static void *churn(void *argument)
{
    uint64_t state = (uint64_t)(uintptr_t)argument;
    for (;;) {
        const size_t first = next_random(&state) % PAGES, count = 1 + next_random(&state) % LONGEST;
        const size_t len = (first + count > PAGES ? PAGES - first : count) * page;
        char *at = area + first * page;
        const int protections[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE};
        switch (next_random(&state) % 3) {
        case 0:
            munmap(at, len);
            break;
        case 1:
            mprotect(at, len, protections[next_random(&state) % 3]);
            break;
        default:
            mmap(at, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        }
    }
}

int main(void)
{
    pthread_t thread;
    page = (size_t)sysconf(_SC_PAGESIZE);
    area = mmap(NULL, PAGES * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED)
        fail("mmap");
    for (uintptr_t i = 1; i <= 2; i++)
        if (pthread_create(&thread, NULL, churn, (void *)i) != 0)
            fail("pthread_create");
    say("start", "%#lx", (unsigned long)(uintptr_t)area);
    say("end", "%#lx", (unsigned long)(uintptr_t)(area + PAGES * page));
    ready();
}
