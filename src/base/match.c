// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/match.h"
#include "base/match_parse.h"

enum {
    STEPS = 1000000,       // some milliseconds
    STEPS_PER_BYTE = 64,   // a simple pattern looks at each byte a few times
    STEPS_PER_LOOK = 4096, // between two looks at the stop flag
};

struct run {
    struct ms_text text;
    const struct ms_pattern *pattern;
    uint64_t steps;
    const volatile sig_atomic_t *stop;
    enum ms_match_result result; // MS_MATCH_NO until something ends the run
    struct {
        size_t start;
        size_t len;
    } capture[MS_PATTERN_CAPTURES];
};

// A back-reference to a position has no text and never matches.
static const size_t POSITION = SIZE_MAX;

static bool spend(struct run *r)
{
    if (r->result != MS_MATCH_NO)
        return false;
    if (r->steps == 0) {
        r->result = MS_MATCH_COMPLEX;
        return false;
    }
    r->steps--;
    if (r->stop && r->steps % STEPS_PER_LOOK == 0 && *r->stop) {
        r->result = MS_MATCH_STOPPED;
        return false;
    }
    return true;
}

static uint8_t text_at(const struct run *r, size_t s)
{
    return (uint8_t)r->text.data[s];
}

static bool single(const struct run *r, const struct ms_item *item, size_t s)
{
    if (s >= r->text.len)
        return false;
    uint8_t c = text_at(r, s);
    switch (item->kind) {
    case MS_ITEM_CHAR:
        return item->a == c;
    case MS_ITEM_ANY:
        return true;
    case MS_ITEM_CLASS:
        return ms_class_has(item->a, c);
    default:
        return ms_set_has(item->set, c);
    }
}

static bool match_from(struct run *r, size_t i, size_t s);

static bool match_longest(struct run *r, size_t i, size_t s, size_t least)
{
    size_t n = 0;
    while (single(r, &r->pattern->items[i], s + n)) {
        if (!spend(r))
            return false;
        n++;
    }
    for (; n + 1 > least; n--) {
        if (match_from(r, i + 1, s + n))
            return true;
        if (!spend(r) || n == 0)
            return false;
    }
    return false;
}

static bool match_shortest(struct run *r, size_t i, size_t s)
{
    while (!match_from(r, i + 1, s)) {
        if (!spend(r) || !single(r, &r->pattern->items[i], s))
            return false;
        s++;
    }
    return true;
}

static bool match_repeat(struct run *r, size_t i, size_t s)
{
    switch (r->pattern->items[i].repeat) {
    case '*':
        return match_longest(r, i, s, 0);
    case '+':
        return match_longest(r, i, s, 1);
    case '-':
        return match_shortest(r, i, s);
    default:
        return (single(r, &r->pattern->items[i], s) && match_from(r, i + 1, s + 1)) ||
               match_from(r, i + 1, s);
    }
}

// Moves *s behind the closing byte. The closing byte is looked for first, for the sake of %b''.
static bool balance(struct run *r, const struct ms_item *item, size_t *s)
{
    if (*s >= r->text.len || text_at(r, *s) != item->a)
        return false;
    size_t depth = 1;
    for (size_t at = *s + 1; at < r->text.len && spend(r); at++) {
        uint8_t c = text_at(r, at);
        if (c == item->b && --depth == 0) {
            *s = at + 1;
            return true;
        }
        if (c == item->a && c != item->b)
            depth++;
    }
    return false;
}

static bool frontier(const struct run *r, const struct ms_item *item, size_t s)
{
    uint8_t before = s > 0 ? text_at(r, s - 1) : 0;
    uint8_t here = s < r->text.len ? text_at(r, s) : 0;
    return !ms_set_has(item->set, before) && ms_set_has(item->set, here);
}

