// SPDX-License-Identifier: GPL-3.0-or-later
// maps and smaps: a header line for each mapping, and in smaps a paragraph of "Label: value" lines after it.
#include "mappings/private.h"

#include "mappings/streaming_sums.h"
#include "parse/parse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

// A path of 4096 bytes, each written as \ooo, and more.
enum { LINE_MAX_BYTES = 256 * 1024 };

void ms_listing_parser_init(struct ms_listing_parser *parser, struct ms_listing *out, bool counters,
                            struct ms_source *source)
{
    *parser = (struct ms_listing_parser){.out = out, .source = source, .draft.unfit = true};
    parser->template = source ? ms_source_template(source) : NULL;
    ms_listing_clear(out);
    out->has_counters = counters;
    if (counters && out->cap) // the last file may have had none
        ms_listing_grow(out, out->cap);
}

void ms_listing_parser_deinit(struct ms_listing_parser *parser)
{
    ms_buf_deinit(&parser->rest);
}

// What is mapped once is often mapped again by the next one.
static enum ms_fs fs_of(struct ms_listing_parser *parser, const struct ms_vma *vma, struct ms_listing *out)
{
    if (vma->major != parser->major || vma->minor != parser->minor) {
        enum ms_fs fs;
        const int error = ms_source_fs(parser->source, parser->pid, vma->major, vma->minor, &fs);
        parser->fs = (uint8_t)fs;
        parser->major = vma->major;
        parser->minor = vma->minor;
        out->failed |= error == ENOMEM;
        out->error = out->error ? out->error : error; // its kind would be another one
    }
    return (enum ms_fs)parser->fs;
}

// A file in /dev need not be a device.
static bool is_plain_file(struct ms_source *source, pid_t pid, const struct ms_vma *vma, struct ms_text name)
{
    char path[256];
    struct stat st;
    if (!ms_text_starts(name, MS_TEXT("/dev/")) || ms_text_starts(name, MS_TEXT("/dev/shm/")) ||
        ms_text_starts(name, MS_TEXT("/dev/zero")) || !pid || !ms_source_is_live(source) ||
        memchr(name.data, '\\', name.len) ||
        snprintf(path, sizeof path, "root%.*s", (int)name.len, name.data) >= (int)sizeof path)
        return false;
    return ms_source_stat(source, (struct ms_target){.pid = pid, .dir = -1}, path, false, &st) == 0 &&
           S_ISREG(st.st_mode) && st.st_ino == vma->inode && major(st.st_dev) == vma->major &&
           minor(st.st_dev) == vma->minor;
}

static bool is_at(const struct ms_listing *out, struct ms_span span, struct ms_text text)
{
    return span.len && ms_text_eq(ms_listing_text(out, span), text);
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
    if (out->sums && out->count == out->sums->room && ms_streaming_sums_add(out->sums, out))
        ms_listing_drop(out);
    if (out->count == out->cap && !ms_listing_grow(out, out->cap ? out->cap * 2 : 64))
        return;
    struct ms_vma *kept = &out->vmas[out->count++];
    *kept = *vma;
    kept->name = name_of(out, name);
    if (parser->source)
        kept->fs = (uint8_t)fs_of(parser, vma, out);
    if (kept->fs == MS_FS_SHMEM && is_plain_file(parser->source, parser->pid, vma, name))
        kept->fs = MS_FS_SHMEM_FILE;
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
    const enum ms_unit unit = ms_places[place].unit;
    if (unit != MS_UNIT_KB)
        return ms_text_u64(ms_text_trim(text), number) && *number <= (unit == MS_UNIT_BOOL ? 1 : INT64_MAX);
    if (!ms_text_kb(text, number))
        return false;
    *number /= 1024;
    return true;
}

// Whether a line without newline is all there: a unit ends it, or the blank after the last code.
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

static void learn_number(struct ms_listing_parser *parser, struct ms_text line, size_t label_len, int place,
                         uint64_t number)
{
    const struct ms_template_value value = {
        .column = (unsigned)(place - ms_file_table[MS_FILE_SMAPS].first),
        .is_flag = ms_places[place].unit == MS_UNIT_BOOL,
        .usual = is_page_size(place) ? (uint32_t)number : 0,
    };
    ms_template_learn_number(&parser->draft, line, label_len, &value);
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
    const bool is_known = place >= 0 && place <= flags; // after it are the codes, which are no labels
    uint64_t number;
    if (!is_known && parser->source)
        ms_source_note_label(parser->source, MS_FILE_SMAPS, label);
    if (!is_known || ms_places[place].field < 0) {
        ms_template_learn_line(&parser->draft, line, label.len + 1, false);
        return;
    }
    const unsigned column = (unsigned)(place - first);
    const uint64_t bit = (uint64_t)1 << column;
    const bool is_odd =
        ((vma->known | vma->malformed) & bit) || (parser->cut && !shows_its_end(place, value));
    out->seen |= bit;
    if (!is_odd && place == flags) {
        vma->flags = flags_of(out, ms_text_trim(value));
        vma->known |= bit;
        ms_template_learn_line(&parser->draft, line, label.len + 1, true);
    } else if (!is_odd && parse_counter(place, value, &number)) {
        set_counter(out, column, number);
        vma->known |= bit;
        learn_number(parser, line, label.len + 1, place, number);
    } else {
        vma->known &= ~bit;
        vma->malformed |= bit;
        parser->draft.unfit = true;
    }
}

