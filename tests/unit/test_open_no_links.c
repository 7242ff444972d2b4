// SPDX-License-Identifier: GPL-3.0-or-later
// Opening a path that has no links: what is there, and every way out of it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/open_no_links.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/memsh-no-links-XXXXXX";
static int at = -1;

static bool opens(const char *path, const char *content)
{
    char bytes[16] = "";
    const int fd = ms_open_no_links(at, path, O_RDONLY);
    const ssize_t got = fd < 0 ? -1 : read(fd, bytes, sizeof bytes - 1);
    if (fd >= 0)
        close(fd);
    return got >= 0 && strcmp(bytes, content) == 0;
}

static int error_of(const char *path)
{
    errno = 0;
    const int fd = ms_open_no_links(at, path, O_RDONLY);
    if (fd >= 0)
        close(fd);
    return errno;
}

static void what_is_below_is_opened(void **state)
{
    (void)state;
    assert_true(opens("file", "top"));
    assert_true(opens("/a/b/file", "below"));
    assert_true(opens("a//b/./file", "below"));
    const int fd = ms_open_no_links(at, "", O_RDONLY | O_DIRECTORY);
    struct stat st, top;
    assert_true(fd >= 0 && fstat(fd, &st) == 0 && fstat(at, &top) == 0 && st.st_ino == top.st_ino);
    close(fd);
    assert_true(fcntl(at, F_GETFD) >= 0); // the caller's
}

static void links_lead_nowhere(void **state)
{
    (void)state;
    assert_int_equal(error_of("link"), ELOOP);
    assert_int_equal(error_of("folder/file"), ENOTDIR);
    assert_int_equal(error_of("self/cwd"), ENOTDIR);
    assert_int_equal(error_of("a/../file"), EXDEV);
    assert_int_equal(error_of(".."), EXDEV);
    assert_int_equal(error_of("nothing/file"), ENOENT);
    char name[NAME_MAX + 2];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(error_of(name), ENAMETOOLONG);
}

static int put(const char *path, const char *content)
{
    const int fd = openat(at, path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    const ssize_t len = (ssize_t)strlen(content);
    return fd >= 0 && write(fd, content, (size_t)len) == len && close(fd) == 0 ? 0 : -1;
}

static int make_tree(void **state)
{
    (void)state;
    at = mkdtemp(directory) ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (at < 0 || mkdirat(at, "a", 0700) || mkdirat(at, "a/b", 0700) || put("file", "top") ||
        put("a/b/file", "below"))
        return -1;
    return symlinkat("file", at, "link") || symlinkat("a/b", at, "folder") ||
                   symlinkat("/proc/self", at, "self")
               ? -1
               : 0;
}

static int remove_tree(void **state)
{
    (void)state;
    static const char *const names[] = {"a/b/file", "file", "link", "folder", "self"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlinkat(at, names[i], 0);
    unlinkat(at, "a/b", AT_REMOVEDIR);
    unlinkat(at, "a", AT_REMOVEDIR);
    close(at);
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_below_is_opened),
        cmocka_unit_test(links_lead_nowhere),
    };
    return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
