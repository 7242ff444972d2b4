// SPDX-License-Identifier: GPL-3.0-or-later
// /proc/PID/ksm_stat: "ksm_rmap_items 0" and, with a colon, "ksm_merge_any: no".
#include "parse/parse.h"

static bool parse_answer(struct ms_text word, uint64_t *out)
{
    *out = ms_text_eq(word, MS_TEXT("yes"));
    return *out || ms_text_eq(word, MS_TEXT("no"));
}

static bool parse_word(enum ms_unit unit, struct ms_text word, uint64_t *out)
{
    int64_t number;
    if (unit == MS_UNIT_BOOL)
        return parse_answer(word, out);
    if (unit != MS_UNIT_INT)
        return ms_text_u64(word, out);
    if (!ms_text_i64(word, &number))
        return false;
    *out = (uint64_t)number;
    return true;
}

static void take_line(struct ms_block *block, struct ms_text line, int *hint)
{
    uint64_t number;
    struct ms_text label = ms_text_word(&line);
    if (label.len && label.data[label.len - 1] == ':')
        label.len--;
    const int place = ms_place_find(block->file, label, hint);
    if (place < 0)
        return;
    if (ms_block_get(block, place).why == MS_UNSUPPORTED &&
        parse_word(ms_places[place].unit, ms_text_trim(line), &number))
        ms_block_set_number(block, place, number);
    else
        ms_block_set_why(block, place, MS_MALFORMED);
}

void ms_parse_ksm_stat(struct ms_block *block, struct ms_text text, struct ms_parse_context context)
{
    (void)context;
    const bool whole = text.len && text.data[text.len - 1] == '\n';
    int hint = 0;
    ms_block_change_why(block, MS_NOT_RECORDED, MS_UNSUPPORTED);
    while (text.len && memchr(text.data, '\n', text.len))
        take_line(block, ms_text_until(&text, '\n'), &hint);
    if (!whole) // what is missing was cut off
        ms_block_change_why(block, MS_UNSUPPORTED, MS_MALFORMED);
}
