// SPDX-License-Identifier: GPL-3.0-or-later
// What was typed, kept in $XDG_STATE_HOME/memsh/history: each entry a line "#<seconds since 1970>" and its
// own lines, appended with one write(), so that several shells can share the file.
#pragma once

struct ms_history {
    int fd; // -1: entries are remembered for this session only
};

// Loads the file, or makes it. Says so once if that is not possible. The file is only ever one of the user's
// own, never what a symbolic link leads to.
void ms_history_open(struct ms_history *history);
void ms_history_close(struct ms_history *history);

// Remembers an entry, unless it begins with a blank or repeats the last one.
void ms_history_add(struct ms_history *history, const char *entry);
