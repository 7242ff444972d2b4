// SPDX-License-Identifier: GPL-3.0-or-later
// Lua 5.4 patterns on slices of bytes, with a bound on the work. Patterns may come from a user and texts from
// a stranger (process names, paths): a match never takes more steps than it was given, never goes deeper than
// the pattern is long, and stops when it is told to. Classes are those of the C locale, whatever the locale
// is.
#pragma once

#include "base/text.h"
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

enum ms_match_result {
    MS_MATCH_NO,
    MS_MATCH_YES,
    MS_MATCH_MALFORMED, // the pattern; see struct ms_match_error
    MS_MATCH_COMPLEX,   // the steps were used up
    MS_MATCH_STOPPED,   // the stop flag was up
};

struct ms_match_limits {
    uint64_t steps;                    // comparisons of one byte with one pattern item
    const volatile sig_atomic_t *stop; // looked at every few thousand steps; NULL: never
};

struct ms_match_error {
    const char *message; // static storage
    size_t offset;       // of the byte in the pattern that it is about
};

// Does `text` contain a match of `pattern` (anchor it with ^ and $ for all of it)? Captures count only for
// %1. *error is set for MS_MATCH_MALFORMED alone; `error` may be NULL.
enum ms_match_result ms_match(struct ms_text text, struct ms_text pattern,
                              const struct ms_match_limits *limits, struct ms_match_error *error);

// Is `pattern` well formed? False sets *error. What passes here never gives MS_MATCH_MALFORMED.
bool ms_match_check(struct ms_text pattern, struct ms_match_error *error);

// A budget for one match: plenty for every sensible pattern, and more for long texts, so that what takes
// linear time is never refused.
uint64_t ms_match_budget(struct ms_text text);
