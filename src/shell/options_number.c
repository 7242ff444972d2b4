// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers on the command line. The locale is C's: a point is a point.
#include "shell/options.h"

#include <stdlib.h>
#include <string.h>

static const unsigned day_ms = 24U * 60 * 60 * 1000;

// The decimal number at the front; *rest is what follows. False where there is none.
static bool decimal(const char *text, double *out, const char **rest)
{
    const size_t len = strspn(text, "0123456789.");
    char *end;
    if (len == 0 || len > 20 || text[0] == '.')
        return false;
    *out = strtod(text, &end);
    *rest = end;
    return end == text + len;
}

bool ms_option_number(const char *text, unsigned most, unsigned *out)
{
    double number;
    const char *rest;
    if (!decimal(text, &number, &rest) || *rest || number < 1 || number > most || strchr(text, '.'))
        return false;
    *out = (unsigned)number;
    return true;
}

bool ms_option_seconds(const char *text, unsigned *milliseconds)
{
    double seconds;
    const char *rest;
    if (!decimal(text, &seconds, &rest) || *rest || seconds * 1000 < 1 || seconds * 1000 > day_ms)
        return false;
    *milliseconds = (unsigned)(seconds * 1000);
    return true;
}

bool ms_option_size(const char *text, uint64_t *bytes)
{
    static const char powers[] = "KMGT";
    double number;
    const char *rest;
    if (!decimal(text, &number, &rest))
        return false;
    const char *power = *rest ? strchr(powers, *rest) : NULL;
    if (*rest && (!power || rest[1]))
        return false;
    for (const char *p = powers; power && p <= power; p++)
        number *= 1024;
    if (number < 1 || number > 9e15)
        return false;
    *bytes = (uint64_t)number;
    return true;
}
