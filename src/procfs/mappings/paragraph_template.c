// SPDX-License-Identifier: GPL-3.0-or-later
#include "mappings/paragraph_template.h"

#include "base/word.h"
#include "source/private.h"

#include <stdlib.h>

enum { WORD = 8 }; // digits that are read at once: numbers of more are read line by line

// ---- learning

void ms_template_begin(struct ms_template *template)
{
    template->number_count = template->part_count = 0;
    template->columns = template->counters = 0;
    template->unfit = false;
    memset(template->row, 0, sizeof template->row);
}

bool ms_template_is_whole(const struct ms_template *template)
{
    return !template->unfit && template->part_count > 0;
}

// The part that the next line belongs to, or NULL: it has no room.
static struct ms_template_part *open_part(struct ms_template *template, size_t len)
{
    struct ms_template_part *last = template->part_count ? &template->parts[template->part_count - 1] : NULL;
    const unsigned end = last ? last->at + last->len : 0u;
    if (len > MS_TEMPLATE_SIZE - end)
        return NULL;
    if (last && last->kind == MS_TEMPLATE_NUMBERS_ONLY)
        return last;
    if (template->part_count == MS_TEMPLATE_PARTS)
        return NULL;
    last = &template->parts[template->part_count++];
    *last = (struct ms_template_part){.at = (uint16_t)end, .numbers = (uint8_t) template->number_count};
    return last;
}

static void add_text(struct ms_template *template, struct ms_template_part *part, const char *text,
                     size_t len)
{
    memcpy(template->text + part->at + part->len, text, len);
    memset(template->digits + part->at + part->len, 0, len);
    part->len = (uint16_t)(part->len + len);
}

// Where the digits of a line of fixed width end; 0 for any other line.
static size_t end_of_digits(struct ms_text line, size_t label_len)
{
    const struct ms_text unit = MS_TEXT(" kB");
    const size_t end = ms_text_ends(ms_text_skip(line, label_len), unit) ? line.len - unit.len : line.len;
    size_t at = end;
    while (at > label_len && line.data[at - 1] >= '0' && line.data[at - 1] <= '9')
        at--;
    if (at == end || end - at > WORD)
        return 0;
    while (at > label_len && line.data[at - 1] == ' ')
        at--;
    return at == label_len ? end : 0;
}

static bool learn_number(struct ms_template *template, struct ms_text line, size_t label_len,
                         const struct ms_template_value *value)
{
    const size_t end = end_of_digits(line, label_len);
    struct ms_template_part *part = end ? open_part(template, line.len + 1) : NULL;
    const bool has_room = value->column < MS_TEMPLATE_COLUMNS || value->column == MS_TEMPLATE_NO_COLUMN;
    if (!part || !has_room || template->number_count == MS_TEMPLATE_NUMBERS || part->len + end < WORD)
        return false;
    const size_t width = end - label_len < WORD ? end - label_len : WORD;
    char *text = template->text + part->at + part->len;
    template->numbers[template->number_count] = (struct ms_template_number){
        .keep = ~(uint64_t)0 << 8 * (WORD - width),
        .end = (uint16_t)(part->len + end),
        .column = (uint8_t)value->column,
        .is_flag = value->is_flag,
    };
    add_text(template, part, line.data, line.len);
    add_text(template, part, "\n", 1);
    memset(template->digits + (text - template->text) + end - width, 0x1f, width);
    if (value->usual == 0) {
        memset(text + end - width, ' ', width - 1);
        text[end - 1] = '0';
    }
    if (value->column != MS_TEMPLATE_NO_COLUMN) {
        template->columns |= (uint64_t)1 << value->column;
        template->counters |= (uint64_t)1 << template->number_count;
        template->of_column[value->column] = (uint8_t) template->number_count;
        template->row[value->column] = value->usual;
    }
    template->usual[template->number_count++] = ms_word_at(text + end - WORD);
    part->numbers = (uint8_t) template->number_count;
    return true;
}

void ms_template_learn_number(struct ms_template *template, struct ms_text line, size_t label_len,
                              const struct ms_template_value *value)
{
    if (!template->unfit)
        template->unfit = !learn_number(template, line, label_len, value);
}

void ms_template_learn_line(struct ms_template *template, struct ms_text line, size_t label_len,
                            bool has_codes)
{
    const struct ms_template_value none = {.column = MS_TEMPLATE_NO_COLUMN};
    if (template->unfit || (!has_codes && learn_number(template, line, label_len, &none)))
        return;
    struct ms_template_part *part = open_part(template, label_len);
    template->unfit = !part;
    if (!part)
        return;
    add_text(template, part, line.data, label_len);
    part->kind = has_codes ? MS_TEMPLATE_CODES : MS_TEMPLATE_SKIP;
}

// ---- reading

typedef uint64_t pair __attribute__((vector_size(16)));

// Adds where two texts differ outside the columns of digits.
static void add_difference(pair *sum, const void *text, const void *learnt, const void *digits)
{
    pair left, right, digit;
    memcpy(&left, text, sizeof left);
    memcpy(&right, learnt, sizeof right);
    memcpy(&digit, digits, sizeof digit);
    *sum |= (left ^ right) & ~digit;
}

