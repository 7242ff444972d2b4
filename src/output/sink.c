// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/sink.h"

#include "output/escape.h"
#include "output/progress.h"
#include "output/sink_deputy.h"
#include "output/sink_file.h"
#include "output/utf8.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BLOCK = 64 * 1024,
    LOOK_UP = 50, // milliseconds between looks at the stop flag
};

void ms_sink_init(struct ms_sink *sink)
{
    *sink = (struct ms_sink){.kind = MS_SINK_CLOSED, .utf8 = true, .fd = -1, .dir = -1};
}

static void look_at_descriptor(struct ms_sink *sink)
{
    struct stat file;
    sink->waits = sink->stop && !(fstat(sink->fd, &file) == 0 && S_ISREG(file.st_mode));
    sink->tty = isatty(sink->fd) == 1;
    sink->utf8 = !sink->tty || ms_utf8_environment();
}

void ms_sink_open_fd(struct ms_sink *sink, int fd)
{
    sink->kind = MS_SINK_FD;
    sink->fd = fd;
    look_at_descriptor(sink);
}

void ms_sink_open_memory(struct ms_sink *sink)
{
    sink->kind = MS_SINK_MEMORY;
}

// What ms_sink_reserve() opened, until it is asked for.
static struct {
    const char *path;
    struct ms_sink sink;
    int error;
} reserved;
static bool sealed;

void ms_sink_reserve(const char *path)
{
    ms_sink_init(&reserved.sink);
    reserved.path = path;
    reserved.error = ms_sink_file_open(&reserved.sink, path);
    if (!reserved.error && reserved.sink.kind == MS_SINK_FILE)
        reserved.error = ms_sink_deputy_start(&reserved.sink);
}

void ms_sink_seal(void)
{
    sealed = true;
}

bool ms_sink_is_sealed(void)
{
    return sealed;
}

static int take_reserved(struct ms_sink *out, const char *path)
{
    if (!reserved.path || strcmp(path, reserved.path) != 0)
        return EPERM;
    const volatile sig_atomic_t *const stop = out->stop;
    reserved.path = NULL;
    if (!reserved.error) {
        *out = reserved.sink;
        out->stop = stop;
    }
    return reserved.error;
}

int ms_sink_open_file(struct ms_sink *sink, const char *path)
{
    struct ms_sink made;
    ms_sink_init(&made);
    made.stop = sink->stop;
    int error = sealed ? take_reserved(&made, path) : ms_sink_file_open(&made, path);
    if (error)
        return error;
    if (made.kind == MS_SINK_FD)
        look_at_descriptor(&made);
    *sink = made;
    return 0;
}

static bool fail(struct ms_sink *sink, int error)
{
    if (!sink->error)
        sink->error = error;
    if (sink->kind != MS_SINK_MEMORY)
        ms_buf_clear(&sink->buf);
    return false;
}

static bool stopped(const struct ms_sink *sink)
{
    return sink->stop && *sink->stop;
}

// Waits until the descriptor takes something. Not in write(): a signal that comes just before it blocks would
// not end it. False if the stop flag is up and there is no room.
static bool wait_for_room(const struct ms_sink *sink)
{
    struct pollfd wait = {.fd = sink->fd, .events = POLLOUT};
    for (;;) {
        int ready = poll(&wait, 1, LOOK_UP);
        if (ready > 0 || (ready < 0 && errno != EINTR))
            return true;
        if (stopped(sink))
            return false;
    }
}

// A pipe that has any room has room for PIPE_BUF bytes; a regular file takes anything.
static ssize_t write_some(const struct ms_sink *sink, const char *bytes, size_t len)
{
    return write(sink->fd, bytes, sink->waits && len > PIPE_BUF ? PIPE_BUF : len);
}

static bool interrupted(struct ms_sink *sink)
{
    if (sink->kind == MS_SINK_FILE)
        return fail(sink, EINTR);
    ms_buf_clear(&sink->buf);
    return false;
}

