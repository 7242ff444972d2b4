// SPDX-License-Identifier: GPL-3.0-or-later
// sqlite: rows into a table of a database. Texts, addresses and times are what csv has; an unknown value is
// NULL, and memsh_unknown has the reason.
#include "output/database.h"
#include "output/writer_private.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>

struct state {
    sqlite3_stmt *insert; // the database's
};

static bool refuse(struct ms_writer *writer, const char *problem)
{
    if (!writer->problem[0])
        snprintf(writer->problem, sizeof writer->problem, "%s", problem ? problem : "not enough memory");
    return false;
}

static bool begin(struct ms_writer *writer)
{
    const struct ms_writer_options *options = &writer->options;
    struct state *state = writer->state;
    if (!options->database)
        return refuse(writer, "sqlite needs a database to write to");
    state->insert = ms_database_begin(options->database, options->subject, options->create, options->insert);
    return state->insert || refuse(writer, ms_database_problem(options->database));
}

static bool bind_text(struct ms_writer *writer, const struct ms_cell *cell, size_t i, int place)
{
    struct ms_cell bare = *cell;
    bare.missing = 0;
    const struct ms_text text = ms_writer_cell_text(writer, &bare, i);
    return writer->cell.failed ? refuse(writer, "not enough memory")
                               : ms_database_text(writer->options.database, place, text);
}

static bool bind(struct ms_writer *writer, const struct ms_cell *cell, size_t i)
{
    sqlite3_stmt *insert = ((struct state *)writer->state)->insert;
    const int place = (int)i + 2; // after the number of the answer
    const enum ms_column_type type = writer->columns[i].type;
    const bool as_text = type == MS_COLUMN_ADDR || type == MS_COLUMN_TIME;
    if (cell->kind == MS_CELL_UNKNOWN || cell->kind == MS_CELL_EMPTY)
        sqlite3_bind_null(insert, place);
    else if (cell->kind == MS_CELL_BOOLEAN)
        sqlite3_bind_int(insert, place, cell->boolean);
    else if (cell->kind == MS_CELL_INTEGER && !as_text)
        sqlite3_bind_int64(insert, place, cell->integer);
    else if (cell->kind == MS_CELL_NUMBER && !as_text && !(isinf(cell->number) && type == MS_COLUMN_BYTES))
        sqlite3_bind_double(insert, place, cell->number);
    else
        return bind_text(writer, cell, i, place);
    return true;
}

static bool note(struct ms_writer *writer, const struct ms_cell *cell, size_t i)
{
    const bool unknown = cell->kind == MS_CELL_UNKNOWN;
    if (!unknown && cell->missing == 0)
        return true;
    return ms_database_lack(writer->options.database, writer->columns[i].name,
                            unknown ? cell->reason : MS_KNOWN, cell->missing);
}

static bool row(struct ms_writer *writer, const struct ms_cell *cells)
{
    struct ms_database *database = writer->options.database;
    if (writer->problem[0])
        return false;
    bool done = true;
    for (size_t i = 0; i < writer->count && done; i++)
        done = bind(writer, &cells[i], i);
    done = done && ms_database_insert(database);
    for (size_t i = 0; i < writer->count && done; i++)
        done = note(writer, &cells[i], i);
    return done || refuse(writer, ms_database_problem(database));
}

static bool end(struct ms_writer *writer, struct ms_text meta)
{
    if (writer->problem[0])
        return false;
    return ms_database_end(writer->options.database, meta) ||
           refuse(writer, ms_database_problem(writer->options.database));
}

const struct ms_format_ops ms_format_sqlite = {
    .kind = MS_FORMAT_DOCUMENT, .state_size = sizeof(struct state), .begin = begin, .row = row, .end = end};
