// SPDX-License-Identifier: GPL-3.0-or-later
// Which processes a live /proc does not list: those that hidepid hides, and those outside its PID namespace.
#include "source/private.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

// PROC_PID_INIT_INO: the first PID namespace has this number on every kernel that numbers them (3.8).
static const char first_namespace[] = "pid:[4026531836]";

static bool is_member(gid_t group)
{
    const int count = getgroups(0, NULL);
    gid_t *groups = count > 0 ? calloc((size_t)count, sizeof *groups) : NULL;
    const int got = groups ? getgroups(count, groups) : 0;
    bool found = getegid() == group;
    for (int i = 0; i < got && !found; i++)
        found = groups[i] == group;
    free(groups);
    return found;
}

// "rw,hidepid=invisible,gid=27": numbers before Linux 5.8, words since then.
static bool options_hide(struct ms_text options)
{
    bool invisible = false, untraceable = false;
    uint64_t group = 0;
    while (options.len) {
        struct ms_text value = ms_text_until(&options, ',');
        const struct ms_text name = ms_text_until(&value, '=');
        if (ms_text_eq(name, MS_TEXT("gid")))
            ms_text_u64(value, &group);
        if (!ms_text_eq(name, MS_TEXT("hidepid")))
            continue;
        invisible = ms_text_eq(value, MS_TEXT("2")) || ms_text_eq(value, MS_TEXT("invisible"));
        untraceable = ms_text_eq(value, MS_TEXT("4")) || ms_text_eq(value, MS_TEXT("ptraceable"));
    }
    return untraceable || (invisible && !is_member((gid_t)group));
}

static bool mount_hides(struct ms_text line, dev_t device)
{
    struct ms_mount mount;
    return ms_mount_parse(line, &mount) && ms_text_eq(mount.type, MS_TEXT("proc")) &&
           makedev(mount.major, mount.minor) == device && options_hide(mount.options);
}

// Whether it is mounted so that it hides processes of others. 0 or an errno.
static int learn_hiding(struct ms_source *source)
{
    struct stat st;
    MS_AUTO_BUF text = {0};
    bool hides = false;
    const int error = fstat(source->root, &st) ? errno : ms_source_slurp(source, "self/mountinfo", &text);
    if (error)
        return error;
    for (struct ms_text rest = ms_buf_text(&text); rest.len && !hides;)
        hides = mount_hides(ms_text_until(&rest, '\n'), st.st_dev);
    source->hiding = hides;
    source->knows_hiding = true;
    return 0;
}

int ms_source_hides(struct ms_source *source, const pid_t *pids, size_t count, bool *hides)
{
    char link[64];
    *hides = source->live && (count == 0 || pids[0] != 1);
    // Where the first process may be seen but not looked into, processes are not hidden for that.
    if (!source->live || *hides || ms_has_capability(CAP_SYS_PTRACE) ||
        readlinkat(source->root, "1/ns/pid", link, sizeof link) < 0)
        return 0;
    const int error = source->knows_hiding ? 0 : learn_hiding(source);
    *hides = source->hiding && !error;
    return error;
}

// The kernel adds all processes to the links of /proc (proc_root_getattr), which has some directories beside.
bool ms_source_is_crowded(const struct ms_source *source, unsigned processes)
{
    enum { OTHERS = 32 };
    struct stat st;
    return source->live && !ms_source_is_nested(source) && fstat(source->root, &st) == 0 &&
           st.st_nlink > (nlink_t)processes + OTHERS;
}

// The namespace of the first process that this /proc shows is its own; else the reader's, which mostly is the
// same.
bool ms_source_is_nested(const struct ms_source *source)
{
    char link[64];
    if (!source->live)
        return false;
    ssize_t len = readlinkat(source->root, "1/ns/pid", link, sizeof link);
    if (len < 0)
        len = readlinkat(source->root, "self/ns/pid", link, sizeof link);
    return len > 0 && !ms_text_eq((struct ms_text){link, (size_t)len}, ms_text_of(first_namespace));
}
