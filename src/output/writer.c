// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/writer.h"

#include "output/color.h"
#include "output/escape.h"
#include "output/json_text.h"
#include "output/utf8.h"
#include "output/writer_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const struct ms_format_ops *const formats[] = {
#define X(constant, name) &ms_format_##name,
    MS_FORMATS(X)
#undef X
};

const char *ms_format_name(enum ms_format format)
{
    static const char *const names[] = {
#define X(constant, name) #name,
        MS_FORMATS(X)
#undef X
    };
    return names[format];
}

enum ms_format_kind ms_format_kind(enum ms_format format)
{
    return formats[format]->kind;
}

bool ms_format_is_json(enum ms_format format)
{
    return formats[format]->is_json;
}

bool ms_format_is_metrics(enum ms_format format)
{
    return formats[format]->is_metrics;
}

bool ms_format_find(struct ms_text name, enum ms_format *out)
{
    for (int format = 0; format < MS_FORMAT_COUNT; format++) {
        if (ms_text_eq(name, ms_text_of(ms_format_name((enum ms_format)format)))) {
            *out = (enum ms_format)format;
            return true;
        }
    }
    return false;
}

static struct ms_style style_for(const struct ms_sink *sink, const struct ms_format_ops *ops,
                                 struct ms_writer_options options)
{
    bool people = ops->kind == MS_FORMAT_PICTURE || ops->kind == MS_FORMAT_PAGE;
    bool human = options.human == MS_HUMAN_YES || (options.human == MS_HUMAN_AUTO && sink->tty && people);
    bool blocks = ms_utf8_environment() && (!sink->tty || ms_color_terminal());
    return (struct ms_style){.human = human, .table = people, .ascii = !sink->utf8, .blocks = blocks};
}

enum ms_paint ms_writer_paint(const struct ms_writer *writer, const struct ms_cell *cell,
                              enum ms_column_type type)
{
    if (type == MS_COLUMN_ANY)
        type = cell->type;
    if (cell->kind == MS_CELL_UNKNOWN)
        return MS_PAINT_FAINT;
    if (cell->kind == MS_CELL_TEXT || cell->kind == MS_CELL_LIST)
        return MS_PAINT_TEXT;
    bool number = cell->kind == MS_CELL_INTEGER || cell->kind == MS_CELL_NUMBER;
    bool scaled = writer->style.human && (type == MS_COLUMN_BYTES || type == MS_COLUMN_SECONDS);
    return number && scaled ? MS_PAINT_UNITS : MS_PAINT_PLAIN;
}

void ms_writer_add(struct ms_writer *writer, struct ms_text text, enum ms_paint paint)
{
    struct ms_buf *line = &writer->line;
    if (!writer->color || paint == MS_PAINT_PLAIN) {
        ms_buf_add(line, text.data, text.len);
    } else if (paint == MS_PAINT_UNITS) {
        ms_tone_number(line, text);
    } else {
        static const enum ms_tone tones[] = {[MS_PAINT_TEXT] = MS_TONE_PLAIN,
                                             [MS_PAINT_FAINT] = MS_TONE_FAINT,
                                             [MS_PAINT_HEAD] = MS_TONE_HEAD};
        ms_tone_text(line, text, tones[paint]);
    }
}

bool ms_writer_send(struct ms_writer *writer)
{
    struct ms_sink *sink = writer->sink;
    if (writer->line.failed || writer->cell.failed) {
        if (!sink->error)
            sink->error = ENOMEM;
        return false;
    }
    bool done = ms_sink_write(sink, (struct ms_text){writer->line.data, writer->line.len});
    ms_buf_clear(&writer->line);
    return done;
}

unsigned ms_writer_width(const struct ms_writer *writer)
{
    if (writer->options.width > 0)
        return writer->options.width;
    return writer->sink->tty ? ms_sink_width(writer->sink) : 0;
}

void ms_writer_add_blanks(struct ms_writer *writer, size_t count)
{
    static const char blanks[] = "                                                                ";
    for (size_t some; count > 0; count -= some) {
        some = count < sizeof blanks - 1 ? count : sizeof blanks - 1;
        ms_buf_add(&writer->line, blanks, some);
    }
}

static void append_cell(struct ms_writer *writer, const struct ms_cell *cell, size_t column)
{
    if (!ms_cell_text(&writer->cell, cell, writer->columns[column].type, writer->style))
        writer->line.failed = true;
}

struct ms_text ms_writer_cell_text(struct ms_writer *writer, const struct ms_cell *cell, size_t column)
{
    ms_buf_clear(&writer->cell);
    append_cell(writer, cell, column);
    return (struct ms_text){writer->cell.data, writer->cell.len};
}

