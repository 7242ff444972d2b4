// SPDX-License-Identifier: GPL-3.0-or-later
// What a live /proc shows of mounts decides what it hides and where control groups are: where that can't be
// read nothing is concluded from it, and it is asked again.
#include "test_procfs.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

// The first process may be looked into, whoever asks.
ssize_t readlinkat(int dir, const char *path, char *link, size_t size)
{
    ssize_t (*real)(int, const char *, char *, size_t) =
        (ssize_t(*)(int, const char *, char *, size_t))dlsym(RTLD_NEXT, "readlinkat");
    if (strcmp(path, "1/ns/pid") == 0)
        return snprintf(link, size, "pid:[1]");
    return real(dir, path, link, size);
}

static bool drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
    return syscall(SYS_capset, &header, none) == 0;
}

// While it is true no file can be opened.
static void starve(bool starved)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = starved ? 0 : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void in_a_child(void (*run)(struct ms_source *source))
{
    int status = 0;
    const pid_t child = fork();
    if (child == 0) {
        struct ms_source *source = NULL;
        if (!drop_capabilities() || ms_source_create(NULL, &source))
            _exit(2);
        run(source);
        ms_source_destroy(source);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void look_for_hidden(struct ms_source *source)
{
    const pid_t first = 1;
    bool hides = true;
    starve(true);
    if (ms_source_hides(source, &first, 1, &hides) != EMFILE)
        _exit(3);
    starve(false);
    if (ms_source_hides(source, &first, 1, &hides))
        _exit(4);
}

static void look_for_groups(struct ms_source *source)
{
    MS_AUTO_BUF text = {0};
    starve(true);
    const int error = ms_source_cgroup_read(source, "/", "cgroup.procs", &text);
    if (error != EMFILE || ms_source_cgroup_reason(source, "/", error) == MS_UNSUPPORTED)
        _exit(5);
    starve(false);
    if (ms_source_cgroup_read(source, "/", "cgroup.procs", &text) == EMFILE)
        _exit(6);
}

static void whether_processes_are_hidden_may_be_unknown(void **state)
{
    (void)state;
    in_a_child(look_for_hidden);
}

static void where_groups_are_may_be_unknown(void **state)
{
    (void)state;
    in_a_child(look_for_groups);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whether_processes_are_hidden_may_be_unknown),
        cmocka_unit_test(where_groups_are_may_be_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
