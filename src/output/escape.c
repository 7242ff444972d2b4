// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/escape.h"

#include "base/word.h"
#include "output/utf8.h"

static const struct {
    uint32_t first, last;
} hidden[] = {
    {0x00, 0x1f},       {0x7f, 0x9f},       {0xad, 0xad},       // controls, soft hyphen
    {0x61c, 0x61c},     {0x180e, 0x180e},                       // Arabic letter mark, Mongolian separator
    {0x200b, 0x200f},                                           // zero-width, left-to-right and back
    {0x2028, 0x202e},                                           // line and paragraph, bidirectional
    {0x2060, 0x206f},                                           // joiner, invisible operators, isolates
    {0xfdd0, 0xfdef},   {0xfeff, 0xfeff},   {0xfff0, 0xfffb},   // noncharacters, mark, annotations
    {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}, // shorthand and music format, tags
};

bool ms_escape_hides(uint32_t code)
{
    if (code >= 0x20 && code < 0x7f)
        return false;
    if ((code & 0xfffe) == 0xfffe)
        return true;
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (code >= hidden[i].first && code <= hidden[i].last)
            return true;
    return false;
}

static bool add_hex(struct ms_buf *out, const char *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        char escape[] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
        if (!ms_buf_add(out, escape, sizeof escape))
            return false;
    }
    return true;
}

// The ASCII character at the front of `text`.
static bool add_ascii(struct ms_buf *out, struct ms_text text, unsigned flags)
{
    char c = text.data[0];
    if (c == '\\')
        return ms_buf_add(out, "\\\\", flags & MS_ESCAPE_KEEP_BACKSLASH ? 1 : 2);
    if (c == '\n')
        return flags & MS_ESCAPE_KEEP_NEWLINE ? ms_buf_addc(out, c) : ms_buf_adds(out, "\\n");
    if (c == '\t')
        return flags & MS_ESCAPE_KEEP_TAB ? ms_buf_addc(out, c) : ms_buf_adds(out, "\\t");
    if (c == '\r' && flags & MS_ESCAPE_KEEP_NEWLINE && text.len > 1 && text.data[1] == '\n')
        return true;
    if (c == ' ' && flags & MS_ESCAPE_BLANK)
        return add_hex(out, &c, 1);
    if ((unsigned char)c < 0x20 || c == 0x7f)
        return add_hex(out, &c, 1);
    return ms_buf_addc(out, c);
}

// The length of the run at the front that needs no thought.
static size_t plain_run(struct ms_text text, unsigned flags)
{
    size_t len = 0;
    char least = flags & MS_ESCAPE_BLANK ? '!' : ' ';
    for (; len + 8 <= text.len; len += 8) {
        const uint64_t word = ms_word_at(text.data + len);
        const uint64_t odd = (word & ms_word_each(0x80)) | ms_word_less(word, (uint8_t)least) |
                             ms_word_is(word, 0x7f) | ms_word_is(word, '\\');
        if (odd)
            return len + ms_word_before(odd);
    }
    while (len < text.len && text.data[len] >= least && text.data[len] < 0x7f && text.data[len] != '\\')
        len++;
    return len;
}

bool ms_escape(struct ms_buf *out, struct ms_text text, unsigned flags)
{
    while (text.len > 0) {
        uint32_t code = 0;
        size_t len = plain_run(text, flags);
        bool done;
        if (len > 0) {
            done = ms_buf_add(out, text.data, len);
        } else if ((unsigned char)text.data[0] < 0x80) {
            len = 1;
            done = add_ascii(out, text, flags);
        } else {
            len = ms_utf8_decode(text, &code);
            bool raw = len > 0 && !(flags & MS_ESCAPE_ASCII) && !ms_escape_hides(code);
            len = len ? len : 1;
            done = raw ? ms_buf_add(out, text.data, len) : add_hex(out, text.data, len);
        }
        if (!done)
            return false;
        text.data += len;
        text.len -= len;
    }
    return true;
}
