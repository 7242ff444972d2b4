// SPDX-License-Identifier: GPL-3.0-or-later
// csv (RFC 4180) and tsv: a header, then a line for each row. A text in them has no line break, tab or
// control character left, so a reader that splits lines first is right, too.
#include "output/writer_private.h"

static bool is_csv(const struct ms_writer *writer)
{
    return writer->ops == &ms_format_csv;
}

static bool needs_quotes(const struct ms_writer *writer, struct ms_text text)
{
    if (text.len == 0) // as the only field it would be an empty line, which readers skip
        return writer->count == 1 && !writer->options.partial;
    return memchr(text.data, '"', text.len) || memchr(text.data, ',', text.len);
}

static void add_quoted(struct ms_buf *line, struct ms_text text)
{
    ms_buf_addc(line, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '"')
            ms_buf_addc(line, '"');
        ms_buf_addc(line, text.data[i]);
    }
    ms_buf_addc(line, '"');
}

static void begin_field(struct ms_writer *writer, size_t index)
{
    if (index > 0)
        ms_buf_addc(&writer->line, is_csv(writer) ? ',' : '\t');
}

// The field is what the line has had since `from`.
static void end_field(struct ms_writer *writer, size_t from)
{
    struct ms_buf *line = &writer->line;
    const struct ms_text field = {line->len ? line->data + from : "", line->len - from};
    if (line->failed || !is_csv(writer) || !needs_quotes(writer, field))
        return;
    ms_buf_clear(&writer->cell);
    ms_buf_add(&writer->cell, field.data, field.len);
    line->len = from;
    add_quoted(line, ms_buf_text(&writer->cell));
}

static void add_field(struct ms_writer *writer, size_t index, struct ms_text text)
{
    begin_field(writer, index);
    const size_t from = writer->line.len;
    ms_buf_add(&writer->line, text.data, text.len);
    end_field(writer, from);
}

static bool end_line(struct ms_writer *writer)
{
    ms_buf_adds(&writer->line, is_csv(writer) && !writer->sink->tty ? "\r\n" : "\n");
    return ms_writer_send(writer);
}

// The number alone, because programs sum and compare it: the column partial says what it lacks. Digits need
// no quotes.
static void add_cell(struct ms_writer *writer, const struct ms_cell *cell, size_t column)
{
    const bool is_number = cell->kind == MS_CELL_INTEGER || cell->kind == MS_CELL_NUMBER;
    struct ms_cell bare;
    if (cell->kind == MS_CELL_UNKNOWN || (cell->kind == MS_CELL_EMPTY && cell->missing)) {
        add_field(writer, column, ms_text_of(writer->options.null ? writer->options.null : ""));
        return;
    }
    if (cell->missing) {
        bare = *cell;
        bare.missing = 0;
        cell = &bare;
    }
    begin_field(writer, column);
    const size_t from = writer->line.len;
    ms_cell_text(&writer->line, cell, writer->columns[column].type, writer->style);
    if (!is_number)
        end_field(writer, from);
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

static bool begin(struct ms_writer *writer)
{
    if (writer->options.headless)
        return true;
    for (size_t i = 0; i < writer->count; i++)
        add_field(writer, i, writer->columns[i].name);
    if (writer->options.partial)
        add_field(writer, writer->count, MS_TEXT("partial"));
    return end_line(writer);
}

static bool row(struct ms_writer *writer, const struct ms_cell *cells)
{
    for (size_t i = 0; i < writer->count; i++)
        add_cell(writer, &cells[i], i);
    if (writer->options.partial)
        add_field(writer, writer->count, partial_text(writer, cells));
    return end_line(writer);
}

const struct ms_format_ops ms_format_csv = {.kind = MS_FORMAT_LINES, .begin = begin, .row = row};
const struct ms_format_ops ms_format_tsv = {.kind = MS_FORMAT_LINES, .begin = begin, .row = row};