void ms_writer_describe(struct ms_writer *writer, const struct ms_cell *cell, size_t column)
{
    append_cell(writer, cell, column);
    if (cell->kind == MS_CELL_UNKNOWN)
        ms_buf_addf(&writer->cell, " (%s)", ms_reason_name(cell->reason));
    if (cell->mark)
        ms_buf_addc(&writer->cell, cell->mark);
}

// Copies the names in the form in which they are shown. They are made one after the other in one buffer,
// which may move: what points into it is set at the end.
static bool copy_columns(struct ms_writer *writer, const struct ms_column *columns)
{
    writer->columns = calloc(writer->count ? writer->count : 1, sizeof *columns);
    if (!writer->columns)
        return false;
    for (size_t i = 0; i < writer->count; i++) {
        size_t before = writer->names.len;
        bool done =
            writer->ops->is_json
                ? ms_json_string(&writer->names, columns[i].name, writer->style.ascii, NULL)
                : ms_escape(&writer->names, columns[i].name, writer->style.ascii ? MS_ESCAPE_ASCII : 0);
        if (!done)
            return false;
        writer->columns[i] = (struct ms_column){{NULL, writer->names.len - before}, columns[i].type};
    }
    const char *name = writer->names.data;
    for (size_t i = 0; i < writer->count; i++) {
        writer->columns[i].name.data = name;
        name += writer->columns[i].name.len;
    }
    return true;
}

// True if `name`, in quotes, is that of `base` followed by _b64.
static bool is_twin(struct ms_text name, struct ms_text base)
{
    static const char suffix[] = "_b64\"";
    size_t stem = base.len - 1;
    return name.len == stem + sizeof suffix - 1 && memcmp(name.data, base.data, stem) == 0 &&
           memcmp(name.data + stem, suffix, sizeof suffix - 1) == 0;
}

// JSON lets two members of one object have one name, and every reader then drops one of them.
static bool names_are_free(const struct ms_writer *writer, char *message)
{
    for (size_t i = 0; i < writer->count; i++) {
        struct ms_text name = writer->columns[i].name;
        int len = name.len < 80 ? (int)name.len : 80;
        const char *why = NULL;
        if (ms_text_eq(name, MS_TEXT("\"unknown\"")) || ms_text_eq(name, MS_TEXT("\"partial\"")))
            why = "is what a JSON row calls its unknown or partial values";
        for (size_t j = 0; j < writer->count && !why; j++) {
            if (j < i && ms_text_eq(name, writer->columns[j].name))
                why = "is there twice, and a JSON row has one place for it";
            else if (j != i && is_twin(name, writer->columns[j].name))
                why = "is what a JSON row calls the bytes of another column";
        }
        if (why) {
            snprintf(message, MS_WRITER_MESSAGE, "column %.*s %s; give it another name", len, name.data, why);
            return false;
        }
    }
    return true;
}

// Who looks on sees rows as they come, and after Ctrl-C no leftovers wait in the buffer for the next answer.
static bool show_at_once(struct ms_sink *sink)
{
    return !sink->tty || ms_sink_flush(sink);
}

static bool start(struct ms_writer *writer, const struct ms_column *columns, char *message)
{
    snprintf(message, MS_WRITER_MESSAGE, "not enough memory");
    writer->state = calloc(1, writer->ops->state_size ? writer->ops->state_size : 1);
    if (!writer->state || !copy_columns(writer, columns))
        return false;
    if (writer->ops->is_json && !names_are_free(writer, message))
        return false;
    // What is wrong with the sink shows at the rows, and again at the end.
    if (writer->ops->begin)
        writer->ops->begin(writer);
    show_at_once(writer->sink);
    return true;
}

struct ms_writer *ms_writer_create(struct ms_sink *sink, enum ms_format format,
                                   const struct ms_column *columns, size_t count,
                                   struct ms_writer_options options, char *message)
{
    struct ms_writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        snprintf(message, MS_WRITER_MESSAGE, "not enough memory");
        return NULL;
    }
    writer->sink = sink;
    writer->count = count;
    writer->options = options;
    writer->ops = formats[format];
    // One thing is a list of its fields in either format for people.
    if (options.record && format == MS_FORMAT_TABLE)
        writer->ops = ms_writer_width(writer) > 0 ? &ms_format_record : &ms_format_vertical;
    writer->style = style_for(sink, writer->ops, options);
    writer->color =
        writer->ops->kind == MS_FORMAT_PICTURE && sink->kind != MS_SINK_MEMORY && ms_color_on(sink->tty);
    if (!start(writer, columns, message)) {
        ms_writer_destroy(writer);
        return NULL;
    }
    return writer;
}

