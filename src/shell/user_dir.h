// SPDX-License-Identifier: GPL-3.0-or-later
// The user's own directories, and whether they are the user's own.
#pragma once

#include <stdbool.h>

// Why nothing of the user's is read: what ms_user_is_trusted is false for, in a few words. NULL where it is
// true.
const char *ms_user_distrust(void);

// False where the environment may be somebody else's: set-id or file capabilities, or a home directory that
// does not belong to who runs memsh (sudo that keeps HOME) or is not there. Nothing is then read from or
// written to it.
bool ms_user_is_trusted(void);

// $variable/name, or $HOME/fallback/name where that is unset or no absolute path. To be freed by the caller;
// NULL if there is none or it is not to be trusted.
char *ms_user_dir(const char *variable, const char *fallback, const char *name);
