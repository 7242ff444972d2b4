// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/sink_deputy.h"

#include "output/sink_file.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void close_between(int first, int last)
{
    if (first <= last)
        syscall(SYS_close_range, (unsigned)first, (unsigned)last, 0);
}

static int compare(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

// Closes everything else: a pipe that memsh writes to has to end with memsh, a lock as well.
static void keep_only(int a, int b, int c)
{
    int kept[] = {a, b, c};
    enum { COUNT = sizeof kept / sizeof *kept };
    qsort(kept, COUNT, sizeof *kept, compare);
    close_between(0, kept[0] - 1);
    for (int i = 0; i + 1 < COUNT; i++)
        close_between(kept[i] + 1, kept[i + 1] - 1);
    close_between(kept[COUNT - 1] + 1, INT_MAX);
}

// No signal ends it: what ends memsh ends the connection.
static _Noreturn void serve(struct ms_sink *sink, int connection)
{
    sigset_t all;
    char order;
    ssize_t got;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    keep_only(sink->fd, sink->dir, connection);
    do
        got = read(connection, &order, 1);
    while (got < 0 && errno == EINTR);
    const int error = got == 1 ? ms_sink_file_finish(sink) : 0;
    ms_sink_file_drop(sink);
    _exit(send(connection, &error, sizeof error, MSG_NOSIGNAL) == sizeof error ? EXIT_SUCCESS : EXIT_FAILURE);
}

int ms_sink_deputy_start(struct ms_sink *sink)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return errno;
    const pid_t pid = fork();
    if (pid == 0)
        serve(sink, ends[1]);
    const int error = errno;
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return error;
    }
    ms_sink_file_hand_over(sink);
    sink->deputy = pid;
    sink->connection = ends[0];
    return 0;
}

int ms_sink_deputy_finish(struct ms_sink *sink)
{
    static const char order = 'p';
    int error = EIO;
    ssize_t got = send(sink->connection, &order, 1, MSG_NOSIGNAL);
    if (got != 1)
        return errno;
    do
        got = read(sink->connection, &error, sizeof error);
    while (got < 0 && errno == EINTR);
    return got == sizeof error ? error : EIO;
}

void ms_sink_deputy_drop(struct ms_sink *sink)
{
    close(sink->fd);
    close(sink->connection);
    while (waitpid(sink->deputy, NULL, 0) < 0 && errno == EINTR)
        continue;
}
