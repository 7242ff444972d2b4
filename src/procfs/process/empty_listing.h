// SPDX-License-Identifier: GPL-3.0-or-later
// What an empty listing of mappings means.
#pragma once

#include "process/snapshot.h"

// An empty listing is no proof of an empty address space: kernels before 2.6.39 give one to who may not look,
// and a copy of /proc has one where reading was refused, or where files were taken for as long as they say
// they are. Where statm shows memory, or a saved root has nothing that shows that there is none, `empty` (the
// files that look as if there were none) and the job's listing become unknown: denied, or not_recorded in a
// saved root.
void ms_settle_empty(struct ms_process *process, struct ms_target memory, ms_files empty,
                     struct ms_image_job *job);
