// SPDX-License-Identifier: GPL-3.0-or-later
#include "parse/parse.h"

#include <stdio.h>

// Whether the line of a place was met.
static bool is_met(const struct ms_block *block, int place)
{
    return ms_block_why(block, place) != MS_UNSUPPORTED;
}

// A memcmp of a length that is not known is a call, and labels are short. The last four may overlap.
static bool same(const char *a, const char *b, size_t len)
{
    if (len < 4)
        return memcmp(a, b, len) == 0;
    for (size_t at = 0; at + 4 < len; at += 4)
        if (memcmp(a + at, b + at, 4) != 0)
            return false;
    return memcmp(a + len - 4, b + len - 4, 4) == 0;
}

// Most labels differ in their last letter.
static bool same_label(const struct ms_place *a, const struct ms_place *b)
{
    const size_t len = a->label_len;
    return a == b ||
           (len == b->label_len && a->label[len - 1] == b->label[len - 1] && same(a->label, b->label, len));
}

// Fills every place of a label: the first and those of the same label after it. A label that comes twice
// says nothing, and in a line that was cut only a unit shows that the number is all there. Gives the next
// place.
static int take_label(struct ms_block *block, int place, struct ms_text value, bool cut)
{
    const int first = place, last = ms_file_table[block->file].last;
    for (; place < last && same_label(&ms_places[first], &ms_places[place]); place++) {
        if (ms_places[place].field < 0)
            continue;
        if (is_met(block, place) || (cut && ms_places[place].unit != MS_UNIT_KB))
            ms_block_set_why(block, place, MS_MALFORMED);
        else
            ms_parse_value(block, place, value);
    }
    return place;
}

// Of a label that the table has; `hint`: a place near it.
static bool has_label(const struct ms_block *block, const char *label, int hint)
{
    return is_met(block, ms_place_find(block->file, ms_text_of(label), &hint));
}

// Whether the lines that every kernel prints last are there (of meminfo no line is; it has a first one).
static bool is_complete(const struct ms_block *block)
{
    if (block->file == MS_FILE_STATUS) // Threads is after all the lines about memory
        return has_label(block, "Threads", ms_place_first(MS_FIELD_STATUS_untag_mask));
    if (block->file == MS_FILE_ROLLUP)
        return has_label(block, "Locked", ms_place_first(MS_FIELD_ROLLUP_locked));
    return has_label(block, "MemTotal", 0);
}

// Why lines are missing: the text was cut, there is no address space, or the kernel does not print them.
static void settle_missing(struct ms_block *block, bool cut)
{
    if (cut || !is_complete(block)) {
        ms_block_change_why(block, MS_UNSUPPORTED, MS_MALFORMED);
    } else if (block->file == MS_FILE_STATUS && !is_met(block, ms_place_first(MS_FIELD_STATUS_vm_size))) {
        const int last = ms_place_first(MS_FIELD_STATUS_untag_mask);
        for (int place = ms_place_first(MS_FIELD_STATUS_vm_peak); place <= last; place++)
            if (!is_met(block, place))
                ms_block_set_why(block, place, MS_NO_MEMORY);
    }
}

// Whether a line is of the place that is expected next; *value is then what follows its label. The
// table has the labels in the order in which the kernel writes them.
static bool is_expected(enum ms_file file, int place, struct ms_text *value)
{
    if (place >= ms_file_table[file].last)
        return false;
    const size_t len = ms_places[place].label_len;
    if (value->len <= len || value->data[len] != ':' || !same(value->data, ms_places[place].label, len))
        return false;
    *value = ms_text_skip(*value, len + 1);
    return true;
}

// Takes a line; `next` is the place that is expected. Gives the one that is expected after it.
static int take_line(struct ms_block *block, struct ms_text value, bool cut, int next,
                     struct ms_source *source)
{
    if (value.len == 0 || !memchr(value.data, ':', value.len))
        return next;
    const struct ms_text label = ms_text_until(&value, ':');
    const int place = ms_place_find(block->file, label, &next);
    if (place >= 0)
        return take_label(block, place, value, cut);
    if (source)
        ms_source_note_label(source, block->file, label);
    return next;
}

// ---- the fast path: a line that is written as usual, of the place that is expected

enum { MOST_DIGITS = 15 }; // kilobytes of that many digits fit in 64 bits as bytes

static const char *after_digits(const char *at, const char *end, uint64_t *number)
{
    uint64_t sum = 0;
    if (at < end && *at == '\t')
        at++;
    while (end - at >= 4 && memcmp(at, "    ", 4) == 0)
        at += 4;
    while (at < end && *at == ' ')
        at++;
    const char *first = at;
    for (; at < end && *at >= '0' && *at <= '9'; at++)
        sum = sum * 10 + (uint64_t)(*at - '0');
    *number = sum;
    return at > first && at - first <= MOST_DIGITS ? at : NULL;
}

