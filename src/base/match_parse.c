// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/match_parse.h"

enum capture_state { CAPTURE_OPEN, CAPTURE_CLOSED };

struct parser {
    struct ms_text text;
    size_t at;
    struct ms_pattern *out;
    struct ms_match_error *error;
    uint8_t captures;
    struct {
        enum capture_state state;
        size_t offset;
    } capture[MS_PATTERN_CAPTURES];
};

static bool fail(struct parser *p, size_t offset, const char *message)
{
    *p->error = (struct ms_match_error){message, offset};
    return false;
}

static bool more(const struct parser *p)
{
    return p->at < p->text.len;
}

static uint8_t byte_at(const struct parser *p, size_t at)
{
    return (uint8_t)p->text.data[at];
}

static bool add(struct parser *p, struct ms_item item)
{
    if (p->out->count == MS_PATTERN_ITEMS)
        return fail(p, p->at, "the pattern is too long");
    p->out->items[p->out->count++] = item;
    return true;
}

// Stands on the [. The first byte of a set belongs to it even where it is a ].
static bool parse_set(struct parser *p, struct ms_text *out)
{
    size_t open = p->at++;
    size_t start = p->at;
    if (more(p) && byte_at(p, p->at) == '^')
        p->at++;
    for (bool first = true; more(p); first = false) {
        uint8_t c = byte_at(p, p->at);
        if (c == ']' && !first) {
            *out = (struct ms_text){p->text.data + start, p->at - start};
            p->at++;
            return true;
        }
        p->at += c == '%' && p->at + 1 < p->text.len ? 2 : 1;
    }
    return fail(p, open, "missing ']'");
}

static bool open_capture(struct parser *p)
{
    size_t offset = p->at++;
    if (p->captures == MS_PATTERN_CAPTURES)
        return fail(p, offset, "too many captures");
    bool position = more(p) && byte_at(p, p->at) == ')';
    p->at += position;
    uint8_t index = p->captures++;
    p->capture[index].state = position ? CAPTURE_CLOSED : CAPTURE_OPEN;
    p->capture[index].offset = offset;
    return add(p, (struct ms_item){.kind = position ? MS_ITEM_POSITION : MS_ITEM_OPEN, .a = index});
}

static bool close_capture(struct parser *p)
{
    size_t offset = p->at++;
    for (uint8_t i = p->captures; i > 0; i--) {
        if (p->capture[i - 1].state == CAPTURE_CLOSED)
            continue;
        p->capture[i - 1].state = CAPTURE_CLOSED;
        return add(p, (struct ms_item){.kind = MS_ITEM_CLOSE, .a = (uint8_t)(i - 1)});
    }
    return fail(p, offset, "')' without '('");
}

static bool parse_back(struct parser *p)
{
    int index = byte_at(p, p->at + 1) - '1';
    if (index < 0 || index >= p->captures || p->capture[index].state != CAPTURE_CLOSED)
        return fail(p, p->at, "there is no such capture before it");
    p->at += 2;
    return add(p, (struct ms_item){.kind = MS_ITEM_BACK, .a = (uint8_t)index});
}

static bool parse_balance(struct parser *p)
{
    if (p->at + 4 > p->text.len)
        return fail(p, p->at, "'%b' needs two characters after it");
    struct ms_item item = {.kind = MS_ITEM_BALANCE, .a = byte_at(p, p->at + 2), .b = byte_at(p, p->at + 3)};
    p->at += 4;
    return add(p, item);
}

static bool parse_frontier(struct parser *p)
{
    struct ms_item item = {.kind = MS_ITEM_FRONTIER};
    size_t start = p->at;
    p->at += 2;
    if (!more(p) || byte_at(p, p->at) != '[')
        return fail(p, start, "'%f' needs a set after it");
    return parse_set(p, &item.set) && add(p, item);
}

