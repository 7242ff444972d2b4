// SPDX-License-Identifier: GPL-3.0-or-later
// Kills for lack of memory in the kernel's log (mm/oom_kill.c). Names of processes and groups are in the
// lines as they are, and whoever is killed chose them: what follows them is found from the end of the line.
#include "parse/parse.h"

#include <string.h>

static const char *find(struct ms_text text, struct ms_text what)
{
    return text.len ? memmem(text.data, text.len, what.data, what.len) : NULL;
}

static const char *find_last(struct ms_text text, struct ms_text what)
{
    const char *last = NULL;
    for (const char *at = find(text, what); at; at = find(text, what)) {
        last = at;
        text = ms_text_skip(text, (size_t)(at - text.data) + 1);
    }
    return last;
}

// What is after the first or the last place of a word; false where it is not there.
static bool after(struct ms_text text, struct ms_text what, bool is_last, struct ms_text *out)
{
    const char *at = is_last ? find_last(text, what) : find(text, what);
    if (!at)
        return false;
    *out = ms_text_skip(text, (size_t)(at - text.data) + what.len);
    return true;
}

// "6,1234,5678901,-;text": of the kernel itself. Whoever writes into /dev/kmsg can't have it look so: its
// facility is not 0 then.
static bool take_record(struct ms_text record, double *seconds, struct ms_text *text)
{
    uint64_t level, number, micros;
    struct ms_text head = ms_text_until(&record, ';');
    if (!ms_text_u64(ms_text_until(&head, ','), &level) || level >= 8 ||
        !ms_text_u64(ms_text_until(&head, ','), &number) || !ms_text_u64(ms_text_until(&head, ','), &micros))
        return false;
    *seconds = (double)micros / 1e6;
    *text = ms_text_until(&record, '\n');
    return text->len > 0;
}

static const struct ms_text summary_start = {"oom-kill:constraint=", sizeof "oom-kill:constraint=" - 1};
static const struct ms_text victim_word = {"Killed process ", sizeof "Killed process " - 1};

bool ms_kmsg_is_of_kill(struct ms_text record)
{
    return find(record, summary_start) || find(record, victim_word);
}

static struct ms_value number_after(struct ms_text text, struct ms_text label, bool is_size)
{
    struct ms_value value = {.why = MS_UNSUPPORTED};
    struct ms_text rest;
    if (!after(text, label, true, &rest))
        return value;
    size_t len = 0;
    while (len < rest.len && rest.data[len] >= '0' && rest.data[len] <= '9')
        len++;
    const bool is_number = ms_text_u64((struct ms_text){rest.data, len}, &value.number);
    const bool fits = !is_size || !__builtin_mul_overflow(value.number, 1024, &value.number);
    value.why = is_number && fits ? MS_KNOWN : MS_MALFORMED;
    return value;
}

// "Out of memory: Killed process 901 (name) total-vm:8192kB, anon-rss:...". False for any other line.
static bool take_victim(struct ms_text text, struct ms_oom_kill *out)
{
    struct ms_text rest;
    if (!after(text, victim_word, false, &rest) || !ms_text_u64(ms_text_until(&rest, ' '), &out->pid))
        return false;
    const char *end = find_last(rest, MS_TEXT(") total-vm:"));
    if (!end || rest.data[0] != '(')
        return false;
    out->comm = (struct ms_text){rest.data + 1, (size_t)(end - rest.data) - 1};
    const struct ms_text numbers = ms_text_skip(rest, (size_t)(end - rest.data));
    out->virt = number_after(numbers, MS_TEXT("total-vm:"), true);
    out->anon = number_after(numbers, MS_TEXT("anon-rss:"), true);
    out->file = number_after(numbers, MS_TEXT("file-rss:"), true);
    out->shmem = number_after(numbers, MS_TEXT("shmem-rss:"), true);
    out->uid = number_after(numbers, MS_TEXT("UID:"), false);
    out->by_limit = ms_text_starts(text, MS_TEXT("Memory cgroup"));
    return true;
}

// What "oom-kill:constraint=..." says of that process: who was short of memory, and where the process was.
static void take_summary(struct ms_text text, struct ms_oom_kill *out)
{
    struct ms_text rest;
    if (!after(text, summary_start, false, &rest) ||
        number_after(rest, MS_TEXT(",pid="), false).number != out->pid)
        return;
    out->by_limit = out->by_limit || ms_text_starts(rest, MS_TEXT("CONSTRAINT_MEMCG,"));
    const char *end = find_last(rest, MS_TEXT(",task="));
    if (!end)
        return;
    rest.len = (size_t)(end - rest.data);
    if (!after(rest, MS_TEXT(",task_memcg="), false, &out->group))
        return;
    rest.len = (size_t)(out->group.data - rest.data) - (sizeof ",task_memcg=" - 1);
    after(rest, MS_TEXT(",oom_memcg="), false, &out->limited);
}

void ms_oom_kills_each(struct ms_text log, void (*take)(void *ctx, const struct ms_oom_kill *kill), void *ctx)
{
    struct ms_text summary = {0};
    while (log.len) {
        struct ms_text text;
        struct ms_oom_kill kill = {0};
        if (!take_record(ms_text_until(&log, '\n'), &kill.seconds, &text))
            continue;
        if (ms_text_starts(text, summary_start))
            summary = text;
        if (!take_victim(text, &kill))
            continue;
        take_summary(summary, &kill);
        take(ctx, &kill);
    }
}
