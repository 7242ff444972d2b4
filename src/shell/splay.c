// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/splay.h"

#include <errno.h>
#include <stdint.h>
#include <sys/random.h>
#include <time.h>

enum { NANOSECONDS = 1000000000 };

void ms_splay(double most)
{
    uint32_t random;
    if (most <= 0 || getrandom(&random, sizeof random, 0) != sizeof random)
        return;
    double wait = most * (double)random / (double)UINT32_MAX;
    struct timespec rest = {(time_t)wait, (long)((wait - (double)(time_t)wait) * NANOSECONDS)};
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, &rest) == EINTR)
        continue;
}
