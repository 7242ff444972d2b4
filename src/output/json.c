// SPDX-License-Identifier: GPL-3.0-or-later
// json: one document, its rows one a line, with the meta data, which is complete only then, at the end.
// jsonl: the rows alone.
#include "output/writer_private.h"

static void add_name(struct ms_writer *writer, size_t column)
{
    struct ms_text name = writer->columns[column].name;
    ms_buf_add(&writer->line, name.data, name.len);
    ms_buf_add(&writer->line, ": ", 2);
}

static void add_twin(struct ms_writer *writer, const struct ms_cell *cell, size_t column)
{
    struct ms_text name = writer->columns[column].name;
    ms_buf_adds(&writer->line, ", ");
    ms_buf_add(&writer->line, name.data, name.len - 1);
    ms_buf_adds(&writer->line, "_b64\": ");
    ms_cell_base64(&writer->line, cell);
}

static void add_cells(struct ms_writer *writer, const struct ms_cell *cells)
{
    for (size_t i = 0; i < writer->count; i++) {
        bool lossy = false;
        if (i > 0)
            ms_buf_adds(&writer->line, ", ");
        add_name(writer, i);
        ms_cell_json(&writer->line, &cells[i], writer->columns[i].type, writer->style.ascii, &lossy);
        if (lossy)
            add_twin(writer, &cells[i], i);
    }
}

// Adds "unknown": {NAME: reason} or "partial": {NAME: count}, if there is anything to say.
static void add_notes(struct ms_writer *writer, const struct ms_cell *cells, const char *object, bool unknown)
{
    bool any = false;
    for (size_t i = 0; i < writer->count; i++) {
        if (unknown ? cells[i].kind != MS_CELL_UNKNOWN : cells[i].missing == 0)
            continue;
        ms_buf_adds(&writer->line, any ? ", " : object);
        add_name(writer, i);
        if (unknown)
            ms_buf_addf(&writer->line, "\"%s\"", ms_reason_name(cells[i].reason));
        else
            ms_buf_addf(&writer->line, "%llu", (unsigned long long)cells[i].missing);
        any = true;
    }
    if (any)
        ms_buf_addc(&writer->line, '}');
}

static void add_object(struct ms_writer *writer, const struct ms_cell *cells)
{
    ms_buf_addc(&writer->line, '{');
    add_cells(writer, cells);
    add_notes(writer, cells, ", \"unknown\": {", true);
    add_notes(writer, cells, ", \"partial\": {", false);
    ms_buf_addc(&writer->line, '}');
}

static bool json_begin(struct ms_writer *writer)
{
    ms_buf_adds(&writer->line, "{\"rows\": [");
    return ms_writer_send(writer);
}

static bool json_row(struct ms_writer *writer, const struct ms_cell *cells)
{
    ms_buf_adds(&writer->line, writer->rows > 0 ? ",\n" : "\n");
    add_object(writer, cells);
    return ms_writer_send(writer);
}

static bool json_end(struct ms_writer *writer, struct ms_text meta)
{
    ms_buf_adds(&writer->line, writer->rows > 0 ? "\n], \"meta\": " : "], \"meta\": ");
    ms_buf_add(&writer->line, meta.data, meta.len);
    ms_buf_adds(&writer->line, "}\n");
    return ms_writer_send(writer);
}

static bool jsonl_row(struct ms_writer *writer, const struct ms_cell *cells)
{
    add_object(writer, cells);
    ms_buf_addc(&writer->line, '\n');
    return ms_writer_send(writer);
}

const struct ms_format_ops ms_format_json = {
    .kind = MS_FORMAT_DOCUMENT, .is_json = true, .begin = json_begin, .row = json_row, .end = json_end};

const struct ms_format_ops ms_format_jsonl = {.kind = MS_FORMAT_LINES, .is_json = true, .row = jsonl_row};
