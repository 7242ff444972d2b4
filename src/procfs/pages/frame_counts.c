// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/frame_counts.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_CHUNKS = 1 << 25 }; // 52 bits of address in pages of 4 KiB

void ms_frames_init(struct ms_frames *frames)
{
    *frames = (struct ms_frames){0};
}

void ms_frames_deinit(struct ms_frames *frames)
{
    for (size_t i = 0; i < frames->count; i++)
        free(frames->chunks[i]);
    free(frames->chunks);
    *frames = (struct ms_frames){0};
}

static bool grow(struct ms_frames *frames, size_t count)
{
    count = count > 2 * frames->count ? count : 2 * frames->count;
    struct ms_frame_chunk **chunks = realloc(frames->chunks, count * sizeof *chunks);
    if (!chunks)
        return false;
    memset(chunks + frames->count, 0, (count - frames->count) * sizeof *chunks);
    frames->chunks = chunks;
    frames->count = count;
    return true;
}

bool ms_frames_add(struct ms_frames *frames, uint64_t frame, bool hugetlb)
{
    const uint64_t at = frame / MS_FRAME_CHUNK, in = frame % MS_FRAME_CHUNK;
    if (at >= MOST_CHUNKS || (at >= frames->count && !grow(frames, (size_t)at + 1)))
        return false;
    struct ms_frame_chunk *chunk = frames->chunks[at];
    if (!chunk)
        chunk = frames->chunks[at] = calloc(1, sizeof *chunk);
    if (!chunk)
        return false;
    if (chunk->times[in] < MS_FRAME_OFTEN)
        chunk->times[in]++;
    if (hugetlb)
        chunk->hugetlb[in / 8] |= (uint8_t)(1U << in % 8);
    return true;
}
