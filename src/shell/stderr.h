// SPDX-License-Identifier: GPL-3.0-or-later
// What the shell itself says on standard error. Everything in it is escaped but its line ends.
#pragma once

#include <stddef.h>

// Writes "memsh: " and the message, and ends the line.
void ms_stderr_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

// The same for a message that may hold NUL bytes; without the prefix if `bare`.
void ms_stderr_print_text(const char *text, size_t len, int bare);

// The first line of what was said first, without "memsh: "; empty for nothing. It stays where it is.
const char *ms_stderr_first_line(void);