static bool has(const char *at, const char *end, const char *what, size_t len)
{
    return (size_t)(end - at) >= len && memcmp(at, what, len) == 0;
}

// Where the line ends whose value begins at `at`, and its number; NULL where it is not written as usual.
static const char *after_number(enum ms_unit unit, const char *at, const char *end, uint64_t *number)
{
    if (!(at = after_digits(at, end, number)))
        return NULL;
    switch (unit) {
    case MS_UNIT_KB:
        *number *= 1024;
        return has(at, end, " kB\n", 4) ? at + 4 : NULL;
    case MS_UNIT_BOOL:
        return *number <= 1 && has(at, end, "\n", 1) ? at + 1 : NULL;
    case MS_UNIT_COUNT:
        return has(at, end, "\n", 1) ? at + 1 : NULL;
    default:
        return NULL;
    }
}

static const char *after_line(const char *at, const char *end)
{
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    return newline ? newline + 1 : NULL;
}

// The next place after those with the label of `place`, if each of them takes the whole value (they have one
// unit then) and has none yet; else -1.
static int after_label(const struct ms_block *block, int place)
{
    const struct ms_place *first = &ms_places[place];
    const int last = ms_file_table[block->file].last;
    for (int at = place; at < last; at++) {
        const struct ms_place *one = &ms_places[at];
        if (!same_label(one, first))
            return at;
        if (one->pos || (one->field >= 0 && is_met(block, at)))
            return -1;
    }
    return last;
}

static bool take_usual_line(struct ms_block *block, struct ms_text *text, int *next)
{
    const int place = *next;
    struct ms_text value = *text;
    if (!is_expected(block->file, place, &value))
        return false;
    const struct ms_place *at = &ms_places[place];
    uint64_t number = 0;
    const char *end = value.data + value.len;
    const char *after =
        at->field < 0 ? after_line(value.data, end) : after_number(at->unit, value.data, end, &number);
    const int last = after ? after_label(block, place) : -1;
    if (last < 0)
        return false;
    for (int i = place; at->field >= 0 && i < last; i++)
        ms_block_set_number(block, i, number);
    *text = (struct ms_text){after, (size_t)(end - after)};
    *next = last;
    return true;
}

void ms_parse_keyval(struct ms_block *block, struct ms_text text, struct ms_parse_context context)
{
    int next = ms_file_table[block->file].first;
    const bool ended = text.len && text.data[text.len - 1] == '\n';
    const bool whole = ended || ms_text_ends(text, MS_TEXT(" kB"));
    ms_block_change_why(block, MS_NOT_RECORDED, MS_UNSUPPORTED);
    if (ms_file_table[block->file].traits & MS_HEADED)
        ms_text_until(&text, '\n');
    while (text.len) {
        if (take_usual_line(block, &text, &next))
            continue;
        const struct ms_text line = ms_text_until(&text, '\n');
        next = take_line(block, line, !ended && text.len == 0, next, context.source);
    }
    settle_missing(block, !whole);
}

static void take_pressure(struct ms_block *block, struct ms_text kind, struct ms_text item, bool cut)
{
    char label[64];
    int hint = 0;
    struct ms_text key = ms_text_until(&item, '=');
    if (kind.len + key.len + 1 >= sizeof label)
        return;
    snprintf(label, sizeof label, "%.*s %.*s", (int)kind.len, kind.data, (int)key.len, key.data);
    const int place = ms_place_find(block->file, ms_text_of(label), &hint);
    if (place < 0)
        return;
    if (cut || is_met(block, place))
        ms_block_set_why(block, place, MS_MALFORMED);
    else
        ms_parse_value(block, place, item);
}

// "some avg10=0.00 avg60=0.00 avg300=0.00 total=0"
void ms_parse_pressure(struct ms_block *block, struct ms_text text, struct ms_parse_context context)
{
    (void)context;
    const bool ended = text.len && text.data[text.len - 1] == '\n';
    ms_block_change_why(block, MS_NOT_RECORDED, MS_UNSUPPORTED);
    while (text.len) {
        struct ms_text line = ms_text_until(&text, '\n');
        struct ms_text kind = ms_text_word(&line);
        for (struct ms_text item; (item = ms_text_word(&line)).len;)
            take_pressure(block, kind, item, !ended && text.len + line.len == 0);
    }
    if (!ended)
        ms_block_change_why(block, MS_UNSUPPORTED, MS_MALFORMED);
}

// What emulates a meminfo at times says that there is no memory at all.
void ms_parse_meminfo(struct ms_block *block, struct ms_text text, struct ms_parse_context context)
{
    const int place = ms_place_first(MS_FIELD_MEMINFO_mem_total);
    ms_parse_keyval(block, text, context);
    const struct ms_value total = ms_block_get(block, place);
    if (total.why == MS_KNOWN && total.number == 0)
        ms_block_set_why(block, place, MS_MALFORMED);
}
