// SPDX-License-Identifier: GPL-3.0-or-later
// The pieces of JSON. What comes out is valid JSON and valid UTF-8 whatever goes in. Each returns false if
// there is no memory.
#pragma once

#include "base/buf.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

// `text` in quotes. Controls, everything that escape.h hides, and `<` become \u escapes, and with `ascii` all
// that is not ASCII does. A byte that is no UTF-8 becomes U+FFFD, and then *lossy (may be NULL) becomes true;
// it is never made false.
bool ms_json_string(struct ms_buf *out, struct ms_text text, bool ascii, bool *lossy);

// The bytes of `text` in base64, in quotes.
bool ms_json_base64(struct ms_buf *out, struct ms_text text);

// A number; null for an infinity or NaN, which JSON has no words for.
bool ms_json_number(struct ms_buf *out, double value);
