// SPDX-License-Identifier: GPL-3.0-or-later
// Where a file of a moment is kept, by its path in a saved root: "42/task/43/stat" is "42/43" of the kind
// "stat".
#pragma once

#include "base/text.h"

enum { MS_PLACE_KEY = 32 };

struct ms_place {
    const char *kind;
    uint64_t number; // ms_piece_number; 0: the key is the path
    struct ms_text key;
};

// `key` is for the key of a process; kind and key may be in `path`.
struct ms_place ms_place_of_path(const char *path, char key[MS_PLACE_KEY]);

struct ms_buf;

// The path of a file of that kind, with its NUL. False where there is no memory.
bool ms_place_path(const char *kind, uint64_t number, struct ms_text key, struct ms_buf *path);
