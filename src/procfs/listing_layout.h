// SPDX-License-Identifier: GPL-3.0-or-later
// The lines of a paragraph of smaps as they stood in the first one: label, column of the number, unit. The
// kernel prints them alike for each mapping of a file, so that the next paragraphs are compared and not
// searched.
#pragma once

#include "text.h"

#include <stdint.h>

enum { MS_LAYOUT_LINES = 40, MS_LAYOUT_WIDTH = 48 };

enum ms_layout_kind {
    MS_LAYOUT_NUMBER, // of fixed width
    MS_LAYOUT_TEXT,   // the codes
    MS_LAYOUT_SKIP,   // no counter: read over
};

struct ms_layout_line {
    uint16_t at;       // where it stands in the layout's text
    uint8_t label_len; // with the colon
    uint8_t unit_at;   // where the digits end
    uint8_t len;       // with the newline
    uint8_t kind;      // enum ms_layout_kind
    uint8_t column;
    bool is_flag;   // its number is 0 or 1
    uint64_t usual; // the number that stands there
};

// The text holds numbers as lines with the one that is usual, of the other kinds the labels with their
// colons.
struct ms_layout {
    char text[MS_LAYOUT_LINES * MS_LAYOUT_WIDTH];
    struct ms_layout_line lines[MS_LAYOUT_LINES];
    unsigned count;
    uint16_t len;
    bool complete; // a paragraph is over: nothing is learnt any more
};

// Learns a line (without its newline) whose label, with the colon, is that long. A number that is not of the
// form "Label:   123 kB" or "Label:   123" is not learnt. `usual`: that number, if the next ones will mostly
// have it, or 0.
void ms_layout_learn_number(struct ms_layout *layout, struct ms_text line, size_t label_len, unsigned column,
                            bool is_flag, uint64_t usual);
void ms_layout_learn_label(struct ms_layout *layout, struct ms_text line, size_t label_len,
                           enum ms_layout_kind kind);

// The line that is expected behind this one, if `next` was before it.
unsigned ms_layout_behind(const struct ms_layout *layout, struct ms_text line, unsigned next);

// How many lines from `next` on stand in `text` with their usual numbers.
unsigned ms_layout_usual(const struct ms_layout *layout, unsigned next, struct ms_text text);

// The number of a line at the start of `text`. False if that is not like the one that was learnt.
bool ms_layout_number(const struct ms_layout *layout, unsigned index, struct ms_text text, uint64_t *number);

// Whether the text begins with the label of a line.
bool ms_layout_has_label(const struct ms_layout *layout, unsigned index, struct ms_text text);
