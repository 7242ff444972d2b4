// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/glob.h"

enum {
    STEPS = 1000000,       // some milliseconds
    STEPS_PER_BYTE = 64,   // a simple glob looks at each byte a few times
    STEPS_PER_LOOK = 4096, // between two looks at the stop flag
};

// The length of the set that starts with the [ at `at`, both brackets counted, or 0 if it has no end. The
// first byte of a set belongs to it even where it is a ].
static size_t set_length(struct ms_text glob, size_t at)
{
    size_t i = at + 1;
    if (i < glob.len && (glob.data[i] == '!' || glob.data[i] == '^'))
        i++;
    for (bool first = true; i < glob.len; first = false) {
        if (glob.data[i] == ']' && !first)
            return i + 1 - at;
        i += glob.data[i] == '\\' ? 2 : 1;
    }
    return 0;
}

bool ms_glob_check(struct ms_text glob, struct ms_match_error *error)
{
    for (size_t i = 0; i < glob.len; i++) {
        if (glob.data[i] == '[') {
            size_t length = set_length(glob, i);
            if (length == 0) {
                *error = (struct ms_match_error){"missing ']'", i};
                return false;
            }
            i += length - 1;
        } else if (glob.data[i] == '\\' && ++i == glob.len) {
            *error = (struct ms_match_error){"it ends with '\\'", glob.len - 1};
            return false;
        }
    }
    return true;
}

static uint8_t set_byte(struct ms_text set, size_t *i)
{
    if (set.data[*i] == '\\' && *i + 1 < set.len)
        ++*i;
    return (uint8_t)set.data[(*i)++];
}

// `set` is what is between the brackets.
static bool set_has(struct ms_text set, uint8_t c)
{
    size_t i = set.len && (set.data[0] == '!' || set.data[0] == '^') ? 1 : 0;
    bool inside = i == 0;
    while (i < set.len) {
        uint8_t low = set_byte(set, &i);
        uint8_t high = low;
        if (i + 1 < set.len && set.data[i] == '-') {
            i++;
            high = set_byte(set, &i);
        }
        if (low <= c && c <= high)
            return inside;
    }
    return !inside;
}

// Matches the one item at *g, which is no star, with byte `c`, and moves *g after it if it does.
static bool match_one(struct ms_text glob, size_t *g, uint8_t c)
{
    size_t used = 1;
    bool hit = true;
    if (glob.data[*g] == '[') {
        used = set_length(glob, *g);
        hit = set_has((struct ms_text){glob.data + *g + 1, used - 2}, c);
    } else if (glob.data[*g] == '\\') {
        used = 2;
        hit = (uint8_t)glob.data[*g + 1] == c;
    } else if (glob.data[*g] != '?') {
        hit = (uint8_t)glob.data[*g] == c;
    }
    if (hit)
        *g += used;
    return hit;
}

// Only the last star ever needs another try: an earlier one that took more could only leave less for the
// rest.
static enum ms_match_result match_all(struct ms_text text, struct ms_text glob,
                                      const struct ms_glob_limits *limits)
{
    size_t g = 0;
    size_t star = SIZE_MAX; // in the glob, after the last star met
    size_t taken = 0;       // where the text goes on after what that star took
    uint64_t steps = 0;
    for (size_t s = 0; s < text.len;) {
        if (++steps > limits->steps)
            return MS_MATCH_COMPLEX;
        if (limits->stop && steps % STEPS_PER_LOOK == 0 && *limits->stop)
            return MS_MATCH_STOPPED;
        if (g < glob.len && glob.data[g] == '*') {
            star = ++g;
            taken = s;
        } else if (g < glob.len && match_one(glob, &g, (uint8_t)text.data[s])) {
            s++;
        } else if (star != SIZE_MAX) {
            g = star;
            s = ++taken;
        } else {
            return MS_MATCH_NO;
        }
    }
    while (g < glob.len && glob.data[g] == '*')
        g++;
    return g == glob.len ? MS_MATCH_YES : MS_MATCH_NO;
}

enum ms_match_result ms_glob(struct ms_text text, struct ms_text glob, const struct ms_glob_limits *limits,
                             struct ms_match_error *error)
{
    struct ms_match_error ignored;
    if (!ms_glob_check(glob, error ? error : &ignored))
        return MS_MATCH_MALFORMED;
    return match_all(text, glob, limits);
}

uint64_t ms_glob_budget(struct ms_text text)
{
    return STEPS + (uint64_t)text.len * STEPS_PER_BYTE;
}
