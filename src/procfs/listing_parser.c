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

static bool parse_range(struct ms_text text, struct ms_vma *vma)
{
    struct ms_text start = ms_text_until(&text, '-');
    return ms_text_hex(start, &vma->start) && ms_text_hex(text, &vma->end) && vma->start <= vma->end;
}

static bool parse_perms(struct ms_text text, struct ms_vma *vma)
{
    static const char letters[] = "rwx";
    if (text.len != 4 || (text.data[3] != 's' && text.data[3] != 'p'))
        return false;
    for (unsigned i = 0; i < 3; i++) {
        if (text.data[i] != letters[i] && text.data[i] != '-')
            return false;
        if (text.data[i] == letters[i])
            vma->perms |= (uint8_t)(1u << i);
    }
    if (text.data[3] == 's')
        vma->perms |= MS_PERM_SHARED;
    return true;
}

static bool parse_dev(struct ms_text text, struct ms_vma *vma)
{
    uint64_t major, minor;
    struct ms_text head = ms_text_until(&text, ':');
    if (!ms_text_hex(head, &major) || !ms_text_hex(text, &minor) || major > UINT32_MAX || minor > UINT32_MAX)
        return false;
    vma->major = (uint32_t)major;
    vma->minor = (uint32_t)minor;
    return true;
}

// "start-end perms offset major:minor inode   name". The name is all the rest, any byte of it.
static bool parse_header(struct ms_text line, struct ms_vma *vma, struct ms_text *name)
{
    *vma = (struct ms_vma){0};
    if (!parse_range(ms_text_until(&line, ' '), vma) || !parse_perms(ms_text_until(&line, ' '), vma) ||
        !ms_text_hex(ms_text_until(&line, ' '), &vma->offset) || !parse_dev(ms_text_until(&line, ' '), vma) ||
        !ms_text_u64(ms_text_until(&line, ' '), &vma->inode))
        return false;
    while (line.len && line.data[0] == ' ') {
        line.data++;
        line.len--;
    }
    *name = line;
    return true;
}

static void add_vma(struct ms_listing_parser *parser, const struct ms_vma *vma, struct ms_text name)
{
    struct ms_listing *out = parser->out;
    if (out->count == out->cap && !ms_listing_grow(out, out->cap ? out->cap * 2 : 64))
        return;
    struct ms_vma *kept = &out->vmas[out->count++];
    *kept = *vma;
    kept->name = ms_listing_intern(out, name);
    if (parser->source)
        kept->fs = (uint8_t)ms_source_fs(parser->source, parser->pid, vma->major, vma->minor);
    if (out->has_counters)
        ms_listing_zero(out, out->count - 1);
}

static void set_counter(struct ms_listing *out, unsigned column, unsigned columns, uint64_t number)
{
    const size_t at = (out->count - 1) * columns + column;
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

// A label that comes twice says nothing.
static void take_label(struct ms_listing_parser *parser, struct ms_text label, struct ms_text value)
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
        return;
    }
    const unsigned column = (unsigned)(place - first);
    const uint64_t bit = (uint64_t)1 << column;
    if (ms_places[place].field < 0)
        return;
    out->seen |= bit;
    if (((vma->known | vma->malformed) & bit) || (parser->cut && !shows_its_end(place, value))) {
        vma->known &= ~bit;
        vma->malformed |= bit;
    } else if (place == flags) {
        vma->flags = ms_listing_intern(out, ms_text_trim(value));
        vma->known |= bit;
    } else if (parse_counter(place, value, &number)) {
        set_counter(out, column, (unsigned)(flags - first), number);
        vma->known |= bit;
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
        return;
    }
    struct ms_text value = line;
    struct ms_text label = ms_text_until(&value, ':');
    const bool is_label = label.len < line.len && !memchr(label.data, ' ', label.len);
    if (!is_label) {
        out->malformed = true;
        parser->open = false;
    } else if (parser->open && out->has_counters) {
        take_label(parser, label, value);
    }
}

bool ms_listing_parser_take(void *ctx, const char *bytes, size_t len)
{
    struct ms_listing_parser *parser = ctx;
    struct ms_text text = {bytes, len};
    while (text.len && !parser->out->failed) {
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
