// SPDX-License-Identifier: GPL-3.0-or-later
#include "confine/environment.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *const kept[] = {"TERM",     "COLUMNS",  "LINES",       "LANG", "LC_ALL",
                                   "LC_CTYPE", "NO_COLOR", "FORCE_COLOR", "TZ"};
enum { KEPT = sizeof kept / sizeof *kept };

// Words of letters, digits and - + _ . , : @ = / as "Europe/Berlin" or "CET-1CEST,M3.5.0" are made of; no
// path that leads upwards or begins at the top.
static bool is_harmless(const char *value)
{
    enum { LONGEST = 64 };
    const size_t len = strlen(value);
    if (len > LONGEST || strstr(value, "..") || value[value[0] == ':'] == '/')
        return false;
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)value[i]) && !strchr("-+_.,:@=/", value[i]))
            return false;
    return true;
}

bool ms_environment_reduce(void)
{
    char *values[KEPT];
    bool whole = true;
    for (size_t i = 0; i < KEPT; i++) {
        const char *value = getenv(kept[i]);
        values[i] = value && is_harmless(value) ? strdup(value) : NULL;
        whole &= values[i] || !value || !is_harmless(value);
    }
    whole &= clearenv() == 0;
    for (size_t i = 0; i < KEPT; i++) {
        if (values[i])
            whole &= setenv(kept[i], values[i], 1) == 0;
        free(values[i]);
    }
    return whole;
}
