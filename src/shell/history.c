// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/history.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "confine/confine.h"
#include "shell/stderr.h"
#include "shell/user_dir.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <readline/history.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { LOAD_MAX = 1 << 20 }; // bytes from the end of the file

static bool is_stamp(const char *line)
{
    return line[0] == '#' && isdigit((unsigned char)line[1]);
}

// Makes `path`, which is absolute, and what is missing above it. Returns 0 or errno.
static int make_directory(char *path)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return 0;
    char *slash = strrchr(path, '/');
    if (errno != ENOENT || slash == path)
        return errno;
    *slash = '\0';
    const int failed = make_directory(path);
    *slash = '/';
    return failed ? failed : mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : errno;
}

// An fd for reading and appending, or -1 with errno set.
static int open_file(const char *directory)
{
    struct stat info;
    MS_AUTO_CLOSE int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return -1;
    int fd = openat(dir, "history", O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == geteuid() && info.st_nlink == 1 &&
        fchmod(fd, 0600) == 0)
        return fd;
    close(fd);
    errno = EPERM;
    return -1;
}

// Appends the end of the file, from the first whole entry on.
static void read_tail(int fd, struct ms_buf *out)
{
    off_t size = lseek(fd, 0, SEEK_END);
    off_t from = size > LOAD_MAX ? size - LOAD_MAX : 0;
    if (size <= 0 || !ms_buf_reserve(out, (size_t)(size - from) + 1))
        return;
    ssize_t len = pread(fd, out->data, (size_t)(size - from), from);
    out->len = len > 0 ? (size_t)len : 0;
    out->data[out->len] = '\0';
}

// Takes the lines up to the next stamp as one entry.
static char *load_entry(char *line)
{
    char *end = line;
    while ((end = strchr(end, '\n')) && !is_stamp(end + 1) && end[1])
        end++;
    if (end)
        *end++ = '\0';
    if (*line)
        add_history(line);
    return end;
}

static void load(int fd)
{
    struct ms_buf text;
    ms_buf_init(&text);
    read_tail(fd, &text);
    char *line = text.len ? text.data : NULL;
    while (line && *line) {
        char *end = strchr(line, '\n');
        char *next = end ? end + 1 : NULL;
        line = next && is_stamp(line) ? load_entry(next) : next;
    }
    ms_buf_deinit(&text);
}

void ms_history_open(struct ms_history *history)
{
    using_history();
    history->fd = -1;
    if (ms_confine_is_on()) // a file to be written, and one of a home directory
        return;
    MS_AUTO_FREE char *directory = ms_user_dir("XDG_STATE_HOME", ".local/state", "memsh");
    if (!directory) {
        ms_stderr_print("history is not kept: there is no home directory of your own");
        return;
    }
    int error = make_directory(directory);
    history->fd = error ? -1 : open_file(directory);
    if (history->fd < 0)
        ms_stderr_print("history is not kept: %s/history: %s", directory, strerror(error ? error : errno));
    else
        load(history->fd);
}

void ms_history_close(struct ms_history *history)
{
    if (history->fd >= 0)
        close(history->fd);
    history->fd = -1;
}

// No line of the entry may look like a stamp: a blank before it changes nothing for Lua.
static void add_lines(struct ms_buf *out, const char *entry)
{
    for (const char *line = entry; line;) {
        const char *end = strchr(line, '\n');
        if (is_stamp(line))
            ms_buf_addc(out, ' ');
        ms_buf_add(out, line, end ? (size_t)(end - line) : strlen(line));
        ms_buf_addc(out, '\n');
        line = end ? end + 1 : NULL;
    }
}

// 0 or an errno.
static int write_all(int fd, struct ms_text text)
{
    while (text.len) {
        const ssize_t written = write(fd, text.data, text.len);
        if (written < 0 && errno != EINTR)
            return errno;
        text.data += written > 0 ? written : 0;
        text.len -= written > 0 ? (size_t)written : 0;
    }
    return 0;
}

static void append(struct ms_history *history, const char *entry)
{
    struct ms_buf out;
    ms_buf_init(&out);
    ms_buf_addf(&out, "#%lld\n", (long long)time(NULL));
    add_lines(&out, entry);
    const int error = out.failed ? 0 : write_all(history->fd, ms_buf_text(&out));
    if (error) {
        ms_stderr_print("history is not kept any more: %s", strerror(error));
        ms_history_close(history);
    }
    ms_buf_deinit(&out);
}

void ms_history_add(struct ms_history *history, const char *entry)
{
    const HIST_ENTRY *last = history_length > 0 ? history_get(history_base + history_length - 1) : NULL;
    if (!*entry || isblank((unsigned char)*entry) || (last && strcmp(last->line, entry) == 0))
        return;
    add_history(entry);
    if (history->fd >= 0)
        append(history, entry);
}
