// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"

#include <string.h>

struct ms_text ms_text_until(struct ms_text *rest, char stop)
{
    if (rest->len == 0) // its data may be NULL, and NULL + 0 is not defined
        return *rest;
    const char *end = memchr(rest->data, stop, rest->len);
    size_t len = end ? (size_t)(end - rest->data) : rest->len;
    struct ms_text head = {rest->data, len};
    size_t used = end ? len + 1 : len;
    rest->data += used;
    rest->len -= used;
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
    rest->data += i;
    rest->len -= i;
    return word;
}

struct ms_text ms_text_trim(struct ms_text text)
{
    while (text.len && is_blank(text.data[text.len - 1]))
        text.len--;
    while (text.len && is_blank(text.data[0])) {
        text.data++;
        text.len--;
    }
    return text;
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

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool ms_text_hex(struct ms_text text, uint64_t *out)
{
    uint64_t value = 0;
    if (text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        int digit = hex_digit(text.data[i]);
        if (digit < 0 || value >> 60)
            return false;
        value = value << 4 | (uint64_t)digit;
    }
    *out = value;
    return true;
}

bool ms_text_i64(struct ms_text text, int64_t *out)
{
    bool negative = text.len && text.data[0] == '-';
    uint64_t value;
    if (negative) {
        text.data++;
        text.len--;
    }
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

enum { MOST_DIGITS = 15 }; // kilobytes of that many digits fit in 64 bits as bytes

// As the kernel writes it: blanks, some digits, one blank, the unit.
static bool parse_usual_kb(struct ms_text text, uint64_t *bytes)
{
    uint64_t kb = 0, scale = 1;
    if (text.len < 4 || memcmp(text.data + text.len - 3, " kB", 3) != 0)
        return false;
    const size_t end = text.len - 3;
    size_t at = end;
    for (; at && text.data[at - 1] >= '0' && text.data[at - 1] <= '9' && end - at < MOST_DIGITS; at--) {
        kb += (uint64_t)(text.data[at - 1] - '0') * scale;
        scale *= 10;
    }
    if (at == end)
        return false;
    while (at && (text.data[at - 1] == ' ' || text.data[at - 1] == '\t'))
        at--;
    if (at)
        return false;
    *bytes = kb * 1024;
    return true;
}

bool ms_text_kb(struct ms_text text, uint64_t *bytes)
{
    uint64_t kb;
    struct ms_text rest = text;
    if (parse_usual_kb(text, bytes))
        return true;
    if (!ms_text_u64(ms_text_word(&rest), &kb) || !ms_text_eq(ms_text_word(&rest), MS_TEXT("kB")))
        return false;
    *bytes = kb * 1024;
    return ms_text_trim(rest).len == 0 && kb <= INT64_MAX / 1024;
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
