// SPDX-License-Identifier: GPL-3.0-or-later
// What the formats share; only the files of this directory include it. A new format is a new file with a
// struct ms_format_ops in it, a line of MS_FORMATS and one of writer.c.
#pragma once

#include "writer.h"

struct ms_format_ops {
    bool people;       // for people: numbers are scaled on a terminal, yes and no, local times
    size_t state_size; // of what the format keeps in writer->state, which starts as zeros
    bool unique_names; // two columns of one name are an error
    bool (*begin)(struct ms_writer *);
    bool (*row)(struct ms_writer *, const struct ms_cell *);
    bool (*end)(struct ms_writer *, struct ms_text meta);
    bool (*fits)(struct ms_writer *);   // may be NULL: it always does
    void (*deinit)(struct ms_writer *); // may be NULL
};

extern const struct ms_format_ops ms_format_table, ms_format_vertical, ms_format_csv, ms_format_tsv,
    ms_format_json, ms_format_jsonl, ms_format_md;

struct ms_writer {
    const struct ms_format_ops *ops;
    struct ms_sink *sink;
    struct ms_column *columns; // names as the format shows them: escaped, or in quotes for JSON
    size_t count;
    struct ms_writer_options options;
    struct ms_style style;
    struct ms_buf names; // storage of the columns' names
    struct ms_buf line;  // what a row is put together in
    struct ms_buf cell;  // and a cell
    size_t rows;
    void *state;
};

// Sends writer->line to the sink and empties it. False if either failed.
bool ms_writer_send(struct ms_writer *writer);

// "\r\n", but "\n" on a terminal.
const char *ms_writer_crlf(const struct ms_writer *writer);
