// SPDX-License-Identifier: GPL-3.0-or-later
#include "listing_layout.h"

#include <string.h>

enum { MOST_DIGITS = 15 }; // kilobytes of that many digits fit in 64 bits as bytes

// Room for one more line, unless the label is there or too long.
static struct ms_layout_line *add_line(struct ms_layout *layout, struct ms_text line, size_t label_len)
{
    if (layout->complete || layout->count == MS_LAYOUT_LINES || label_len > MS_LAYOUT_WIDTH)
        return NULL;
    for (unsigned i = 0; i < layout->count; i++)
        if (layout->lines[i].label_len == label_len && ms_layout_has_label(layout, i, line))
            return NULL;
    struct ms_layout_line *added = &layout->lines[layout->count++];
    *added = (struct ms_layout_line){.at = layout->len, .label_len = (uint8_t)label_len};
    memcpy(layout->text + layout->len, line.data, label_len);
    layout->len = (uint16_t)(layout->len + label_len);
    return added;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

void ms_layout_learn_number(struct ms_layout *layout, struct ms_text line, size_t label_len, unsigned column,
                            bool is_flag, uint64_t usual)
{
    const struct ms_text unit = MS_TEXT(" kB");
    size_t end = line.len, at = label_len;
    if (line.len >= MS_LAYOUT_WIDTH)
        return;
    if (end > label_len + unit.len && memcmp(line.data + end - unit.len, unit.data, unit.len) == 0)
        end -= unit.len;
    while (at < end && line.data[at] == ' ')
        at++;
    for (size_t i = at; i < end; i++)
        if (!is_digit(line.data[i]))
            return;
    const bool fits = at < end && end - at <= MOST_DIGITS;
    struct ms_layout_line *added = fits ? add_line(layout, line, label_len) : NULL;
    if (!added)
        return;
    char *text = layout->text + added->at;
    memcpy(text + label_len, line.data + label_len, line.len - label_len);
    if (usual == 0) {
        memset(text + label_len, ' ', end - label_len);
        text[end - 1] = '0';
    }
    text[line.len] = '\n';
    added->unit_at = (uint8_t)end;
    added->len = (uint8_t)(line.len + 1);
    added->column = (uint8_t)column;
    added->is_flag = is_flag;
    added->usual = usual;
    layout->len = (uint16_t)(added->at + added->len);
}

void ms_layout_learn_label(struct ms_layout *layout, struct ms_text line, size_t label_len,
                           enum ms_layout_kind kind)
{
    struct ms_layout_line *added = add_line(layout, line, label_len);
    if (added)
        added->kind = (uint8_t)kind;
}

bool ms_layout_has_label(const struct ms_layout *layout, unsigned index, struct ms_text text)
{
    const struct ms_layout_line *line = &layout->lines[index];
    return text.len >= line->label_len && memcmp(text.data, layout->text + line->at, line->label_len) == 0;
}

unsigned ms_layout_behind(const struct ms_layout *layout, struct ms_text line, unsigned next)
{
    for (unsigned i = next; i < layout->count; i++)
        if (ms_layout_has_label(layout, i, line))
            return i + 1;
    return next;
}

static uint64_t word_at(const char *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof word);
    return word;
}

// The first byte in memory of those that are set.
static size_t first_byte(uint64_t bits)
{
    return (size_t)(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_ctzll(bits)
                                                              : __builtin_clzll(bits)) /
           8;
}

// How many bytes are the same. Most of what reading smaps takes is this.
static inline size_t common(const char *a, const char *b, size_t len)
{
    size_t at = 0;
    uint64_t differ;
    for (; at + sizeof differ <= len; at += sizeof differ)
        if ((differ = word_at(a + at) ^ word_at(b + at)))
            return at + first_byte(differ);
    if (at < len && len >= sizeof differ) { // a last word that overlaps the one before
        at = len - sizeof differ;
        differ = word_at(a + at) ^ word_at(b + at);
        return differ ? at + first_byte(differ) : len;
    }
    while (at < len && a[at] == b[at])
        at++;
    return at;
}

// Many lines in a row are what they were before, byte for byte.
unsigned ms_layout_usual(const struct ms_layout *layout, unsigned next, struct ms_text text)
{
    const size_t from = layout->lines[next].at, rest = layout->len - from;
    const size_t same = common(text.data, layout->text + from, text.len < rest ? text.len : rest);
    unsigned count = 0;
    for (; next < layout->count && layout->lines[next].kind == MS_LAYOUT_NUMBER; next++, count++)
        if ((size_t)layout->lines[next].at + layout->lines[next].len - from > same)
            break;
    return count;
}

// Of two lines with unlike numbers all in front of the digits is the same, and all behind.
bool ms_layout_number(const struct ms_layout *layout, unsigned index, struct ms_text text, uint64_t *number)
{
    const struct ms_layout_line *line = &layout->lines[index];
    const char *zero = layout->text + line->at;
    const size_t end = line->unit_at, len = line->len;
    uint64_t value = 0, scale = 1;
    size_t at = end;
    if (text.len < len)
        return false;
    for (; at > line->label_len && is_digit(text.data[at - 1]) && end - at < MOST_DIGITS; at--, scale *= 10)
        value += (uint64_t)(text.data[at - 1] - '0') * scale;
    if (common(text.data, zero, at) < at || memcmp(text.data + end, zero + end, len - end) != 0 ||
        (line->is_flag && value > 1))
        return false;
    *number = value;
    return true;
}
