// SPDX-License-Identifier: GPL-3.0-or-later
#include "confine/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif

static const uint64_t perfmon = UINT64_C(1) << CAP_PERFMON;
static const uint64_t sys_ptrace = UINT64_C(1) << CAP_SYS_PTRACE;

static bool get_permitted(uint64_t *out)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
    if (syscall(SYS_capget, &header, data) != 0)
        return false;
    *out = data[0].permitted | (uint64_t)data[1].permitted << 32;
    return true;
}

static bool set(uint64_t permitted, uint64_t effective)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
        {.permitted = (uint32_t)permitted, .effective = (uint32_t)effective},
        {.permitted = (uint32_t)(permitted >> 32), .effective = (uint32_t)(effective >> 32)},
    };
    return syscall(SYS_capset, &header, data) == 0;
}

// What a program that is executed could get. Only a process with CAP_SETPCAP can do so, and none that is
// confined executes anything.
static void clear_bounding_set(void)
{
    for (unsigned long number = 0; prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0; number++)
        prctl(PR_CAPBSET_DROP, number, 0, 0, 0);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

bool ms_rights_become(uid_t user, gid_t group)
{
    uint64_t permitted;
    clear_bounding_set();
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || (geteuid() == 0 && user != 0 && setgroups(0, NULL) != 0) ||
        setresgid(group, group, group) != 0 || setresuid(user, user, user) != 0)
        return false;
    return get_permitted(&permitted) && set(permitted & (perfmon | sys_ptrace), 0);
}

// 0 or an errno.
static int open_maps(pid_t process)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/maps", (int)process);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}

static void end(pid_t child)
{
    kill(child, SIGKILL);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        continue;
}

// Finds out whether CAP_PERFMON, in effect, is enough to read what all processes have mapped: a child that is
// not dumpable, as memsh itself is not, is one that may not be read without a capability. False, with errno,
// where that is not known: who runs memsh may have seen to it that there is no child (ulimit -u, kill).
static bool ask_for_perfmon(bool *enough)
{
    const pid_t child = fork();
    if (child == 0) { // LCOV_EXCL_BR_LINE: the child is killed before it could note that it ran
        for (;;)
            pause();
    }
    if (child < 0)
        return false;
    const int error = open_maps(child);
    end(child);
    errno = error;
    *enough = error == 0;
    return error == 0 || error == EACCES || error == EPERM;
}

bool ms_rights_take(enum ms_right *taken)
{
    uint64_t permitted;
    bool enough = false;
    clear_bounding_set();
    if (!get_permitted(&permitted) || !set(permitted & (perfmon | sys_ptrace), permitted & perfmon))
        return false;
    if (permitted & perfmon && !ask_for_perfmon(&enough))
        return false;
    if (enough)
        *taken = MS_RIGHT_PERFMON;
    else
        *taken = permitted & sys_ptrace ? MS_RIGHT_PTRACE : MS_RIGHT_NONE;
    const uint64_t kept[] = {[MS_RIGHT_PERFMON] = perfmon, [MS_RIGHT_PTRACE] = sys_ptrace};
    const uint64_t right = *taken == MS_RIGHT_NONE ? 0 : kept[*taken];
    return set(right, right);
}
