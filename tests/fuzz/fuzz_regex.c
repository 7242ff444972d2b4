// SPDX-License-Identifier: GPL-3.0-or-later
// Any pattern on any text: a regular expression, interpreted and as machine code, and a glob. The first byte
// of the input is the length of the pattern.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// In an allocation of its own, so that a sanitizer sees a step beyond it.
static char *copy(const uint8_t *data, size_t size)
{
    char *own = malloc(size ? size : 1);
    if (!own)
        abort();
    memcpy(own, data, size);
    return own;
}

static enum ms_match_result match(struct ms_text pattern, struct ms_text text, bool jit)
{
    struct ms_match_error error = {.offset = SIZE_MAX};
    struct ms_regex *regex = ms_regex_new(pattern, jit, &error);
    if (!regex) {
        if (error.offset > pattern.len || !error.message[0])
            abort();
        return MS_MATCH_MALFORMED;
    }
    // Long enough for machine code to be made at once.
    static const char long_text[1024];
    ms_regex_match(regex, (struct ms_text){long_text, sizeof long_text}, NULL);
    const enum ms_match_result result = ms_regex_match(regex, text, NULL);
    ms_regex_free(regex);
    return result;
}

static void try_regex(struct ms_text pattern, struct ms_text text)
{
    const enum ms_match_result slow = match(pattern, text, false), quick = match(pattern, text, true);
    // Each may give up where the other does not: they count their steps differently.
    if (slow != quick && slow != MS_MATCH_COMPLEX && quick != MS_MATCH_COMPLEX)
        abort();
}

static void try_glob(struct ms_text glob, struct ms_text text)
{
    const struct ms_glob_limits limits = {20000, NULL};
    struct ms_match_error error = {.offset = SIZE_MAX};
    const bool sound = ms_glob_check(glob, &error);
    if (!sound && (error.offset >= glob.len || !error.message[0]))
        abort();
    const enum ms_match_result result = ms_glob(text, glob, &limits, NULL);
    if (sound == (result == MS_MATCH_MALFORMED) || result == MS_MATCH_STOPPED)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    const size_t length = data[0] < size ? data[0] : size - 1;
    char *own_pattern = copy(data + 1, length);
    char *own_text = copy(data + 1 + length, size - 1 - length);
    const struct ms_text pattern = {own_pattern, length}, text = {own_text, size - 1 - length};
    try_regex(pattern, text);
    try_glob(pattern, text);
    free(own_text);
    free(own_pattern);
    return 0;
}
