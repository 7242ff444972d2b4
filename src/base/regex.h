// SPDX-License-Identifier: GPL-3.0-or-later
// Regular expressions, by PCRE2. Patterns may come from a user who is not trusted, and texts from a stranger
// (process names, paths): both the size of a pattern and the work of a match are bounded.
#pragma once

#include "base/match.h"
#include <signal.h>

enum { MS_REGEX_LONGEST = 4096 }; // bytes of a pattern

struct ms_regex;

// Compiles `pattern`. As UTF-8 where it is valid UTF-8: a text need not be, but its invalid bytes match
// nothing, not even a dot. Else as bytes. `jit`: as machine code once that saves time, where memory may be
// executable. NULL sets *error. The caller frees it.
struct ms_regex *ms_regex_new(struct ms_text pattern, bool jit, struct ms_match_error *error);
void ms_regex_free(struct ms_regex *regex);

// Whether it will run as machine code.
bool ms_regex_uses_jit(const struct ms_regex *regex);

// Does `text` contain a match (anchor it with ^ and $ for all of it)? $ is the very end. MS_MATCH_COMPLEX
// after some 10 ms, and more for long texts. `stop` is looked at every few milliseconds (of megabytes: now
// and then); NULL: never. One thread at a time.
enum ms_match_result ms_regex_match(struct ms_regex *regex, struct ms_text text,
                                    const volatile sig_atomic_t *stop);
