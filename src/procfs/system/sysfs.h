// SPDX-License-Identifier: GPL-3.0-or-later
// What /sys says of the machine's memory: zram devices, pools of huge pages, NUMA nodes, zswap.
#pragma once

#include "source/source.h"
#include "table/file_values.h"

// Whether a file of the field table is one of these.
bool ms_is_sysfs(enum ms_file file);

// Reads it into its block (all unknown before). A list becomes a text of records: a line "=" begins each,
// then lines "KEY NUMBER" (bytes or counts), "KEY ?REASON" (an enum ms_reason) or "KEY \"TEXT".
void ms_sysfs_load(struct ms_source *source, struct ms_block *block);
