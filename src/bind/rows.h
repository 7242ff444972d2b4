// SPDX-License-Identifier: GPL-3.0-or-later
// Rows that are at hand many at once: the mappings of a listing, or an array of processes and of mappings
// that are kept. One of them is looked at without making a Lua value of it.
#pragma once

#include "bind/handles.h"

struct ms_rows {
    int index;                          // where they are on the stack
    const struct ms_listing *listing;   // NULL: an array
    const struct ms_lua_process *owner; // of the listing
    const void *mapping_meta;           // to be compared: to look them up by name would take half of the time
    const void *process_meta;
};

// A mapping of a listing, or one that is kept, or a process. Valid as long as its rows are.
struct ms_row {
    const struct ms_lua_process *process;
    const struct ms_lua_mapping *kept;
    const struct ms_listing *listing;
    size_t index;
};

// The listing or array at `index`; raises for anything else.
struct ms_rows ms_rows_at(lua_State *L, int index);

// The row at a place, counted from 1. False where there is no process, and no mapping that is kept. Leaves up
// to two values on the stack.
bool ms_rows_take(lua_State *L, const struct ms_rows *rows, lua_Integer place, struct ms_row *row);

// As ms_row_value.
bool ms_rows_value(const struct ms_row *row, enum ms_field field, char *scratch, struct ms_value *value);
