// SPDX-License-Identifier: GPL-3.0-or-later
// Rows to bytes: one row at a time, in constant memory.
//
// On a terminal no format writes anything but text, newlines and, in table and vertical, the colours of
// color.h. Elsewhere csv ends its lines with CR LF, as RFC 4180 has it. In tables and md an unknown value
// is "?", a sum without its unknown parts ">=N"; csv and tsv have numbers alone, and a last column `partial`
// with the names of the columns that are such sums; names carry the escapes of escape.h in every format but
// JSON, which has its own.
#pragma once

#include "output/cell.h"
#include "output/database.h"
#include "output/exposition.h"
#include "output/sink.h"

// All formats: X(constant, name). ms_format_NAME is in the file of the format.
#define MS_FORMATS(X)                                                                                        \
    X(TABLE, table)                                                                                          \
    X(VERTICAL, vertical)                                                                                    \
    X(CSV, csv)                                                                                              \
    X(TSV, tsv)                                                                                              \
    X(JSON, json)                                                                                            \
    X(JSONL, jsonl)                                                                                          \
    X(MD, md)                                                                                                \
    X(OPENMETRICS, openmetrics)                                                                              \
    X(PROM, prom)                                                                                            \
    X(SQLITE, sqlite)

enum ms_format {
#define X(constant, name) MS_FORMAT_##constant,
    MS_FORMATS(X)
#undef X
        MS_FORMAT_COUNT
};

// Their names in a text, a blank before each.
#define MS_FORMAT_WORD(constant, name) " " #name
#define MS_FORMAT_NAMES MS_FORMATS(MS_FORMAT_WORD)

enum ms_format_kind {
    MS_FORMAT_PICTURE,  // for people at a terminal
    MS_FORMAT_PAGE,     // for people, as plain text
    MS_FORMAT_LINES,    // a row a line: rows may go on from those of an earlier answer
    MS_FORMAT_DOCUMENT, // one text that ends
};

// The stable name ("table"). Static storage.
const char *ms_format_name(enum ms_format format);

enum ms_format_kind ms_format_kind(enum ms_format format);

// Whether a row is a JSON object.
bool ms_format_is_json(enum ms_format format);

// Whether rows become samples of an exposition.
bool ms_format_is_metrics(enum ms_format format);

// False, and *out untouched, if no format has this name.
bool ms_format_find(struct ms_text name, enum ms_format *out);

enum ms_human { MS_HUMAN_AUTO, MS_HUMAN_YES, MS_HUMAN_NO }; // auto: on a terminal, but never in csv and tsv

// What metrics say of a column beyond its name and type.
struct ms_metric {
    struct ms_text meaning; // empty: nothing is known
    bool counter;           // it only grows, until its owner ends
    bool id;                // a number that says which, and not how much: a label
};

struct ms_writer_options {
    enum ms_human human; // JSON is always exact
    unsigned width;      // the columns that a table must fit; 0: the terminal's, and no limit elsewhere
    bool headless;       // csv and tsv without the line of names: their rows go on from earlier ones
    size_t first;        // rows that were written before the first: vertical numbers them
    bool partial;        // csv and tsv have a column `partial`: some cell may lack a part
    const char *null; // what csv and tsv have for an unknown value; NULL: nothing. The caller's, for as long
    bool record;      // the only row is one thing: table and vertical show "name  value" lines
    bool dense;       // a record that is one of several on a screen: in columns though there are few lines
    // Of metrics and sqlite alone. What is pointed to stays the caller's, who keeps it while the writer
    // lives.
    const char *subject;              // what a row is, "process"; NULL: nothing is said. The name of a table
    struct ms_database *database;     // takes the rows, and is written by the caller
    const char *create, *insert;      // the statements that make the table and add a row to it
    const struct ms_metric *metrics;  // of each column; NULL: nothing is known
    struct ms_exposition *exposition; // takes the samples, and is written by the caller; NULL: one of its own
    size_t max_series;                // of that one; 0: as many as usual
};

struct ms_writer;

// Starts a document. `sink` stays the caller's and outlives the writer; columns and names are copied. Returns
// NULL, and says why in `message` (of MS_WRITER_MESSAGE bytes), if JSON would have two members of one name or
// there is no memory.
enum { MS_WRITER_MESSAGE = 256 };
struct ms_writer *ms_writer_create(struct ms_sink *sink, enum ms_format format,
                                   const struct ms_column *columns, size_t count,
                                   struct ms_writer_options options, char *message);
void ms_writer_destroy(struct ms_writer *writer);

// Adds a row of as many cells as there are columns. Nothing of the caller's is kept. A terminal gets what is
// ready at once, other sinks in blocks. False if the sink has failed, or was interrupted (see sink.h).
bool ms_writer_row(struct ms_writer *writer, const struct ms_cell *cells);

// Why the writer refused a row or the end, for the person at the keyboard; NULL where it is the sink that
// failed.
const char *ms_writer_problem(const struct ms_writer *writer);

// False where a table of the rows so far would have to leave columns out; asked before the first is sent.
bool ms_writer_fits(struct ms_writer *writer);

// Ends the document and flushes the sink. `meta` is a JSON object for those formats that have a place for it
// (json); empty: {}. False if the sink has failed.
bool ms_writer_close(struct ms_writer *writer, struct ms_text meta);

// Shows one value. Text of a column type other than text and path is the user's own and goes out as
// ms_sink_print() does it. False if the sink has failed.
bool ms_writer_scalar(struct ms_sink *sink, enum ms_format format, const struct ms_cell *cell,
                      enum ms_column_type type, struct ms_writer_options options, struct ms_text meta);
