// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/report_trust.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Who owns the program that runs could have changed that as well.
static bool is_owner_trusted(uid_t uid)
{
    struct stat program;
    return uid == 0 || (stat("/proc/self/exe", &program) == 0 && program.st_uid == uid);
}

// What makes the file or directory one that others could have written, or NULL. `above`: it is a directory
// above that of the report; where such a one has the sticky bit (/tmp), others can't replace what is ours.
static const char *weakness(const char *path, bool above)
{
    struct stat info;
    if (lstat(path, &info) != 0)
        return "cannot be examined";
    if (!is_owner_trusted(info.st_uid))
        return "is somebody else's";
    if (above && (info.st_mode & S_ISVTX))
        return NULL;
    if (info.st_mode & S_IWOTH)
        return "can be written by anybody";
    if ((info.st_mode & S_IWGRP) && info.st_gid != 0)
        return "can be written by its group";
    return NULL;
}

// Looks at `path` and at all directories above it. It is real: absolute and without links.
static bool is_safe(char *path, char problem[MS_REPORT_PROBLEM_MAX])
{
    char *rest = strdup(path);
    const char *weak = rest ? NULL : "cannot be examined";
    for (int level = 0; rest && !weak; level++) {
        weak = weakness(*rest ? rest : "/", level > 1);
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

char *ms_report_trusted(char *path, char problem[MS_REPORT_PROBLEM_MAX])
{
    problem[0] = '\0';
    if (geteuid() != 0)
        return path;
    char *real = realpath(path, NULL);
    if (!real)
        snprintf(problem, MS_REPORT_PROBLEM_MAX, "%.400s is not run as root: %s", path, strerror(errno));
    free(path);
    if (real && is_safe(real, problem))
        return real;
    free(real);
    return NULL;
}
