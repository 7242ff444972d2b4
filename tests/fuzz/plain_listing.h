// SPDX-License-Identifier: GPL-3.0-or-later
// maps and smaps read in the plainest way: line by line, each label looked up, nothing remembered but what
// was said. It has nothing of memsh but the table of labels; what it finds is what memsh's parser is to find.
#pragma once

#include "base/reason.h"
#include "table/field.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PLAIN_MAPPINGS = 64,
    PLAIN_FIRST = MS_FIELD_SMAPS_kernel_page_size,
    PLAIN_FIELDS = MS_FIELD_SMAPS_vm_flags + 1 - PLAIN_FIRST, // behind them stand the codes
};

struct plain_value {
    bool known;
    bool malformed;
    uint64_t number; // as the file has it
    char *text;      // of VmFlags
};

struct plain_mapping {
    uint64_t start, end, offset, inode;
    unsigned long long major, minor;
    char perms[5];
    char *name;
    struct plain_value values[PLAIN_FIELDS];
};

struct plain_listing {
    struct plain_mapping at[PLAIN_MAPPINGS];
    size_t count;
    bool too_many;
    bool malformed;
    bool seen[PLAIN_FIELDS];
};

// A number of these digits and nothing else, that fits in 64 bits.
static bool plain_number(const char *text, int base, uint64_t *out)
{
    uint64_t value = 0;
    size_t len = 0;
    for (; text[len]; len++) {
        const int c = tolower((unsigned char)text[len]);
        const int digit = c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= '0' && c <= '9' ? c - '0' : base;
        if (digit >= base)
            return false;
        if (value > (UINT64_MAX - (unsigned)digit) / (unsigned)base)
            return false;
        value = value * (unsigned)base + (unsigned)digit;
    }
    *out = value;
    return len > 0;
}

// The next word that one blank ends, or the end of the line.
static char *plain_word(char **rest)
{
    char *word = *rest, *blank = strchr(word, ' ');
    if (blank)
        *blank = '\0';
    *rest = blank ? blank + 1 : word + strlen(word);
    return word;
}

static bool plain_pair(char *word, char between, uint64_t *first, uint64_t *second)
{
    char *middle = strchr(word, between);
    if (!middle)
        return false;
    *middle = '\0';
    return plain_number(word, 16, first) && plain_number(middle + 1, 16, second);
}

static bool plain_perms(const char *word)
{
    return strlen(word) == 4 && strchr("r-", word[0]) && strchr("w-", word[1]) && strchr("x-", word[2]) &&
           strchr("ps", word[3]);
}

static bool plain_header(const char *line, struct plain_mapping *out)
{
    char *copy = strdup(line), *rest = copy;
    uint64_t major = 0, minor = 0;
    struct plain_mapping mapping = {0};
    char *range = plain_word(&rest), *perms = plain_word(&rest), *offset = plain_word(&rest),
         *dev = plain_word(&rest), *inode = plain_word(&rest);
    const bool fits = plain_pair(range, '-', &mapping.start, &mapping.end) && mapping.start <= mapping.end &&
                      plain_perms(perms) && plain_number(offset, 16, &mapping.offset) &&
                      plain_pair(dev, ':', &major, &minor) && major <= UINT32_MAX && minor <= UINT32_MAX &&
                      plain_number(inode, 10, &mapping.inode);
    if (fits) {
        strcpy(mapping.perms, perms);
        mapping.major = major;
        mapping.minor = minor;
        mapping.name = strdup(rest + strspn(rest, " "));
        *out = mapping;
    }
    free(copy);
    return fits;
}

static char *plain_trim(char *text)
{
    text += strspn(text, " \t");
    size_t len = strlen(text);
    while (len && strchr(" \t", text[len - 1]))
        len--;
    text[len] = '\0';
    return text;
}

