// SPDX-License-Identifier: GPL-3.0-or-later
// The Lua modules that are compiled in (made by embed.cmake).
#pragma once

#include <stddef.h>

struct ms_embedded {
    const char *name;  // "memsh.query"
    const char *chunk; // "@lua/memsh/query.lua": what tracebacks show
    const char *text;
    size_t len;
};

extern const struct ms_embedded ms_embedded[]; // sorted by name
extern const size_t ms_embedded_count;
