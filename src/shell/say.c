// SPDX-License-Identifier: GPL-3.0-or-later
#include "say.h"

#include "buf.h"
#include "escape.h"
#include "progress.h"
#include "utf8.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

// Lua's own messages are indented by tabs, which no terminal is to get.
static void add_escaped(struct ms_buf *out, struct ms_text text, unsigned flags)
{
    while (text.len) {
        const char *tab = memchr(text.data, '\t', text.len);
        size_t len = tab ? (size_t)(tab - text.data) : text.len;
        ms_escape(out, (struct ms_text){text.data, len}, flags);
        if (tab)
            ms_buf_adds(out, "  ");
        text.data += len + (tab ? 1 : 0);
        text.len -= len + (tab ? 1 : 0);
    }
}

void ms_say_text(const char *text, size_t len, int bare)
{
    struct ms_buf out;
    unsigned flags = MS_ESCAPE_NOTE;
    if (isatty(STDERR_FILENO) && !ms_utf8_environment())
        flags |= MS_ESCAPE_ASCII;
    ms_buf_init(&out);
    if (!bare)
        ms_buf_adds(&out, "memsh: ");
    add_escaped(&out, (struct ms_text){text, len}, flags);
    ms_buf_addc(&out, '\n');
    fflush(stdout);
    ms_progress_clear();
    if (fwrite(out.data, 1, out.len, stderr) == out.len)
        fflush(stderr);
    ms_buf_deinit(&out);
}

void ms_say(const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len > 0)
        ms_say_text(text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1, 0);
}
