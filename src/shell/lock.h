// SPDX-License-Identifier: GPL-3.0-or-later
// --lock NAME: one run at a time.
#pragma once

#include <stdbool.h>

enum ms_lock { MS_LOCK_TAKEN, MS_LOCK_HELD, MS_LOCK_FAILED };

// Whether a lock may be called so: the name is that of a file.
bool ms_lock_is_name(const char *name);

// Takes the lock of that name for as long as this process lives; however it ends, nothing is left that could
// mislead a later run. It is a lock on a file in /run/memsh for root, for others in the directory that
// systemd made for the service, or in that of the user's session. Prints why it could not take it:
// MS_LOCK_HELD, another run has it (and since when), or MS_LOCK_FAILED.
enum ms_lock ms_lock_take(const char *name);
