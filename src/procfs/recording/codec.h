// SPDX-License-Identifier: GPL-3.0-or-later
// Contents of pieces to zstd frames and back.
#pragma once

#include "base/buf.h"

struct ms_compressor; // of one thread at a time
struct ms_compressor *ms_compressor_create(void);
void ms_compressor_destroy(struct ms_compressor *compressor);

// Sets `out` to the frame; `prefix` may be empty. False where there is no memory.
bool ms_compress(struct ms_compressor *compressor, struct ms_text content, struct ms_text prefix,
                 struct ms_buf *out);

// The same of a content that is never whole in memory: appends what is ready of the frame. `last`: it ends
// here. For a compressor that does nothing else. False where there is no memory.
bool ms_compress_more(struct ms_compressor *compressor, struct ms_text content, bool last,
                      struct ms_buf *out);

struct ms_decompressor; // of one thread at a time
struct ms_decompressor *ms_decompressor_create(void);
void ms_decompressor_destroy(struct ms_decompressor *decompressor);

// Frames that follow one another are one content of exactly `size` bytes: *out is for free(). 0 or an errno:
// EBADMSG where one is damaged or of another size. A prefix is for a single frame.
int ms_decompress(struct ms_decompressor *decompressor, struct ms_text frame, struct ms_text prefix,
                  size_t size, char **out);
