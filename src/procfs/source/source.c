// SPDX-License-Identifier: GPL-3.0-or-later
#include "source/private.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/open_no_links.h"
#include "pool/pool.h"
#include "recording/recording.h"
#include "source/page_files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    READ_SIZE = 64 * 1024,
    WHOLE_FILE_MAX = 64 * 1024 * 1024, // far above any file but the streamed ones
    SAVED_FILE_MAX = 1 << 30,          // some million mappings in smaps
    PATH_SIZE = 96,
    LABELS_MAX = 1000,
};

const char *ms_source_root(const struct ms_source *source)
{
    return source->root_path;
}

bool ms_source_is_live(const struct ms_source *source)
{
    return source->live;
}

void ms_source_set_stop(struct ms_source *source, const volatile sig_atomic_t *stop)
{
    source->stop = stop;
}

bool ms_source_stopped(const struct ms_source *source)
{
    return source->stop && *source->stop;
}

bool ms_source_target_stopped(const struct ms_source *source, struct ms_target target)
{
    return target.heartbeat ? ms_heartbeat_stopped(target.heartbeat) : ms_source_stopped(source);
}

void ms_source_set_hooks(struct ms_source *source, struct ms_source_hooks hooks)
{
    source->hooks = hooks;
}

int ms_source_refusal(struct ms_source *source, const char *path)
{
    int error = source->fault_count ? ms_source_fault(source, path) : 0;
    if (!error && source->hooks.open)
        error = source->hooks.open(source->hooks.ctx, path);
    return error;
}

static int open_folder(struct ms_source *source, const char *path, size_t max, struct ms_buf *out)
{
    (void)max;
    (void)out;
    MS_AUTO_CLOSE int fd = openat(source->root, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 ? 0 : errno;
}

static int look_for_folder(struct ms_source *source, const char *path)
{
    MS_AUTO_BUF none = {0};
    return ms_source_patiently(source, open_folder, path, 0, &none);
}

int ms_source_open_process(struct ms_source *source, pid_t pid)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%d", (int)pid);
    int error = ms_source_refusal(source, path);
    if (error)
        return -error;
    if (source->live) {
        const int fd = openat(source->root, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        return fd >= 0 ? fd : -errno;
    }
    // Paths in a saved root are looked up from the root: nothing in it is given to another process.
    error = source->moment            ? ms_source_has_recorded(source, pid) ? 0 : ENOENT
            : !source->lone           ? look_for_folder(source, path)
            : pid == source->lone_pid ? 0
                                      : ENOENT;
    const int fd = error ? -1 : fcntl(source->root, F_DUPFD_CLOEXEC, 0);
    return error ? -error : fd >= 0 ? fd : -errno;
}

static char *put_number(char *at, pid_t number)
{
    char digits[16];
    int count = 0;
    for (; number > 0; number /= 10)
        digits[count++] = (char)('0' + number % 10);
    while (count)
        *at++ = digits[--count];
    return at;
}

// Without snprintf, which takes a twentieth of what reading one small file costs beside the kernel.
static void target_path(struct ms_target target, enum ms_file file, char path[PATH_SIZE])
{
    char *at = path;
    if (target.pid)
        at = stpcpy(put_number(at, target.pid), "/");
    if (target.thread)
        at = stpcpy(put_number(stpcpy(at, "task/"), target.thread), "/");
    strcpy(at, ms_file_table[file].path);
}

// What follows the process id in its path.
static const char *below_process(const char *path)
{
    return strchr(path, '/') + 1;
}

// A saved root is somebody's folder: nothing in it leads out of it. -1 sets errno.
static int open_beneath(int at, const char *path, int flags, uint64_t resolve)
{
    const struct open_how how = {.flags = (unsigned)flags, .resolve = RESOLVE_BENEATH | resolve};
    const int fd = (int)syscall(SYS_openat2, at, path, &how, sizeof how);
    if (fd < 0 && (errno == ENOSYS || errno == EPERM)) // before Linux 5.6, or a sandbox
        return ms_open_no_links(at, path, flags);
    return fd;
}

DIR *ms_source_open_dir(const struct ms_source *source, int at, const char *path)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    const int fd =
        source->live ? openat(at, path, flags) : open_beneath(at, path, flags, RESOLVE_NO_SYMLINKS);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir && fd >= 0)
        close(fd);
    return dir;
}

