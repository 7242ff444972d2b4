// SPDX-License-Identifier: GPL-3.0-or-later
// The files that are a row of numbers, one text, or one line.
#include "parse/parse.h"

enum { STAT_FIELDS = 52, STAT_COMM = 2, STAT_START_TIME = 22, STAT_VSIZE = 23, STATM_FIELDS = 7 };

// The fields of stat by their number in proc(5). Empty where the file ends early or has no ')'.
struct stat_fields {
    struct ms_text at[STAT_FIELDS + 1];
};

// The words of the first line. One that neither a blank nor the newline ends may have been cut: it is left
// empty.
static void split_words(struct ms_text text, struct ms_text *words, int count)
{
    const bool whole = text.len && memchr(text.data, '\n', text.len);
    struct ms_text line = ms_text_until(&text, '\n');
    for (int i = 0; i < count && line.len; i++) {
        words[i] = ms_text_word(&line);
        if (!whole && line.len == 0)
            words[i] = (struct ms_text){"", 0};
    }
}

// comm may hold any byte, ')' and newlines included, so all else is counted from the last ')'.
static bool split_stat(struct ms_text text, struct stat_fields *fields)
{
    *fields = (struct stat_fields){0};
    const char *open = text.len ? memchr(text.data, '(', text.len) : NULL;
    const char *close = text.len ? memrchr(text.data, ')', text.len) : NULL;
    if (!open || !close || close < open)
        return false;
    fields->at[1] = ms_text_trim((struct ms_text){text.data, (size_t)(open - text.data)});
    fields->at[STAT_COMM] = (struct ms_text){open + 1, (size_t)(close - open - 1)};
    split_words(ms_text_skip(text, (size_t)(close + 1 - text.data)), fields->at + STAT_COMM + 1,
                STAT_FIELDS - STAT_COMM);
    return true;
}

static void take_number(struct ms_block *block, int place, struct ms_text text, uint64_t scale)
{
    uint64_t number;
    // No size is larger than what scripts can count; a number of other things may be.
    if (ms_text_u64(text, &number) && !__builtin_mul_overflow(number, scale, &number) &&
        (scale == 1 || number <= INT64_MAX))
        ms_block_set_number(block, place, number);
}

void ms_parse_stat(struct ms_block *block, struct ms_text text, struct ms_parse_context context)
{
    (void)context;
    struct stat_fields fields;
    ms_block_change_why(block, MS_NOT_RECORDED, MS_MALFORMED);
    if (!split_stat(text, &fields))
        return;
    for (int place = ms_file_table[block->file].first; place < ms_file_table[block->file].last; place++) {
        const struct ms_place *at = &ms_places[place];
        struct ms_text field = fields.at[at->pos];
        if (at->unit == MS_UNIT_NAME || (at->unit == MS_UNIT_WORD && field.len))
            ms_block_set_text(block, place, field);
        else
            take_number(block, place, field, 1);
    }
}

// FNV-1a
static uint64_t mix(uint64_t hash, struct ms_text text)
{
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * 0x100000001b3;
    return (hash ^ 0xff) * 0x100000001b3;
}

struct ms_stat_id ms_parse_stat_id(struct ms_text text)
{
    // comm, start time, start and end of code, start of the stack, data, brk, arguments
    static const int image[] = {STAT_COMM, STAT_START_TIME, 26, 27, 28, 45, 46, 47, 48};
    struct stat_fields fields;
    struct ms_stat_id id = {.image = 0xcbf29ce484222325};
    if (!split_stat(text, &fields))
        return id;
    id.has_start = ms_text_u64(fields.at[STAT_START_TIME], &id.start);
    for (size_t i = 0; i < sizeof image / sizeof *image; i++)
        id.image = mix(id.image, fields.at[image[i]]);
    // Whoever may not see the addresses sees whether there is an address space.
    const bool no_mm = ms_text_eq(fields.at[STAT_VSIZE], MS_TEXT("0"));
    id.image = mix(id.image, no_mm ? MS_TEXT("-") : MS_TEXT("+"));
    return id;
}

void ms_parse_statm(struct ms_block *block, struct ms_text text, struct ms_parse_context context)
{
    const uint64_t page_size = context.page_size;
    struct ms_text words[STATM_FIELDS + 1] = {{0}};
    split_words(text, words + 1, STATM_FIELDS);
    const bool empty = ms_text_eq(words[1], MS_TEXT("0"));
    ms_block_change_why(block, MS_NOT_RECORDED,
                        empty       ? MS_NO_MEMORY
                        : page_size ? MS_MALFORMED
                                    : MS_NOT_RECORDED);
    if (empty || page_size == 0)
        return;
    for (int place = ms_file_table[block->file].first; place < ms_file_table[block->file].last; place++)
        take_number(block, place, words[ms_places[place].pos], page_size);
}

void ms_parse_line(struct ms_block *block, struct ms_text text, struct ms_parse_context context)
{
    (void)context;
    const struct ms_text line = ms_text_until(&text, '\n');
    for (int place = ms_file_table[block->file].first; place < ms_file_table[block->file].last; place++)
        if (line.len)
            ms_parse_value(block, place, line);
        else
            ms_block_set_why(block, place, MS_MALFORMED);
}

void ms_parse_path(struct ms_block *block, struct ms_text text, struct ms_parse_context context)
{
    (void)context;
    ms_block_set_text(block, ms_file_table[block->file].first, text);
}

void ms_parse_whole(struct ms_block *block, struct ms_text text, struct ms_parse_context context)
{
    if (text.len)
        ms_parse_path(block, text, context);
    else
        ms_block_set_why(block, ms_file_table[block->file].first, MS_MALFORMED);
}

// Arguments are separated by NUL; a title that the process wrote over them may have none.
void ms_parse_cmdline(struct ms_block *block, struct ms_text text, struct ms_parse_context context)
{
    (void)context;
    while (text.len && text.data[text.len - 1] == '\0')
        text.len--;
    for (int place = ms_file_table[block->file].first; place < ms_file_table[block->file].last; place++) {
        const size_t start = block->text.len;
        ms_block_set_text(block, place, text);
        for (size_t i = start; ms_places[place].unit == MS_UNIT_ARGS && i < block->text.len; i++)
            if (block->text.data[i] == '\0')
                block->text.data[i] = ' ';
    }
}

// "ID:CONTROLLERS:PATH" lines; none where no hierarchy is mounted. With the memory controller on v1 its path
// is where memory is counted; else the line "0::PATH" of the unified hierarchy; else the first that is named
// (a v1 system without the controller).
void ms_parse_cgroup(struct ms_block *block, struct ms_text text, struct ms_parse_context context)
{
    (void)context;
    struct ms_text best = {"", 0};
    const struct ms_text lines = {text.data, text.len};
    const bool empty = text.len == 0;
    const int first = ms_file_table[block->file].first;
    int rank = 0;
    while (text.len) {
        struct ms_text path = ms_text_until(&text, '\n');
        ms_text_until(&path, ':');
        struct ms_text controllers = ms_text_until(&path, ':');
        int now = ms_text_has_item(controllers, MS_TEXT("memory")) ? 3 : controllers.len == 0 ? 2 : 1;
        if (path.len && path.data[0] == '/' && now > rank) {
            best = path;
            rank = now;
        }
    }
    for (int place = first; place < ms_file_table[block->file].last; place++)
        if (rank || empty)
            ms_block_set_text(block, place, place == first ? best : lines);
        else
            ms_block_set_why(block, place, MS_MALFORMED);
}
