// SPDX-License-Identifier: GPL-3.0-or-later
// What a writer of metrics is told by Lua.
#pragma once

#include "output/writer.h"

#include <lua.h>

// Sets what of *out metrics need, from the columns (`meaning`, `counter`, `id` of each) and the options
// (`subject`, `exposition`, `max_series`) at these places of the stack. Pushes a value that keeps what *out
// then points to.
void ms_push_metric_options(lua_State *L, int columns, int options, struct ms_writer_options *out);
