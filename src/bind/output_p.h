// SPDX-License-Identifier: GPL-3.0-or-later
// What the bindings of the output layer share.
#pragma once

#include "base/buf.h"
#include "base/text.h"
#include "output/cell.h"
#include "output/sink.h"

#include <lauxlib.h>

// The sink at `index`; raises if there is none.
struct ms_sink *ms_check_sink(lua_State *L, int index);

// Pushes `done` as true (1), or nil, a message and the name of what is wrong with the sink (3). An
// interrupted write to the terminal is nobody's error: it raises "interrupted!".
int ms_push_outcome(lua_State *L, const struct ms_sink *sink, bool done);

// Appends the value at `index` as JSON, in nothing but ASCII if so wanted. Keys come sorted by their bytes; a
// table with the keys 1..n is an array, an empty one {}. An unknown value is null, and the object that it is
// in has "unknown": {KEY: reason}, as the rows of a document do; text that is no UTF-8 gets a twin KEY_b64.
// Raises for what JSON has no words for.
void ms_json_value(lua_State *L, int index, bool ascii, struct ms_buf *out);

// The value on top of the stack, popped, as a cell, whose text belongs to Lua and must be reachable from
// elsewhere as long as the cell is used. For a list, an array of its items is left on the stack instead, and
// must stay there as long. Raises for a value that no cell can show.
struct ms_cell ms_to_cell(lua_State *L);
