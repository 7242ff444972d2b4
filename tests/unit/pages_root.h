// SPDX-License-Identifier: GPL-3.0-or-later
// A saved root made by a test: one process or more whose pagemap says what the test wants, as kernels that
// are not at hand would.
#pragma once

#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROOT_PAGE = 4096 };

struct root {
    char path[64];
};

static inline void root_write(const struct root *root, const char *name, uint64_t offset, const void *bytes,
                              size_t len)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", root->path, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0 || pwrite(fd, bytes, len, (off_t)offset) != (ssize_t)len)
        abort();
    close(fd);
}

__attribute__((format(printf, 3, 4))) static inline void root_print(const struct root *root, const char *name,
                                                                    const char *format, ...)
{
    char text[4096];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    root_write(root, name, 0, text, (size_t)len);
}

static inline void root_process(const struct root *root, int pid, const char *smaps)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%d", root->path, pid);
    mkdir(path, 0755);
    snprintf(path, sizeof(path), "%d/stat", pid);
    root_print(root, path,
               "%d (some) S 1 1 1 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 100 4096 1 18446744073709551615 1 1 "
               "1 0 0 0 0 "
               "0 0 0 0 0 17 0 0 0 0 0 0 1 1 1 1 1 1 1 0\n",
               pid);
    snprintf(path, sizeof(path), "%d/smaps", pid);
    root_print(root, path, "%s", smaps);
    snprintf(path, sizeof(path), "%d/maps", pid);
    root_print(root, path, "%s", smaps); // a listing of lines that begin with addresses is both
}

static inline struct root root_create(void)
{
    struct root root = {"/tmp/memsh-root-XXXXXX"};
    char path[96];
    if (!mkdtemp(root.path))
        abort();
    snprintf(path, sizeof(path), "%s/.machine", root.path);
    mkdir(path, 0755);
    root_print(&root, ".machine/info", "page_size %d\nhz 100\n", ROOT_PAGE);
    return root;
}

static inline void root_destroy(const struct root *root)
{
    char command[96];
    snprintf(command, sizeof(command), "rm -rf %s", root->path);
    if (system(command) != 0)
        abort();
}

// Entries of pagemap from an address on.
static inline void root_pagemap(const struct root *root, int pid, uint64_t addr, const uint64_t *entries,
                                size_t count)
{
    char path[64];
    snprintf(path, sizeof(path), "%d/pagemap", pid);
    root_write(root, path, addr / ROOT_PAGE * 8, entries, count * 8);
}

// Words of kpagecount or kpageflags from a frame on.
static inline void root_frames(const struct root *root, const char *name, uint64_t frame,
                               const uint64_t *words, size_t count)
{
    root_write(root, name, frame * 8, words, count * 8);
}
