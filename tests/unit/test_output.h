// SPDX-License-Identifier: GPL-3.0-or-later
// What the tests of the output layer share.
#pragma once

#include "output/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static inline struct ms_cell text_cell(const char *bytes, size_t len)
{
    return (struct ms_cell){.kind = MS_CELL_TEXT, .text = {bytes, len}};
}

static inline struct ms_cell integer_cell(int64_t value)
{
    return (struct ms_cell){.kind = MS_CELL_INTEGER, .integer = value};
}

static inline struct ms_cell unknown_cell(enum ms_reason reason)
{
    return (struct ms_cell){.kind = MS_CELL_UNKNOWN, .reason = reason};
}

// A sink in memory; with `tty`, one that thinks itself a terminal.
static inline struct ms_sink memory_sink(bool tty, bool utf8)
{
    struct ms_sink sink;
    ms_sink_init(&sink);
    ms_sink_open_memory(&sink);
    sink.tty = tty;
    sink.utf8 = utf8;
    return sink;
}

// What is in a memory sink, as a string that the next call overwrites; the sink is closed.
static inline const char *taken(struct ms_sink *sink)
{
    static char *text;
    free(text);
    text = calloc(1, sink->buf.len + 1);
    if (sink->buf.len > 0)
        memcpy(text, sink->buf.data, sink->buf.len);
    ms_sink_abandon(sink);
    return text;
}

// The rows (count * rows cells) in one format, as the next call overwrites it.
static inline const char *shown(enum ms_format format, const struct ms_column *columns, size_t count,
                                const struct ms_cell *cells, size_t rows, struct ms_writer_options options)
{
    struct ms_sink sink = memory_sink(false, true);
    char message[MS_WRITER_MESSAGE];
    struct ms_writer *writer = ms_writer_create(&sink, format, columns, count, options, message);
    if (!writer) {
        ms_sink_abandon(&sink);
        return "";
    }
    for (size_t i = 0; i < rows; i++)
        ms_writer_row(writer, &cells[i * count]);
    ms_writer_close(writer, MS_TEXT(""));
    ms_writer_destroy(writer);
    return taken(&sink);
}

// What arrives at a terminal, which hands over what it has so far: that may be less than was written.
static inline void expect_on_terminal(int master, const char *expected)
{
    char got[256] = {0};
    for (size_t len = 0; len < strlen(expected);) {
        ssize_t more = read(master, got + len, sizeof got - 1 - len);
        assert_true(more > 0);
        len += (size_t)more;
    }
    assert_string_equal(got, expected);
}
