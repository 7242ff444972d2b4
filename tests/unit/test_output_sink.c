// SPDX-License-Identifier: GPL-3.0-or-later
// A file is written whole or not at all, and no failed write goes unnoticed.
#include "test_output.h"

#include <dirent.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char dir[] = "/tmp/memsh-sink-XXXXXX";

static int enter(void **state)
{
    (void)state;
    umask(022);
    signal(SIGPIPE, SIG_IGN);
    return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int leave(void **state)
{
    (void)state;
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return chdir("/") == 0 ? system(command) : -1;
}

static void put(const char *path, const char *content)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(content, file);
    fclose(file);
}

static void assert_content(const char *path, const char *expected)
{
    char text[256];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof text - 1, file);
    text[len] = '\0';
    fclose(file);
    assert_string_equal(text, expected);
}

static unsigned mode_of(const char *path)
{
    struct stat file;
    assert_int_equal(stat(path, &file), 0);
    return file.st_mode & 07777;
}

// How many names there are in the directory, the hidden ones too.
static int names(const char *path)
{
    DIR *stream = opendir(path);
    assert_non_null(stream);
    int count = -2;
    while (readdir(stream))
        count++;
    closedir(stream);
    return count;
}

static struct ms_sink opened(const char *path)
{
    struct ms_sink sink;
    ms_sink_init(&sink);
    assert_int_equal(ms_sink_open_file(&sink, path), 0);
    return sink;
}

static void test_file_appears_whole(void **state)
{
    (void)state;
    struct ms_sink sink = opened("new");
    assert_int_equal(access("new", F_OK), -1);
    assert_true(ms_sink_print(&sink, MS_TEXT("one\n")));
    assert_true(ms_sink_flush(&sink));
    assert_int_equal(access("new", F_OK), -1);
    assert_int_equal(ms_sink_commit(&sink), 0);
    assert_content("new", "one\n");
    assert_int_equal(mode_of("new"), 0644);
    assert_int_equal(names("."), 1);
    assert_int_equal(sink.kind, MS_SINK_CLOSED);
    assert_false(ms_sink_write(&sink, MS_TEXT("late")));
    unlink("new");
}

static void test_old_file_stays(void **state)
{
    (void)state;
    put("old", "before\n");
    chmod("old", 0640);
    struct ms_sink sink = opened("old");
    ms_sink_print(&sink, MS_TEXT("after\n"));
    ms_sink_flush(&sink);
    assert_content("old", "before\n");
    ms_sink_abandon(&sink);
    assert_content("old", "before\n");
    assert_int_equal(names("."), 1);

    sink = opened("old");
    ms_sink_print(&sink, MS_TEXT("after\n"));
    assert_int_equal(ms_sink_commit(&sink), 0);
    assert_content("old", "after\n");
    assert_int_equal(mode_of("old"), 0640);
    unlink("old");
}

static void test_temporary_is_private(void **state)
{
    (void)state;
    struct ms_sink sink = opened("x");
    struct stat file;
    assert_int_equal(fstat(sink.fd, &file), 0);
    assert_int_equal(file.st_mode & 07777, 0600);
    assert_true(file.st_nlink == 0 || memcmp(sink.temp, ".x.", 3) == 0); // where each file must have a name
    ms_sink_abandon(&sink);
    char name[256] = {0};
    memset(name, 'n', 255);
    sink = opened(name);
    assert_int_equal(ms_sink_commit(&sink), 0);
    assert_int_equal(unlink(name), 0);
}

static void test_links(void **state)
{
    (void)state;
    mkdir("sub", 0755);
    put("sub/file", "before\n");
    assert_int_equal(symlink("sub/file", "link"), 0);
    assert_int_equal(symlink("../link", "sub/link"), 0);
    struct ms_sink sink = opened("sub/link");
    ms_sink_print(&sink, MS_TEXT("after\n"));
    assert_int_equal(ms_sink_commit(&sink), 0);
    assert_content("sub/file", "after\n");
    struct stat file;
    assert_int_equal(lstat("link", &file), 0);
    assert_true(S_ISLNK(file.st_mode));
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_int_equal(ms_sink_open_file(&sink, "loop"), ELOOP);
    // A link that leads nowhere yet: the file is made where it leads.
    assert_int_equal(symlink("sub/made", "dangling"), 0);
    sink = opened("dangling");
    assert_int_equal(ms_sink_commit(&sink), 0);
    assert_content("sub/made", "");
    assert_int_equal(system("rm -rf sub link loop dangling"), 0);
}

