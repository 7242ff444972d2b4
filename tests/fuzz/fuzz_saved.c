// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as what a saved root holds beside the files of /proc: `errors`, `.machine/info`,
// `.machine/passwd`, `uptime` and the start of a smaps, one behind the other with bytes 0xff between them.
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char root[64];

static void expect(bool is_so)
{
    if (!is_so)
        abort();
}

static void in_root(const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", root, name);
}

static void remove_root(void)
{
    static const char *const names[] = {
        "errors", ".machine/info", ".machine/passwd", "uptime", "1/smaps", ".machine", "1", ""};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char path[128];
        in_root(names[i], path);
        remove(path);
    }
}

static void make_root(void)
{
    char path[128];
    snprintf(root, sizeof(root), "%s/memsh-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    expect(mkdtemp(root) != NULL);
    in_root(".machine", path);
    expect(mkdir(path, 0755) == 0);
    in_root("1", path);
    expect(mkdir(path, 0755) == 0);
    atexit(remove_root);
}

static struct ms_text put_next(const char *name, struct ms_text *rest)
{
    char path[128];
    const struct ms_text part = ms_text_until(rest, '\xff');
    in_root(name, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    expect(fd >= 0 && write(fd, part.data, part.len) == (ssize_t)part.len);
    close(fd);
    return part;
}

// Whether a line of the errors file matches a path.
static bool is_named(struct ms_text errors, const char *path)
{
    while (errors.len) {
        struct ms_text line = ms_text_until(&errors, '\n');
        const struct ms_text word = ms_text_word(&line);
        char pattern[4096];
        if (word.len == 0 || word.data[0] == '#' || word.len >= sizeof(pattern))
            continue;
        memcpy(pattern, word.data, word.len);
        pattern[word.len] = '\0';
        if (fnmatch(pattern, path, 0) == 0)
            return true;
    }
    return false;
}

static void ask(struct ms_source *source, struct ms_text errors)
{
    static const pid_t pids[] = {1, 7, 42};
    struct ms_buf text;
    ms_buf_init(&text);
    for (size_t i = 0; i < 3; i++) { // there is no statm: what else is said, was in the errors file
        char path[32];
        snprintf(path, sizeof(path), "%d/statm", (int)pids[i]);
        int error =
            ms_source_read(source, (struct ms_target){.pid = pids[i], .dir = -1}, MS_FILE_STATM, &text);
        expect(error == ENOENT || is_named(errors, path));
    }
    ms_buf_deinit(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ms_source *source = NULL;
    struct ms_text rest = {(const char *)data, size};
    double seconds;
    if (size > 10000)
        return 0;
    if (!root[0])
        make_root();
    const struct ms_text errors = put_next("errors", &rest);
    put_next(".machine/info", &rest);
    put_next(".machine/passwd", &rest);
    put_next("uptime", &rest);
    put_next("1/smaps", &rest);
    const int error = ms_source_create(root, &source);
    expect(error == 0 || error == EINVAL);
    if (error)
        return 0;
    ask(source, errors);
    expect(ms_source_hz(source) != 0);
    expect(ms_source_user(source, 7).len > 0);
    expect(ms_source_uptime(source, &seconds) || seconds >= 0);
    expect(ms_source_now(source, &seconds) || seconds >= 0);
    ms_source_page_size(source);
    expect(ms_source_host(source) != NULL);
    ms_source_destroy(source);
    return 0;
}
