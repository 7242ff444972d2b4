// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/stderr.h"

#include "base/buf.h"
#include "output/color.h"
#include "output/escape.h"
#include "output/progress.h"
#include "output/sink.h"
#include "output/utf8.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

// Lua's own messages are indented by tabs, which no terminal is to get.
static void add_escaped(struct ms_buf *out, struct ms_text text, unsigned flags)
{
    while (text.len) {
        bool has_tab = memchr(text.data, '\t', text.len);
        ms_escape(out, ms_text_until(&text, '\t'), flags);
        ms_buf_adds(out, has_tab ? "  " : "");
    }
}

// A line of blanks and carets, below what it points at.
static bool is_caret(struct ms_text line)
{
    size_t at = 0;
    while (at < line.len && line.data[at] == ' ')
        at++;
    size_t blanks = at;
    while (at < line.len && line.data[at] == '^')
        at++;
    return blanks > 0 && at > blanks && at == line.len;
}

static void add_toned(struct ms_buf *out, struct ms_text text)
{
    while (text.len) {
        bool ended = memchr(text.data, '\n', text.len);
        struct ms_text line = ms_text_until(&text, '\n');
        enum ms_tone tone = is_caret(line) ? MS_TONE_CARET : MS_TONE_PLAIN;
        ms_buf_adds(out, ms_tone_begin(tone));
        ms_buf_add(out, line.data, line.len);
        ms_buf_adds(out, ms_tone_end(tone));
        ms_buf_adds(out, ended ? "\n" : "");
    }
}

static char first[1024];

// Its first line, as it is shown.
static void keep_first(const char *text, size_t len)
{
    size_t end = 0;
    while (end < len && end < sizeof first - 1 && text[end] != '\n')
        end++;
    memcpy(first, text, end);
    first[end] = '\0';
}

const char *ms_stderr_first_line(void)
{
    return first;
}

void ms_stderr_print_text(const char *text, size_t len, int bare)
{
    struct ms_buf out, toned;
    unsigned flags = MS_ESCAPE_NOTE;
    if (isatty(STDERR_FILENO) && !ms_utf8_environment())
        flags |= MS_ESCAPE_ASCII;
    ms_buf_init(&out);
    ms_buf_init(&toned);
    if (!bare)
        ms_buf_adds(&out, "memsh: ");
    const size_t prefix = out.len;
    add_escaped(&out, (struct ms_text){text, len}, flags);
    ms_buf_addc(&out, '\n');
    if (ms_color_on(isatty(STDERR_FILENO)))
        add_toned(&toned, (struct ms_text){out.data, out.len});
    const struct ms_buf *shown = toned.len && !toned.failed ? &toned : &out;
    if (out.failed) {
        ms_sink_say_no_memory();
        ms_buf_clear(&out);
    } else if (!*first && out.len > prefix)
        keep_first(out.data + prefix, out.len - prefix);
    fflush(stdout);
    ms_progress_clear();
    if (fwrite(shown->data, 1, shown->len, stderr) == shown->len)
        fflush(stderr);
    ms_buf_deinit(&toned);
    ms_buf_deinit(&out);
}

void ms_stderr_print(const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len > 0)
        ms_stderr_print_text(text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1, 0);
}
