// SPDX-License-Identifier: GPL-3.0-or-later
// csv (RFC 4180) and tsv: a header, then a line for each row. A text in them has no line break, tab or
// control character left, so a reader that splits lines first is right, too.
#include "output/writer_private.h"

static void add_csv(struct ms_writer *writer, struct ms_text text)
{
    // The only cell of a line: without quotes it would be an empty line, which readers skip.
    bool blank = text.len == 0 && writer->count == 1 && !writer->options.partial;
    bool quote = blank || memchr(text.data ? text.data : "", '"', text.len) ||
                 memchr(text.data ? text.data : "", ',', text.len);
    if (!quote) {
        ms_buf_add(&writer->line, text.data, text.len);
        return;
    }
    ms_buf_addc(&writer->line, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '"')
            ms_buf_addc(&writer->line, '"');
        ms_buf_addc(&writer->line, text.data[i]);
    }
    ms_buf_addc(&writer->line, '"');
}

// The number alone: programs sum and compare it. That something is missing from it is said in the column
// partial.
static struct ms_text cell_text(struct ms_writer *writer, const struct ms_cell *cell, size_t column)
{
    struct ms_cell bare = *cell;
    bare.missing = 0;
    ms_buf_clear(&writer->cell);
    if (cell->kind == MS_CELL_UNKNOWN || (cell->kind == MS_CELL_EMPTY && cell->missing))
        return ms_text_of(writer->options.null ? writer->options.null : "");
    if (!ms_cell_text(&writer->cell, &bare, writer->columns[column].type, writer->style))
        writer->line.failed = true;
    return (struct ms_text){writer->cell.data, writer->cell.len};
}

static struct ms_text partial_text(struct ms_writer *writer, const struct ms_cell *cells)
{
    ms_buf_clear(&writer->cell);
    for (size_t i = 0; i < writer->count; i++) {
        if (cells[i].missing == 0 || cells[i].kind == MS_CELL_UNKNOWN || cells[i].kind == MS_CELL_EMPTY)
            continue;
        ms_buf_adds(&writer->cell, writer->cell.len ? " " : "");
        ms_buf_add(&writer->cell, writer->columns[i].name.data, writer->columns[i].name.len);
    }
    return (struct ms_text){writer->cell.data, writer->cell.len};
}

static bool csv_begin(struct ms_writer *writer)
{
    if (writer->options.headless)
        return true;
    for (size_t i = 0; i < writer->count; i++) {
        ms_buf_adds(&writer->line, i > 0 ? "," : "");
        add_csv(writer, writer->columns[i].name);
    }
    if (writer->options.partial)
        ms_buf_adds(&writer->line, ",partial");
    ms_buf_adds(&writer->line, ms_writer_crlf(writer));
    return ms_writer_send(writer);
}

static bool csv_row(struct ms_writer *writer, const struct ms_cell *cells)
{
    for (size_t i = 0; i < writer->count; i++) {
        ms_buf_adds(&writer->line, i > 0 ? "," : "");
        add_csv(writer, cell_text(writer, &cells[i], i));
    }
    if (writer->options.partial) {
        ms_buf_addc(&writer->line, ',');
        add_csv(writer, partial_text(writer, cells));
    }
    ms_buf_adds(&writer->line, ms_writer_crlf(writer));
    return ms_writer_send(writer);
}

static bool tsv_begin(struct ms_writer *writer)
{
    if (writer->options.headless)
        return true;
    for (size_t i = 0; i < writer->count; i++) {
        ms_buf_adds(&writer->line, i > 0 ? "\t" : "");
        ms_buf_add(&writer->line, writer->columns[i].name.data, writer->columns[i].name.len);
    }
    if (writer->options.partial)
        ms_buf_adds(&writer->line, "\tpartial");
    ms_buf_addc(&writer->line, '\n');
    return ms_writer_send(writer);
}

static bool tsv_row(struct ms_writer *writer, const struct ms_cell *cells)
{
    for (size_t i = 0; i < writer->count; i++) {
        struct ms_text text = cell_text(writer, &cells[i], i);
        ms_buf_adds(&writer->line, i > 0 ? "\t" : "");
        ms_buf_add(&writer->line, text.data, text.len);
    }
    if (writer->options.partial) {
        const struct ms_text names = partial_text(writer, cells);
        ms_buf_addc(&writer->line, '\t');
        ms_buf_add(&writer->line, names.data, names.len);
    }
    ms_buf_addc(&writer->line, '\n');
    return ms_writer_send(writer);
}

static bool nothing_more(struct ms_writer *writer, struct ms_text meta)
{
    (void)writer;
    (void)meta;
    return true;
}

const struct ms_format_ops ms_format_csv = {
    .kind = MS_FORMAT_LINES, .begin = csv_begin, .row = csv_row, .end = nothing_more};

const struct ms_format_ops ms_format_tsv = {
    .kind = MS_FORMAT_LINES, .begin = tsv_begin, .row = tsv_row, .end = nothing_more};
