// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/json_text.h"

#include "base/word.h"
#include "output/escape.h"
#include "output/number.h"
#include "output/utf8.h"

#include <inttypes.h>
#include <math.h>

static bool add_unicode(struct ms_buf *out, uint32_t code)
{
    if (code < 0x10000)
        return ms_buf_addf(out, "\\u%04" PRIx32, code);
    code -= 0x10000;
    return ms_buf_addf(out, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xd800 + (code >> 10), 0xdc00 + (code & 0x3ff));
}

static bool add_code(struct ms_buf *out, uint32_t code, struct ms_text bytes, bool ascii)
{
    switch (code) {
    case '"':
        return ms_buf_adds(out, "\\\"");
    case '\\':
        return ms_buf_adds(out, "\\\\");
    case '\n':
        return ms_buf_adds(out, "\\n");
    case '\t':
        return ms_buf_adds(out, "\\t");
    case '\r':
        return ms_buf_adds(out, "\\r");
    default:
        if (code == '<' || ms_escape_hides(code) || (ascii && code > 0x7e))
            return add_unicode(out, code);
        return ms_buf_add(out, bytes.data, bytes.len);
    }
}

static size_t plain_run(struct ms_text text)
{
    size_t len = 0;
    for (; len + 8 <= text.len; len += 8) {
        const uint64_t word = ms_word_at(text.data + len);
        const uint64_t odd = (word & ms_word_each(0x80)) | ms_word_less(word, ' ') | ms_word_is(word, 0x7f) |
                             ms_word_is(word, '"') | ms_word_is(word, '\\') | ms_word_is(word, '<');
        if (odd)
            return len + ms_word_before(odd);
    }
    while (len < text.len && text.data[len] >= ' ' && text.data[len] < 0x7f && text.data[len] != '"' &&
           text.data[len] != '\\' && text.data[len] != '<')
        len++;
    return len;
}

static bool add_content(struct ms_buf *out, struct ms_text text, bool ascii, bool *lossy)
{
    while (text.len > 0) {
        size_t len = plain_run(text);
        bool done = true;
        if (len > 0) {
            done = ms_buf_add(out, text.data, len);
        } else {
            uint32_t code = 0xfffd;
            len = ms_utf8_decode(text, &code);
            struct ms_text bytes = {text.data, len};
            if (len == 0 && lossy)
                *lossy = true;
            done = add_code(out, code, len ? bytes : MS_TEXT("\xef\xbf\xbd"), ascii);
            len = len ? len : 1;
        }
        if (!done)
            return false;
        text.data += len;
        text.len -= len;
    }
    return true;
}

bool ms_json_string(struct ms_buf *out, struct ms_text text, bool ascii, bool *lossy)
{
    return ms_buf_addc(out, '"') && add_content(out, text, ascii, lossy) && ms_buf_addc(out, '"');
}

bool ms_json_base64(struct ms_buf *out, struct ms_text text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *bytes = (const unsigned char *)text.data;
    bool done = ms_buf_addc(out, '"');
    for (size_t i = 0; i < text.len && done; i += 3) {
        size_t left = text.len - i;
        uint32_t group = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                         (left > 2 ? bytes[i + 2] : 0);
        char quad[] = {digits[group >> 18], digits[group >> 12 & 63],
                       left > 1 ? digits[group >> 6 & 63] : '=', left > 2 ? digits[group & 63] : '='};
        done = ms_buf_add(out, quad, sizeof quad);
    }
    return done && ms_buf_addc(out, '"');
}

bool ms_json_number(struct ms_buf *out, double value)
{
    return isfinite(value) ? ms_number_exact(out, value) : ms_buf_adds(out, "null");
}
