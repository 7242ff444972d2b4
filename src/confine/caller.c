// SPDX-License-Identifier: GPL-3.0-or-later
#include "confine/caller.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool has_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
    return syscall(SYS_capget, &header, data) != 0 || data[0].permitted || data[1].permitted;
}

// A number that the program which lent the rights has set. Where it is none, that did not.
static bool number_of(const char *variable, uint32_t *out)
{
    uint64_t number;
    const char *value = getenv(variable);
    if (!value || !ms_text_u64(ms_text_of(value), &number) || number >= UINT32_MAX)
        return false;
    *out = (uint32_t)number;
    return true;
}

// Who ran memsh through sudo, pkexec or doas. False: nobody did. A group of -1: it is not known.
static bool find_lender(uid_t *user, gid_t *group)
{
    const char *name = getenv("DOAS_USER");
    const struct passwd *entry = NULL;
    *group = (gid_t)-1;
    if (number_of("SUDO_UID", user)) {
        number_of("SUDO_GID", group);
        return true;
    }
    if (number_of("PKEXEC_UID", user))
        entry = getpwuid(*user);
    else if (!name)
        return false;
    else
        entry = getpwnam(name);
    *user = entry ? entry->pw_uid : (uid_t)-1;
    *group = entry ? entry->pw_gid : (gid_t)-1;
    return true;
}

// sudo -g lends the rights of a group alone.
static bool is_other_group(gid_t group)
{
    return group != (gid_t)-1 && group != getgid();
}

// Whether sudo, pkexec or doas lent the rights that the process has to somebody else, and to whom.
static bool has_other_lender(uid_t *user, gid_t *group)
{
    return find_lender(user, group) && *user != 0 && (*user != getuid() || is_other_group(*group));
}

// What the kernel says of the program that runs: set-user-ID, set-group-ID, or capabilities of its file.
static enum ms_caller_rights rights_of_file(void)
{
    if (geteuid() != getuid() || getegid() != getgid())
        return geteuid() == 0 || geteuid() == getuid() ? MS_CALLER_LENT : MS_CALLER_STRANGER;
    return getauxval(AT_SECURE) && getuid() != 0 && has_capabilities() ? MS_CALLER_LENT : MS_CALLER_OWN;
}

// What the environment says never chooses who memsh becomes where the file has rights: its user can have
// written it. It can only take away.
static struct ms_caller caller_of_file(enum ms_caller_rights rights)
{
    uid_t user;
    gid_t group;
    struct ms_caller caller = {rights, getuid(), getgid()};
    if (has_other_lender(&user, &group))
        caller.rights = MS_CALLER_STRANGER;
    else if (ms_caller_is_listed(MS_CALLER_FILE, caller.user))
        caller.rights = MS_CALLER_TRUSTED;
    return caller;
}

struct ms_caller ms_caller_find(void)
{
    struct ms_caller caller = {rights_of_file(), getuid(), getgid()};
    if (caller.rights != MS_CALLER_OWN)
        return caller_of_file(caller.rights);
    if (!has_other_lender(&caller.user, &caller.group))
        return (struct ms_caller){MS_CALLER_OWN, getuid(), getgid()};
    const bool becomes = geteuid() == 0 && caller.group != (gid_t)-1;
    caller.rights = ms_caller_is_listed(MS_CALLER_FILE, caller.user) ? MS_CALLER_TRUSTED
                    : becomes                                        ? MS_CALLER_LENT
                                                                     : MS_CALLER_STRANGER;
    return caller;
}

static bool is_roots(int fd, mode_t type)
{
    struct stat info;
    return fd >= 0 && fstat(fd, &info) == 0 && (info.st_mode & S_IFMT) == type && info.st_uid == 0 &&
           !(info.st_mode & (S_IWGRP | S_IWOTH));
}

// -1: there is none that can be relied on.
static int open_list(const char *file)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(file, '/');
    snprintf(directory, sizeof directory, "%.*s", (int)(slash - file), file);
    MS_AUTO_CLOSE int dir = open(directory, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    const int fd =
        is_roots(dir, S_IFDIR) ? openat(dir, slash + 1, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
    if (fd < 0 || is_roots(fd, S_IFREG))
        return fd;
    close(fd);
    return -1;
}

// Whether a line of the list is this user. `entry` may be NULL: a user without a name.
static bool is_user(struct ms_text line, uid_t user, const struct passwd *entry)
{
    uint64_t number;
    line = ms_text_trim(line);
    return ms_text_eq(line, MS_TEXT("*")) || (ms_text_u64(line, &number) && number == user) ||
           (entry && ms_text_eq(line, ms_text_of(entry->pw_name)));
}

bool ms_caller_is_listed(const char *file, uid_t user)
{
    enum { LONGEST = 64 * 1024 };
    MS_AUTO_CLOSE int fd = open_list(file);
    MS_AUTO_FREE char *text = fd < 0 ? NULL : malloc(LONGEST);
    const ssize_t len = text ? read(fd, text, LONGEST) : 0;
    if (len <= 0 || len == LONGEST)
        return false;
    const struct passwd *entry = getpwuid(user);
    for (struct ms_text rest = {text, (size_t)len}; rest.len;)
        if (is_user(ms_text_until(&rest, '\n'), user, entry))
            return true;
    return false;
}

static bool is_called(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    return path && strcmp(slash ? slash + 1 : path, "memsh-restricted") == 0;
}

bool ms_caller_says_restricted(const char *argv0)
{
    char file[PATH_MAX];
    const ssize_t len = readlink("/proc/self/exe", file, sizeof file - 1);
    file[len < 0 ? 0 : len] = '\0';
    return is_called(argv0) || is_called((const char *)getauxval(AT_EXECFN)) || is_called(file);
}
