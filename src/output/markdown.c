// SPDX-License-Identifier: GPL-3.0-or-later
// md: a table as Markdown readers know it, for a bug report.
#include "output/writer_private.h"

#include <ctype.h>

static bool in_word(struct ms_text text, size_t i)
{
    return i > 0 && i + 1 < text.len && isalnum((unsigned char)text.data[i - 1]) &&
           isalnum((unsigned char)text.data[i + 1]);
}

// What Markdown or HTML would interpret is escaped.
static void add_markdown(struct ms_writer *writer, struct ms_text text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '_' && in_word(text, i)) // private_dirty is no emphasis
            ms_buf_addc(&writer->line, c);
        else if (c == '<')
            ms_buf_adds(&writer->line, "&lt;");
        else if (c == '&')
            ms_buf_adds(&writer->line, "&amp;");
        else if (c != '\0' && strchr("\\|`*_[~$", c))
            ms_buf_addf(&writer->line, "\\%c", c);
        else
            ms_buf_addc(&writer->line, c);
    }
}

static bool begin(struct ms_writer *writer)
{
    for (size_t i = 0; i < writer->count; i++) {
        ms_buf_adds(&writer->line, "| ");
        add_markdown(writer, writer->columns[i].name);
        ms_buf_addc(&writer->line, ' ');
    }
    ms_buf_adds(&writer->line, "|\n");
    for (size_t i = 0; i < writer->count; i++)
        ms_buf_adds(&writer->line, ms_column_type_right(writer->columns[i].type) ? "|---:" : "|---");
    ms_buf_adds(&writer->line, "|\n");
    return ms_writer_send(writer);
}

static bool row(struct ms_writer *writer, const struct ms_cell *cells)
{
    for (size_t i = 0; i < writer->count; i++) {
        ms_buf_adds(&writer->line, "| ");
        add_markdown(writer, ms_writer_cell_text(writer, &cells[i], i));
        ms_buf_addc(&writer->line, ' ');
    }
    ms_buf_adds(&writer->line, "|\n");
    return ms_writer_send(writer);
}

const struct ms_format_ops ms_format_md = {.kind = MS_FORMAT_PAGE, .begin = begin, .row = row};
