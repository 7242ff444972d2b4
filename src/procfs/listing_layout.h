// SPDX-License-Identifier: GPL-3.0-or-later
// A paragraph of smaps as it stood once: blocks of lines with numbers in columns of fixed width, each block
// with a line of any length behind it. The kernel prints them alike for each mapping of a file, so that the
// next paragraphs are compared with it, many bytes at once, and not searched.
#pragma once

#include "text.h"

#include <stdint.h>

enum { MS_LAYOUT_NUMBERS = 40, MS_LAYOUT_PARTS = 4, MS_LAYOUT_SIZE = 1152, MS_LAYOUT_NO_COLUMN = 255 };

enum ms_layout_kind {
    MS_LAYOUT_COUNT, // a number
    MS_LAYOUT_FLAG,  // one that is 0 or 1
    MS_LAYOUT_CODES, // of any length
    MS_LAYOUT_SKIP,  // nothing that is kept: read over
};

struct ms_layout_number {
    uint64_t keep; // of the eight bytes that end there those that are columns of it
    uint16_t end;  // where its digits end in its part
    uint8_t column;
    bool is_flag;
};

struct ms_layout_part {
    uint16_t at; // of the layout's text
    uint16_t len;
    uint8_t numbers; // up to which they are its own
    uint8_t kind;    // of the line of any length whose label ends it: MS_LAYOUT_COUNT where there is none
};

struct ms_layout {
    char text[MS_LAYOUT_SIZE];
    uint8_t digits[MS_LAYOUT_SIZE]; // 255 where digits or blanks may stand
    struct ms_layout_number numbers[MS_LAYOUT_NUMBERS];
    struct ms_layout_part parts[MS_LAYOUT_PARTS];
    unsigned number_count;
    unsigned part_count;
    uint64_t columns; // those of its numbers, a bit for each
    bool unfit;
};

// Forgets what was learnt: a paragraph begins.
void ms_layout_begin(struct ms_layout *layout);

// Learns its next line (without the newline), whose label, with the colon, is that long. The paragraph is
// unfit where a number is not of the form "Label:   123 kB" or "Label:   123" with at most eight digits, or
// there is too much of it.
void ms_layout_learn(struct ms_layout *layout, struct ms_text line, size_t label_len,
                     enum ms_layout_kind kind, unsigned column);

// Whether it was learnt as a whole.
bool ms_layout_is_whole(const struct ms_layout *layout);

// Reads a paragraph that is like the one that was learnt: the numbers that are not 0 into their columns, and
// the codes. Gives its length; 0 where it is another, or its end is not there (then `row` may have been
// written to).
size_t ms_layout_read(const struct ms_layout *layout, struct ms_text text, uint32_t *row,
                      struct ms_text *codes);
