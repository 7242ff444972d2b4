// SPDX-License-Identifier: GPL-3.0-or-later
// The files that are read in pieces or asked by ioctl, for what lies below a mapping: the source's part that
// opens them.
#pragma once

#include "source/source.h"

enum ms_raw_file { MS_RAW_PAGEMAP, MS_RAW_MAPS, MS_RAW_KPAGECOUNT, MS_RAW_KPAGEFLAGS };

// An open fd (the caller closes it), or a negative errno. The last two are the system's: {0, -1}.
int ms_source_open_raw(struct ms_source *source, struct ms_target target, enum ms_raw_file file);

// The file behind the mapping start-end of a process, if it is a regular one: an fd (the caller closes it),
// or a negative errno (EINVAL: another kind of file; it is not opened, as a device's driver would notice).
int ms_source_open_mapped(struct ms_source *source, struct ms_target target, uint64_t start, uint64_t end);

// Reads at an offset until `len` bytes are there or the file ends. How many, or a negative errno; -EINTR when
// stopped.
ssize_t ms_source_read_at(struct ms_source *source, int fd, void *bytes, size_t len, uint64_t offset);

// An ioctl on such an fd: its result, or a negative errno; -ENOTTY on a saved root.
int ms_source_ask(struct ms_source *source, int fd, unsigned long request, void *argument);

// What an errno of these means. As ms_source_reason, but what a saved root lacks was not recorded.
enum ms_reason ms_source_raw_reason(const struct ms_source *source, struct ms_target target, int error);

// Whether programs here may have guard regions that pagemap does not tell from swap (Linux 6.13 and 6.14).
bool ms_source_hides_guards(struct ms_source *source);
