// SPDX-License-Identifier: GPL-3.0-or-later
// The capabilities of a restricted memsh: one at the most, the one that lets it read the mappings of all
// processes.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

enum ms_right {
    MS_RIGHT_NONE,    // what the user may read
    MS_RIGHT_PERFMON, // CAP_PERFMON, where the kernel takes it for maps and smaps (6.15 or so)
    MS_RIGHT_PTRACE,  // CAP_SYS_PTRACE, where it does not
};

// Makes the process one of that user, who has no other groups, and puts the two capabilities by: they are
// permitted, and not in effect. What is opened from here on is opened with the user's own rights. False, with
// errno, where that was not possible.
bool ms_rights_become(uid_t user, gid_t group);

// Puts the capability that is needed into effect, and gives up all others for good. Finds out which by
// reading the mappings of a child, so the process is not dumpable by then (PR_SET_DUMPABLE). False, with
// errno: nothing is known about what is left.
bool ms_rights_take(enum ms_right *taken);
