// SPDX-License-Identifier: GPL-3.0-or-later
// Plain Lua values as JSON, for core.json() and the meta data of a document.
#pragma once

#include "base/buf.h"

#include <lua.h>

// Pushes an empty buffer that Lua collects, so that an error raised while it fills leaves nothing behind.
struct ms_buf *ms_push_buf(lua_State *L);

// Appends the value at `index` as JSON, in nothing but ASCII if so wanted. Keys come sorted by their bytes; a
// table with the keys 1..n is an array, an empty one {}. An unknown value is null, and the object that it is
// in has "unknown": {KEY: reason}, as the rows of a document do; text that is no UTF-8 gets a twin KEY_b64.
// Raises for what JSON has no words for.
void ms_json_value(lua_State *L, int index, bool ascii, struct ms_buf *out);
