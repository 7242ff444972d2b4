// SPDX-License-Identifier: GPL-3.0-or-later
// The build id of a mapped file: the bytes by which a linker names what it made, in a note of the ELF file.
#pragma once

#include "mappings/listing.h"
#include "process/process.h"

enum { MS_BUILD_ID_MOST = 64 };

struct ms_build_id {
    size_t len; // 0: the file has none
    uint8_t bytes[MS_BUILD_ID_MOST];
};

// Reads `len` bytes at an offset: how many were there, or a negative errno.
typedef ssize_t ms_build_id_read(void *ctx, void *bytes, size_t len, uint64_t offset);

// From the notes of an ELF file of either size and byte order; a file that is no ELF has none. MS_KNOWN,
// MS_MALFORMED, MS_TOO_LARGE for notes beyond reason, MS_IO.
enum ms_reason ms_build_id_of_elf(ms_build_id_read *read, void *ctx, struct ms_build_id *out);

// Of the file behind a mapping of a listing of `process`, read from that file: by map_files, which needs
// CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE, else by its path where that leads to it and the reader may read
// it. MS_DENIED where neither is so, MS_GONE where something else is mapped there by now, MS_TIMEOUT where
// its filesystem does not answer.
enum ms_reason ms_build_id_of_mapping(struct ms_process *process, const struct ms_listing *listing,
                                      size_t index, struct ms_build_id *out);
