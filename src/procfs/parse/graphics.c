// SPDX-License-Identifier: GPL-3.0-or-later
// fdinfo of graphics devices, one file after the other, each from its line "pos:" on. The drivers add lines
// "drm-total-REGION:\t4096 KiB" (Documentation/gpu/drm-usage-stats.rst). Descriptors of one client, as dup
// gives them, have the same drm-client-id on the same device and say the same.
#include "parse/parse.h"

#include "base/buf.h"
#include "base/cleanup.h"

#include <stdlib.h>

enum amount { TOTAL, RESIDENT, SHARED, MEMORY, AMOUNTS };

static const char *const prefixes[AMOUNTS] = {"drm-total-", "drm-resident-", "drm-shared-", "drm-memory-"};

struct client {
    struct ms_text device;
    struct ms_text id;
    uint64_t bytes[AMOUNTS];
    bool has[AMOUNTS];
    bool malformed;
};

// "4096 KiB", "3 MiB", "512".
static bool parse_bytes(struct ms_text text, uint64_t *bytes)
{
    uint64_t number;
    if (!ms_text_u64(ms_text_word(&text), &number))
        return false;
    const struct ms_text unit = ms_text_trim(text);
    const bool is_kib = ms_text_eq(unit, MS_TEXT("KiB")), is_mib = ms_text_eq(unit, MS_TEXT("MiB"));
    const uint64_t factor = is_kib ? 1024 : is_mib ? 1024 * 1024 : 1;
    return (unit.len == 0 || is_kib || is_mib) && !__builtin_mul_overflow(number, factor, bytes);
}

static void take_amount(struct client *client, struct ms_text label, struct ms_text text)
{
    uint64_t bytes;
    for (int amount = 0; amount < AMOUNTS; amount++) {
        if (!ms_text_starts(label, ms_text_of(prefixes[amount])))
            continue;
        client->has[amount] = true;
        if (!parse_bytes(text, &bytes) ||
            __builtin_add_overflow(client->bytes[amount], bytes, &client->bytes[amount]))
            client->malformed = true;
    }
}

static void take_line(struct client *client, struct ms_text line)
{
    const struct ms_text label = ms_text_until(&line, ':');
    if (ms_text_eq(label, MS_TEXT("drm-client-id")))
        client->id = ms_text_trim(line);
    else if (ms_text_eq(label, MS_TEXT("drm-pdev")) ||
             (ms_text_eq(label, MS_TEXT("drm-driver")) && client->device.len == 0))
        client->device = ms_text_trim(line);
    else
        take_amount(client, label, line);
}

// All of them, each file one. False without memory.
static bool take_clients(struct ms_text text, struct ms_buf *clients)
{
    struct client client = {0};
    if (text.len == 0)
        return true;
    for (bool begun = false; text.len; begun = true) {
        const bool is_next = begun && ms_text_starts(text, MS_TEXT("pos:"));
        if (is_next && !ms_buf_add(clients, &client, sizeof client))
            return false;
        if (is_next)
            client = (struct client){0};
        take_line(&client, ms_text_until(&text, '\n'));
    }
    return ms_buf_add(clients, &client, sizeof client);
}

static int compare_text(struct ms_text a, struct ms_text b)
{
    const size_t len = a.len < b.len ? a.len : b.len;
    const int order = len ? memcmp(a.data, b.data, len) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_clients(const void *a, const void *b)
{
    const struct client *x = a, *y = b;
    const int order = compare_text(x->device, y->device);
    return order ? order : compare_text(x->id, y->id);
}

// Drivers that print what is resident only, by its older name, have buffers that are all resident.
static enum ms_reason amount_of(const struct client *client, enum amount amount, uint64_t *bytes)
{
    if (client->malformed)
        return MS_MALFORMED;
    const enum amount from = client->has[amount] || amount == SHARED ? amount : MEMORY;
    *bytes = client->bytes[from];
    return client->has[from] ? MS_KNOWN : MS_UNSUPPORTED;
}

static void set_sum(struct ms_block *block, int place, const struct client *clients, size_t count,
                    enum amount amount)
{
    uint64_t sum = 0, bytes = 0;
    enum ms_reason why = MS_KNOWN;
    for (size_t i = 0; i < count && why == MS_KNOWN; i++) {
        const bool again = i && clients[i].id.len && compare_clients(&clients[i - 1], &clients[i]) == 0;
        why = again ? MS_KNOWN : amount_of(&clients[i], amount, &bytes);
        if (!again && why == MS_KNOWN && __builtin_add_overflow(sum, bytes, &sum))
            why = MS_MALFORMED;
    }
    ms_block_set(block, place, why, sum);
}

void ms_parse_graphics(struct ms_block *block, struct ms_text text, struct ms_parse_context context)
{
    (void)context;
    MS_AUTO_BUF found = {0};
    const bool done = take_clients(text, &found);
    struct client *clients = (struct client *)(void *)found.data;
    const size_t count = found.len / sizeof *clients;
    if (done && count)
        qsort(clients, count, sizeof *clients, compare_clients);
    const enum ms_field fields[] = {MS_FIELD_GRAPHICS_drm_total, MS_FIELD_GRAPHICS_drm_resident,
                                    MS_FIELD_GRAPHICS_drm_shared};
    for (int amount = TOTAL; amount <= SHARED; amount++) {
        if (done)
            set_sum(block, ms_place_first(fields[amount]), clients, count, (enum amount)amount);
        else
            ms_block_set_why(block, ms_place_first(fields[amount]), MS_OUT_OF_MEMORY);
    }
}