static void test_planted(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("SKIP: needs root, to be somebody else\n");
        skip();
    }
    mkdir("open", 0777);
    chmod("open", 01777);
    put("precious", "kept\n");
    assert_int_equal(symlink("../precious", "open/link"), 0);
    assert_int_equal(lchown("open/link", 12345, 12345), 0);
    assert_int_equal(mkfifo("open/fifo", 0666), 0);
    assert_int_equal(chown("open/fifo", 12345, 12345), 0);
    put("open/file", "theirs\n");
    chmod("open/file", 0666);
    assert_int_equal(chown("open/file", 12345, 12345), 0);
    struct ms_sink sink;
    ms_sink_init(&sink);
    assert_int_equal(ms_sink_open_file(&sink, "open/link"), EACCES);
    assert_int_equal(ms_sink_open_file(&sink, "open/fifo"), EACCES);
    assert_content("precious", "kept\n");
    // Their file gives way to a new one of ours, which they cannot write.
    sink = opened("open/file");
    assert_int_equal(ms_sink_commit(&sink), 0);
    assert_int_equal(mode_of("open/file"), 0644);
    assert_int_equal(system("rm -rf open precious"), 0);
}

// Somebody makes a directory of that name meanwhile: nothing is left behind.
static void test_target_turns_directory(void **state)
{
    (void)state;
    struct ms_sink sink = opened("x");
    ms_sink_print(&sink, MS_TEXT("x"));
    assert_int_equal(mkdir("x", 0755), 0);
    assert_int_equal(ms_sink_commit(&sink), EISDIR);
    assert_int_equal(names("."), 1);
    assert_int_equal(rmdir("x"), 0);
}

static void test_directory_permissions(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("SKIP: needs root, to be somebody else\n");
        skip();
    }
    mkdir("theirs", 0755);
    mkdir("blind", 0300); // it may be written to, but not read, and so not synchronised
    assert_int_equal(chown("blind", 65534, 65534), 0);
    assert_int_equal(chmod(".", 0755), 0);
    assert_int_equal(seteuid(65534), 0);
    struct ms_sink sink;
    ms_sink_init(&sink);
    assert_int_equal(ms_sink_open_file(&sink, "theirs/x"), EACCES);
    assert_int_equal(ms_sink_open_file(&sink, "blind/x"), 0);
    assert_int_equal(ms_sink_commit(&sink), 0);
    assert_int_equal(seteuid(0), 0);
    assert_content("blind/x", "");
    assert_int_equal(system("rm -rf theirs blind"), 0);
}

static void test_refused_paths(void **state)
{
    (void)state;
    struct ms_sink sink;
    ms_sink_init(&sink);
    assert_int_equal(ms_sink_open_file(&sink, ""), ENOENT);
    assert_int_equal(ms_sink_open_file(&sink, "nowhere/x"), ENOENT);
    assert_int_equal(ms_sink_open_file(&sink, "/tmp"), EISDIR);
    assert_int_equal(ms_sink_open_file(&sink, "/tmp/"), EISDIR);
    assert_int_equal(ms_sink_open_file(&sink, "/proc/version/x"), ENOTDIR);
    assert_int_equal(sink.kind, MS_SINK_CLOSED);
}

static void test_dev_full(void **state)
{
    (void)state;
    struct ms_sink sink = opened("/dev/full");
    assert_int_equal(sink.kind, MS_SINK_FD);
    ms_sink_write(&sink, MS_TEXT("x"));
    assert_int_equal(ms_sink_commit(&sink), ENOSPC);
    int fd = open("/dev/full", O_WRONLY);
    ms_sink_init(&sink);
    ms_sink_open_fd(&sink, fd);
    assert_true(ms_sink_write(&sink, MS_TEXT("x")));
    assert_false(ms_sink_flush(&sink));
    assert_int_equal(sink.error, ENOSPC);
    assert_false(ms_sink_write(&sink, MS_TEXT("y")));
    assert_int_equal(ms_sink_commit(&sink), ENOSPC);
    ms_sink_abandon(&sink);
    close(fd);
}