static int check_saved(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return ENXIO; // what opening a socket gives
    return st.st_size > SAVED_FILE_MAX ? EFBIG : 0;
}

int ms_source_opened_saved(int fd)
{
    if (fd < 0)
        return -errno;
    const int error = check_saved(fd);
    if (!error)
        return fd;
    close(fd);
    return -error;
}

// Nothing in a saved root makes memsh wait either, and only plain files are read. An fd or a negative errno.
static int open_saved(const struct ms_source *source, const char *path)
{
    const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
    return ms_source_opened_saved(open_beneath(source->root, path, flags, RESOLVE_NO_MAGICLINKS));
}

int ms_source_open_path(const struct ms_source *source, const char *path)
{
    if (source->lone)
        return ms_source_open_in_lone(source, path);
    if (source->moment)
        return ms_source_open_recorded(source, path);
    if (!source->live)
        return open_saved(source, path);
    int fd = openat(source->root, path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 ? fd : -errno;
}

// The path of the target's file, after errors and hooks let it pass. 0 or an errno.
static int begin_file(struct ms_source *source, struct ms_target target, enum ms_file file,
                      char path[PATH_SIZE])
{
    target_path(target, file, path);
    ms_source_count(source, file);
    ms_heartbeat_begin(target.heartbeat, (int)file);
    return ms_source_refusal(source, path);
}

static int open_below(const struct ms_source *source, struct ms_target target, const char *path)
{
    if (target.dir < 0 || !source->live)
        return ms_source_open_path(source, path);
    int fd = openat(target.dir, below_process(path), O_RDONLY | O_CLOEXEC);
    return fd >= 0 ? fd : -errno;
}

// An open fd of the target's file, or a negative errno.
static int open_target(struct ms_source *source, struct ms_target target, enum ms_file file)
{
    char path[PATH_SIZE];
    const int error = begin_file(source, target, file, path);
    return error ? -error : open_below(source, target, path);
}

static ssize_t read_some(struct ms_source *source, struct ms_target target, int fd, char *bytes, size_t len)
{
    for (;;) {
        if (ms_heartbeat_stopped(target.heartbeat))
            return -EINTR;
        ssize_t got =
            source->hooks.read ? source->hooks.read(source->hooks.ctx, fd, bytes, len) : read(fd, bytes, len);
        ms_heartbeat_step(target.heartbeat);
        if (got >= 0)
            return got;
        if (errno != EINTR || ms_source_target_stopped(source, target))
            return -errno;
    }
}

// The kernel's page after all mappings, on x86-64, is listed while the address space is still there.
static bool shows_the_end(struct ms_text last)
{
    enum { PARAGRAPH = 2048 };
    const struct ms_text vsyscall = MS_TEXT("\nffffffffff600000-");
    const size_t len = last.len < PARAGRAPH ? last.len : PARAGRAPH;
    return memmem(last.data + last.len - len, len, vsyscall.data, vsyscall.len) != NULL;
}

// What is listed of an address space that ends meanwhile, as a process does or executes a program, ends
// early, and nothing in it shows that. Afterwards the same file is empty from its beginning on.
static int look_at_the_beginning(struct ms_source *source, struct ms_target target, int fd)
{
    char byte;
    if (lseek(fd, 0, SEEK_SET) < 0)
        return errno;
    const ssize_t got = read_some(source, target, fd, &byte, 1);
    return got < 0 ? (int)-got : got == 0 ? ESRCH : 0;
}

static int stream(struct ms_source *source, struct ms_target target, enum ms_file file, ms_take *take,
                  void *ctx)
{
    MS_AUTO_CLOSE int fd = open_target(source, target, file);
    MS_AUTO_FREE char *bytes = fd >= 0 ? malloc(READ_SIZE) : NULL;
    if (!bytes)
        return fd < 0 ? -fd : ENOMEM;
    bool wanted = true;
    for (size_t last = 0;;) {
        // What one read gives is looked at before the next one: it is in the first cache still. The kernel
        // gives at most a page of a listing at once, of whole paragraphs.
        const ssize_t got = read_some(source, target, fd, bytes, READ_SIZE);
        if (got < 0)
            return (int)-got;
        if (got == 0) {
            const bool in_doubt = last && target.to_the_end && !shows_the_end((struct ms_text){bytes, last});
            return in_doubt ? look_at_the_beginning(source, target, fd) : 0;
        }
        if (wanted)
            wanted = take(ctx, bytes, (size_t)got);
        last = (size_t)got;
        if (ms_source_target_stopped(source, target))
            return EINTR;
    }
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void spend_since(struct ms_source *source, enum ms_file file, uint64_t start)
{
    atomic_fetch_add_explicit(&source->spent_ns[file], now_ns() - start, memory_order_relaxed);
}

// Gives what is at hand, with a look now and then whether to go on.
static int stream_recorded(struct ms_source *source, struct ms_target target, enum ms_file file,
                           ms_take *take, void *ctx)
{
    char path[PATH_SIZE];
    struct ms_found found = {0};
    int error = begin_file(source, target, file, path);
    if (!error)
        error = ms_moment_find(source->moment, path, &found);
    for (struct ms_text rest = found.text; !error && rest.len;) {
        const size_t len = rest.len < READ_SIZE ? rest.len : READ_SIZE;
        ms_heartbeat_step(target.heartbeat);
        if (!take(ctx, rest.data, len))
            break;
        rest = ms_text_skip(rest, len);
        error = ms_source_target_stopped(source, target) ? EINTR : 0;
    }
    ms_found_release(&found);
    return error;
}

int ms_source_stream(struct ms_source *source, struct ms_target target, enum ms_file file, ms_take *take,
                     void *ctx)
{
    const uint64_t start = now_ns();
    const int error = source->moment ? stream_recorded(source, target, file, take, ctx)
                                     : stream(source, target, file, take, ctx);
    spend_since(source, file, start);
    return error;
}

// `whole`: less than there was room for is all that there is.
static int read_rest(struct ms_source *source, struct ms_target target, int fd, bool whole,
                     struct ms_buf *out)
{
    const size_t start = out->len;
    for (;;) {
        if (!ms_buf_reserve(out, 4096))
            return ENOMEM;
        const size_t room = out->cap - out->len;
        ssize_t got = read_some(source, target, fd, out->data + out->len, room);
        if (got <= 0)
            return (int)-got;
        out->len += (size_t)got;
        if (whole && (size_t)got < room)
            return 0;
        if (out->len - start > WHOLE_FILE_MAX)
            return EFBIG;
    }
}

static int slurp_here(struct ms_source *source, const char *path, size_t max, struct ms_buf *out)
{
    const struct ms_target target = {.dir = -1, .heartbeat = ms_pool_heartbeat()};
    if (source->moment)
        return ms_source_read_recorded(source, path, max, out);
    MS_AUTO_CLOSE int fd = ms_source_open_path(source, path);
    if (fd < 0 || !max)
        return fd < 0 ? -fd : read_rest(source, target, fd, false, out);
    if (!ms_buf_reserve(out, max))
        return ENOMEM;
    const ssize_t got = ms_source_read_at(source, target, fd, out->data + out->len, max, 0);
    out->len += got > 0 ? (size_t)got : 0;
    return got < 0 ? (int)-got : 0;
}

static int read_link_at(int at, const char *path, struct ms_buf *out)
{
    if (!ms_buf_reserve(out, 2 * 4096))
        return ENOMEM;
    const ssize_t got = readlinkat(at, path, out->data + out->len, out->cap - out->len);
    out->len += got > 0 ? (size_t)got : 0;
    return got >= 0 ? 0 : errno;
}

// A saved link may be one as it was, or a file that holds the path.
static int read_saved_link(struct ms_source *source, const char *path, size_t max, struct ms_buf *out)
{
    if (source->moment)
        return slurp_here(source, path, max, out);
    const int error = read_link_at(source->root, path, out);
    return error == EINVAL ? slurp_here(source, path, max, out) : error;
}

// Where a link points.
static int read_link_file(struct ms_source *source, struct ms_target target, enum ms_file file,
                          struct ms_buf *out)
{
    char path[PATH_SIZE];
    const int error = begin_file(source, target, file, path);
    if (error || source->lone)
        return error ? error : ENOENT;
    if (!source->live)
        return ms_source_patiently(source, read_saved_link, path, 0, out);
    const bool below = target.dir >= 0;
    return read_link_at(below ? target.dir : source->root, below ? below_process(path) : path, out);
}

// A file of a saved root, for a reader without a heartbeat.
static int read_saved(struct ms_source *source, struct ms_target target, enum ms_file file,
                      struct ms_buf *out)
{
    char path[PATH_SIZE];
    const int error = begin_file(source, target, file, path);
    return error ? error : ms_source_slurp(source, path, out);
}

int ms_source_read_below(struct ms_source *source, struct ms_target target, const char *path,
                         struct ms_buf *out)
{
    if (!source->live)
        return ms_source_slurp(source, path, out);
    MS_AUTO_CLOSE int fd = open_below(source, target, path);
    return fd < 0 ? -fd : read_rest(source, target, fd, false, out);
}

static int read_graphics(struct ms_source *source, struct ms_target target, enum ms_file file,
                         struct ms_buf *out)
{
    char path[PATH_SIZE];
    const int error = begin_file(source, target, file, path);
    return error ? error : ms_source_read_graphics(source, target, out);
}

static int read_recorded(struct ms_source *source, struct ms_target target, enum ms_file file,
                         struct ms_buf *out)
{
    char path[PATH_SIZE];
    const int error = begin_file(source, target, file, path);
    return error ? error : ms_source_read_recorded(source, path, 0, out);
}

static bool may_keep(const struct ms_source *source, struct ms_target target, enum ms_file file)
{
    const unsigned traits = ms_file_table[file].traits;
    return source->kept && target.dir < 0 && target.pid && !target.thread && !source->hooks.read &&
           traits & MS_ONE_READ && !(traits & MS_LOCKS);
}

// Reads what is kept open. False where it has to be opened anew: the process has ended, or the file is long.
static bool read_again(struct ms_source *source, struct ms_target target, enum ms_file file,
                       struct ms_buf *out)
{
    const int fd = ms_buf_reserve(out, 4096) ? ms_kept_take(source->kept, target.pid, file) : -1;
    if (fd < 0)
        return false;
    const size_t room = out->cap - out->len;
    const ssize_t got = pread(fd, out->data + out->len, room, 0);
    const bool done = got > 0 && (size_t)got < room;
    ms_heartbeat_step(target.heartbeat);
    ms_kept_give_back(source->kept, target.pid, file, done);
    out->len += done ? (size_t)got : 0;
    return done;
}

static int read_kept(struct ms_source *source, struct ms_target target, enum ms_file file, struct ms_buf *out)
{
    char path[PATH_SIZE];
    int error = begin_file(source, target, file, path);
    if (error || read_again(source, target, file, out))
        return error;
    const int fd = ms_source_open_path(source, path);
    if (fd < 0)
        return -fd;
    error = read_rest(source, target, fd, true, out);
    if (error || !ms_kept_add(source->kept, target.pid, file, fd))
        close(fd);
    return error;
}

static int read_file(struct ms_source *source, struct ms_target target, enum ms_file file, struct ms_buf *out)
{
    if (may_keep(source, target, file))
        return read_kept(source, target, file, out);
    if (ms_file_table[file].traits & MS_LINK)
        return read_link_file(source, target, file, out);
    if (ms_file_table[file].traits & MS_GRAPHICS && !source->moment)
        return read_graphics(source, target, file, out);
    if (!source->live && !target.heartbeat)
        return read_saved(source, target, file, out);
    if (source->moment)
        return read_recorded(source, target, file, out);
    const bool whole = source->live && !source->hooks.read && ms_file_table[file].traits & MS_ONE_READ;
    const size_t start = out->len;
    MS_AUTO_CLOSE int fd = open_target(source, target, file);
    const int error = fd < 0 ? -fd : read_rest(source, target, fd, whole, out);
    return target.pid ? error : ms_source_tapped(source, ms_file_table[file].path, out, start, error);
}

int ms_source_read(struct ms_source *source, struct ms_target target, enum ms_file file, struct ms_buf *out)
{
    const uint64_t start = now_ns();
    const int error = read_file(source, target, file, out);
    spend_since(source, file, start);
    return error;
}

bool ms_source_may_refuse(const struct ms_source *source)
{
    return source->fault_count || source->hooks.open;
}

bool ms_source_refuses(struct ms_source *source, struct ms_target target, enum ms_file file)
{
    char path[PATH_SIZE];
    if (!ms_source_may_refuse(source))
        return false;
    target_path(target, file, path);
    return ms_source_refusal(source, path) != 0;
}

bool ms_source_has_at_hand(struct ms_source *source, struct ms_target target, enum ms_file file)
{
    char path[PATH_SIZE];
    if (!source->moment)
        return false;
    target_path(target, file, path);
    return ms_source_is_at_hand(source, path);
}

int ms_source_peek(struct ms_source *source, const char *path, size_t max, struct ms_buf *out)
{
    return ms_source_patiently(source, slurp_here, path, max, out);
}

int ms_source_slurp(struct ms_source *source, const char *path, struct ms_buf *out)
{
    return ms_source_peek(source, path, 0, out);
}

static bool has_any_file(struct ms_source *source, pid_t pid)
{
    char path[PATH_SIZE];
    bool found = source->lone && pid == source->lone_pid;
    for (int file = 0; file < MS_PROCESS_FILES && !found; file++) {
        target_path((struct ms_target){.pid = pid}, (enum ms_file)file, path);
        found = ms_source_look(source, path) == 0;
    }
    return found;
}

// What it means that a process lacks a file. Every kernel has stat: what was saved without is not whole.
static enum ms_reason why_absent(struct ms_source *source, struct ms_target target, bool is_there)
{
    if (!target.pid || is_there)
        return MS_UNSUPPORTED;
    return !source->live && has_any_file(source, target.pid) ? MS_NOT_RECORDED : MS_GONE;
}

static bool process_is_there(struct ms_source *source, struct ms_target target)
{
    char path[PATH_SIZE];
    struct stat st;
    if (source->lone)
        return false;
    // A reaped process keeps its directory fd, but nothing below it; one that ended while it was copied left
    // a directory.
    if (source->live && target.dir >= 0)
        return fstatat(target.dir, "stat", &st, 0) == 0;
    snprintf(path, sizeof path, "%d/stat", (int)target.pid);
    return ms_source_look(source, path) == 0;
}

enum ms_reason ms_source_reason(struct ms_source *source, struct ms_target target, int error)
{
    switch (error) {
    case 0:
        return MS_KNOWN;
    case EACCES:
    case EPERM:
        return MS_DENIED;
    case ESRCH:
        return MS_GONE;
    case ETIMEDOUT:
        return MS_TIMEOUT;
    case ENOENT:
        return why_absent(source, target, target.pid && process_is_there(source, target));
    case EOPNOTSUPP:
        return MS_UNSUPPORTED;
    case ENOMEDIUM: // of a recording
        return target.pid && !ms_source_has_recorded(source, target.pid) ? MS_GONE : MS_NOT_RECORDED;
    case EBADMSG:
    case ENXIO: // of a saved root: no plain file,
    case EXDEV: // a link out of it,
    case ELOOP: // a link where none may be
        return MS_MALFORMED;
    case ENOMEM:
        return MS_OUT_OF_MEMORY;
    case EFBIG:
    case ENAMETOOLONG:
        return MS_TOO_LARGE;
    default:
        return MS_IO;
    }
}

uint64_t ms_source_opened(const struct ms_source *source, enum ms_file file)
{
    return atomic_load_explicit(&source->opened[file], memory_order_relaxed);
}

uint64_t ms_source_spent_ns(const struct ms_source *source, enum ms_file file)
{
    return atomic_load_explicit(&source->spent_ns[file], memory_order_relaxed);
}

void ms_source_count(struct ms_source *source, enum ms_file file)
{
    atomic_fetch_add_explicit(&source->opened[file], 1, memory_order_relaxed);
}

// Takes `note` over. False if it is noted already, or there is no room.
static bool add_label(struct ms_source *source, char *note)
{
    for (size_t i = 0; i < source->label_count; i++)
        if (strcmp(source->labels[i], note) == 0)
            return false;
    if (source->label_count >= LABELS_MAX ||
        !ms_array_grow(&source->labels, source->label_count, sizeof *source->labels))
        return false;
    source->labels[source->label_count++] = note;
    return true;
}

void ms_source_note_label(struct ms_source *source, enum ms_file file, struct ms_text label)
{
    char *note;
    if (asprintf(&note, "%s: %.*s", ms_file_table[file].path, (int)(label.len > 200 ? 200 : label.len),
                 label.data) < 0)
        return;
    pthread_mutex_lock(&source->lock);
    const bool taken = add_label(source, note);
    pthread_mutex_unlock(&source->lock);
    if (!taken)
        free(note);
}

const char *ms_source_noted_label(const struct ms_source *source, size_t index)
{
    return index < source->label_count ? source->labels[index] : NULL;
}
