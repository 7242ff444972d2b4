// SPDX-License-Identifier: GPL-3.0-or-later
// A root that is a moment of a recording. Its files are kept in pieces of many; what a process lacks there
// was not recorded.
#include "source/private.h"

#include "base/cleanup.h"
#include "recording/database.h"
#include "recording/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static bool is_recording(const char *path)
{
    MS_AUTO_CLOSE const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    return fd >= 0 && ms_is_database(fd);
}

int ms_source_open_recording(struct ms_source *source)
{
    const char *path = source->root_path;
    struct ms_recording *recording;
    if (source->moment)
        return 0;
    if (!is_recording(path))
        return ENOTDIR;
    int error = ms_recording_open(path, &recording);
    if (error)
        return error;
    error = ms_moment_open(recording, 0, &source->moment);
    ms_recording_release(recording);
    return error;
}

int ms_source_read_recorded(struct ms_source *source, const char *path, size_t max, struct ms_buf *out)
{
    struct ms_found found = {0};
    int error = ms_moment_find(source->moment, path, &found);
    const size_t len = max && max < found.text.len ? max : found.text.len;
    if (!error && !ms_buf_add(out, found.text.data, len))
        error = ENOMEM;
    ms_found_release(&found);
    return error;
}

bool ms_source_is_at_hand(struct ms_source *source, const char *path)
{
    return ms_moment_is_at_hand(source->moment, path);
}

struct ms_moment *ms_source_moment(const struct ms_source *source)
{
    return source->moment;
}

const char *ms_source_problem(int error)
{
    const char *problem =
        error == ENODEV    ? "no proc filesystem is mounted there"
        : error == ENOTDIR ? "neither a saved /proc, nor a recording, nor a saved maps, smaps or smaps_rollup"
                           : ms_recording_problem(error);
    return problem ? problem : strerror(error);
}

// Whoever records a process records of its stat at least why it could not be read.
bool ms_source_has_recorded(const struct ms_source *source, pid_t pid)
{
    char path[32];
    struct ms_found found = {0};
    snprintf(path, sizeof path, "%d/stat", (int)pid);
    const int error = ms_moment_find(source->moment, path, &found);
    ms_found_release(&found);
    return error != ENOMEDIUM;
}

void ms_source_set_tap(struct ms_source *source, ms_source_tap *tap, void *ctx)
{
    source->tap = tap;
    source->tap_ctx = ctx;
}

int ms_source_tapped(struct ms_source *source, const char *path, const struct ms_buf *text, size_t start,
                     int error)
{
    if (source->tap)
        source->tap(source->tap_ctx, path, ms_buf_part(text, start, error ? 0 : text->len - start), error);
    return error;
}

static int copy_to(int fd, struct ms_text text)
{
    while (text.len) {
        const ssize_t written = write(fd, text.data, text.len);
        if (written < 0)
            return errno;
        text = ms_text_skip(text, (size_t)written);
    }
    return lseek(fd, 0, SEEK_SET) < 0 ? errno : 0;
}

int ms_source_open_recorded(const struct ms_source *source, const char *path)
{
    struct ms_found found = {0};
    int error = ms_moment_find(source->moment, path, &found);
    const int fd = error ? -1 : memfd_create("memsh", MFD_CLOEXEC);
    if (!error)
        error = fd < 0 ? errno : copy_to(fd, found.text);
    ms_found_release(&found);
    if (error && fd >= 0)
        close(fd);
    return error ? -error : fd;
}

// ---- directories

struct names {
    struct ms_buf *out;
    size_t first, last; // where the entries begin, and the last one
};

static bool is_listed(const struct names *names, struct ms_text name)
{
    struct ms_entry entry;
    if (names->out->len == names->first)
        return false;
    struct ms_text rest = ms_text_skip(ms_buf_text(names->out), names->last);
    // Files of one directory mostly follow one another.
    bool listed = ms_source_next_entry(&rest, &entry) && ms_text_eq(ms_text_of(entry.name), name);
    rest = ms_text_skip(ms_buf_text(names->out), names->first);
    while (!listed && ms_source_next_entry(&rest, &entry))
        listed = ms_text_eq(ms_text_of(entry.name), name);
    return listed;
}

static bool add_name(void *ctx, struct ms_text name, bool is_directory)
{
    struct names *names = ctx;
    if (is_listed(names, name))
        return true;
    names->last = names->out->len;
    return ms_buf_addc(names->out, is_directory ? MS_ENTRY_FOLDER : MS_ENTRY_FILE) &&
           ms_buf_add(names->out, name.data, name.len) && ms_buf_addc(names->out, '\0');
}

// Of a process the numbers of threads alone are listed.
static int list_threads(struct ms_text threads, struct names *names)
{
    while (threads.len)
        if (!add_name(names, ms_text_until(&threads, '\n'), true))
            return ENOMEM;
    return 0;
}

int ms_source_list_recorded(struct ms_source *source, const char *path, struct ms_buf *out)
{
    struct names names = {out, out->len, out->len};
    struct ms_found found = {0};
    int error = ms_moment_find(source->moment, path, &found);
    error = error ? ms_moment_list(source->moment, path, add_name, &names) : list_threads(found.text, &names);
    ms_found_release(&found);
    return out->failed ? ENOMEM : error;
}

int ms_source_look_recorded(struct ms_source *source, const char *path)
{
    return ms_moment_has(source->moment, path) ? 0 : ENOENT;
}
