// SPDX-License-Identifier: GPL-3.0-or-later
// One value on its way to the reader, and how it looks as text or JSON.
#pragma once

#include "base/buf.h"
#include "base/reason.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// X(constant, name)
#define MS_COLUMN_TYPES(X)                                                                                   \
    X(MS_COLUMN_ANY, "any")         /* each value decides for itself */                                      \
    X(MS_COLUMN_BYTES, "bytes")     /* a size in bytes */                                                    \
    X(MS_COLUMN_COUNT, "count")     /* a number of things */                                                 \
    X(MS_COLUMN_INTEGER, "integer") /* an id */                                                              \
    X(MS_COLUMN_NUMBER, "number")   /* a fraction */                                                         \
    X(MS_COLUMN_PERCENT, "percent") /* 12.5 is 12.5 % */                                                     \
    X(MS_COLUMN_ADDR, "addr")       /* an address, without sign */                                           \
    X(MS_COLUMN_SECONDS, "seconds") /* a span of time */                                                     \
    X(MS_COLUMN_TIME, "time")       /* seconds since 1970 */                                                 \
    X(MS_COLUMN_BOOLEAN, "boolean")                                                                          \
    X(MS_COLUMN_BAR, "bar") /* a share of the column's greatest value, -1 to 1, to be drawn */               \
    X(MS_COLUMN_TEXT, "text")                                                                                \
    X(MS_COLUMN_PATH, "path") /* text that may give way in its middle */                                     \
    X(MS_COLUMN_LIST, "list")

enum ms_column_type {
#define X(constant, name) constant,
    MS_COLUMN_TYPES(X)
#undef X
        MS_COLUMN_TYPE_COUNT
};

struct ms_column {
    struct ms_text name;
    enum ms_column_type type;
};

// The type with the stable name `name` ("bytes"). False, and *out untouched, if there is none.
bool ms_column_type_find(struct ms_text name, enum ms_column_type *out);

// True for the types whose values are aligned at the right of a column.
bool ms_column_type_right(enum ms_column_type type);

enum ms_cell_kind {
    MS_CELL_EMPTY, // does not apply: nothing to show, and nothing unknown about it
    MS_CELL_BOOLEAN,
    MS_CELL_INTEGER,
    MS_CELL_NUMBER,
    MS_CELL_TEXT,
    MS_CELL_LIST,
    MS_CELL_UNKNOWN,
};

enum ms_cell_flag {
    MS_CELL_SIGNED = 1, // a difference: people see a plus before what is more
    MS_CELL_ABOUT = 2,  // what is missing may make it smaller, too: it is no lower bound
};

// The column's type says how a number looks; a value of another kind than its column's is shown as what it
// is.
struct ms_cell {
    enum ms_cell_kind kind;
    enum ms_column_type type; // in a column of MS_COLUMN_ANY: what it is there
    unsigned flags;           // of enum ms_cell_flag
    char mark;                // what a table shows after it, 0: nothing
    uint64_t missing;         // values that are not in it because they are unknown; 0: it is whole
    union {
        bool boolean;
        int64_t integer;
        double number;
        struct ms_text text; // the caller's
        struct {
            const struct ms_cell *items; // the caller's; no lists among them
            size_t count;
        } list;
        enum ms_reason reason; // of MS_CELL_UNKNOWN
    };
};

struct ms_style {
    bool human;  // sizes and ages scaled, numbers short
    bool table;  // for people to look at: yes and no, local times, one decimal of a percentage
    bool ascii;  // nothing but ASCII
    bool blocks; // bars are drawn with block characters; else with '#'
};

// Appends the cell as escaped text: "none" for an infinite size (no limit), "?" if it is unknown (a text "?"
// is \x3f), ">=" (or "~" with MS_CELL_ABOUT) before what has missing values, nothing for an empty one; a bar
// as its number, where it is not for people to look at. False if there is no memory.
bool ms_cell_text(struct ms_buf *out, const struct ms_cell *cell, enum ms_column_type type,
                  struct ms_style style);

// Appends the cell as a JSON value: null if it is unknown or empty, "none" for an infinite size. *lossy
// becomes true if text in it is not UTF-8. False if there is no memory.
bool ms_cell_json(struct ms_buf *out, const struct ms_cell *cell, enum ms_column_type type, bool ascii,
                  bool *lossy);

// Appends the bytes of a text cell as base64, of a list as an array of them (null for what is no text).
bool ms_cell_base64(struct ms_buf *out, const struct ms_cell *cell);
