// SPDX-License-Identifier: GPL-3.0-or-later
#include "confine/landlock.h"

#include <errno.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// As <linux/landlock.h> has them; that of the distribution may be older than the kernel that runs.
enum { CREATE = 444, ADD_RULE = 445, RESTRICT_SELF = 446, VERSION = 1, PATH_BENEATH = 1 };
enum { READ_FILE = 1 << 2, READ_DIR = 1 << 3 };

struct ruleset {
    uint64_t files, network, scope;
};

struct rule {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

// Everything that a version can refuse. Bits that it does not know are an error.
static struct ruleset refused(int version)
{
    enum { FILES_1 = 13, REFER = 13, TRUNCATE = 14, IOCTL_DEV = 15 };
    struct ruleset all = {.files = (1 << FILES_1) - 1};
    if (version >= 2)
        all.files |= 1 << REFER;
    if (version >= 3)
        all.files |= 1 << TRUNCATE;
    if (version >= 4)
        all.network = 3; // bind, connect
    if (version >= 5)
        all.files |= 1 << IOCTL_DEV;
    if (version >= 6)
        all.scope = 3; // abstract sockets, signals
    return all;
}

int ms_landlock_version(void)
{
    const long version = syscall(CREATE, NULL, 0, VERSION);
    return version > 0 ? (int)version : 0;
}

// What has no place below a mount (a pipe) needs no rule.
static int allow(int ruleset, int readable)
{
    struct stat info;
    struct rule rule = {.allowed = READ_FILE, .parent = readable};
    if (fstat(readable, &info) != 0)
        return errno;
    if (S_ISDIR(info.st_mode))
        rule.allowed |= READ_DIR;
    return syscall(ADD_RULE, ruleset, PATH_BENEATH, &rule, 0) == 0 || errno == EBADFD ? 0 : errno;
}

int ms_landlock_restrict(int version, const int *readable, size_t count)
{
    const struct ruleset all = refused(version);
    const int ruleset = (int)syscall(CREATE, &all, sizeof all, 0);
    if (ruleset < 0)
        return errno;
    int error = 0;
    for (size_t i = 0; i < count && !error; i++)
        error = allow(ruleset, readable[i]);
    if (!error && syscall(RESTRICT_SELF, ruleset, 0) != 0)
        error = errno;
    close(ruleset);
    return error;
}
