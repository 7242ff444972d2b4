// SPDX-License-Identifier: GPL-3.0-or-later
// SipHash-2-4: a hash that nobody can compute, or try texts against, who does not have the key.
#pragma once

#include "base/text.h"

uint64_t ms_siphash(const unsigned char key[16], struct ms_text text);
