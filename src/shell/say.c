// SPDX-License-Identifier: GPL-3.0-or-later
#include "say.h"

#include "buf.h"
#include "escape.h"
#include "utf8.h"

#include <stdio.h>
#include <unistd.h>

void ms_say_text(const char *text, size_t len, int bare)
{
    struct ms_buf out;
    unsigned flags = MS_ESCAPE_NOTE;
    if (isatty(STDERR_FILENO) && !ms_utf8_environment())
        flags |= MS_ESCAPE_ASCII;
    ms_buf_init(&out);
    if (!bare)
        ms_buf_adds(&out, "memsh: ");
    ms_escape(&out, (struct ms_text){text, len}, flags);
    ms_buf_addc(&out, '\n');
    fflush(stdout);
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
