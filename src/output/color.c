// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/color.h"

#include <stdlib.h>
#include <string.h>

// There is one command line for all output.
static enum ms_color chosen = MS_COLOR_AUTO;

static const char *const names[] = {
    [MS_COLOR_AUTO] = "auto", [MS_COLOR_ALWAYS] = "always", [MS_COLOR_NEVER] = "never"};

bool ms_color_find(struct ms_text name, enum ms_color *out)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (ms_text_eq(name, ms_text_of(names[i]))) {
            *out = (enum ms_color)i;
            return true;
        }
    }
    return false;
}

const char *ms_color_name(enum ms_color color)
{
    return names[color];
}

void ms_color_choose(enum ms_color color)
{
    chosen = color;
}

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value && *value;
}

bool ms_color_terminal(void)
{
    const char *terminal = getenv("TERM");
    return terminal && *terminal && strcmp(terminal, "dumb") != 0;
}

bool ms_color_on(bool tty)
{
    if (chosen != MS_COLOR_AUTO)
        return chosen == MS_COLOR_ALWAYS;
    if (is_set("NO_COLOR"))
        return false;
    return is_set("FORCE_COLOR") || (tty && ms_color_terminal());
}

const char *ms_tone_begin(enum ms_tone tone)
{
    static const char *const codes[] = {[MS_TONE_PLAIN] = "",
                                        [MS_TONE_HEAD] = "\033[1m",
                                        [MS_TONE_FAINT] = "\033[2m",
                                        [MS_TONE_CARET] = "\033[1;31m"};
    return codes[tone];
}

const char *ms_tone_end(enum ms_tone tone)
{
    return tone == MS_TONE_PLAIN ? "" : "\033[0m";
}

static bool add(struct ms_buf *out, const char *bytes, size_t len, enum ms_tone tone)
{
    return len == 0 || (ms_buf_adds(out, ms_tone_begin(tone)) && ms_buf_add(out, bytes, len) &&
                        ms_buf_adds(out, ms_tone_end(tone)));
}

// The length of the escapes at the front of escaped text, where every backslash begins one.
static size_t escapes(struct ms_text text)
{
    size_t len = 0;
    while (len + 1 < text.len && text.data[len] == '\\')
        len += text.data[len + 1] == 'x' && len + 4 <= text.len ? 4 : 2;
    return len;
}

bool ms_tone_text(struct ms_buf *out, struct ms_text text, enum ms_tone tone)
{
    while (text.len > 0) {
        const char *mark = memchr(text.data, '\\', text.len);
        size_t plain = mark ? (size_t)(mark - text.data) : text.len;
        if (!add(out, text.data, plain, tone))
            return false;
        text = (struct ms_text){text.data + plain, text.len - plain};
        size_t faint = escapes(text);
        if (text.len > 0 && faint == 0) // a lone backslash at the end
            faint = text.len;
        if (!add(out, text.data, faint, MS_TONE_FAINT))
            return false;
        text = (struct ms_text){text.data + faint, text.len - faint};
    }
    return true;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool ms_tone_number(struct ms_buf *out, struct ms_text text)
{
    size_t at = 0;
    while (at < text.len) {
        bool unit = at > 0 && is_letter(text.data[at]);
        bool word = at == 0 && is_letter(text.data[0]); // "none"
        size_t len = word ? text.len : 1;
        while (at + len < text.len && is_letter(text.data[at + len]) == unit)
            len++;
        if (!add(out, text.data + at, len, unit ? MS_TONE_FAINT : MS_TONE_PLAIN))
            return false;
        at += len;
    }
    return true;
}
