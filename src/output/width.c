// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/width.h"

#include "output/utf8.h"

#include <locale.h>
#include <string.h>
#include <wchar.h>

static bool all_ascii(struct ms_text text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] & 0x80)
            return false;
    return true;
}

// wcwidth() knows nothing above ASCII in the C locale, where cron runs; its tables are borrowed from C.UTF-8.
// Returns what to hand to uselocale() afterwards.
static locale_t enter_utf8(void)
{
    static locale_t utf8;
    static bool tried;
    if (!tried)
        utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    tried = true;
    return uselocale(utf8);
}

// Inside enter_utf8().
static size_t code_width(uint32_t code)
{
    int width = wcwidth((wchar_t)code);
    if (width >= 0)
        return (size_t)width;
    return code >= 0x1f000 && code < 0x40000 ? 2 : 1; // newer than the C library: most likely an emoji
}

// The front of `text` that must stay whole: an escape, or a character with what combines with it.
static size_t unit(struct ms_text text, size_t *width)
{
    if (text.data[0] == '\\' && text.len > 1) {
        size_t len = text.data[1] == 'x' && text.len >= 4 ? 4 : 2;
        *width = len;
        return len;
    }
    size_t len = 0, total = 0;
    while (len < text.len) {
        uint32_t code = 0;
        size_t next = ms_utf8_decode((struct ms_text){text.data + len, text.len - len}, &code);
        size_t wide = next ? code_width(code) : 1;
        if (len > 0 && (wide > 0 || total == 0))
            break;
        len += next ? next : 1;
        total += wide;
    }
    *width = total;
    return len;
}

static size_t measure(struct ms_text text)
{
    size_t total = 0;
    while (text.len > 0) {
        size_t width;
        size_t len = unit(text, &width);
        total += width;
        text.data += len;
        text.len -= len;
    }
    return total;
}

size_t ms_width(struct ms_text text)
{
    if (all_ascii(text))
        return text.len;
    locale_t before = enter_utf8();
    size_t total = measure(text);
    uselocale(before);
    return total;
}

// The bytes at the front that take at most `columns`; what they take in *width.
static size_t front(struct ms_text text, size_t columns, size_t *width)
{
    size_t used = 0, taken = 0;
    while (used < text.len) {
        size_t wide;
        size_t len = unit((struct ms_text){text.data + used, text.len - used}, &wide);
        if (taken + wide > columns)
            break;
        used += len;
        taken += wide;
    }
    *width = taken;
    return used;
}

// The bytes to leave out so that the rest, `total` columns wide, takes at most `columns`.
static size_t behind(struct ms_text text, size_t total, size_t columns)
{
    size_t used = 0;
    while (used < text.len && total > columns) {
        size_t wide;
        used += unit((struct ms_text){text.data + used, text.len - used}, &wide);
        total -= wide;
    }
    return used;
}

static bool cut(struct ms_buf *out, struct ms_text text, size_t total, size_t columns, bool ascii)
{
    const char *mark = ascii ? "..." : "…";
    size_t mark_width = ascii ? 3 : 1, width;
    if (columns < mark_width + 2)
        return ms_buf_add(out, text.data, front(text, columns, &width));
    size_t keep = columns - mark_width;
    size_t head = front(text, keep / 2, &width);
    struct ms_text rest = {text.data + head, text.len - head};
    size_t skip = behind(rest, total - width, keep - width);
    return ms_buf_add(out, text.data, head) && ms_buf_adds(out, mark) &&
           ms_buf_add(out, rest.data + skip, rest.len - skip);
}

bool ms_width_fit(struct ms_buf *out, struct ms_text text, size_t columns, bool ascii)
{
    size_t total = ms_width(text);
    if (total <= columns)
        return ms_buf_add(out, text.data, text.len);
    locale_t before = enter_utf8();
    bool done = cut(out, text, total, columns, ascii);
    uselocale(before);
    return done;
}

void ms_width_fold(char *text, size_t len, size_t columns)
{
    if (memchr(text, '\n', len))
        return;
    for (size_t start = 0, blank = 0, at = 0; at <= len; at++) {
        if (at < len && text[at] != ' ')
            continue;
        if (blank > start && ms_width((struct ms_text){text + start, at - start}) > columns) {
            text[blank] = '\n';
            start = blank + 1;
        }
        blank = at;
    }
}
