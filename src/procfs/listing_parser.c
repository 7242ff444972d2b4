// SPDX-License-Identifier: GPL-3.0-or-later
// maps and smaps: a header line for each mapping, and in smaps a paragraph of "Label: value" lines behind it.
#include "listing_p.h"
#include "parse.h"

#include <stdlib.h>
#include <string.h>

void ms_listing_parser_init(struct ms_listing_parser *parser, struct ms_listing *out, bool counters,
                            struct ms_source *source)
{
    *parser = (struct ms_listing_parser){.out = out, .source = source};
    ms_listing_clear(out);
    out->has_counters = counters;
    if (counters && out->cap) // the last file may have had none
        ms_listing_grow(out, out->cap);
}

void ms_listing_parser_deinit(struct ms_listing_parser *parser)
{
    ms_buf_deinit(&parser->rest);
}

// One more than the value of each digit.
static const uint8_t hex_digits[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

// Takes a hexadecimal number and the `stop` behind it off the front of `line`.
static bool take_hex(struct ms_text *line, char stop, uint64_t *out)
{
    uint64_t value = 0;
    size_t at = 0;
    for (unsigned digit; at < line->len && (digit = hex_digits[(unsigned char)line->data[at]]); at++) {
        if (value >> 60)
            return false;
        value = value << 4 | (digit - 1);
    }
    if (at == 0 || at == line->len || line->data[at] != stop)
        return false;
    *out = value;
    *line = (struct ms_text){line->data + at + 1, line->len - at - 1};
    return true;
}

static bool take_perms(struct ms_text *line, uint8_t *perms)
{
    static const char letters[] = "rwx";
    const char *text = line->data;
    uint8_t found = 0;
    if (line->len < 5 || text[4] != ' ' || (text[3] != 's' && text[3] != 'p'))
        return false;
    for (unsigned i = 0; i < 3; i++) {
        if (text[i] != letters[i] && text[i] != '-')
            return false;
        if (text[i] == letters[i])
            found |= (uint8_t)(1u << i);
    }
    *perms = text[3] == 's' ? found | MS_PERM_SHARED : found;
    *line = (struct ms_text){text + 5, line->len - 5};
    return true;
}

static bool take_dev(struct ms_text *line, struct ms_vma *vma)
{
    uint64_t major, minor;
    if (!take_hex(line, ':', &major) || !take_hex(line, ' ', &minor) || major > UINT32_MAX ||
        minor > UINT32_MAX)
        return false;
    vma->major = (uint32_t)major;
    vma->minor = (uint32_t)minor;
    return true;
}

// "start-end perms offset major:minor inode   name". The name is all the rest, any byte of it.
static bool parse_header(struct ms_text line, struct ms_vma *vma, struct ms_text *name)
{
    *vma = (struct ms_vma){0};
    if (!take_hex(&line, '-', &vma->start) || !take_hex(&line, ' ', &vma->end) || vma->start > vma->end ||
        !take_perms(&line, &vma->perms) || !take_hex(&line, ' ', &vma->offset) || !take_dev(&line, vma) ||
        !ms_text_u64(ms_text_until(&line, ' '), &vma->inode))
        return false;
    while (line.len && line.data[0] == ' ') {
        line.data++;
        line.len--;
    }
    *name = line;
    return true;
}

// What is mapped once is often mapped again by the next one.
static enum ms_fs fs_of(struct ms_listing_parser *parser, const struct ms_vma *vma)
{
    if (vma->major != parser->major || vma->minor != parser->minor) {
        parser->fs = (uint8_t)ms_source_fs(parser->source, parser->pid, vma->major, vma->minor);
        parser->major = vma->major;
        parser->minor = vma->minor;
    }
    return (enum ms_fs)parser->fs;
}

static bool is_at(const struct ms_listing *out, struct ms_span span, struct ms_text text)
{
    return span.len && span.len == text.len && memcmp(out->texts.data + span.at, text.data, text.len) == 0;
}

// Often it is that of the mapping before.
static struct ms_span name_of(struct ms_listing *out, struct ms_text name)
{
    const struct ms_span last = out->count > 1 ? out->vmas[out->count - 2].name : (struct ms_span){0, 0};
    return is_at(out, last, name) ? last : ms_listing_intern(out, name);
}

// Often they are those of one of the two before: what is read alone and what is written take turns.
static struct ms_span flags_of(struct ms_listing *out, struct ms_text flags)
{
    for (size_t back = 2; back <= 3 && back <= out->count; back++)
        if (is_at(out, out->vmas[out->count - back].flags, flags))
            return out->vmas[out->count - back].flags;
    return ms_listing_intern(out, flags);
}

static void add_vma(struct ms_listing_parser *parser, const struct ms_vma *vma, struct ms_text name)
{
    struct ms_listing *out = parser->out;
    if (out->count == out->cap && !ms_listing_grow(out, out->cap ? out->cap * 2 : 64))
        return;
    struct ms_vma *kept = &out->vmas[out->count++];
    *kept = *vma;
    kept->name = name_of(out, name);
    if (parser->source)
        kept->fs = (uint8_t)fs_of(parser, vma);
    if (out->has_counters)
        ms_listing_zero(out, out->count - 1);
}

static void set_counter(struct ms_listing *out, unsigned column, uint64_t number)
{
    const size_t at = (out->count - 1) * ms_listing_columns() + column;
    if (number > UINT32_MAX && !out->wide && !ms_listing_widen(out))
        return;
    if (out->wide)
        ((uint64_t *)out->counters)[at] = number;
    else
        ((uint32_t *)out->counters)[at] = (uint32_t)number;
}

// The number of a counter in the unit of the file.
static bool parse_counter(int place, struct ms_text text, uint64_t *number)
{
    uint64_t value;
    if (ms_places[place].unit == MS_UNIT_KB) {
        if (!ms_parse_kb(text, &value))
            return false;
        *number = value / 1024;
        return true;
    }
    if (!ms_text_u64(ms_text_trim(text), &value) || (ms_places[place].unit == MS_UNIT_BOOL && value > 1))
        return false;
    *number = value;
    return true;
}

// Whether a line without newline is all there: a unit ends it, or the blank behind the last code.
static bool shows_its_end(int place, struct ms_text value)
{
    return ms_places[place].unit == MS_UNIT_KB ||
           (ms_places[place].unit == MS_UNIT_FLAGS && value.len && value.data[value.len - 1] == ' ');
}

// Nearly all mappings have that of the first; most other numbers are 0.
static bool is_page_size(int place)
{
    return ms_places[place].field == MS_FIELD_SMAPS_kernel_page_size ||
           ms_places[place].field == MS_FIELD_SMAPS_mmu_page_size;
}

// A label that comes twice says nothing.
static void take_label(struct ms_listing_parser *parser, struct ms_text line, struct ms_text label,
                       struct ms_text value)
{
    struct ms_listing *out = parser->out;
    struct ms_vma *vma = &out->vmas[out->count - 1];
    const int first = ms_file_table[MS_FILE_SMAPS].first;
    const int flags = ms_place_first(MS_FIELD_SMAPS_vm_flags);
    const int place = ms_place_find(MS_FILE_SMAPS, label, &parser->hint);
    uint64_t number;
    if (place < 0 || place > flags) { // behind it stand the codes, which are no labels
        if (parser->source)
            ms_source_note_label(parser->source, MS_FILE_SMAPS, label);
        ms_layout_learn_label(&parser->layout, line, label.len + 1, MS_LAYOUT_SKIP);
        return;
    }
    const unsigned column = (unsigned)(place - first);
    const uint64_t bit = (uint64_t)1 << column;
    if (ms_places[place].field < 0) {
        ms_layout_learn_label(&parser->layout, line, label.len + 1, MS_LAYOUT_SKIP);
        return;
    }
    out->seen |= bit;
    if (((vma->known | vma->malformed) & bit) || (parser->cut && !shows_its_end(place, value))) {
        vma->known &= ~bit;
        vma->malformed |= bit;
    } else if (place == flags) {
        vma->flags = ms_listing_intern(out, ms_text_trim(value));
        vma->known |= bit;
        ms_layout_learn_label(&parser->layout, line, label.len + 1, MS_LAYOUT_TEXT);
    } else if (parse_counter(place, value, &number)) {
        set_counter(out, column, number);
        vma->known |= bit;
        ms_layout_learn_number(&parser->layout, line, label.len + 1, column,
                               ms_places[place].unit == MS_UNIT_BOOL, is_page_size(place) ? number : 0);
    } else {
        vma->malformed |= bit;
    }
}

static void take_line(struct ms_listing_parser *parser, struct ms_text line)
{
    struct ms_listing *out = parser->out;
    struct ms_vma vma;
    struct ms_text name;
    if (line.len == 0 || out->failed)
        return;
    if (parse_header(line, &vma, &name)) {
        add_vma(parser, &vma, name);
        parser->open = true;
        parser->hint = 0;
        parser->next = 0;
        parser->layout.complete = parser->layout.count > 0;
        return;
    }
    struct ms_text value = line;
    struct ms_text label = ms_text_until(&value, ':');
    const bool is_label = label.len < line.len && !memchr(label.data, ' ', label.len);
    if (!is_label) {
        out->malformed = true;
        parser->open = false;
    } else if (parser->open && out->has_counters) {
        take_label(parser, line, label, value);
        parser->next = ms_layout_behind(&parser->layout, line, parser->next);
    }
}

// The codes, or what is read over. False where it does not end here.
static bool take_text_line(struct ms_listing_parser *parser, struct ms_text *text)
{
    struct ms_listing *out = parser->out;
    struct ms_vma *vma = &out->vmas[out->count - 1];
    const struct ms_layout_line *line = &parser->layout.lines[parser->next];
    const uint64_t bit = (uint64_t)1 << ms_listing_columns();
    const bool is_text = line->kind == MS_LAYOUT_TEXT;
    if (!ms_layout_has_label(&parser->layout, parser->next, *text) || !memchr(text->data, '\n', text->len) ||
        (is_text && (vma->known | vma->malformed) & bit))
        return false;
    struct ms_text value = ms_text_until(text, '\n');
    if (is_text) {
        value = (struct ms_text){value.data + line->label_len, value.len - line->label_len};
        vma->flags = flags_of(out, ms_text_trim(value));
        vma->known |= bit;
        out->seen |= bit;
    }
    parser->next++;
    return true;
}

// Numbers: those that are as usual at once, then one that is not. False at a line that is another.
static bool take_number_lines(struct ms_listing_parser *parser, struct ms_text *text)
{
    struct ms_listing *out = parser->out;
    struct ms_vma *vma = &out->vmas[out->count - 1];
    const struct ms_layout *layout = &parser->layout;
    const unsigned usual = ms_layout_usual(layout, parser->next, *text);
    const struct ms_layout_line *line = &layout->lines[parser->next], *other = line + usual;
    uint64_t bits = 0, number = 0;
    size_t len = 0;
    for (const struct ms_layout_line *one = line; one < other; one++) {
        bits |= (uint64_t)1 << one->column;
        len += one->len;
    }
    const struct ms_text rest = {text->data + len, text->len - len};
    const bool more = parser->next + usual < layout->count && other->kind == MS_LAYOUT_NUMBER;
    const bool found = more && ms_layout_number(layout, parser->next + usual, rest, &number);
    if (found) {
        bits |= (uint64_t)1 << other->column;
        len += other->len;
    }
    if ((vma->known | vma->malformed) & bits)
        return false;
    for (; line < other; line++)
        if (line->usual)
            set_counter(out, line->column, line->usual);
    if (number)
        set_counter(out, other->column, number);
    vma->known |= bits;
    out->seen |= bits;
    parser->next += usual + found;
    *text = (struct ms_text){text->data + len, text->len - len};
    return found || !more;
}

// Reads lines of the last mapping's paragraph as long as they are those that the first paragraph had, in that
// order; what is left is for the search.
static void take_known_lines(struct ms_listing_parser *parser, struct ms_text *text)
{
    const struct ms_layout *layout = &parser->layout;
    while (parser->next < layout->count && !parser->out->failed)
        if (!(layout->lines[parser->next].kind == MS_LAYOUT_NUMBER ? take_number_lines
                                                                   : take_text_line)(parser, text))
            return;
}

bool ms_listing_parser_take(void *ctx, const char *bytes, size_t len)
{
    struct ms_listing_parser *parser = ctx;
    struct ms_text text = {bytes, len};
    while (text.len && !parser->out->failed) {
        if (parser->layout.complete && parser->open && parser->rest.len == 0)
            take_known_lines(parser, &text);
        if (text.len == 0 || parser->out->failed)
            break;
        const bool whole = memchr(text.data, '\n', text.len) != NULL;
        struct ms_text line = ms_text_until(&text, '\n');
        if (!whole || parser->rest.len) {
            if (!ms_buf_add(&parser->rest, line.data, line.len))
                parser->out->failed = true;
            line = (struct ms_text){parser->rest.data, parser->rest.len};
        }
        if (!whole)
            break;
        take_line(parser, line);
        ms_buf_clear(&parser->rest);
    }
    return !parser->out->failed;
}

void ms_listing_parser_end(struct ms_listing_parser *parser)
{
    struct ms_listing *out = parser->out;
    parser->cut = parser->rest.len != 0;
    if (parser->cut)
        take_line(parser, (struct ms_text){parser->rest.data, parser->rest.len});
    if (parser->cut && out->has_counters && out->count) { // what is missing was cut off
        struct ms_vma *last = &out->vmas[out->count - 1];
        last->malformed |= ~last->known;
    }
    ms_buf_clear(&parser->rest);
}