// Whether the text is that of a part but for the columns of digits. Most of what reading smaps takes is this.
static bool is_like(const struct ms_template *template, const struct ms_template_part *part, const char *text)
{
    const char *learnt = template->text + part->at;
    const uint8_t *digits = template->digits + part->at;
    pair first = {0}, second = {0};
    size_t at = 0;
    for (; at + 2 * sizeof first <= part->len; at += 2 * sizeof first) {
        const size_t next = at + sizeof first;
        add_difference(&first, text + at, learnt + at, digits + at);
        add_difference(&second, text + next, learnt + next, digits + next);
    }
    first |= second;
    uint64_t differ = first[0] | first[1];
    for (; at < part->len; at++)
        differ |= (uint64_t)((text[at] ^ learnt[at]) & ~digits[at]);
    return differ == 0;
}

// The number that eight bytes show: blanks, then digits, the last of them at the end. False where it is
// anything else.
static bool to_number(uint64_t word, uint32_t *number)
{
    const uint64_t is_digit_bit = word & ms_word_each(0x10); // of all that may be there only digits have it
    const uint64_t digits = (is_digit_bit >> 4) * 0xff;
    uint64_t low = word & ms_word_each(0x0f);
    const bool fits = (word & ms_word_each(0xf0)) == (is_digit_bit | ms_word_each(0x20)) &&
                      !(low & ~digits) && !((low + ms_word_each(0x06)) & ms_word_each(0x10)) &&
                      digits >> 63 && !(~digits & (~digits + 1));
    low = (low * (10 * 256 + 1)) >> 8 & 0x00ff00ff00ff00ff;
    low = (low * (100 * 65536 + 1)) >> 16 & 0x0000ffff0000ffff;
    *number = (uint32_t)((low * (10000 * 4294967296 + 1)) >> 32);
    return fits;
}

static bool read_number(const struct ms_template_number *number, const char *text, uint32_t *row)
{
    const uint64_t word = ms_word_at(text + number->end - WORD);
    uint32_t value;
    if (!to_number((word & number->keep) | (ms_word_each(0x20) & ~number->keep), &value) ||
        (number->is_flag && value > 1))
        return false;
    row[number->column] = value;
    return true;
}

// Which numbers of a part are not what they usually are. Without a branch, because none could be predicted.
static uint64_t unusual(const struct ms_template *template, unsigned first, unsigned last, const char *text)
{
    uint64_t found = 0;
    for (unsigned i = first; i < last; i++)
        found |= (uint64_t)(ms_word_at(text + template->numbers[i].end - WORD) != template->usual[i]) << i;
    return found;
}

// Reads the numbers of a part, from the first on, that have one of these columns.
static bool read_numbers(const struct ms_template *template, unsigned first, unsigned last, const char *text,
                         uint64_t columns, uint32_t *row)
{
    uint64_t left = columns == UINT64_MAX ? unusual(template, first, last, text) & template->counters : 0;
    for (columns &= columns == UINT64_MAX ? 0 : template->columns; columns; columns &= columns - 1) {
        const unsigned number = template->of_column[__builtin_ctzll(columns)];
        left |= (uint64_t)(number >= first && number < last) << number;
    }
    for (; left; left &= left - 1)
        if (!read_number(&template->numbers[__builtin_ctzll(left)], text, row))
            return false;
    return true;
}

size_t ms_template_read(const struct ms_template *template, struct ms_text text, uint64_t columns,
                        uint32_t *row, struct ms_text *codes)
{
    unsigned number = 0;
    size_t at = 0;
    memcpy(row, template->row, sizeof template->row);
    for (const struct ms_template_part *part = template->parts; part < template->parts + template->part_count;
         part++) {
        if (text.len - at < part->len || !is_like(template, part, text.data + at) ||
            !read_numbers(template, number, part->numbers, text.data + at, columns, row))
            return 0;
        number = part->numbers;
        at += part->len;
        if (part->kind == MS_TEMPLATE_NUMBERS_ONLY)
            continue;
        const char *end = memchr(text.data + at, '\n', text.len - at);
        if (!end)
            return 0;
        if (part->kind == MS_TEMPLATE_CODES)
            *codes = (struct ms_text){text.data + at, (size_t)(end - (text.data + at))};
        at = (size_t)(end - text.data) + 1;
    }
    return at;
}

// ---- kept for the next listings: the kernel prints the paragraphs of all processes alike

const struct ms_template *ms_source_template(const struct ms_source *source)
{
    return atomic_load_explicit(&source->template, memory_order_acquire);
}

// Others may be reading it, so the first one stays.
void ms_source_keep_template(struct ms_source *source, const struct ms_template *template)
{
    struct ms_template *copy = ms_source_template(source) ? NULL : malloc(sizeof *copy), *none = NULL;
    if (!copy)
        return;
    *copy = *template;
    if (!atomic_compare_exchange_strong(&source->template, &none, copy))
        free(copy);
}
