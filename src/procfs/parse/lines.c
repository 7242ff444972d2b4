// SPDX-License-Identifier: GPL-3.0-or-later
// Files with a line for each field that is not "Label: value".
#include "parse/parse.h"

// Gives each whole line to `take`. What is missing in a text that was cut is malformed.
static void parse_lines(struct ms_block *block, struct ms_text text,
                        void (*take)(struct ms_block *block, struct ms_text line, int *hint))
{
    const bool whole = text.len && text.data[text.len - 1] == '\n';
    int hint = 0;
    ms_block_change_why(block, MS_NOT_RECORDED, MS_UNSUPPORTED);
    while (text.len && memchr(text.data, '\n', text.len))
        take(block, ms_text_until(&text, '\n'), &hint);
    if (!whole)
        ms_block_change_why(block, MS_UNSUPPORTED, MS_MALFORMED);
}

// A field that comes twice is malformed.
static void set(struct ms_block *block, int place, bool is_number, uint64_t number)
{
    const bool good = is_number && ms_block_why(block, place) == MS_UNSUPPORTED;
    ms_block_set(block, place, good ? MS_KNOWN : MS_MALFORMED, number);
}

// ---- limits: "Max stack size            8388608              unlimited            bytes"

// No limit is the largest number there is, so that comparisons come out right.
static bool parse_limit(struct ms_text word, uint64_t *limit)
{
    *limit = INT64_MAX;
    if (!ms_text_eq(word, MS_TEXT("unlimited")) && !ms_text_u64(word, limit))
        return false;
    *limit = *limit < INT64_MAX ? *limit : INT64_MAX;
    return true;
}

// Names have blanks in them, so a line is known by the name that it begins with.
static void take_limit(struct ms_block *block, struct ms_text line, int *hint)
{
    (void)hint;
    for (int place = ms_file_table[block->file].first; place < ms_file_table[block->file].last; place++) {
        const struct ms_text label = ms_text_of(ms_places[place].label);
        if (!ms_text_starts(line, label))
            continue;
        struct ms_text rest = ms_text_skip(line, label.len);
        uint64_t limit;
        const bool is_number = parse_limit(ms_text_word(&rest), &limit);
        set(block, place, is_number, limit);
    }
}

void ms_parse_limits(struct ms_block *block, struct ms_text text, struct ms_parse_context context)
{
    (void)context;
    parse_lines(block, text, take_limit);
}

// ---- ksm_stat: "ksm_rmap_items 0" and, with a colon, "ksm_merge_any: no"

static bool parse_word(enum ms_unit unit, struct ms_text word, uint64_t *out)
{
    int64_t number;
    if (unit == MS_UNIT_BOOL) {
        *out = ms_text_eq(word, MS_TEXT("yes"));
        return *out || ms_text_eq(word, MS_TEXT("no"));
    }
    if (unit != MS_UNIT_INT)
        return ms_text_u64(word, out);
    if (!ms_text_i64(word, &number))
        return false;
    *out = (uint64_t)number;
    return true;
}

static void take_ksm(struct ms_block *block, struct ms_text line, int *hint)
{
    uint64_t number = 0;
    struct ms_text label = ms_text_word(&line);
    if (label.len && label.data[label.len - 1] == ':')
        label.len--;
    const int place = ms_place_find(block->file, label, hint);
    if (place < 0)
        return;
    const bool is_number = parse_word(ms_places[place].unit, ms_text_trim(line), &number);
    set(block, place, is_number, number);
}

void ms_parse_ksm_stat(struct ms_block *block, struct ms_text text, struct ms_parse_context context)
{
    (void)context;
    parse_lines(block, text, take_ksm);
}
