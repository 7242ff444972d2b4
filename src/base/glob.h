// SPDX-License-Identifier: GPL-3.0-or-later
// Globs for all of a text: * (any bytes, a slash too), ?, [set], [!set] or [^set], and \ before a byte that
// is meant as it is. Takes at most (bytes of text) x (bytes of glob) steps.
#pragma once

#include "base/match.h"
#include <signal.h>

struct ms_glob_limits {
    uint64_t steps;                    // comparisons of one byte with one item
    const volatile sig_atomic_t *stop; // looked at every few thousand steps; NULL: never
};

// Does `glob` fit all of `text`? *error is set for MS_MATCH_MALFORMED alone; `error` may be NULL.
enum ms_match_result ms_glob(struct ms_text text, struct ms_text glob, const struct ms_glob_limits *limits,
                             struct ms_match_error *error);

// Is `glob` well formed? False sets *error. What passes here never gives MS_MATCH_MALFORMED.
bool ms_glob_check(struct ms_text glob, struct ms_match_error *error);

// A budget for one match: plenty for every sensible glob, and more for long texts, so that what takes linear
// time is never refused.
uint64_t ms_glob_budget(struct ms_text text);