static bool is_lower(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_letter(uint8_t c)
{
    return is_lower(c) || is_upper(c);
}

static bool is_class(uint8_t letter)
{
    return letter && strchr("adlsuwxpcgADLSUWXPCG", letter);
}

static bool parse_single(struct parser *p)
{
    uint8_t c = byte_at(p, p->at);
    struct ms_item item = {.kind = MS_ITEM_CHAR, .a = c};
    if (c == '[') {
        item.kind = MS_ITEM_SET;
        if (!parse_set(p, &item.set))
            return false;
    } else if (c == '%') {
        item.a = byte_at(p, p->at + 1);
        item.kind = is_class(item.a) ? MS_ITEM_CLASS : MS_ITEM_CHAR;
        p->at += 2;
    } else {
        item.kind = c == '.' ? MS_ITEM_ANY : MS_ITEM_CHAR;
        p->at++;
    }
    uint8_t next = more(p) ? byte_at(p, p->at) : 0;
    if (next && strchr("*+-?", next)) {
        item.repeat = next;
        p->at++;
    }
    return add(p, item);
}

static bool parse_escape(struct parser *p)
{
    if (p->at + 1 == p->text.len)
        return fail(p, p->at, "it ends with '%'");
    uint8_t next = byte_at(p, p->at + 1);
    if (next == 'b')
        return parse_balance(p);
    if (next == 'f')
        return parse_frontier(p);
    if (next >= '0' && next <= '9')
        return parse_back(p);
    if (is_letter(next) && !is_class(next))
        return fail(p, p->at, "there is no class of this letter");
    return parse_single(p);
}

static bool parse_item(struct parser *p)
{
    switch (byte_at(p, p->at)) {
    case '(':
        return open_capture(p);
    case ')':
        return close_capture(p);
    case '%':
        return parse_escape(p);
    case '$':
        if (p->at + 1 != p->text.len)
            return parse_single(p);
        p->at++;
        return add(p, (struct ms_item){.kind = MS_ITEM_TEXT_END});
    default:
        return parse_single(p);
    }
}

bool ms_pattern_parse(struct ms_text text, struct ms_pattern *out, struct ms_match_error *error)
{
    struct parser p;
    p.text = text;
    p.out = out;
    p.error = error;
    p.captures = 0;
    out->count = 0;
    out->anchored = text.len > 0 && text.data[0] == '^';
    p.at = out->anchored ? 1 : 0;
    while (more(&p))
        if (!parse_item(&p))
            return false;
    for (uint8_t i = 0; i < p.captures; i++)
        if (p.capture[i].state == CAPTURE_OPEN)
            return fail(&p, p.capture[i].offset, "'(' without ')'");
    out->items[out->count] = (struct ms_item){.kind = MS_ITEM_DONE};
    return true;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(uint8_t c)
{
    return is_letter(c) || is_digit(c);
}

static bool class_has(uint8_t lower, uint8_t c)
{
    switch (lower) {
    case 'a':
        return is_letter(c);
    case 'd':
        return is_digit(c);
    case 'l':
        return is_lower(c);
    case 's':
        return c == ' ' || (c >= '\t' && c <= '\r');
    case 'u':
        return is_upper(c);
    case 'w':
        return is_alnum(c);
    case 'x':
        return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    case 'p':
        return c > 0x20 && c < 0x7f && !is_alnum(c);
    case 'c':
        return c < 0x20 || c == 0x7f;
    default: // 'g'
        return c > 0x20 && c < 0x7f;
    }
}

bool ms_class_has(uint8_t letter, uint8_t c)
{
    if (!is_class(letter))
        return letter == c;
    return is_upper(letter) ? !class_has((uint8_t)(letter | 0x20), c) : class_has(letter, c);
}

bool ms_set_has(struct ms_text set, uint8_t c)
{
    const uint8_t *s = (const uint8_t *)set.data;
    const uint8_t *end = s + set.len;
    bool inside = true;
    if (s < end && *s == '^') {
        inside = false;
        s++;
    }
    while (s < end) {
        if (*s == '%' && end - s > 1) {
            if (ms_class_has(s[1], c))
                return inside;
            s += 2;
        } else if (end - s > 2 && s[1] == '-') {
            if (s[0] <= c && c <= s[2])
                return inside;
            s += 3;
        } else if (*s++ == c) {
            return inside;
        }
    }
    return !inside;
}