// What the paragraph that is over has taught.
static void keep_layout(struct ms_listing_parser *parser)
{
    if (!ms_template_is_whole(&parser->draft))
        return;
    parser->learnt = parser->draft;
    parser->template = &parser->learnt;
    if (parser->source)
        ms_source_keep_template(parser->source, &parser->learnt);
}

static void take_line(struct ms_listing_parser *parser, struct ms_text line)
{
    struct ms_listing *out = parser->out;
    struct ms_vma vma;
    struct ms_text name;
    if (line.len == 0 || out->failed)
        return;
    if (ms_listing_header(line, &vma, &name)) {
        keep_layout(parser);
        add_vma(parser, &vma, name);
        parser->open = true;
        parser->hint = 0;
        parser->draft.unfit = true;
        parser->begins = out->has_counters;
        return;
    }
    parser->begins = false;
    struct ms_text value = line;
    struct ms_text label = ms_text_until(&value, ':');
    const bool is_label = label.len < line.len && !memchr(label.data, ' ', label.len);
    if (!is_label) {
        out->malformed = true;
        parser->open = false;
        parser->draft.unfit = true;
    } else if (parser->open && out->has_counters) {
        take_label(parser, line, label, value);
    }
}

// Takes the last mapping's paragraph at once, if it is like the one that was learnt; else its lines are
// searched, and learnt.
static bool take_paragraph(struct ms_listing_parser *parser, struct ms_text *text)
{
    struct ms_listing *out = parser->out;
    struct ms_vma *vma = &out->vmas[out->count - 1];
    const struct ms_streaming_sums *sums = out->sums && out->sums->tried ? out->sums : NULL;
    const uint64_t columns = sums ? sums->columns : UINT64_MAX;
    uint32_t row[MS_TEMPLATE_COLUMNS];
    struct ms_text codes = {NULL, 0};
    const size_t len = parser->template ? ms_template_read(parser->template, *text, columns, row, &codes) : 0;
    parser->begins = false;
    if (!len) {
        ms_template_begin(&parser->draft);
        return false;
    }
    ms_listing_set(out, out->count - 1, row);
    vma->known = parser->template->columns & columns;
    if (codes.data && (!sums || sums->has_codes)) {
        vma->flags = flags_of(out, ms_text_trim(codes));
        vma->known |= (uint64_t)1 << ms_listing_columns();
    }
    out->seen |= vma->known;
    *text = ms_text_skip(*text, len);
    return true;
}

// A line that is longer than the kernel's longest is dropped as it comes. `line` is more of it.
static bool is_endless(struct ms_listing_parser *parser, struct ms_text line)
{
    if (parser->skips || parser->rest.len + line.len <= LINE_MAX_BYTES)
        return parser->skips;
    parser->out->malformed = true;
    parser->open = parser->begins = false;
    parser->draft.unfit = true;
    ms_buf_deinit(&parser->rest);
    return parser->skips = true;
}

bool ms_listing_parser_take(void *ctx, const char *bytes, size_t len)
{
    struct ms_listing_parser *parser = ctx;
    struct ms_text text = {bytes, len};
    while (text.len && !parser->out->failed) {
        if (parser->begins && parser->rest.len == 0 && take_paragraph(parser, &text))
            continue;
        const bool whole = memchr(text.data, '\n', text.len) != NULL;
        struct ms_text line = ms_text_until(&text, '\n');
        if (is_endless(parser, line)) {
            parser->skips = !whole;
            continue;
        }
        if (!whole || parser->rest.len) {
            if (!ms_buf_add(&parser->rest, line.data, line.len))
                parser->out->failed = true;
            line = ms_buf_text(&parser->rest);
        }
        if (!whole)
            break;
        take_line(parser, line);
        ms_buf_clear(&parser->rest);
    }
    const struct ms_streaming_sums *sums = parser->out->sums;
    const bool is_lost = sums && sums->tried && sums->refused; // it will be read again
    return !parser->out->failed && !is_lost;
}

// Whether a line of smaps without newline is all there.
static bool is_whole(struct ms_text line)
{
    return ms_text_ends(line, MS_TEXT(" kB")) ||
           (ms_text_starts(line, MS_TEXT("VmFlags:")) && ms_text_ends(line, MS_TEXT(" ")));
}

void ms_listing_parser_end(struct ms_listing_parser *parser)
{
    struct ms_listing *out = parser->out;
    parser->cut = parser->rest.len != 0;
    if (parser->cut)
        take_line(parser, ms_buf_text(&parser->rest));
    if (parser->cut && out->has_counters && out->count) { // what is missing was cut off
        struct ms_vma *last = &out->vmas[out->count - 1];
        last->malformed |= ~last->known;
        out->malformed |= !is_whole(ms_buf_text(&parser->rest)); // and so are mappings after it
    }
    ms_buf_clear(&parser->rest);
}
