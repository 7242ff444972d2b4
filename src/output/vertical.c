// SPDX-License-Identifier: GPL-3.0-or-later
// vertical: a line for each value, nothing cut, and what is unknown says why; for rows with many columns, and
// for one thing.
#include "output/color.h"
#include "output/width.h"
#include "output/writer_private.h"

struct state {
    size_t name_width;
};

static bool begin(struct ms_writer *writer)
{
    struct state *state = writer->state;
    for (size_t i = 0; i < writer->count; i++) {
        size_t width = ms_width(writer->columns[i].name);
        if (width > state->name_width)
            state->name_width = width;
    }
    return true;
}

static void add_line(struct ms_writer *writer, struct ms_text name, enum ms_paint paint)
{
    const struct state *state = writer->state;
    ms_writer_add(writer, name, MS_PAINT_HEAD);
    if (writer->cell.len > 0) {
        ms_writer_add_blanks(writer, state->name_width + 2 - ms_width(name));
        ms_writer_add(writer, (struct ms_text){writer->cell.data, writer->cell.len}, paint);
    }
    ms_buf_addc(&writer->line, '\n');
}

static void add_number(struct ms_writer *writer)
{
    enum ms_tone tone = writer->color ? MS_TONE_FAINT : MS_TONE_PLAIN;
    ms_buf_addf(&writer->line, "%s-[ %zu ]---%s\n", ms_tone_begin(tone),
                writer->options.first + writer->rows + 1, ms_tone_end(tone));
}

static bool row(struct ms_writer *writer, const struct ms_cell *cells)
{
    if (!writer->options.record)
        add_number(writer);
    for (size_t i = 0; i < writer->count; i++) {
        ms_buf_clear(&writer->cell);
        ms_writer_describe(writer, &cells[i], i);
        add_line(writer, writer->columns[i].name,
                 ms_writer_paint(writer, &cells[i], writer->columns[i].type));
    }
    return ms_writer_send(writer);
}

const struct ms_format_ops ms_format_vertical = {
    .kind = MS_FORMAT_PICTURE, .state_size = sizeof(struct state), .begin = begin, .row = row};
