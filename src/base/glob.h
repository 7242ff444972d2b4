// SPDX-License-Identifier: GPL-3.0-or-later
// Globs for all of a text: * (any bytes, a slash too), ?, [set], [!set] or [^set], and \ before a byte that
// is meant as it stands. Takes at most (bytes of text) x (bytes of glob) steps.
#pragma once

#include "base/match.h"

// Like ms_match.
enum ms_match_result ms_glob(struct ms_text text, struct ms_text glob, const struct ms_match_limits *limits,
                             struct ms_match_error *error);

// Is `glob` well formed? False sets *error. What passes here never gives MS_MATCH_MALFORMED.
bool ms_glob_check(struct ms_text glob, struct ms_match_error *error);
