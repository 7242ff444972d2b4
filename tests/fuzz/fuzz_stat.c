// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as /proc/PID/stat: each number that comes out stands there, counted from the last ')'.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "parse/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool is_so)
{
    if (!is_so)
        abort();
}

// The number-th word behind the last ')', 0-terminated, into room for all of the text; false if nothing
// follows it.
static bool word_of(const char *text, size_t size, int number, char *word)
{
    size_t at = size, len = 0;
    while (at && text[at - 1] != ')')
        at--;
    for (int i = 3; i <= number; i++) {
        while (at < size && (text[at] == ' ' || text[at] == '\t'))
            at++;
        for (len = 0; at < size && text[at] != ' ' && text[at] != '\t' && text[at] != '\n'; at++)
            word[len++] = text[at];
    }
    word[len] = '\0';
    return at < size && len > 0;
}

static void check_number(const struct ms_block *block, enum ms_field field, const char *text, size_t size)
{
    const int place = ms_place_first(field);
    const struct ms_value value = ms_block_get(block, place);
    expect(value.why == MS_KNOWN || value.why == MS_MALFORMED);
    if (value.why != MS_KNOWN)
        return;
    char *word = malloc(size + 1);
    expect(word && word_of(text, size, ms_places[place].pos, word));
    expect(word[strspn(word, "0123456789")] == '\0');
    expect(strtoull(word, NULL, 10) == value.number);
    free(word);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum ms_field numbers[] = {
        MS_FIELD_STAT_ppid,    MS_FIELD_STAT_flags,   MS_FIELD_STAT_min_flt,
        MS_FIELD_STAT_maj_flt, MS_FIELD_STAT_threads, MS_FIELD_STAT_start_time,
    };
    const char *text = (const char *)data;
    struct ms_block *block = ms_block_create(MS_FILE_STAT, MS_NOT_RECORDED);
    expect(block != NULL);
    ms_parse_stat(block, (struct ms_text){text, size}, (struct ms_parse_context){0});
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        check_number(block, numbers[i], text, size);
    const struct ms_value comm = ms_block_get(block, ms_place_first(MS_FIELD_STAT_comm));
    const char *open = size ? memchr(text, '(', size) : NULL;
    const char *close = size ? memrchr(text, ')', size) : NULL;
    expect((comm.why == MS_KNOWN) == (open && close && open < close));
    if (comm.why == MS_KNOWN)
        expect(ms_text_eq(comm.text, (struct ms_text){open + 1, (size_t)(close - open - 1)}));
    const struct ms_stat_id id = ms_parse_stat_id((struct ms_text){text, size});
    const struct ms_value start = ms_block_get(block, ms_place_first(MS_FIELD_STAT_start_time));
    expect(id.has_start == (start.why == MS_KNOWN));
    expect(!id.has_start || id.start == start.number);
    ms_block_destroy(block);
    return 0;
}
