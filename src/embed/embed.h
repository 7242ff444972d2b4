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

// The same modules in the same order as bytecode, of which loading takes a fraction of what compiling the
// text does. Only the very Lua that made it (its lua_ident is ms_precompiled_by) may load it: the library may
// be another one than that of the build, and bytecode is not checked. "" where there is none.
struct ms_precompiled {
    const char *code;
    size_t len;
};

extern const struct ms_precompiled ms_precompiled[];
extern const char ms_precompiled_by[];
