// SPDX-License-Identifier: GPL-3.0-or-later
// "Label: value" lines as the kernel writes them: in the order of the table, numbers without anything odd.
// Nearly every line is one, so it is checked against what is expected and not searched.
#pragma once

#include "table/file_values.h"

// Takes the line that `text` begins with, if it is a whole one of the place *next, and its value a number or
// of no field. Then *text begins behind it, and *next is the place that is expected there. False: nothing was
// done.
bool ms_keyval_fast_path(struct ms_block *block, struct ms_text *text, int *next);
