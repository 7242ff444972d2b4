// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/screen.h"

#include "output/color.h"
#include "output/escape.h"
#include "output/width.h"

#include <string.h>

// The whole picture is one write, and nothing is erased before its replacement is written: no flicker.
static const char home[] = "\033[H\033[?7l"; // long lines end at the edge
static const char end_of_line[] = "\033[K\n";
static const char end_of_screen[] = "\033[J\033[?7h";

bool ms_screen_is_seen(const struct ms_sink *sink)
{
    return sink->tty && ms_color_terminal();
}

static size_t count_lines(struct ms_text body)
{
    size_t lines = 0;
    while (body.len > 0) {
        ms_text_until(&body, '\n');
        lines++;
    }
    return lines;
}

// Tabs become blanks: the terminal would leave what is below a tab.
static void add_line(struct ms_buf *picture, struct ms_text line)
{
    enum { TAB = 8 };
    size_t column = 0;
    while (line.len > 0) {
        bool has_tab = memchr(line.data, '\t', line.len);
        struct ms_text part = ms_text_until(&line, '\t');
        ms_buf_add(picture, part.data, part.len);
        column += ms_width(part);
        for (bool more = has_tab; more; more = column % TAB != 0) {
            ms_buf_addc(picture, ' ');
            column++;
        }
    }
    ms_buf_adds(picture, end_of_line);
}

static void compose(struct ms_buf *picture, const struct ms_sink *sink, struct ms_text head,
                    struct ms_text body)
{
    size_t height = ms_sink_height(sink);
    size_t room = height > 2 ? height - 2 : 1; // without the head and the last line
    size_t lines = count_lines(body);
    size_t shown = lines <= room ? lines : room - 1;
    ms_buf_adds(picture, home);
    ms_escape(picture, head, MS_ESCAPE_KEEP_BACKSLASH | (sink->utf8 ? 0 : MS_ESCAPE_ASCII));
    ms_buf_adds(picture, end_of_line);
    for (size_t i = 0; i < shown; i++)
        add_line(picture, ms_text_until(&body, '\n'));
    if (shown < lines)
        ms_buf_addf(picture, "(%zu more lines)%s", lines - shown, end_of_line);
    ms_buf_adds(picture, end_of_screen);
}

bool ms_screen_draw(struct ms_sink *sink, struct ms_text head, struct ms_text body)
{
    struct ms_buf picture;
    ms_buf_init(&picture);
    compose(&picture, sink, head, body);
    bool done = !picture.failed && ms_sink_write(sink, (struct ms_text){picture.data, picture.len});
    ms_buf_deinit(&picture);
    return done && ms_sink_flush(sink);
}
