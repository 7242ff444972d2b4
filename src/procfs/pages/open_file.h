// SPDX-License-Identifier: GPL-3.0-or-later
// A file of a process that stays open while it is read in pieces or asked by ioctl.
#pragma once

#include "process/process.h"
#include "source/page_files.h"

struct ms_rawfile {
    struct ms_source *source;
    struct ms_target target;
    int fd;
};

// Opens it, of the same process and program image as what was read of the process. MS_KNOWN, or why not; then
// there is nothing to close. (What is open stays with the image that it was opened of.)
enum ms_reason ms_rawfile_open(struct ms_process *process, enum ms_raw_file file, struct ms_rawfile *out);
void ms_rawfile_close(struct ms_rawfile *file);
