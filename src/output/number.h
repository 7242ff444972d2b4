// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers as text. The decimal mark is a point whatever the locale is. Each returns false if there is no
// memory.
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

// In decimal; an address as "0x7f00".
bool ms_number_integer(struct ms_buf *out, int64_t value);
bool ms_number_address(struct ms_buf *out, uint64_t value);

// The shortest decimal that reads back as the same double; "inf", "-inf" and "nan" for what is no number.
bool ms_number_exact(struct ms_buf *out, double value);

// For people: a few digits ("3.14", "0.0271", "123.5").
bool ms_number_short(struct ms_buf *out, double value);

// Bytes, scaled by powers of 1024: "512", "64K", "1.2G". Without a decimal only where that is exact or there
// are three digits; never "0" for what is not 0.
bool ms_number_size(struct ms_buf *out, double bytes);

// Seconds as an age: "0.3s", "45s", "12m05s", "2h13m", "3d04h".
bool ms_number_age(struct ms_buf *out, double seconds);

enum ms_clock {
    MS_CLOCK_LOCAL,  // 2026-01-31T12:00:00
    MS_CLOCK_OFFSET, // 2026-01-31T12:00:00+01:00
    MS_CLOCK_UTC,    // 2026-01-31T11:00:00Z
};

// Seconds since 1970 as a date and time, with milliseconds if there is a fraction and `clock` is not
// MS_CLOCK_LOCAL; as the number itself where it is out of a calendar's range.
bool ms_number_time(struct ms_buf *out, double seconds, enum ms_clock clock);
