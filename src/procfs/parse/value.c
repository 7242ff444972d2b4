// SPDX-License-Identifier: GPL-3.0-or-later
// The parser of each file, and one value of a labelled line, by its unit.
#include "parse/parse.h"

// Files that no parser reads: listings, /sys, the machine.
#define ms_parse_none NULL

void ms_parse_file(struct ms_block *block, struct ms_text text, struct ms_parse_context context)
{
    static ms_parser *const parsers[] = {
#define FILE(file, kind, path, permission, parser, traits) ms_parse_##parser,
#include "table/fields.def"
    };
    parsers[block->file](block, text, context);
}

struct ms_parse_context ms_parse_context_of(struct ms_source *source)
{
    return (struct ms_parse_context){source, ms_source_page_size(source)};
}

// The pos-th word, counted from 0.
static struct ms_text word_at(struct ms_text text, int pos)
{
    struct ms_text word = ms_text_word(&text);
    while (pos-- > 0)
        word = ms_text_word(&text);
    return word;
}

static void set_number(struct ms_block *block, int place, bool is_number, uint64_t number)
{
    ms_block_set(block, place, is_number ? MS_KNOWN : MS_MALFORMED, number);
}

static void read_kb(struct ms_block *block, int place, struct ms_text text)
{
    uint64_t bytes = 0;
    const bool is_number = ms_text_kb(text, &bytes);
    set_number(block, place, is_number, bytes);
}

static void read_count(struct ms_block *block, int place, struct ms_text text)
{
    uint64_t number = 0;
    const bool is_number = ms_text_u64(word_at(text, ms_places[place].pos), &number);
    set_number(block, place, is_number, number);
}

static void read_signed(struct ms_block *block, int place, struct ms_text text)
{
    int64_t number = 0;
    const bool is_number = ms_text_i64(ms_text_trim(text), &number);
    set_number(block, place, is_number, (uint64_t)number);
}

static void read_bool(struct ms_block *block, int place, struct ms_text text)
{
    uint64_t number = 0;
    const bool is_number = ms_text_u64(ms_text_trim(text), &number) && number <= 1;
    set_number(block, place, is_number, number);
}

static void read_hex(struct ms_block *block, int place, struct ms_text text)
{
    uint64_t number = 0;
    text = ms_text_trim(text);
    if (text.len > 2 && ms_text_starts(text, MS_TEXT("0x")))
        text = ms_text_skip(text, 2);
    const bool is_number = ms_text_hex(text, &number);
    set_number(block, place, is_number, number);
}

static void set_real(struct ms_block *block, int place, struct ms_text text, double scale)
{
    double real;
    if (ms_text_decimal(text, &real))
        ms_block_set_real(block, place, real * scale);
    else
        ms_block_set_why(block, place, MS_MALFORMED);
}

static void read_real(struct ms_block *block, int place, struct ms_text text)
{
    set_real(block, place, ms_text_trim(text), 1);
}

static void read_micros(struct ms_block *block, int place, struct ms_text text)
{
    set_real(block, place, ms_text_trim(text), 1e-6);
}

static void read_uptime(struct ms_block *block, int place, struct ms_text text)
{
    set_real(block, place, word_at(text, 0), 1);
}

static void read_text(struct ms_block *block, int place, struct ms_text text)
{
    ms_block_set_text(block, place, ms_text_trim(text));
}

static void read_word(struct ms_block *block, int place, struct ms_text text)
{
    const struct ms_text word = word_at(text, ms_places[place].pos);
    if (word.len)
        ms_block_set_text(block, place, word);
    else
        ms_block_set_why(block, place, MS_MALFORMED);
}

// status shows a newline in a name as \n and a backslash as \\; stat shows them raw.
static void read_name(struct ms_block *block, int place, struct ms_text text)
{
    const size_t start = block->text.len;
    if (text.len && text.data[0] == '\t')
        text = ms_text_skip(text, 1);
    ms_block_set_text(block, place, text);
    if (ms_block_why(block, place) != MS_KNOWN)
        return;
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '\\' && i + 1 < text.len && (text.data[i + 1] == 'n' || text.data[i + 1] == '\\'))
            c = text.data[++i] == 'n' ? '\n' : '\\';
        block->text.data[start + len++] = c;
    }
    ms_block_set_number(block, place, (uint64_t)start << 32 | len);
}

static void read_other(struct ms_block *block, int place, struct ms_text text)
{
    (void)text;
    ms_block_set_why(block, place, MS_MALFORMED);
}

void ms_parse_value(struct ms_block *block, int place, struct ms_text text)
{
    static void (*const readers[])(struct ms_block * block, int place, struct ms_text text) = {
#define UNIT(unit, type, kept, shown, read) read_##read,
#include "table/units.def"
    };
    readers[ms_places[place].unit](block, place, text);
}
