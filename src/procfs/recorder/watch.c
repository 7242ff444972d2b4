// SPDX-License-Identifier: GPL-3.0-or-later
#include "recorder/recorder.h"
#include "source/private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

// Windows that are multiples of 2 s need no privilege (since Linux 6.1).
enum { WINDOW_US = 2000000 };

struct ms_recorder_watch {
    int signals;
    int pressure; // -1: not watched
};

static int open_pressure(struct ms_source *source, double percent)
{
    char text[64];
    const int fd = openat(source->root, "pressure/memory", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    const int len = snprintf(text, sizeof text, "some %d %d", (int)(percent / 100 * WINDOW_US), WINDOW_US);
    if (fd >= 0 && write(fd, text, (size_t)len + 1) > 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

struct ms_recorder_watch *ms_recorder_watch_create(struct ms_source *source, double percent, bool *watched)
{
    struct ms_recorder_watch *watch = calloc(1, sizeof *watch);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    if (!watch)
        return NULL;
    watch->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (watch->signals < 0) {
        free(watch);
        return NULL;
    }
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    watch->pressure = percent > 0 ? open_pressure(source, percent) : -1;
    *watched = watch->pressure >= 0;
    return watch;
}

void ms_recorder_watch_destroy(struct ms_recorder_watch *watch)
{
    if (!watch)
        return;
    if (watch->pressure >= 0)
        close(watch->pressure);
    close(watch->signals);
    free(watch);
}

static enum ms_recorder_event take_signal(const struct ms_recorder_watch *watch)
{
    struct signalfd_siginfo info;
    if (read(watch->signals, &info, sizeof info) != (ssize_t)sizeof info)
        return MS_EVENT_TIME;
    return info.ssi_signo == SIGHUP ? MS_EVENT_REOPEN : MS_EVENT_END;
}

enum ms_recorder_event ms_recorder_wait(struct ms_recorder_watch *watch, double seconds)
{
    struct pollfd fds[] = {{.fd = watch->signals, .events = POLLIN},
                           {.fd = watch->pressure, .events = POLLPRI}};
    const int timeout = seconds > 0 ? (int)(seconds * 1000) + 1 : 0;
    const int got = poll(fds, 2, timeout);
    if (got > 0 && fds[0].revents)
        return take_signal(watch);
    if (got > 0 && fds[1].revents & POLLERR) { // nobody makes it any more
        close(watch->pressure);
        watch->pressure = -1;
    } else if (got > 0 && fds[1].revents & POLLPRI) {
        return MS_EVENT_PRESSURE;
    }
    return MS_EVENT_TIME;
}
