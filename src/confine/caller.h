// SPDX-License-Identifier: GPL-3.0-or-later
// Whether memsh has rights that who runs it has not, and is therefore restricted.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

enum ms_caller_rights {
    MS_CALLER_OWN,      // memsh may do what its user may
    MS_CALLER_LENT,     // memsh is run through sudo, pkexec, doas, set-user-ID or with file capabilities
    MS_CALLER_TRUSTED,  // the same, and the administrator's file says that this user may do it all
    MS_CALLER_STRANGER, // memsh runs as a third user and can't become the one who runs it
};

struct ms_caller {
    enum ms_caller_rights rights;
    uid_t user; // who runs it
    gid_t group;
};

// The administrator's list of users that are not restricted.
#define MS_CALLER_FILE "/etc/memsh/unrestricted"

// Looks at the process, and at SUDO_UID and SUDO_GID, PKEXEC_UID, DOAS_USER.
struct ms_caller ms_caller_find(void);

// Whether the file lists the user: by name or number, one a line, or `*` for all. A file that others than
// root could have written, or one in such a directory, lists nobody.
bool ms_caller_is_listed(const char *file, uid_t user);

// Whether the program is called memsh-restricted: by its first argument, the path that was executed, or that
// of its file.
bool ms_caller_says_restricted(const char *argv0);
