// SPDX-License-Identifier: GPL-3.0-or-later
// Whether two processes have one address space: after vfork, and after clone with CLONE_VM.
#include "source/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { COMPARE_VM = 1 }; // KCMP_VM of linux/kcmp.h

// Process numbers mean the same to the kernel only where the root is that of the reader's own pid namespace.
static bool has_own_numbers(struct ms_source *source)
{
    char self[32] = "";
    if (!source->has_numbers) {
        source->has_numbers = true;
        source->own_numbers = source->live && readlinkat(source->root, "self", self, sizeof self - 1) > 0 &&
                              atoi(self) == getpid();
    }
    return source->own_numbers;
}

int ms_source_compare_memory(struct ms_source *source, pid_t a, pid_t b)
{
    char path[32];
    if (!has_own_numbers(source))
        return -EOPNOTSUPP;
    snprintf(path, sizeof path, "%d/kcmp", (int)a);
    const int refused = ms_source_refusal(source, path);
    if (refused)
        return -refused;
    const long order = syscall(SYS_kcmp, a, b, COMPARE_VM, 0, 0);
    return order >= 0 ? (int)order : errno == ENOSYS ? -EOPNOTSUPP : -errno;
}
