// SPDX-License-Identifier: GPL-3.0-or-later
// Bold and faint text for people. Nothing is said by colour alone, so that a terminal without it loses
// nothing; there are no hues but that of the caret, which any background leaves readable.
#pragma once

#include "base/buf.h"
#include "base/text.h"

#include <stdbool.h>

enum ms_color {
    MS_COLOR_AUTO, // on a terminal that is not TERM=dumb, unless NO_COLOR says no; anywhere if FORCE_COLOR
                   // says so
    MS_COLOR_ALWAYS,
    MS_COLOR_NEVER,
};

// False, and *out untouched, unless it is auto, always or never.
bool ms_color_find(struct ms_text name, enum ms_color *out);

// Its name. Static storage.
const char *ms_color_name(enum ms_color color);

// What all output of this program does from now on.
void ms_color_choose(enum ms_color color);

// Whether what goes to a terminal, or to something else, has colour.
bool ms_color_on(bool tty);

// Whether the terminal understands cursor movement and the like: TERM is set, and not "dumb".
bool ms_color_terminal(void);

enum ms_tone {
    MS_TONE_PLAIN,
    MS_TONE_HEAD,  // names of columns, the prompt
    MS_TONE_FAINT, // what is not a part of the value: units, escapes, the mark of what is unknown
    MS_TONE_CARET, // where an error is
};

// What begins and ends text of that tone: nothing for MS_TONE_PLAIN. Static storage.
const char *ms_tone_begin(enum ms_tone tone);
const char *ms_tone_end(enum ms_tone tone);

// Appends escaped text (see escape.h) in that tone, its escapes faint. False if there is no memory.
bool ms_tone_text(struct ms_buf *out, struct ms_text text, enum ms_tone tone);

// Appends a number with its units faint: the letters after its digits ("1.2G", "3d04h").
bool ms_tone_number(struct ms_buf *out, struct ms_text text);
