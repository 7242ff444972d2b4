// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/reason.h"

#include <stddef.h>

static const struct {
    const char *name;
    const char *text;
} reasons[MS_REASON_COUNT] = {[MS_KNOWN] = {"known", "known"},
#define X(constant, name, text) [constant] = {name, text},
                              MS_REASONS(X)
#undef X
};

const char *ms_reason_name(enum ms_reason reason)
{
    return reasons[reason].name;
}

const char *ms_reason_text(enum ms_reason reason)
{
    return reasons[reason].text;
}
