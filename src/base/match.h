// SPDX-License-Identifier: GPL-3.0-or-later
// What a match of a regular expression (regex.h) or a glob (glob.h) comes to.
#pragma once

#include "base/text.h"

enum ms_match_result {
    MS_MATCH_NO,
    MS_MATCH_YES,
    MS_MATCH_MALFORMED, // a glob; see struct ms_match_error
    MS_MATCH_COMPLEX,   // it was given up: whether it matches is not known
    MS_MATCH_STOPPED,   // the stop flag was up
    MS_MATCH_NO_MEMORY, // memory ran out: it is not known either
};

struct ms_match_error {
    char message[160];
    size_t offset; // of the byte in the pattern that it is about; its length where that is the end
};
