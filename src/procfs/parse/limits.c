// SPDX-License-Identifier: GPL-3.0-or-later
// /proc/PID/limits: "Max stack size            8388608              unlimited            bytes". Names have
// blanks in them, so a line is told by the name that it begins with.
#include "parse/parse.h"

static bool starts_with(struct ms_text text, struct ms_text start)
{
    return text.len >= start.len && memcmp(text.data, start.data, start.len) == 0;
}

// No limit is the largest number there is, so that comparisons come out right.
static bool parse_limit(struct ms_text word, uint64_t *limit)
{
    if (ms_text_eq(word, MS_TEXT("unlimited"))) {
        *limit = INT64_MAX;
        return true;
    }
    if (!ms_text_u64(word, limit))
        return false;
    if (*limit > INT64_MAX)
        *limit = INT64_MAX;
    return true;
}

static void take_line(struct ms_block *block, struct ms_text line)
{
    for (int place = ms_file_table[block->file].first; place < ms_file_table[block->file].last; place++) {
        const struct ms_text label = ms_text_of(ms_places[place].label);
        uint64_t limit;
        if (!starts_with(line, label))
            continue;
        struct ms_text rest = {line.data + label.len, line.len - label.len};
        if (ms_block_get(block, place).why == MS_UNSUPPORTED && parse_limit(ms_text_word(&rest), &limit))
            ms_block_set_number(block, place, limit);
        else
            ms_block_set_why(block, place, MS_MALFORMED);
    }
}

void ms_parse_limits(struct ms_block *block, struct ms_text text, struct ms_parse_context context)
{
    (void)context;
    const bool whole = text.len && text.data[text.len - 1] == '\n';
    ms_block_change_why(block, MS_NOT_RECORDED, MS_UNSUPPORTED);
    while (text.len && memchr(text.data, '\n', text.len))
        take_line(block, ms_text_until(&text, '\n'));
    if (!whole) // what is missing was cut off
        ms_block_change_why(block, MS_UNSUPPORTED, MS_MALFORMED);
}
