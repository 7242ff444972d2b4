// SPDX-License-Identifier: GPL-3.0-or-later
// The files that are read in pieces or asked by ioctl, for what lies below a mapping: the source's part that
// opens them.
#pragma once

#include "source/source.h"

enum ms_raw_file { MS_RAW_PAGEMAP, MS_RAW_MAPS, MS_RAW_KPAGECOUNT, MS_RAW_KPAGEFLAGS };

// An open fd (the caller closes it), or a negative errno. The last two are the system's: {0, -1}.
int ms_source_open_raw(struct ms_source *source, struct ms_target target, enum ms_raw_file file);

// A file as maps shows it.
struct ms_file_id {
    uint64_t inode;
    uint32_t major, minor;
};

// The mapped file, for reading, if it is a regular one: an fd (the caller closes it), or a negative errno:
// ESTALE where another file is there, EINVAL where it is of a kind that is not opened because reading it may
// do something (a device, a pipe, a file of /sys), by a path also EXDEV where a regular file of some btrfs
// has the inode number: subvolumes share such numbers. Each may hang in the file's filesystem.

// By map_files, where the mapping is start-end. EPERM without CAP_SYS_ADMIN and CAP_CHECKPOINT_RESTORE.
int ms_source_open_mapped(struct ms_source *source, struct ms_target target, uint64_t start, uint64_t end,
                          const struct ms_file_id *id);

// By a path: a link of the target ("exe"), or `path` below its root; with pid 0 below the reader's own root.
int ms_source_open_link(struct ms_source *source, struct ms_target target, const char *link,
                        const struct ms_file_id *id);
int ms_source_open_below_root(struct ms_source *source, struct ms_target target, const char *path,
                              const struct ms_file_id *id);

// Reads at an offset until `len` bytes are there or the file ends. How many, or a negative errno; -EINTR when
// stopped.
ssize_t ms_source_read_at(struct ms_source *source, struct ms_target target, int fd, void *bytes, size_t len,
                          uint64_t offset);

// An ioctl on such an fd: its result, or a negative errno; -ENOTTY on a saved root.
int ms_source_ask(struct ms_source *source, int fd, unsigned long request, void *argument);

// What an errno of these means. As ms_source_reason, but what a saved root lacks was not recorded.
enum ms_reason ms_source_raw_reason(struct ms_source *source, struct ms_target target, int error);

// Whether programs here may have guard regions that pagemap does not tell from swap (Linux 6.13 and 6.14).
bool ms_source_hides_guards(struct ms_source *source);
