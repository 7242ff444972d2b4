// SPDX-License-Identifier: GPL-3.0-or-later
// The fields of the machine as a whole.
#pragma once

#include "source/source.h"
#include "table/file_values.h"

struct ms_system {
    struct ms_source *source; // borrowed
    struct ms_block *blocks[MS_FILE_COUNT];
};

void ms_system_init(struct ms_system *system, struct ms_source *source);
void ms_system_deinit(struct ms_system *system);

// The value of a field (of MS_SYSTEM); its file is read on first use and kept. A field of MS_UNIT_TABLE gives
// the text of the file. Text belongs to the system.
struct ms_value ms_system_get(struct ms_system *system, enum ms_field field);
