// SPDX-License-Identifier: GPL-3.0-or-later
// --splay SEC: a hundred machines do not all begin at the same second.
#pragma once

// Waits for a random time from 0 to `most` seconds. Signals end memsh meanwhile, as they always would.
void ms_splay(double most);
