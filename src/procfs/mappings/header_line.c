// SPDX-License-Identifier: GPL-3.0-or-later
// The line that a mapping begins with in maps and smaps.
#include "base/word.h"
#include "mappings/private.h"

// One more than the value of each digit.
static const uint8_t hex_digits[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

// Takes a hexadecimal number and the `stop` behind it off the front of `line`.
static bool take_hex(struct ms_text *line, char stop, uint64_t *out)
{
    uint64_t value = 0;
    size_t at = 0;
    for (unsigned digit; at < line->len && (digit = hex_digits[(unsigned char)line->data[at]]); at++) {
        if (value >> 60)
            return false;
        value = value << 4 | (digit - 1);
    }
    if (at == 0 || at == line->len || line->data[at] != stop)
        return false;
    *out = value;
    *line = (struct ms_text){line->data + at + 1, line->len - at - 1};
    return true;
}

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
    *line = (struct ms_text){text + 5, line->len - 5};
    return true;
}

static bool take_dev(struct ms_text *line, struct ms_vma *vma)
{
    uint64_t major, minor;
    if (!take_hex(line, ':', &major) || !take_hex(line, ' ', &minor) || major > UINT32_MAX ||
        minor > UINT32_MAX)
        return false;
    vma->major = (uint32_t)major;
    vma->minor = (uint32_t)minor;
    return true;
}

// The name of a mapping stands in a column far to the right.
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
    if (!take_hex(&line, '-', &vma->start) || !take_hex(&line, ' ', &vma->end) || vma->start > vma->end ||
        !take_perms(&line, &vma->perms) || !take_hex(&line, ' ', &vma->offset) || !take_dev(&line, vma) ||
        !ms_text_u64(ms_text_until(&line, ' '), &vma->inode))
        return false;
    const size_t blanks = leading_blanks(line);
    line = (struct ms_text){line.data + blanks, line.len - blanks};
    *name = line;
    return true;
}
