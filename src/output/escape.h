// SPDX-License-Identifier: GPL-3.0-or-later
// Reversible escapes for names that somebody else chose: \\ \n \t \xNN. What comes out is always valid UTF-8,
// has no control character of any kind, and nothing that reorders, hides or joins what is around it.
#pragma once

#include "base/buf.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

enum ms_escape_flag {
    MS_ESCAPE_ALL = 0,
    MS_ESCAPE_KEEP_NEWLINE = 1 << 0,   // newlines stay (and a carriage return before one goes)
    MS_ESCAPE_KEEP_TAB = 1 << 1,       // tabs stay
    MS_ESCAPE_KEEP_BACKSLASH = 1 << 2, // a backslash is not doubled: for text that holds escapes already
    MS_ESCAPE_BLANK = 1 << 3,          // a blank is \x20: for the items of a list, which blanks separate
    MS_ESCAPE_ASCII = 1 << 4,          // every byte above 0x7e is \xNN: for a terminal that is not UTF-8
    MS_ESCAPE_PRINT = MS_ESCAPE_KEEP_NEWLINE | MS_ESCAPE_KEEP_TAB | MS_ESCAPE_KEEP_BACKSLASH,
    MS_ESCAPE_NOTE = MS_ESCAPE_KEEP_NEWLINE | MS_ESCAPE_KEEP_BACKSLASH,
};

// Appends `text`, escaped; `flags` are enum ms_escape_flag. False if there is no memory.
bool ms_escape(struct ms_buf *out, struct ms_text text, unsigned flags);

// True for a code point that is never shown as it is: controls (C0, DEL, C1), bidirectional controls,
// zero-width and other invisible format characters, line and paragraph separators, tags, noncharacters.
bool ms_escape_hides(uint32_t code);
