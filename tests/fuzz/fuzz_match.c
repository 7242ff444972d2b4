// SPDX-License-Identifier: GPL-3.0-or-later
// Any pattern on any text, within a budget. The first byte of the input is the length of the pattern.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/match.h"

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

static void expect(bool sound, const struct ms_match_error *error, enum ms_match_result result, size_t length)
{
    if (sound == (result == MS_MATCH_MALFORMED) || result == MS_MATCH_STOPPED)
        abort();
    if (!sound && (error->offset >= length || !error->message))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    size_t length = data[0] < size ? data[0] : size - 1;
    char *own_pattern = copy(data + 1, length);
    char *own_text = copy(data + 1 + length, size - 1 - length);
    struct ms_text pattern = {own_pattern, length};
    struct ms_text text = {own_text, size - 1 - length};
    struct ms_match_limits limits = {20000, NULL};
    struct ms_match_error error = {NULL, SIZE_MAX};
    bool sound = ms_match_check(pattern, &error);
    expect(sound, &error, ms_match(text, pattern, &limits, NULL), length);
    sound = ms_glob_check(pattern, &error);
    expect(sound, &error, ms_glob(text, pattern, &limits, NULL), length);
    free(own_text);
    free(own_pattern);
    return 0;
}
