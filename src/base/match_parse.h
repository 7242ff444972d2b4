// SPDX-License-Identifier: GPL-3.0-or-later
// A pattern taken apart into its items. For match.c alone.
#pragma once

#include "base/match.h"

enum {
    MS_PATTERN_ITEMS = 512, // also bounds the depth of a match
    MS_PATTERN_CAPTURES = 32,
};

enum ms_item_kind {
    MS_ITEM_CHAR,     // the byte `a`
    MS_ITEM_ANY,      // .
    MS_ITEM_CLASS,    // %a: the letter in `a`
    MS_ITEM_SET,      // [...]: `set` is what stands between the brackets
    MS_ITEM_OPEN,     // ( of capture `a`
    MS_ITEM_POSITION, // () as capture `a`
    MS_ITEM_CLOSE,    // ) of capture `a`
    MS_ITEM_BACK,     // %1 for capture `a` == 0
    MS_ITEM_BALANCE,  // %b with `a` and `b`
    MS_ITEM_FRONTIER, // %f with `set`
    MS_ITEM_TEXT_END, // $
    MS_ITEM_DONE,     // behind the last one
};

struct ms_item {
    uint8_t kind;   // enum ms_item_kind
    uint8_t repeat; // '*' '+' '-' '?' or 0
    uint8_t a;
    uint8_t b;
    struct ms_text set; // points into the pattern
};

struct ms_pattern {
    struct ms_item items[MS_PATTERN_ITEMS + 1];
    size_t count; // without MS_ITEM_DONE
    bool anchored;
};

// Fills *out. False sets *error and leaves *out in no particular state.
bool ms_pattern_parse(struct ms_text text, struct ms_pattern *out, struct ms_match_error *error);

// Is byte `c` in the class of the letter `letter` (%a is 'a', its complement 'A')? Any other byte is itself.
bool ms_class_has(uint8_t letter, uint8_t c);

// Is byte `c` in the set whose text between the brackets is `set`?
bool ms_set_has(struct ms_text set, uint8_t c);
