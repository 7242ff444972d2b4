// SPDX-License-Identifier: GPL-3.0-or-later
// A paragraph of smaps as it stood once: blocks of lines with numbers in columns of fixed width, each block
// with a line of any length after it. The kernel prints them alike for each mapping of a file, so that the
// next paragraphs are compared with it, many bytes at once, and not searched.
#pragma once

#include "base/text.h"
#include "table/field.h"

enum {
    MS_TEMPLATE_NUMBERS = 40,
    MS_TEMPLATE_PARTS = 4,
    MS_TEMPLATE_SIZE = 1152,
    MS_TEMPLATE_COLUMNS = MS_COUNTERS_MAX,
    MS_TEMPLATE_NO_COLUMN = 255,
};

enum ms_template_kind {
    MS_TEMPLATE_NUMBERS_ONLY,
    MS_TEMPLATE_CODES,
    MS_TEMPLATE_SKIP, // what is no counter: read over
};

struct ms_template_number {
    uint64_t keep; // of the eight bytes that end there those that are columns of it
    uint16_t end;  // where its digits end in its part
    uint8_t column;
    bool is_flag; // it is 0 or 1
};

struct ms_template_part {
    uint16_t at; // of the template's text
    uint16_t len;
    uint8_t numbers; // up to which they are its own
    uint8_t kind;    // enum ms_template_kind: the line of any length whose label ends it
};

struct ms_template {
    char text[MS_TEMPLATE_SIZE];
    uint8_t
        digits[MS_TEMPLATE_SIZE]; // the bits that tell digits and blanks apart, where those may stand; else 0
    struct ms_template_number numbers[MS_TEMPLATE_NUMBERS];
    uint64_t usual[MS_TEMPLATE_NUMBERS]; // the eight bytes that end with each, as they mostly are
    uint32_t row[MS_TEMPLATE_COLUMNS];   // and what numbers those are
    struct ms_template_part parts[MS_TEMPLATE_PARTS];
    unsigned number_count;
    unsigned part_count;
    uint64_t columns;                       // those of its numbers, a bit for each
    uint64_t counters;                      // the numbers that have one
    uint8_t of_column[MS_TEMPLATE_COLUMNS]; // which number a column is
    bool unfit;
};

// Forgets what was learnt: a paragraph begins.
void ms_template_begin(struct ms_template *template);

struct ms_template_value {
    unsigned column;
    bool is_flag;
    uint32_t usual; // the number that is there, if the next ones will mostly have it; or 0
};

// Learns the next line (without the newline), whose label, with the colon, is that long. The paragraph is
// unfit where its number is not of the form "Label:   123 kB" or "Label:   123", of at most eight digits, or
// there is too much.
void ms_template_learn_number(struct ms_template *template, struct ms_text line, size_t label_len,
                              const struct ms_template_value *value);

// The same of a line with the codes, or with what is no counter.
void ms_template_learn_line(struct ms_template *template, struct ms_text line, size_t label_len,
                            bool has_codes);

// Whether the paragraph was learnt as a whole.
bool ms_template_is_whole(const struct ms_template *template);

// Reads a paragraph that is like the one that was learnt: its numbers, each into its column of `row`
// (MS_TEMPLATE_COLUMNS of them), and the codes. `columns`: those that are wanted, a bit for each, or
// UINT64_MAX: all; what is in the others is not looked at. Gives its length; 0 where it is another, or
// its end is not there: the row may then have been written to.
size_t ms_template_read(const struct ms_template *template, struct ms_text text, uint64_t columns,
                        uint32_t *row, struct ms_text *codes);
