// SPDX-License-Identifier: GPL-3.0-or-later
// What the formats share; only the files of this directory include it. A new format is a new file with a
// struct ms_format_ops in it, and a line of MS_FORMATS.
#pragma once

#include "output/writer.h"

struct ms_format_ops {
    enum ms_format_kind kind;
    bool is_json;                      // a row is a JSON object: two columns of one name are an error
    bool is_metrics;                   // rows are samples of an exposition
    size_t state_size;                 // of what the format keeps in writer->state, which starts as zeros
    bool (*begin)(struct ms_writer *); // may be NULL, as all below but `row`
    bool (*row)(struct ms_writer *, const struct ms_cell *);
    bool (*end)(struct ms_writer *, struct ms_text meta);
    bool (*fits)(struct ms_writer *);
    void (*deinit)(struct ms_writer *);
};

extern const struct ms_format_ops ms_format_record; // one thing, where there is a width to fit
#define X(constant, name) extern const struct ms_format_ops ms_format_##name;
MS_FORMATS(X)
#undef X

struct ms_writer {
    const struct ms_format_ops *ops;
    struct ms_sink *sink;
    struct ms_column *columns; // names as the format shows them: escaped, or in quotes for JSON
    size_t count;
    struct ms_writer_options options;
    struct ms_style style;
    bool color;          // see color.h; only of formats for people
    struct ms_buf names; // storage of the columns' names
    struct ms_buf line;  // what a row is put together in
    struct ms_buf cell;  // and a cell
    size_t rows;
    void *state;
    char problem[MS_WRITER_MESSAGE]; // see ms_writer_problem(); empty: there is none
};

// Sends writer->line to the sink and empties it. False if either failed.
bool ms_writer_send(struct ms_writer *writer);

// How a cell's text is coloured.
enum ms_paint { MS_PAINT_PLAIN, MS_PAINT_TEXT, MS_PAINT_UNITS, MS_PAINT_FAINT, MS_PAINT_HEAD };

enum ms_paint ms_writer_paint(const struct ms_writer *writer, const struct ms_cell *cell,
                              enum ms_column_type type);

// Appends text to writer->line, in colour if there is to be any.
void ms_writer_add(struct ms_writer *writer, struct ms_text text, enum ms_paint paint);

void ms_writer_add_blanks(struct ms_writer *writer, size_t count);

// The text of a cell, in writer->cell, where the next one replaces it.
struct ms_text ms_writer_cell_text(struct ms_writer *writer, const struct ms_cell *cell, size_t column);

// Appends to writer->cell what a line for one value shows: its text, why it is unknown, its mark.
void ms_writer_describe(struct ms_writer *writer, const struct ms_cell *cell, size_t column);

// The columns that output must fit; 0: no limit.
unsigned ms_writer_width(const struct ms_writer *writer);
