// SPDX-License-Identifier: GPL-3.0-or-later
// Files of shared memory that no /proc file counts, asked under the deadline of the source: what is on the
// way to them may be on a machine that is off.
#pragma once

#include "reader/reader.h"

// As ms_source_tmpfs_walk, into `out`, which has the limits. MS_KNOWN, why it could not be read, or as
// ms_reader_send.
enum ms_reason ms_reader_tmpfs_walk(struct ms_source *source, const char *path, dev_t dev,
                                    struct ms_tmpfs_walk *out);

// As ms_source_open_shmem, of the process whose directory `target` has; that is taken over.
enum ms_reason ms_reader_open_shmem(struct ms_source *source, struct ms_target target, struct ms_buf *out);
