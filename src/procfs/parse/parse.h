// SPDX-License-Identifier: GPL-3.0-or-later
// From the bytes of one file to the values of one block. A parser gets a block whose slots are all unknown
// and fills what it finds; what it can't make sense of becomes malformed. None of them fails as a whole.
#pragma once

#include "source/source.h"
#include "table/file_values.h"

// /proc/PID/stat, parsed from its last ')'.
void ms_parse_stat(struct ms_block *block, struct ms_text text);

// /proc/PID/statm. All zeros: no address space. page_size 0: not recorded.
void ms_parse_statm(struct ms_block *block, struct ms_text text, uint64_t page_size);

// "Label: value" lines, in any order (status, smaps_rollup, meminfo). Labels that the table lacks are noted
// in the source (which may be NULL).
void ms_parse_keyval(struct ms_block *block, struct ms_text text, struct ms_source *source);

// One number, one line, one path: oom_score, version, boot_id, exe, uptime.
void ms_parse_plain(struct ms_block *block, struct ms_text text);

void ms_parse_cmdline(struct ms_block *block, struct ms_text text);
void ms_parse_cgroup(struct ms_block *block, struct ms_text text);
void ms_parse_pressure(struct ms_block *block, struct ms_text text);

// /proc/PID/limits: soft limits; INT64_MAX where there is none.
void ms_parse_limits(struct ms_block *block, struct ms_text text);

void ms_parse_ksm_stat(struct ms_block *block, struct ms_text text);

// /proc/PID/numa_maps. page_size: of lines that do not say it, 0 where it is not recorded.
void ms_parse_numa_maps(struct ms_block *block, struct ms_text text, uint64_t page_size);

// Takes one value of a labelled line into the slot of a place.
void ms_parse_value(struct ms_block *block, int place, struct ms_text text);

// What stat tells a process by: when it started (ticks after boot), and a number over its name and the
// addresses that exec lays out anew, which tells one program image from another. Fields that the reader may
// not see are the same for all.
struct ms_stat_id {
    bool has_start;
    uint64_t start;
    uint64_t image;
};
struct ms_stat_id ms_parse_stat_id(struct ms_text text);
