// SPDX-License-Identifier: GPL-3.0-or-later
// UTF-8, decoded here and not by the C library: what is safe to show must not depend on a locale.
#pragma once

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The length (1 to 4 bytes) of the well-formed character at the front of `text`, its code point in *out;
// 0 (and *out untouched) if there is none. Overlong forms and surrogates are not well-formed.
size_t ms_utf8_decode(struct ms_text text, uint32_t *out);

// True if people's terminals are UTF-8 by their environment (LC_ALL, LC_CTYPE, LANG). The name decides, not
// setlocale(): a name whose locale is not installed here still says what the terminal speaks.
bool ms_utf8_environment(void);
