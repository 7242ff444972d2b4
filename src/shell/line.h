// SPDX-License-Identifier: GPL-3.0-or-later
// One line from the person at the terminal, by readline. Signals are seen at once: readline is only called
// when there is something to read.
#pragma once

enum ms_line { MS_LINE_READ, MS_LINE_END, MS_LINE_INTERRUPTED };

// Sets readline up. Nothing of it is touched before, so that a script starts as fast without it.
void ms_line_open(void);

// Reads a line into *line, to be freed by the caller; *line is set for MS_LINE_READ only. MS_LINE_END:
// Ctrl-D. MS_LINE_INTERRUPTED: Ctrl-C; what was typed is gone, the flag is still up.
enum ms_line ms_line_read(const char *prompt, char **line);

// Shows a text as a line that was typed after the prompt.
void ms_line_echo(const char *prompt, const char *text);
