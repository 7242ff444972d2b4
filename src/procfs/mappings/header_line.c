// SPDX-License-Identifier: GPL-3.0-or-later
// The line that a mapping begins with in maps and smaps.
#include "base/word.h"
#include "mappings/private.h"

static bool take_perms(struct ms_text *line, uint8_t *perms)
{
    static const char letters[] = "rwx";
    const char *text = line->data;
    uint8_t found = 0;
    if (line->len < 5 || text[4] != ' ' || (text[3] != 's' && text[3] != 'p'))
        return false;
    for (unsigned i = 0; i < 3; i++) {
        if (text[i] != letters[i] && text[i] != '-')
            return false;
        if (text[i] == letters[i])
            found |= (uint8_t)(1u << i);
    }
    *perms = text[3] == 's' ? found | MS_PERM_SHARED : found;
    *line = ms_text_skip(*line, 5);
    return true;
}

static bool take_dev(struct ms_text *line, struct ms_vma *vma)
{
    uint64_t major, minor;
    if (!ms_text_take_hex(line, ':', &major) || !ms_text_take_hex(line, ' ', &minor) || major > UINT32_MAX ||
        minor > UINT32_MAX)
        return false;
    vma->major = (uint32_t)major;
    vma->minor = (uint32_t)minor;
    return true;
}

// The name of a mapping is in a column far to the right.
static size_t leading_blanks(struct ms_text text)
{
    size_t at = 0;
    for (; at + 8 <= text.len; at += 8) {
        const uint64_t differ = ms_word_at(text.data + at) ^ ms_word_each(' ');
        if (differ)
            return at + (unsigned)__builtin_ctzll(differ) / 8;
    }
    while (at < text.len && text.data[at] == ' ')
        at++;
    return at;
}

// "start-end perms offset major:minor inode   name". The name is all the rest, any byte of it.
bool ms_listing_header(struct ms_text line, struct ms_vma *vma, struct ms_text *name)
{
    *vma = (struct ms_vma){0};
    if (!ms_text_take_hex(&line, '-', &vma->start) || !ms_text_take_hex(&line, ' ', &vma->end) ||
        vma->start > vma->end || !take_perms(&line, &vma->perms) ||
        !ms_text_take_hex(&line, ' ', &vma->offset) || !take_dev(&line, vma) ||
        !ms_text_u64(ms_text_until(&line, ' '), &vma->inode))
        return false;
    *name = ms_text_skip(line, leading_blanks(line));
    return true;
}
