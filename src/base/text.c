// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"

struct ms_text ms_text_until(struct ms_text *rest, char stop)
{
    if (rest->len == 0) // its data may be NULL, and NULL + 0 is not defined
        return *rest;
    const char *end = memchr(rest->data, stop, rest->len);
    size_t len = end ? (size_t)(end - rest->data) : rest->len;
    struct ms_text head = {rest->data, len};
    *rest = ms_text_skip(*rest, end ? len + 1 : len);
    return head;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct ms_text ms_text_word(struct ms_text *rest)
{
    size_t i = 0;
    if (rest->len == 0)
        return *rest;
    while (i < rest->len && is_blank(rest->data[i]))
        i++;
    size_t start = i;
    while (i < rest->len && !is_blank(rest->data[i]))
        i++;
    struct ms_text word = {rest->data + start, i - start};
    *rest = ms_text_skip(*rest, i);
    return word;
}

struct ms_text ms_text_trim(struct ms_text text)
{
    while (text.len && is_blank(text.data[text.len - 1]))
        text.len--;
    while (text.len && is_blank(text.data[0]))
        text = ms_text_skip(text, 1);
    return text;
}

bool ms_text_has_item(struct ms_text list, struct ms_text item)
{
    while (list.len)
        if (ms_text_eq(ms_text_until(&list, ','), item))
            return true;
    return false;
}

bool ms_text_u64(struct ms_text text, uint64_t *out)
{
    uint64_t value = 0;
    if (text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned char)text.data[i] - (unsigned)'0';
        if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *out = value;
    return true;
}

// One more than the value of each digit.
static const uint8_t hex_digits[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

// How many digits `text` begins with; 0 if their number does not fit in 64 bits.
static size_t hex_length(struct ms_text text, uint64_t *out)
{
    const unsigned char *at = (const unsigned char *)text.data, *end = at + text.len;
    uint64_t value = 0;
    for (unsigned digit; at < end && (digit = hex_digits[*at]); at++) {
        if (value >> 60)
            return 0;
        value = value << 4 | (digit - 1);
    }
    *out = value;
    return (size_t)(at - (const unsigned char *)text.data);
}

bool ms_text_hex(struct ms_text text, uint64_t *out)
{
    uint64_t value;
    if (text.len == 0 || hex_length(text, &value) != text.len)
        return false;
    *out = value;
    return true;
}

bool ms_text_take_hex(struct ms_text *rest, char stop, uint64_t *out)
{
    const size_t len = hex_length(*rest, out);
    if (len == 0 || len == rest->len || rest->data[len] != stop)
        return false;
    *rest = ms_text_skip(*rest, len + 1);
    return true;
}

bool ms_text_i64(struct ms_text text, int64_t *out)
{
    bool negative = text.len && text.data[0] == '-';
    uint64_t value;
    if (negative)
        text = ms_text_skip(text, 1);
    if (!ms_text_u64(text, &value) || value > (uint64_t)INT64_MAX)
        return false;
    *out = negative ? -(int64_t)value : (int64_t)value;
    return true;
}

// strtod would read by the locale's rules, and more than numbers.
bool ms_text_decimal(struct ms_text text, double *out)
{
    uint64_t whole = 0, part = 0, scale = 1;
    struct ms_text head = ms_text_until(&text, '.');
    if (!ms_text_u64(head, &whole) || text.len > 9 || (text.len && !ms_text_u64(text, &part)))
        return false;
    for (size_t i = 0; i < text.len; i++)
        scale *= 10;
    *out = (double)whole + (double)part / (double)scale;
    return true;
}

bool ms_text_kb(struct ms_text text, uint64_t *bytes)
{
    uint64_t kb;
    if (!ms_text_u64(ms_text_word(&text), &kb) || kb > INT64_MAX / 1024 ||
        !ms_text_eq(ms_text_trim(text), MS_TEXT("kB")))
        return false;
    *bytes = kb * 1024;
    return true;
}

static bool is_octal(const char *s)
{
    return s[0] >= '0' && s[0] <= '3' && s[1] >= '0' && s[1] <= '7' && s[2] >= '0' && s[2] <= '7';
}

size_t ms_text_unescape(struct ms_text text, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *s = text.data + i;
        const bool escaped = *s == '\\' && text.len - i > 3 && is_octal(s + 1);
        out[len++] = escaped ? (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0')) : *s;
        i += escaped ? 3 : 0;
    }
    return len;
}

uint64_t ms_text_hash(struct ms_text text, uint64_t seed)
{
    const uint64_t factor = 0x9e3779b97f4a7c15;
    uint64_t hash = seed ^ text.len * factor, word = 0;
    size_t at = 0;
    for (; at + sizeof word <= text.len; at += sizeof word) {
        memcpy(&word, text.data + at, sizeof word);
        hash = (hash ^ word) * factor;
        hash ^= hash >> 32;
    }
    word = 0;
    if (at < text.len)
        memcpy(&word, text.data + at, text.len - at);
    hash = (hash ^ word) * factor;
    return hash ^ hash >> 32;
}
