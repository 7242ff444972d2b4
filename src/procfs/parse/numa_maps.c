// SPDX-License-Identifier: GPL-3.0-or-later
// /proc/PID/numa_maps: a line for each mapping, "7f00 default file=/a anon=1 N0=1 N1=3 kernelpagesize_kB=4":
// N0=1 is one page on node 0, of the size at the end of the line.
#include "parse/parse.h"

#include "base/cleanup.h"

enum { NODES = 1024 }; // as many as the kernel can be built for

struct nodes {
    uint64_t bytes[NODES];
    bool seen[NODES];
    bool overflow;
};

// "N12=34". False for any other word.
static bool parse_node(struct ms_text word, uint64_t *node, uint64_t *pages)
{
    if (word.len < 4 || word.data[0] != 'N')
        return false;
    struct ms_text count = ms_text_skip(word, 1);
    return ms_text_u64(ms_text_until(&count, '='), node) && ms_text_u64(count, pages);
}

// Kernels before 3.13 do not print the size: theirs is the machine's, huge pages apart. 0: it is not known.
static uint64_t page_bytes(struct ms_text line, uint64_t page_size)
{
    uint64_t kb, bytes;
    for (struct ms_text word; (word = ms_text_word(&line)).len;) {
        const struct ms_text key = ms_text_until(&word, '=');
        if (ms_text_eq(key, MS_TEXT("kernelpagesize_kB")))
            return ms_text_u64(word, &kb) && !__builtin_mul_overflow(kb, 1024, &bytes) ? bytes : 0;
    }
    return page_size;
}

static bool each_node(struct ms_text line, uint64_t page_size, ms_take_node *take, void *ctx)
{
    uint64_t address, size = page_bytes(line, page_size), node, pages, bytes;
    if (!ms_text_take_hex(&line, ' ', &address))
        return false;
    take(ctx, address, MS_NO_NODE, 0);
    for (struct ms_text word; (word = ms_text_word(&line)).len;) {
        if (!parse_node(word, &node, &pages))
            continue;
        if (node >= NODES || size == 0 || __builtin_mul_overflow(pages, size, &bytes))
            return false;
        take(ctx, address, (int)node, bytes);
    }
    return true;
}

bool ms_numa_maps_each(struct ms_text text, uint64_t page_size, ms_take_node *take, void *ctx)
{
    if (text.len == 0 || text.data[text.len - 1] != '\n')
        return false;
    while (text.len)
        if (!each_node(ms_text_until(&text, '\n'), page_size, take, ctx))
            return false;
    return true;
}

static void add_node(void *ctx, uint64_t address, int node, uint64_t bytes)
{
    struct nodes *nodes = ctx;
    (void)address;
    if (node == MS_NO_NODE)
        return;
    nodes->seen[node] = true;
    nodes->overflow |= __builtin_add_overflow(nodes->bytes[node], bytes, &nodes->bytes[node]);
}

static void set_nodes(struct ms_block *block, int place, const struct nodes *nodes)
{
    MS_AUTO_BUF text = {0};
    for (unsigned node = 0; node < NODES; node++)
        if (nodes->seen[node])
            ms_buf_addf(&text, "%u %llu\n", node, (unsigned long long)nodes->bytes[node]);
    if (text.failed)
        ms_block_set_why(block, place, MS_OUT_OF_MEMORY);
    else
        ms_block_set_text(block, place, ms_buf_text(&text));
}

void ms_parse_numa_maps(struct ms_block *block, struct ms_text text, struct ms_parse_context context)
{
    const int place = ms_place_first(MS_FIELD_NUMA_MAPS_numa);
    MS_AUTO_FREE struct nodes *nodes = calloc(1, sizeof *nodes);
    if (!nodes) {
        ms_block_set_why(block, place, MS_OUT_OF_MEMORY);
        return;
    }
    if (ms_numa_maps_each(text, context.page_size, add_node, nodes) && !nodes->overflow)
        set_nodes(block, place, nodes);
    else
        ms_block_set_why(block, place, MS_MALFORMED);
}