// On a file system of 64 KiB: wherever it runs full, the old file is there and nothing else.
static void test_no_space(void **state)
{
    (void)state;
    mkdir("small", 0755);
    if (mount("none", "small", "tmpfs", 0, "size=64k") != 0) {
        print_message("SKIP: cannot mount a small file system: %s\n", strerror(errno));
        rmdir("small");
        skip();
    }
    put("small/file", "before\n");
    static char bytes[4096];
    memset(bytes, 'x', sizeof bytes);
    bool failed = false;
    for (int blocks = 1; blocks < 64; blocks += 3) {
        struct ms_sink sink = opened("small/file");
        for (int i = 0; i < blocks; i++)
            ms_sink_write(&sink, (struct ms_text){bytes, sizeof bytes});
        int error = blocks > 14 ? ms_sink_commit(&sink) : (ms_sink_abandon(&sink), 0);
        if (error) {
            failed = true;
            assert_int_equal(error, ENOSPC);
        }
        assert_content("small/file", "before\n");
        assert_int_equal(names("small"), 1);
    }
    assert_true(failed);
    assert_int_equal(umount("small"), 0);
    assert_int_equal(rmdir("small"), 0);
}

// The file may not grow past any number of bytes: the same.
static void test_write_error_anywhere(void **state)
{
    (void)state;
    static char bytes[200000];
    struct rlimit before, limit;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    put("file", "before\n");
    for (size_t most = 0; most < sizeof bytes; most = most * 3 / 2 + 1) {
        limit = (struct rlimit){most, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        struct ms_sink sink = opened("file");
        for (size_t done = 0; done < sizeof bytes; done += 1000)
            ms_sink_write(&sink, (struct ms_text){bytes, 1000});
        int error = ms_sink_commit(&sink);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(error, EFBIG);
        assert_content("file", "before\n");
        assert_int_equal(names("."), 1);
    }
    unlink("file");
}

static void test_pipe(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct ms_sink sink;
    ms_sink_init(&sink);
    ms_sink_open_fd(&sink, ends[1]);
    assert_false(sink.tty);
    // Raw: what the user prints into a pipe is the user's.
    assert_true(ms_sink_print(&sink, MS_TEXT("\x1b\xff\n")));
    char got[8];
    assert_int_equal(read(ends[0], got, sizeof got), 3);
    assert_memory_equal(got, "\x1b\xff\n", 3);
    close(ends[0]);
    assert_false(ms_sink_print(&sink, MS_TEXT("x")));
    assert_int_equal(sink.error, EPIPE);
    ms_sink_abandon(&sink);
    close(ends[1]);
}

static void test_closed_descriptor(void **state)
{
    (void)state;
    int fd = dup(1);
    close(fd);
    struct ms_sink sink;
    ms_sink_init(&sink);
    ms_sink_open_fd(&sink, fd);
    assert_false(ms_sink_print(&sink, MS_TEXT("x")));
    assert_int_equal(sink.error, EBADF);
    ms_sink_abandon(&sink);
}

static void test_named_descriptor(void **state)
{
    (void)state;
    int fd = open("shared", O_RDWR | O_CREAT, 0644);
    assert_int_equal(write(fd, "first\n", 6), 6);
    char name[32];
    snprintf(name, sizeof name, "/dev/fd/%d", fd);
    struct ms_sink sink = opened(name);
    ms_sink_print(&sink, MS_TEXT("second\n"));
    assert_int_equal(ms_sink_commit(&sink), 0);
    assert_int_equal(write(fd, "third\n", 6), 6);
    close(fd);
    assert_content("shared", "first\nsecond\nthird\n");
    unlink("shared");
}

static volatile sig_atomic_t stop;

static void on_signal(int signal)
{
    (void)signal;
}

static void *poke(void *thread)
{
    usleep(50000);
    pthread_kill(*(pthread_t *)thread, SIGUSR1); // not yet up: the write goes on
    usleep(50000);
    stop = 1; // and no signal comes: it came just before the write
    return NULL;
}

// Nobody reads: only the stop flag ends it, and then it is no failure of the descriptor.
static void test_interrupt(void **state)
{
    (void)state;
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGUSR1, &action, NULL);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct ms_sink sink;
    ms_sink_init(&sink);
    sink.stop = &stop;
    ms_sink_open_fd(&sink, ends[1]);
    static char bytes[256 * 1024];
    pthread_t self = pthread_self(), thread;
    assert_int_equal(pthread_create(&thread, NULL, poke, &self), 0);
    assert_false(ms_sink_write(&sink, (struct ms_text){bytes, sizeof bytes}));
    assert_int_equal(sink.error, 0);
    assert_int_equal(sink.buf.len, 0);
    pthread_join(thread, NULL);
    ms_sink_abandon(&sink);
    close(ends[0]);
    close(ends[1]);
}

