// SPDX-License-Identifier: GPL-3.0-or-later
// Files of the machine that are lists: swaps, vmstat, sysvipc/shm.
#include "parse/parse.h"

static struct ms_value bytes_of(struct ms_text kb)
{
    struct ms_value value = {.why = MS_MALFORMED};
    if (ms_text_u64(kb, &value.number) && !__builtin_mul_overflow(value.number, 1024, &value.number))
        value.why = MS_KNOWN;
    return value;
}

static struct ms_value priority_of(struct ms_text word)
{
    int64_t number;
    return ms_text_i64(word, &number) ? (struct ms_value){.number = (uint64_t)number}
                                      : (struct ms_value){.why = MS_MALFORMED};
}

void ms_swaps_each(struct ms_text text, void (*take)(void *ctx, const struct ms_swap *swap), void *ctx)
{
    ms_text_until(&text, '\n'); // the titles
    while (text.len) {
        struct ms_text line = ms_text_until(&text, '\n');
        struct ms_swap swap;
        swap.path = ms_text_word(&line);
        swap.kind = ms_text_word(&line);
        swap.size = bytes_of(ms_text_word(&line));
        swap.used = bytes_of(ms_text_word(&line));
        swap.priority = priority_of(ms_text_word(&line));
        take(ctx, &swap);
    }
}

void ms_vmstat_each(struct ms_text text, void (*take)(void *ctx, struct ms_text name, uint64_t number),
                    void *ctx)
{
    while (text.len) {
        struct ms_text line = ms_text_until(&text, '\n');
        const struct ms_text name = ms_text_word(&line);
        uint64_t number;
        if (name.len && ms_text_u64(ms_text_trim(line), &number))
            take(ctx, name, number);
    }
}

static struct ms_value bytes_in(struct ms_text word)
{
    struct ms_value value = {.why = word.len ? MS_MALFORMED : MS_UNSUPPORTED};
    if (ms_text_u64(word, &value.number))
        value.why = MS_KNOWN;
    return value;
}

// "key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime rss swap"
static bool take_segment(struct ms_text line, struct ms_segment *out)
{
    enum { ID = 1, SIZE = 3, CPID = 4, NATTCH = 6, UID = 7, RSS = 14, SWAP = 15, WORDS };
    struct ms_text words[WORDS];
    for (int i = 0; i < WORDS; i++)
        words[i] = ms_text_word(&line);
    out->rss = bytes_in(words[RSS]);
    out->swap = bytes_in(words[SWAP]);
    return ms_text_u64(words[ID], &out->id) && ms_text_u64(words[SIZE], &out->size) &&
           ms_text_u64(words[CPID], &out->creator) && ms_text_u64(words[NATTCH], &out->attached) &&
           ms_text_u64(words[UID], &out->uid);
}

void ms_segments_each(struct ms_text text, void (*take)(void *ctx, const struct ms_segment *segment),
                      void *ctx)
{
    ms_text_until(&text, '\n'); // the titles
    while (text.len) {
        struct ms_segment segment;
        if (take_segment(ms_text_until(&text, '\n'), &segment))
            take(ctx, &segment);
    }
}
