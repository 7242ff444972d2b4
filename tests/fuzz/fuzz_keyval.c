// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as status, smaps_rollup, meminfo or pressure/memory (the first byte tells): each number of
// kilobytes that comes out stands in the one line of its label.
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool is_so)
{
    if (!is_so)
        abort();
}

// How many lines have this label, behind the header of smaps_rollup; *kb is the number of the last.
static int lines_of(const char *label, bool has_header, const char *text, size_t size, uint64_t *kb)
{
    int found = 0;
    const size_t len = strlen(label);
    for (size_t at = 0; at < size;) {
        const char *newline = memchr(text + at, '\n', size - at);
        const size_t end = newline ? (size_t)(newline - text) : size;
        if (!(has_header && at == 0) && end - at > len && memcmp(text + at, label, len) == 0 &&
            text[at + len] == ':') {
            char line[256];
            found++;
            snprintf(line, sizeof(line), "%.*s", (int)(end - at - len - 1), text + at + len + 1);
            if (sscanf(line, "%" SCNu64, kb) != 1)
                *kb = UINT64_MAX;
        }
        at = end + 1;
    }
    return found;
}

static void check_place(const struct ms_block *block, int place, const char *text, size_t size)
{
    const struct ms_place *at = &ms_places[place];
    const struct ms_value value = ms_block_get(block, place);
    uint64_t kb = 0;
    expect(value.why == MS_KNOWN || value.why == MS_MALFORMED || value.why == MS_UNSUPPORTED ||
           (value.why == MS_NO_MEMORY && block->file == MS_FILE_STATUS));
    const int lines = lines_of(at->label, block->file == MS_FILE_ROLLUP, text, size, &kb);
    if (value.why == MS_KNOWN)
        expect(lines == 1 &&
               (at->unit != MS_UNIT_KB || (kb <= UINT64_MAX / 1024 && value.number == kb * 1024)));
    if (value.why == MS_UNSUPPORTED || value.why == MS_NO_MEMORY)
        expect(lines == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum ms_file files[] = {MS_FILE_STATUS, MS_FILE_ROLLUP, MS_FILE_MEMINFO,
                                         MS_FILE_PRESSURE_MEMORY};
    if (size < 1)
        return 0;
    const enum ms_file file = files[data[0] % 4];
    const struct ms_text text = {(const char *)data + 1, size - 1};
    struct ms_block *block = ms_block_create(file, MS_NOT_RECORDED);
    expect(block != NULL);
    ms_parse_file(block, text, (struct ms_parse_context){0});
    for (int place = ms_file_table[file].first; place < ms_file_table[file].last; place++)
        if (ms_places[place].field >= 0 && file != MS_FILE_PRESSURE_MEMORY)
            check_place(block, place, text.data, text.len);
        else
            ms_block_get(block, place);
    ms_block_destroy(block);
    return 0;
}