static void *read_slowly(void *fd)
{
    char bytes[1000];
    size_t total = 0;
    ssize_t len;
    while ((len = read(*(int *)fd, bytes, sizeof bytes)) > 0)
        total += (size_t)len;
    return (void *)total;
}

static void test_nonblocking(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    struct ms_sink sink;
    ms_sink_init(&sink);
    ms_sink_open_fd(&sink, ends[1]);
    static char bytes[512 * 1024];
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, read_slowly, &ends[0]), 0);
    assert_true(ms_sink_write(&sink, (struct ms_text){bytes, sizeof bytes}));
    assert_true(ms_sink_flush(&sink));
    ms_sink_abandon(&sink);
    close(ends[1]);
    void *total;
    pthread_join(thread, &total);
    assert_int_equal((size_t)total, sizeof bytes);
    close(ends[0]);
}

static void test_terminal(void **state)
{
    (void)state;
    int master, slave;
    struct winsize size = {.ws_col = 37, .ws_row = 10};
    assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
    setenv("LC_ALL", "C.UTF-8", 1);
    struct ms_sink sink;
    ms_sink_init(&sink);
    ms_sink_open_fd(&sink, slave);
    assert_true(sink.tty && sink.utf8);
    assert_int_equal(ms_sink_width(&sink), 37);
    assert_true(ms_sink_print(&sink, MS_TEXT("\x1b]0;x\x07\t日\n")));
    expect_on_terminal(master, "\\x1b]0;x\\x07\t日\r\n"); // the \r is the line discipline's
    setenv("LC_ALL", "C", 1);
    struct ms_sink plain;
    ms_sink_init(&plain);
    ms_sink_open_fd(&plain, slave);
    assert_false(plain.utf8);
    assert_true(ms_sink_print(&plain, MS_TEXT("é\n")));
    expect_on_terminal(master, "\\xc3\\xa9\r\n");
    ms_sink_abandon(&sink);
    ms_sink_abandon(&plain);
    close(master);
    close(slave);
}

static void test_width_without_terminal(void **state)
{
    (void)state;
    struct ms_sink sink = memory_sink(false, true);
    setenv("COLUMNS", "123", 1);
    assert_int_equal(ms_sink_width(&sink), 123);
    setenv("COLUMNS", "-5", 1);
    assert_int_equal(ms_sink_width(&sink), 80);
    unsetenv("COLUMNS");
    assert_int_equal(ms_sink_width(&sink), 80);
    ms_sink_abandon(&sink);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_appears_whole),
        cmocka_unit_test(test_old_file_stays),
        cmocka_unit_test(test_temporary_is_private),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_planted),
        cmocka_unit_test(test_target_turns_directory),
        cmocka_unit_test(test_directory_permissions),
        cmocka_unit_test(test_refused_paths),
        cmocka_unit_test(test_dev_full),
        cmocka_unit_test(test_no_space),
        cmocka_unit_test(test_write_error_anywhere),
        cmocka_unit_test(test_pipe),
        cmocka_unit_test(test_closed_descriptor),
        cmocka_unit_test(test_named_descriptor),
        cmocka_unit_test(test_interrupt),
        cmocka_unit_test(test_nonblocking),
        cmocka_unit_test(test_terminal),
        cmocka_unit_test(test_width_without_terminal),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
