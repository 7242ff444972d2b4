// SPDX-License-Identifier: GPL-3.0-or-later
#include "recording/codec.h"

#include <errno.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum {
    LEVEL = 1, // against the moment before it is as small as 3 (40 bytes for a process), for a third less CPU
    WINDOW = 22, // bits: 4 MiB of the compressor's memory, whatever the size of a content
};

struct ms_compressor *ms_compressor_create(void)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    if (context && (ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL)) ||
                    ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, WINDOW)) ||
                    ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)))) {
        ZSTD_freeCCtx(context);
        context = NULL;
    }
    return (struct ms_compressor *)context;
}

void ms_compressor_destroy(struct ms_compressor *compressor)
{
    ZSTD_freeCCtx((ZSTD_CCtx *)compressor);
}

bool ms_compress(struct ms_compressor *compressor, struct ms_text content, struct ms_text prefix,
                 struct ms_buf *out)
{
    ZSTD_CCtx *context = (ZSTD_CCtx *)compressor;
    ms_buf_clear(out);
    if (!ms_buf_reserve(out, ZSTD_compressBound(content.len)) ||
        ZSTD_isError(ZSTD_CCtx_refPrefix(context, prefix.data, prefix.len)))
        return false;
    const size_t len = ZSTD_compress2(context, out->data, out->cap, content.data, content.len);
    if (ZSTD_isError(len))
        return false;
    out->len = len;
    return true;
}

bool ms_compress_more(struct ms_compressor *compressor, struct ms_text content, bool last, struct ms_buf *out)
{
    ZSTD_inBuffer in = {content.data, content.len, 0};
    size_t left = 1;
    while (last ? left : in.pos < in.size) {
        if (!ms_buf_reserve(out, ZSTD_CStreamOutSize()))
            return false;
        ZSTD_outBuffer to = {out->data + out->len, out->cap - out->len, 0};
        left = ZSTD_compressStream2((ZSTD_CCtx *)compressor, &to, &in, last ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(left))
            return false;
        out->len += to.pos;
    }
    return true;
}

// zstd would take a prefix that begins so for a dictionary that somebody trained. What else makes it a mere
// prefix takes an eighth of the time of a small piece.
static size_t decompress_frames(ZSTD_DCtx *context, struct ms_text frames, struct ms_text prefix, size_t size,
                                char *out)
{
    const struct ms_text trained = MS_TEXT("\x37\xa4\x30\xec"); // ZSTD_MAGIC_DICTIONARY
    if (!ms_text_starts(prefix, trained))
        return ZSTD_decompress_usingDict(context, out, size, frames.data, frames.len, prefix.data,
                                         prefix.len);
    const size_t result = ZSTD_DCtx_refPrefix(context, prefix.data, prefix.len);
    return ZSTD_isError(result) ? result : ZSTD_decompressDCtx(context, out, size, frames.data, frames.len);
}

static int decompress_into(ZSTD_DCtx *context, struct ms_text frames, struct ms_text prefix, size_t size,
                           char *out)
{
    const size_t len = decompress_frames(context, frames, prefix, size, out);
    if (ZSTD_isError(len))
        return ZSTD_getErrorCode(len) == ZSTD_error_memory_allocation ? ENOMEM : EBADMSG;
    return len == size ? 0 : EBADMSG;
}

struct ms_decompressor *ms_decompressor_create(void)
{
    return (struct ms_decompressor *)ZSTD_createDCtx();
}

void ms_decompressor_destroy(struct ms_decompressor *decompressor)
{
    ZSTD_freeDCtx((ZSTD_DCtx *)decompressor);
}

int ms_decompress(struct ms_decompressor *decompressor, struct ms_text frame, struct ms_text prefix,
                  size_t size, char **out)
{
    // What the frame says of itself is looked at before memory is taken.
    const unsigned long long said = ZSTD_getFrameContentSize(frame.data, frame.len);
    if (said == ZSTD_CONTENTSIZE_ERROR || (said != ZSTD_CONTENTSIZE_UNKNOWN && said > size))
        return EBADMSG;
    char *content = malloc(size ? size : 1);
    const int error =
        content ? decompress_into((ZSTD_DCtx *)decompressor, frame, prefix, size, content) : ENOMEM;
    if (error)
        free(content);
    else
        *out = content;
    return error;
}
