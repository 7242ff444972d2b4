// SPDX-License-Identifier: GPL-3.0-or-later
// Reads one file of a process, as it is now. (snapshot.h sees to it that several are of one process.)
#pragma once

#include "mappings/listing.h"
#include "process/process.h"

// Reads a file into its block, which holds nothing but a reason where it can't be read, and is missing where
// there is no memory for even that. MS_NO_MEMORY: the file is as it is where there is no address space.
enum ms_reason ms_load_file(struct ms_process *process, struct ms_target target, enum ms_file file);

// Reads maps or smaps, a second time where mappings changed meanwhile. 0 or an errno.
int ms_read_listing(struct ms_source *source, struct ms_target target, enum ms_file file,
                    struct ms_listing *out);

// Makes these files unknown for `why`, or not loaded.
void ms_load_unknown(struct ms_process *process, ms_files files, enum ms_reason why);
void ms_load_nothing(struct ms_process *process, ms_files files);
