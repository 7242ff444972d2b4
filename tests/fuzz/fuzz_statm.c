// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as /proc/PID/statm. The first byte tells the page size.
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint64_t page_sizes[] = {4096, 0, 65536, 1};
    static const enum ms_field fields[] = {
        0, MS_FIELD_STATM_virt, MS_FIELD_STATM_res, MS_FIELD_STATM_shr, MS_FIELD_STATM_code,
        0, MS_FIELD_STATM_data};
    if (size < 1)
        return 0;
    const uint64_t page_size = page_sizes[data[0] % 4];
    char *line = calloc(1, size);
    struct ms_block *block = ms_block_create(MS_FILE_STATM, MS_NOT_RECORDED);
    expect(line && block);
    for (size_t i = 0; i + 1 < size; i++)
        line[i] = data[i + 1] ? (char)data[i + 1] : '?';
    ms_parse_statm(block, (struct ms_text){(const char *)data + 1, size - 1},
                   (struct ms_parse_context){.page_size = page_size});
    line[strcspn(line, "\n")] = '\0';
    char *rest = line;
    for (int i = 1; i <= 6; i++) {
        const char *word = strsep(&rest, " \t");
        while (word && *word == '\0')
            word = strsep(&rest, " \t");
        if (i == 5)
            continue;
        const struct ms_value value = ms_block_get(block, ms_place_first(fields[i]));
        expect(value.why == MS_KNOWN || value.why == MS_MALFORMED || value.why == MS_NO_MEMORY ||
               (value.why == MS_NOT_RECORDED && page_size == 0));
        if (value.why != MS_KNOWN)
            continue;
        expect(word && page_size && word[strspn(word, "0123456789")] == '\0');
        expect(value.number % page_size == 0 && value.number / page_size == strtoull(word, NULL, 10));
    }
    ms_block_destroy(block);
    free(line);
    return 0;
}
