// SPDX-License-Identifier: GPL-3.0-or-later
// What --check ends with: the verdict of the audit (0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN), and UNKNOWN for
// every other end.
#pragma once

#include <lua.h>
#include <stdbool.h>

enum ms_verdict { MS_OK, MS_WARNING, MS_CRITICAL, MS_UNKNOWN };

// Called by main() once the command line is known: whether this is --check, and what runs (NULL: unknown).
void ms_verdict_expect(bool check, const char *script);

// Lua: verdict(status, name, line): an audit has come to its end and its line was written.
int ms_verdict_take(lua_State *L);

// Lua: audit_name(name): the name of an audit, in case it does not come to an end.
int ms_verdict_name(lua_State *L);

// The exit status to use instead of `status`. With --check and without a verdict: 3, after a line on standard
// output that says UNKNOWN and why, in the words of what was said first on standard error.
int ms_verdict_status(int status);

// The same line, from a signal handler that ends memsh at once. Nothing where there is a verdict, or --check
// was not asked for.
void ms_verdict_last_word(const char *reason);

// For logging. The word of the verdict that was taken ("OK"...), or NULL; the name and the line (without the
// newline), or what there is in their place.
const char *ms_verdict_word(void);
const char *ms_verdict_script(void);
const char *ms_verdict_line(void);
