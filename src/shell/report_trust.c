// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/report_trust.h"

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

// Who owns the program that runs could have changed that as well.
static bool is_owner_trusted(uid_t uid)
{
    struct stat program;
    return uid == 0 || (stat("/proc/self/exe", &program) == 0 && program.st_uid == uid);
}

// Whether an ACL lets a user or group of its own write. As the kernel hands it out: a version, then entries.
// What the mask takes away is not granted.
static bool acl_opens(const char *path)
{
    enum { HEADER = 4, USER = 0x02, GROUP = 0x08, MASK = 0x10, WRITE = 02 };
    struct {
        uint16_t tag;
        uint16_t rights;
        uint32_t id;
    } entry;
    char acl[4096];
    uint16_t named = 0, mask = WRITE;
    const ssize_t len = lgetxattr(path, "system.posix_acl_access", acl, sizeof acl);
    if (len < 0)
        return errno != ENODATA && errno != EOPNOTSUPP;
    for (size_t at = HEADER; at + sizeof entry <= (size_t)len; at += sizeof entry) {
        memcpy(&entry, acl + at, sizeof entry);
        if (le16toh(entry.tag) == USER || le16toh(entry.tag) == GROUP)
            named |= le16toh(entry.rights);
        else if (le16toh(entry.tag) == MASK)
            mask = le16toh(entry.rights);
    }
    return named & mask & WRITE;
}

// What makes the file or directory one that others could have written, or NULL. `above`: it is a directory
// above that of the report; where such a one has the sticky bit (/tmp), others can't replace what is ours.
static const char *weakness(const char *path, const struct stat *info, bool above)
{
    if (!is_owner_trusted(info->st_uid))
        return "is somebody else's";
    if (above && (info->st_mode & S_ISVTX))
        return NULL;
    if (info->st_mode & S_IWOTH)
        return "can be written by anybody";
    if ((info->st_mode & S_IWGRP) && info->st_gid != 0)
        return "can be written by its group";
    if ((info->st_mode & S_IWGRP) && acl_opens(path)) // those bits are the mask of an ACL
        return "can be written by others, its ACL says (getfacl)";
    return NULL;
}

static const char *weakness_at(const char *path, bool above)
{
    struct stat info;
    return lstat(path, &info) == 0 ? weakness(path, &info, above) : "cannot be examined";
}

// Looks at `path` and at all directories above it. It is real: absolute and without links.
static bool is_safe(char *path, char problem[MS_REPORT_PROBLEM_MAX])
{
    char *rest = strdup(path);
    const char *weak = rest ? NULL : "cannot be examined";
    for (int level = 0; rest && !weak; level++) {
        weak = weakness_at(*rest ? rest : "/", level > 1);
        if (weak || !*rest)
            break;
        *strrchr(rest, '/') = '\0';
    }
    if (weak)
        snprintf(problem, MS_REPORT_PROBLEM_MAX, "%.400s is not run as root: %.400s %s", path,
                 rest && *rest ? rest : "/", weak);
    free(rest);
    return !weak;
}

// The real path of a file that is a file of the directory last seen to be safe, and no link; NULL: it is not
// known to be one. Those above it are not looked at again.
static char *in_same_directory(const struct ms_trusted_directory *last, const char *path)
{
    struct stat info;
    char *real = NULL;
    const char *slash = strrchr(path, '/');
    const size_t len = slash ? (size_t)(slash - path) : 0;
    if (!last->named || !slash || strlen(last->named) != len || memcmp(last->named, path, len) != 0 ||
        asprintf(&real, "%s%s", last->real, slash) < 0)
        return NULL;
    if (lstat(real, &info) == 0 && S_ISREG(info.st_mode) && !weakness(real, &info, false))
        return real;
    free(real);
    return NULL;
}

// Keeps the directory of a file that was found to be safe, if its name there is the same.
static void keep_directory(struct ms_trusted_directory *last, const char *path, const char *real)
{
    const char *slash = strrchr(path, '/'), *real_slash = strrchr(real, '/');
    ms_trusted_directory_deinit(last);
    if (!slash || strcmp(slash, real_slash) != 0)
        return;
    last->named = strndup(path, (size_t)(slash - path));
    last->real = strndup(real, (size_t)(real_slash - real));
    if (!last->named || !last->real)
        ms_trusted_directory_deinit(last);
}

void ms_trusted_directory_deinit(struct ms_trusted_directory *last)
{
    free(last->named);
    free(last->real);
    *last = (struct ms_trusted_directory){0};
}

char *ms_report_trusted(char *path, struct ms_trusted_directory *last, char problem[MS_REPORT_PROBLEM_MAX])
{
    problem[0] = '\0';
    if (geteuid() != 0)
        return path;
    char *real = last ? in_same_directory(last, path) : NULL;
    if (!real) {
        real = realpath(path, NULL);
        if (!real)
            snprintf(problem, MS_REPORT_PROBLEM_MAX, "%.400s is not run as root: %s", path, strerror(errno));
        if (real && !is_safe(real, problem)) {
            free(real);
            real = NULL;
        }
        if (real && last)
            keep_directory(last, path, real);
    }
    free(path);
    return real;
}