static bool plain_counter(char *text, enum ms_unit unit, uint64_t *out)
{
    text = plain_trim(text);
    if (unit == MS_UNIT_KB) {
        const size_t len = strlen(text);
        if (len < 3 || strcmp(text + len - 2, "kB") != 0 || !strchr(" \t", text[len - 3]))
            return false;
        text[len - 2] = '\0';
        text = plain_trim(text);
    }
    const uint64_t most = unit == MS_UNIT_KB ? INT64_MAX / 1024 : unit == MS_UNIT_BOOL ? 1 : INT64_MAX;
    uint64_t number;
    if (!plain_number(text, 10, &number) || number > most)
        return false;
    *out = number;
    return true;
}

static void plain_label(struct plain_listing *out, const char *label, char *text, bool cut)
{
    for (int i = 0; i < PLAIN_FIELDS; i++) {
        const struct ms_field_info *field = &ms_fields[PLAIN_FIRST + i];
        if (strcmp(field->label, label) != 0)
            continue;
        struct plain_value *value = &out->at[out->count - 1].values[i];
        const bool is_whole = !cut || field->unit == MS_UNIT_KB ||
                              (field->unit == MS_UNIT_FLAGS && *text && text[strlen(text) - 1] == ' ');
        out->seen[i] = true;
        if (value->known || value->malformed || !is_whole)
            *value = (struct plain_value){.malformed = true, .text = value->text};
        else if (field->unit == MS_UNIT_FLAGS)
            *value = (struct plain_value){.known = true, .text = strdup(plain_trim(text))};
        else if (plain_counter(text, field->unit, &value->number))
            value->known = true;
        else
            value->malformed = true;
    }
}

static void plain_line(struct plain_listing *out, const char *text, bool counters, bool cut, bool *open)
{
    struct plain_mapping mapping;
    if (*text == '\0' || out->too_many)
        return;
    if (plain_header(text, &mapping)) {
        out->too_many = out->count == PLAIN_MAPPINGS;
        if (out->too_many) {
            free(mapping.name);
            return;
        }
        out->at[out->count++] = mapping;
        *open = true;
        return;
    }
    char *line = strdup(text), *colon = strchr(line, ':');
    if (colon)
        *colon = '\0';
    if (!colon || strchr(line, ' ')) {
        out->malformed = true;
        *open = false;
    } else if (*open && counters) {
        plain_label(out, line, colon + 1, cut);
    }
    free(line);
}

static bool plain_ends(const char *line, const char *end)
{
    const size_t len = strlen(line), end_len = strlen(end);
    return len >= end_len && strcmp(line + len - end_len, end) == 0;
}

// A line of smaps that no newline ends may be all there, and the last.
static bool plain_is_whole(const char *line)
{
    return plain_ends(line, " kB") || (strncmp(line, "VmFlags:", 8) == 0 && plain_ends(line, " "));
}

// Text without NUL.
static void plain_parse(struct plain_listing *out, const char *text, size_t size, bool counters)
{
    bool open = false, cut = false;
    out->count = 0;
    out->too_many = out->malformed = false;
    memset(out->seen, 0, sizeof out->seen);
    for (size_t at = 0; at < size;) {
        const char *newline = memchr(text + at, '\n', size - at);
        const size_t end = newline ? (size_t)(newline - text) : size;
        char *line = strndup(text + at, end - at);
        cut = !newline;
        plain_line(out, line, counters, cut, &open);
        if (cut && counters && out->count && !plain_is_whole(line))
            out->malformed = true;
        free(line);
        at = end + 1;
    }
    for (int i = 0; cut && counters && out->count && i < PLAIN_FIELDS; i++)
        if (!out->at[out->count - 1].values[i].known)
            out->at[out->count - 1].values[i].malformed = true;
}

static void plain_free(struct plain_listing *listing)
{
    for (size_t i = 0; i < listing->count; i++) {
        free(listing->at[i].name);
        for (int k = 0; k < PLAIN_FIELDS; k++)
            free(listing->at[i].values[k].text);
    }
}
