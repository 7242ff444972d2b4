// SPDX-License-Identifier: GPL-3.0-or-later
// Loads files of processes. Callers say what they want of a whole batch, so that how it is read (in which
// order, by how many threads, until when) is this file's business alone.
#pragma once

#include "listing.h"
#include "process.h"

#include <stddef.h>

// Loads the files of `want` that each process lacks. A file that can't be had leaves a block whose slots are
// unknown for the reason. What is loaded for one process is of one process and one program image: files read
// together are read below one directory fd with stat first and last, and again if the process was replaced or
// executed another program in between; a process that ended meanwhile, whose number was given to another, or
// that executes programs without end is `gone`.
// False where the source was told to stop; processes then lack some files, and what is there is whole.
bool ms_reader_load(struct ms_process *const *batch, size_t count, ms_files want);

// Loads stat too where it takes that to know whether a process is a thread of the kernel.
bool ms_reader_load_kernel(struct ms_process *const *batch, size_t count);

// Reads the mappings of a process into `out` (initialised; its content is replaced): from smaps with all
// counters, or from maps. MS_KNOWN, or why there are none (MS_NO_MEMORY: a zombie or a kernel thread). Loads
// the files of `with` (and stat) beside it, so that they are of the same process image.
enum ms_reason ms_reader_list(struct ms_process *process, bool counters, ms_files with,
                              struct ms_listing *out);