static bool back_reference(struct run *r, const struct ms_item *item, size_t *s)
{
    size_t len = r->capture[item->a].len;
    size_t start = r->capture[item->a].start;
    if (len > r->text.len - *s)
        return false;
    for (size_t k = 0; k < len; k++)
        if (!spend(r) || text_at(r, start + k) != text_at(r, *s + k))
            return false;
    *s += len;
    return true;
}

// An item that is met once only. Captures need no undoing: whoever tries another way passes their brackets
// again before anything refers to them.
static bool match_once(struct run *r, const struct ms_item *item, size_t *s)
{
    switch (item->kind) {
    case MS_ITEM_OPEN:
        r->capture[item->a].start = *s;
        return true;
    case MS_ITEM_POSITION:
        r->capture[item->a].len = POSITION;
        return true;
    case MS_ITEM_CLOSE:
        r->capture[item->a].len = *s - r->capture[item->a].start;
        return true;
    case MS_ITEM_BACK:
        return back_reference(r, item, s);
    case MS_ITEM_BALANCE:
        return balance(r, item, s);
    case MS_ITEM_FRONTIER:
        return frontier(r, item, *s);
    case MS_ITEM_TEXT_END:
        return *s == r->text.len;
    default:
        if (!single(r, item, *s))
            return false;
        ++*s;
        return true;
    }
}

static bool match_from(struct run *r, size_t i, size_t s)
{
    for (;; i++) {
        const struct ms_item *item = &r->pattern->items[i];
        if (item->kind == MS_ITEM_DONE)
            return true;
        if (!spend(r))
            return false;
        if (item->repeat)
            return match_repeat(r, i, s);
        if (!match_once(r, item, &s))
            return false;
    }
}

// `.*x` finds from the start whatever it finds from anywhere, and is often written by habit; tried at each
// place it would take quadratic time.
static bool only_at_start(const struct ms_pattern *pattern)
{
    const struct ms_item *first = &pattern->items[0];
    return pattern->anchored || (first->kind == MS_ITEM_ANY && first->repeat && first->repeat != '?');
}

static enum ms_match_result search(struct run *r)
{
    const struct ms_item *first = &r->pattern->items[0];
    bool jump = first->kind == MS_ITEM_CHAR && !first->repeat;
    for (size_t s = 0; s <= r->text.len; s++) {
        if (jump && !only_at_start(r->pattern)) {
            const char *hit = s < r->text.len ? memchr(r->text.data + s, first->a, r->text.len - s) : NULL;
            if (!hit)
                break;
            s = (size_t)(hit - r->text.data);
        }
        if (match_from(r, 0, s))
            return MS_MATCH_YES;
        if (r->result != MS_MATCH_NO || only_at_start(r->pattern))
            break;
    }
    return r->result;
}

static bool is_plain(struct ms_text pattern)
{
    for (size_t i = 0; i < pattern.len; i++)
        if (pattern.data[i] && strchr("^$*+?.([%-)", pattern.data[i]))
            return false;
    return true;
}

enum ms_match_result ms_match(struct ms_text text, struct ms_text pattern,
                              const struct ms_match_limits *limits, struct ms_match_error *error)
{
    if (is_plain(pattern)) {
        bool found = pattern.len == 0 || (text.len && memmem(text.data, text.len, pattern.data, pattern.len));
        return found ? MS_MATCH_YES : MS_MATCH_NO;
    }
    struct ms_pattern parsed;
    struct ms_match_error ignored;
    if (!ms_pattern_parse(pattern, &parsed, error ? error : &ignored))
        return MS_MATCH_MALFORMED;
    struct run run;
    run.text = text;
    run.pattern = &parsed;
    run.steps = limits->steps;
    run.stop = limits->stop;
    run.result = MS_MATCH_NO;
    return search(&run);
}

bool ms_match_check(struct ms_text pattern, struct ms_match_error *error)
{
    struct ms_pattern parsed;
    return is_plain(pattern) || ms_pattern_parse(pattern, &parsed, error);
}

uint64_t ms_match_budget(struct ms_text text)
{
    return STEPS + (uint64_t)text.len * STEPS_PER_BYTE;
}
