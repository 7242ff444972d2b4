// SPDX-License-Identifier: GPL-3.0-or-later
// Whether a file that a process maps or runs was deleted, asked under the deadline of the source: the file
// may be on a machine that is off.
#pragma once

#include "process/deleted.h"
#include "reader/reader.h"

// As ms_deleted_mapping, of a mapping of a listing whose name ends in the words, and ms_deleted_program.
// MS_KNOWN, MS_OUT_OF_MEMORY or as ms_reader_send. The directory of `target` is taken over.
enum ms_reason ms_reader_mapping_deleted(struct ms_source *source, struct ms_target target,
                                         const struct ms_listing *listing, size_t index,
                                         struct ms_deleted *out);
enum ms_reason ms_reader_program_deleted(struct ms_source *source, struct ms_target target,
                                         struct ms_text exe, struct ms_deleted *out);
