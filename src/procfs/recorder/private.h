// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of the recorder share.
#pragma once

#include "recorder/recorder.h"

// Sets what a moment says of the machine: time, host, boot, kernel.
void ms_record_describe(struct ms_source *source, struct ms_moment_info *info);