void ms_writer_destroy(struct ms_writer *writer)
{
    if (!writer)
        return;
    if (writer->ops->deinit && writer->state)
        writer->ops->deinit(writer);
    ms_buf_deinit(&writer->names);
    ms_buf_deinit(&writer->line);
    ms_buf_deinit(&writer->cell);
    free(writer->columns);
    free(writer->state);
    free(writer);
}

bool ms_writer_row(struct ms_writer *writer, const struct ms_cell *cells)
{
    if (writer->sink->error)
        return false;
    bool done = writer->ops->row(writer, cells);
    writer->rows++;
    return done && show_at_once(writer->sink);
}

const char *ms_writer_problem(const struct ms_writer *writer)
{
    return writer->problem[0] ? writer->problem : NULL;
}

bool ms_writer_fits(struct ms_writer *writer)
{
    return !writer->ops->fits || writer->ops->fits(writer);
}

bool ms_writer_close(struct ms_writer *writer, struct ms_text meta)
{
    if (writer->sink->error)
        return false;
    bool done = !writer->ops->end || writer->ops->end(writer, meta.len ? meta : MS_TEXT("{}"));
    return done && ms_sink_flush(writer->sink);
}

static bool scalar_json(struct ms_buf *out, const struct ms_cell *cell, enum ms_column_type type, bool ascii)
{
    bool lossy = false;
    ms_buf_adds(out, "{\"value\": ");
    ms_cell_json(out, cell, type, ascii, &lossy);
    if (lossy) {
        ms_buf_adds(out, ", \"value_b64\": ");
        ms_cell_base64(out, cell);
    }
    if (cell->kind == MS_CELL_UNKNOWN)
        ms_buf_addf(out, ", \"unknown\": \"%s\"", ms_reason_name(cell->reason));
    if (cell->missing > 0)
        ms_buf_addf(out, ", \"partial\": %llu", (unsigned long long)cell->missing);
    return !out->failed;
}

static bool scalar_line(struct ms_sink *sink, enum ms_format format, const struct ms_cell *cell,
                        enum ms_column_type type, struct ms_writer_options options, struct ms_buf *out)
{
    bool own_text = cell->kind == MS_CELL_TEXT && type != MS_COLUMN_TEXT && type != MS_COLUMN_PATH;
    if (own_text) {
        bool ended = cell->text.len > 0 && cell->text.data[cell->text.len - 1] == '\n';
        return ms_buf_add(out, cell->text.data, cell->text.len) && (ended || ms_buf_addc(out, '\n')) &&
               ms_sink_print(sink, (struct ms_text){out->data, out->len});
    }
    struct ms_style style = style_for(sink, formats[format], options);
    if (cell->kind == MS_CELL_BOOLEAN)
        style.table = false; // one value is what Lua calls it
    struct ms_cell bare = *cell;
    bool plain = formats[format]->kind == MS_FORMAT_LINES; // programs read it, as they read cells
    if (plain)
        bare.missing = 0;
    bool done = plain && cell->kind == MS_CELL_UNKNOWN ? ms_buf_adds(out, options.null ? options.null : "")
                                                       : ms_cell_text(out, &bare, type, style);
    return done && ms_buf_addc(out, '\n') && ms_sink_write(sink, (struct ms_text){out->data, out->len});
}

bool ms_writer_scalar(struct ms_sink *sink, enum ms_format format, const struct ms_cell *cell,
                      enum ms_column_type type, struct ms_writer_options options, struct ms_text meta)
{
    struct ms_buf out;
    ms_buf_init(&out);
    if (formats[format]->is_json) {
        scalar_json(&out, cell, type, !sink->utf8);
        if (formats[format]->kind == MS_FORMAT_DOCUMENT) {
            meta = meta.len ? meta : MS_TEXT("{}");
            ms_buf_adds(&out, ", \"meta\": ");
            ms_buf_add(&out, meta.data, meta.len);
        }
        ms_buf_adds(&out, "}\n");
        if (!out.failed)
            ms_sink_write(sink, (struct ms_text){out.data, out.len});
    } else {
        scalar_line(sink, format, cell, type, options, &out);
    }
    if (out.failed && !sink->error)
        sink->error = ENOMEM;
    ms_buf_deinit(&out);
    return !sink->error && ms_sink_flush(sink);
}
