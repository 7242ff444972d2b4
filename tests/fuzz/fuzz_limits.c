// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as limits, ksm_stat, numa_maps or fdinfo of a process; the first byte says which.
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

static bool has(struct ms_text text, const char *part)
{
    return text.len && memmem(text.data, text.len, part, strlen(part));
}

// "NODE BYTES" lines, nodes ascending, whole kilobytes.
static void check_nodes(struct ms_text text)
{
    uint64_t before = 0, node, bytes;
    for (bool first = true; text.len; first = false) {
        struct ms_text line = ms_text_until(&text, '\n');
        expect(ms_text_u64(ms_text_word(&line), &node) && ms_text_u64(ms_text_word(&line), &bytes) &&
               line.len == 0);
        expect((first || node > before) && bytes % 1024 == 0);
        before = node;
    }
}

static void check(const struct ms_block *block, struct ms_text text)
{
    for (int place = ms_file_table[block->file].first; place < ms_file_table[block->file].last; place++) {
        const struct ms_value value = ms_block_get(block, place);
        expect(value.why == MS_KNOWN || value.why == MS_MALFORMED || value.why == MS_UNSUPPORTED);
        if (value.why == MS_KNOWN && block->file != MS_FILE_NUMA_MAPS && block->file != MS_FILE_GRAPHICS)
            expect(has(text, ms_places[place].label));
        if (value.why == MS_KNOWN && block->file == MS_FILE_LIMITS)
            expect(value.number <= INT64_MAX);
        if (value.why == MS_KNOWN && ms_places[place].unit == MS_UNIT_BOOL)
            expect(value.number <= 1);
        if (value.why == MS_KNOWN && block->file == MS_FILE_NUMA_MAPS)
            check_nodes(value.text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum ms_file files[] = {MS_FILE_LIMITS, MS_FILE_KSM_STAT, MS_FILE_NUMA_MAPS,
                                         MS_FILE_GRAPHICS};
    if (size < 1)
        return 0;
    const struct ms_text text = {(const char *)data + 1, size - 1};
    struct ms_block *block = ms_block_create(files[data[0] % 4], MS_NOT_RECORDED);
    expect(block);
    ms_parse_file(block, text, (struct ms_parse_context){.page_size = data[0] & 128 ? 0 : 4096});
    check(block, text);
    ms_block_destroy(block);
    return 0;
}
