// SPDX-License-Identifier: GPL-3.0-or-later
// Restricted mode: when there is one, and what is opened before memsh is shut in.
#pragma once

#include "shell/options.h"

// Sets options->restricted where it is asked for, where memsh is called memsh-restricted, and where it has
// rights that its user has not. Those are put by: what is opened from here on is opened with the user's own.
// False, and said: nothing may be run.
bool ms_restricted_begin(struct ms_options *options, const char *argv0);

// Opens what the command line names, and confines memsh, if it is restricted. Called once, before there is
// any Lua. False, and said.
bool ms_restricted_enter(const struct ms_options *options, int argc, char **argv);
