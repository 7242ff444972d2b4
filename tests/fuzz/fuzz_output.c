// SPDX-License-Identifier: GPL-3.0-or-later
// Any name, in every format, to a terminal and into a pipe: nothing that steers a terminal, always UTF-8,
// escapes that can be undone, no line wider than the screen. The first byte is the screen's width.
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "output/escape.h"
#include "output/width.h"
#include "output/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

// mbrtowc() in C.UTF-8 is the judge of what is a character.
static void expect_calm(const char *bytes, size_t len, const char *controls)
{
    mbstate_t state = {0};
    for (size_t used; len > 0; bytes += used, len -= used) {
        wchar_t code = 0;
        used = mbrtowc(&code, bytes, len, &state);
        expect(used > 0 && used <= len);
        expect(code >= 0x20 || strchr(controls, (int)code));
        expect(code < 0x7f || code > 0x9f);
        expect((code < 0x200b || code > 0x200f) && (code < 0x2028 || code > 0x202e));
        expect((code < 0x2060 || code > 0x2069) && code != 0x61c && code != 0xfeff);
    }
}

// What is shown fits, but for the note on columns that do not.
static void expect_fit(const struct ms_sink *sink, size_t width)
{
    const char *line = sink->buf.data, *end = line + sink->buf.len;
    for (const char *next; line < end && *line != '+'; line = next + 1) {
        next = memchr(line, '\n', (size_t)(end - line));
        expect(next != NULL);
        expect(ms_width((struct ms_text){line, (size_t)(next - line)}) <= width);
    }
}

static void show(struct ms_text name, enum ms_format format, bool tty, unsigned width)
{
    struct ms_sink sink;
    ms_sink_init(&sink);
    ms_sink_open_memory(&sink);
    sink.tty = tty;
    struct ms_cell item = {.kind = MS_CELL_TEXT, .text = name};
    struct ms_cell cells[] = {item, item, {.kind = MS_CELL_LIST, .list = {&item, 1}}};
    struct ms_column columns[] = {
        {MS_TEXT("a"), MS_COLUMN_PATH}, {MS_TEXT("b"), MS_COLUMN_TEXT}, {MS_TEXT("c"), MS_COLUMN_LIST}};
    char message[MS_WRITER_MESSAGE];
    struct ms_writer *writer =
        ms_writer_create(&sink, format, columns, 3, (struct ms_writer_options){.width = width}, message);
    expect(writer != NULL);
    expect(ms_writer_row(writer, cells) && ms_writer_close(writer, MS_TEXT("")));
    ms_writer_destroy(writer);
    if (format == MS_FORMAT_TABLE)
        expect_fit(&sink, width);
    const char *controls = format == MS_FORMAT_TSV ? "\n\t" : format == MS_FORMAT_CSV && !tty ? "\r\n" : "\n";
    expect_calm(sink.buf.data, sink.buf.len, controls);
    ms_sink_abandon(&sink);
}

static int digit(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

static void undo(struct ms_text name)
{
    struct ms_buf text, back;
    ms_buf_init(&text);
    ms_buf_init(&back);
    expect(ms_escape(&text, name, 0));
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '\\') {
            c = text.data[++i];
            if (c == 'x') {
                c = (char)(digit(text.data[i + 1]) << 4 | digit(text.data[i + 2]));
                i += 2;
            } else if (c != '\\') {
                c = c == 'n' ? '\n' : '\t';
            }
        }
        ms_buf_addc(&back, c);
    }
    expect(back.len == name.len && (name.len == 0 || memcmp(back.data, name.data, name.len) == 0));
    ms_buf_deinit(&text);
    ms_buf_deinit(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    static const char *judge;
    if (!judge)
        judge = setlocale(LC_CTYPE, "C.UTF-8");
    char *own = malloc(size);
    expect(own != NULL);
    memcpy(own, data + 1, size - 1);
    struct ms_text name = {own, size - 1};
    for (int format = 0; format < MS_FORMAT_COUNT; format++)
        for (int tty = 0; tty < 2 && format != MS_FORMAT_SQLITE; tty++) // which is no text
            show(name, (enum ms_format)format, tty, 16 + data[0] % 64U);
    undo(name);
    free(own);
    return 0;
}
