// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/progress.h"

#include "output/color.h"
#include "output/escape.h"
#include "output/sink.h"

#include <unistd.h>

// There is one standard error, and it shows a line or not.
static bool shown;

static const char erase[] = "\r\033[K";

bool ms_progress_is_seen(void)
{
    return isatty(STDERR_FILENO) && ms_color_terminal();
}

// What is lost of such a line is no loss.
static void put(const char *bytes, size_t len)
{
    if (write(STDERR_FILENO, bytes, len) < 0)
        return;
}

void ms_progress_show(struct ms_text text)
{
    struct ms_buf line;
    struct ms_sink terminal;
    ms_sink_init(&terminal);
    terminal.fd = STDERR_FILENO;
    const size_t most = ms_sink_width(&terminal) - 1;
    ms_buf_init(&line);
    ms_buf_adds(&line, erase);
    ms_escape(&line, (struct ms_text){text.data, text.len < most ? text.len : most}, MS_ESCAPE_ASCII);
    if (!line.failed) {
        put(line.data, line.len);
        shown = true;
    }
    ms_buf_deinit(&line);
}

void ms_progress_clear(void)
{
    if (shown)
        put(erase, sizeof erase - 1);
    shown = false;
}
