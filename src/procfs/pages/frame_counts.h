// SPDX-License-Identifier: GPL-3.0-or-later
// How often each frame of memory was met: a table that grows with what is met, at most 1/1700 of the
// machine's memory.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MS_FRAME_CHUNK = 1 << 15, MS_FRAME_OFTEN = UINT16_MAX };

struct ms_frame_chunk {
    uint16_t times[MS_FRAME_CHUNK]; // MS_FRAME_OFTEN: that or more
    uint8_t hugetlb[MS_FRAME_CHUNK / 8];
};

struct ms_frames {
    struct ms_frame_chunk **chunks; // by the frame number's upper bits; NULL where none was met
    size_t count;
};

void ms_frames_init(struct ms_frames *frames);
void ms_frames_deinit(struct ms_frames *frames);

// Counts a frame. False where there is no memory for it, or no machine has such a frame.
bool ms_frames_add(struct ms_frames *frames, uint64_t frame, bool hugetlb);