static bool write_all(struct ms_sink *sink, const char *bytes, size_t len)
{
    while (len > 0) {
        if (sink->waits && !wait_for_room(sink))
            return interrupted(sink);
        ssize_t done = write_some(sink, bytes, len);
        if (done >= 0) {
            bytes += done;
            len -= (size_t)done;
            continue;
        }
        int error = errno;
        if (error != EINTR && error != EAGAIN)
            return fail(sink, error);
        if (stopped(sink) || (error == EAGAIN && !wait_for_room(sink)))
            return interrupted(sink);
    }
    return true;
}

bool ms_sink_flush(struct ms_sink *sink)
{
    if (sink->kind == MS_SINK_CLOSED)
        return fail(sink, EBADF);
    if (sink->error)
        return false;
    if (sink->kind == MS_SINK_MEMORY || sink->held || sink->buf.len == 0)
        return true;
    if (sink->tty)
        ms_progress_clear();
    // io.write() of a script has a buffer of its own, that of stdout, and what is in it came before.
    if (sink->fd == STDOUT_FILENO)
        fflush(stdout);
    bool done = write_all(sink, sink->buf.data, sink->buf.len);
    ms_buf_clear(&sink->buf);
    return done;
}

bool ms_sink_write(struct ms_sink *sink, struct ms_text bytes)
{
    if (sink->kind == MS_SINK_CLOSED)
        return fail(sink, EBADF);
    if (sink->error)
        return false;
    if (!ms_buf_add(&sink->buf, bytes.data, bytes.len))
        return fail(sink, ENOMEM);
    if (sink->kind != MS_SINK_MEMORY && sink->buf.len >= BLOCK)
        return ms_sink_flush(sink);
    return true;
}

bool ms_sink_print(struct ms_sink *sink, struct ms_text text)
{
    if (sink->kind == MS_SINK_CLOSED || sink->error)
        return ms_sink_write(sink, text);
    if (sink->tty) {
        unsigned ascii = sink->utf8 ? 0 : MS_ESCAPE_ASCII;
        if (!ms_escape(&sink->buf, text, MS_ESCAPE_PRINT | ascii))
            return fail(sink, ENOMEM);
    } else if (!ms_sink_write(sink, text)) {
        return false;
    }
    return sink->kind != MS_SINK_FD || ms_sink_flush(sink);
}

int ms_sink_commit(struct ms_sink *sink)
{
    sink->held = false;
    ms_sink_flush(sink);
    int error = sink->error;
    if (sink->kind == MS_SINK_FILE) {
        if (!error)
            error = sink->deputy ? ms_sink_deputy_finish(sink) : ms_sink_file_finish(sink);
        ms_sink_abandon(sink);
    } else if (sink->kind == MS_SINK_FD && sink->owned) {
        if (close(sink->fd) != 0 && !error)
            error = errno;
        sink->owned = false;
        ms_sink_abandon(sink);
    }
    return error;
}

void ms_sink_abandon(struct ms_sink *sink)
{
    if (sink->kind == MS_SINK_FILE)
        (sink->deputy ? ms_sink_deputy_drop : ms_sink_file_drop)(sink);
    else if (sink->owned)
        close(sink->fd);
    ms_buf_deinit(&sink->buf);
    struct ms_sink closed;
    ms_sink_init(&closed);
    closed.error = sink->error;
    closed.stop = sink->stop;
    *sink = closed;
}

void ms_sink_say_no_memory(void)
{
    static const char text[] = "memsh: not enough memory\n";
    const ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
    (void)written;
}

static unsigned environment_size(const char *name, unsigned usual)
{
    const char *text = getenv(name);
    uint64_t size;
    if (text && ms_text_u64(ms_text_of(text), &size) && size > 0 && size <= 10000)
        return (unsigned)size;
    return usual;
}

// The size that the terminal reports; zeros if there is no terminal.
static struct winsize window(const struct ms_sink *sink)
{
    struct winsize size = {0};
    if (sink->fd >= 0)
        ioctl(sink->fd, TIOCGWINSZ, &size);
    return size;
}

unsigned ms_sink_width(const struct ms_sink *sink)
{
    unsigned columns = window(sink).ws_col;
    return columns > 0 ? columns : environment_size("COLUMNS", 80);
}

unsigned ms_sink_height(const struct ms_sink *sink)
{
    unsigned lines = window(sink).ws_row;
    return lines > 0 ? lines : environment_size("LINES", 24);
}
