// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as one of the short files (the first byte tells): texts that come out stand in them.
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

static void check_arguments(const struct ms_block *block, struct ms_text text)
{
    const struct ms_text line = ms_block_get(block, ms_place_first(MS_FIELD_CMDLINE_cmdline)).text;
    const struct ms_text list = ms_block_get(block, ms_place_first(MS_FIELD_CMDLINE_argv)).text;
    while (text.len && text.data[text.len - 1] == '\0')
        text.len--;
    expect(ms_text_eq(list, text) && line.len == text.len);
    for (size_t i = 0; i < text.len; i++)
        expect(line.data[i] == (text.data[i] ? text.data[i] : ' '));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum ms_file files[] = {MS_FILE_CMDLINE, MS_FILE_CGROUP,        MS_FILE_EXE,
                                         MS_FILE_VERSION, MS_FILE_OOM_SCORE_ADJ, MS_FILE_UPTIME};
    if (size < 1)
        return 0;
    const enum ms_file file = files[data[0] % 6];
    const struct ms_text text = {(const char *)data + 1, size - 1};
    struct ms_block *block = ms_block_create(file, MS_NOT_RECORDED);
    expect(block != NULL);
    ms_parse_file(block, text, (struct ms_parse_context){0});
    if (file == MS_FILE_CMDLINE)
        check_arguments(block, text);
    for (int place = ms_file_table[file].first; place < ms_file_table[file].last; place++) {
        const struct ms_value value = ms_block_get(block, place);
        expect(value.why == MS_KNOWN || value.why == MS_MALFORMED);
        const bool is_text = value.unit == MS_UNIT_CGROUP || value.unit == MS_UNIT_PATH ||
                             value.unit == MS_UNIT_TEXT || value.unit == MS_UNIT_WORD;
        if (value.why == MS_KNOWN && is_text && value.text.len)
            expect(memmem(text.data, text.len, value.text.data, value.text.len) != NULL);
    }
    ms_block_destroy(block);
    return 0;
}
