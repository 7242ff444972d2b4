// SPDX-License-Identifier: GPL-3.0-or-later
#include "confine/confine.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "confine/files.h"
#include "confine/landlock.h"
#include "confine/rights.h"
#include "confine/syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct {
    bool on;
    int landlock; // its version, 0: it is not used
    bool has_landlock;
    enum ms_right right;
    struct ms_buf passwd;
} confined;

// What all questions need, on every system that has it.
static bool name_usual_files(void)
{
    static const char *const usual[] = {"/proc",          "/sys",      "/usr/share/zoneinfo",
                                        "/etc/localtime", "/dev/null", "/dev/urandom"};
    bool whole = true;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        whole &= ms_files_name(usual[i]);
    return whole;
}

// The C library's own way to the names of users may load libraries and ask servers.
static void read_passwd(void)
{
    enum { STEP = 16 * 1024 };
    MS_AUTO_CLOSE int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? 0 : 1;
    while (got > 0 && ms_buf_reserve(&confined.passwd, STEP)) {
        got = read(fd, confined.passwd.data + confined.passwd.len, STEP);
        confined.passwd.len += got > 0 ? (size_t)got : 0;
    }
}

static bool limit_process(void)
{
    const struct rlimit none = {0, 0};
    umask(077);
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && setrlimit(RLIMIT_CORE, &none) == 0 &&
           prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

// To Landlock, reading what others have mapped is tracing, whatever the rights, unless the kernel asks for
// CAP_PERFMON first.
static int restrict_files(struct ms_confine_wish wish)
{
    const size_t count = ms_files_count();
    const int version = ms_landlock_version();
    ms_files_close();
    confined.has_landlock = version > 0;
    confined.landlock = wish.only_files || confined.right == MS_RIGHT_PERFMON ? version : 0;
    if (confined.landlock == 0)
        return 0;
    MS_AUTO_FREE int *readable = calloc(count, sizeof *readable);
    if (!readable)
        return ENOMEM;
    for (size_t i = 0; i < count; i++)
        readable[i] = ms_files_descriptor(i);
    return ms_landlock_restrict(version, readable, count);
}

// What the shell that memsh was run in may have set too low.
static bool is_limit(int error)
{
    return error == EAGAIN || error == EMFILE || error == ENOMEM;
}

static bool fail(char problem[MS_CONFINE_TEXT_MAX], const char *what, int error)
{
    snprintf(problem, MS_CONFINE_TEXT_MAX, "memsh cannot be restricted, so nothing runs: %s: %s%s", what,
             strerror(error), is_limit(error) ? " (ulimit -a shows the limits that it runs under)" : "");
    return false;
}

bool ms_confine(struct ms_confine_wish wish, char problem[MS_CONFINE_TEXT_MAX])
{
    tzset(); // before it may not be read
    read_passwd();
    if (!name_usual_files())
        return fail(problem, "files", ENOMEM);
    if (!limit_process())
        return fail(problem, "limits of the process", errno);
    if (!ms_rights_take(&confined.right))
        return fail(problem, "capabilities", errno);
    int error = restrict_files(wish);
    if (error)
        return fail(problem, "files (Landlock)", error);
    error = ms_syscalls_restrict();
    if (error)
        return fail(problem, "system calls (seccomp)", error);
    confined.on = true;
    if (!wish.whole || confined.landlock)
        return true;
    snprintf(problem, MS_CONFINE_TEXT_MAX,
             "--require-confinement: the kernel does not confine which files are read (%s)",
             confined.has_landlock ? "Landlock hides other processes without CAP_PERFMON"
                                   : "it has no Landlock");
    return false;
}

bool ms_confine_is_on(void)
{
    return confined.on;
}

void ms_confine_describe(char text[MS_CONFINE_TEXT_MAX])
{
    static const char *const rights[] = {
        [MS_RIGHT_NONE] = "none", [MS_RIGHT_PERFMON] = "perfmon", [MS_RIGHT_PTRACE] = "sys_ptrace"};
    char files[64] = "memsh itself";
    if (confined.landlock)
        snprintf(files, sizeof files, "Landlock %d", confined.landlock);
    if (confined.on)
        snprintf(text, MS_CONFINE_TEXT_MAX,
                 "confined: system calls by seccomp, files by %s; capabilities: %s", files,
                 rights[confined.right]);
    else
        snprintf(text, MS_CONFINE_TEXT_MAX, "not confined (see --restricted)");
}

const char *ms_confine_passwd(size_t *len)
{
    *len = confined.passwd.len;
    return confined.on ? (confined.passwd.data ? confined.passwd.data : "") : NULL;
}
