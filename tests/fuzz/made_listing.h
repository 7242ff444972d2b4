// SPDX-License-Identifier: GPL-3.0-or-later
// Paragraphs of smaps made from bytes: mostly what a kernel prints, and each line may be anything like it.
#pragma once

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MADE_SIZE = 1 << 16, MADE_LINE = 4096 };

struct made {
    char *text;
    size_t len;
    const uint8_t *choices;
    size_t left;
};

static unsigned made_choice(struct made *made)
{
    if (made->left == 0) // the rest is as usual
        return 200;
    made->left--;
    return *made->choices++;
}

__attribute__((format(printf, 2, 3))) static void made_add(struct made *made, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (made->len < MADE_SIZE - MADE_LINE)
        made->len += (size_t)vsnprintf(made->text + made->len, MADE_LINE, format, args);
    va_end(args);
}

static void made_header(struct made *made, unsigned index)
{
    static const char *const perms[] = {"r--p", "rw-p", "r-xp", "rw-s", "---p", "rwxs", "r--x", "rw-p "};
    static const char *const names[] = {"",         "                        /usr/lib/libc.so.6",
                                        " [heap]",  "  /tmp/a b: 4 kB",
                                        " [stack]", " /memfd:x (deleted)",
                                        "   Rss: ", " /x\\012Rss:                 4 kB"};
    const unsigned choice = made_choice(made), where = choice & 0x40 ? made_choice(made) : index;
    const unsigned long long start = 0x7f0000000000ull + where * 0x10000ull;
    made_add(made, "%llx-%llx %s %08x %02x:%02x %u%s%s\n", start, start + 0x1000u * (1 + (choice & 15)),
             perms[made_choice(made) % 8], (choice >> 4) * 0x1000u, choice & 3, choice & 12,
             choice % 5 * 1000, choice & 0x20 ? " " : "", names[made_choice(made) % 8]);
}

static unsigned long long made_number(struct made *made)
{
    static const unsigned long long numbers[] = {1,
                                                 4,
                                                 64,
                                                 99999999,
                                                 100000000,
                                                 4294967295,
                                                 4294967296,
                                                 18014398509481983,
                                                 99999999999999,
                                                 1000000000000000,
                                                 18014398509481984,
                                                 18446744073709551615u};
    const unsigned choice = made_choice(made);
    return choice < 240 ? choice * 4 : numbers[choice % 12];
}

// "Label:   123 kB" as a kernel prints it, which nearly all lines are.
static void made_usual(struct made *made, const char *label, const char *unit, unsigned long long number)
{
    char digits[24];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + number % 10);
    while (number /= 10);
    const size_t len = sizeof digits - at, label_len = strlen(label), unit_len = strlen(unit);
    const size_t pad = 15 - label_len + (len < 8 ? 8 - len : 0);
    if (made->len >= MADE_SIZE - MADE_LINE)
        return;
    char *to = made->text + made->len;
    memcpy(to, label, label_len);
    to[label_len] = ':';
    to += label_len + 1;
    memset(to, ' ', pad);
    memcpy(to + pad, digits + at, len);
    memcpy(to + pad + len, unit, unit_len);
    to[pad + len + unit_len] = '\n';
    made->len += label_len + 1 + pad + len + unit_len + 1;
}

// A line with a number, or something else in its place.
static void made_line(struct made *made, const char *label, const char *unit, unsigned choice)
{
    const int pad = 16 - (int)strlen(label) - 1;
    switch (choice) {
    case 0: // left out
        return;
    case 1: // twice
        made_add(made, "%s:%*s%8d%s\n%s:%*s%8d%s\n", label, pad, "", 4, unit, label, pad, "", 8, unit);
        return;
    case 2:
        made_add(made, "New%s:%*s%8d%s\n", label, pad, "", 4, unit);
        return;
    case 3:
        made_add(made, "%s:\t%d%s\n", label, 4, unit);
        return;
    case 4:
        made_add(made, "%s:%*s%8d%s\n", label, pad, "", 4, *unit ? "" : " kB");
        return;
    case 5:
        made_add(made, "%s:%*s%8d%s \n", label, pad, "", 4, unit);
        return;
    case 6:
        made_add(made, "%s:%*s%8d%s", label, pad, "", 4, unit);
        return;
    case 7:
        made_add(made, "%s:%*s%8d%s\r\n\n", label, pad, "", 4, unit);
        return;
    case 8:
        made_add(made, "%s:%*s%8s%s\n", label, pad, "", made_choice(made) & 1 ? "-1" : "4 4", unit);
        return;
    case 9:
        made_add(made, "%.*s\n", (int)(made_choice(made) % 12), label);
        return;
    case 10:
        made_add(made, "%s:%d%s\n", label, 7, unit);
        return;
    case 11:
        made_add(made, "%s %d%s:\n", label, 7, unit);
        return;
    case 12:
        made_add(made, "%s:%*s%08d%s\n", label, pad, "", 12, unit);
        return;
    case 13:
        made_add(made, "%s:%*s       %c%s\n", label, pad, "", (int)(made_choice(made) | 1), unit);
        return;
    default:
        made_usual(made, label, unit, choice < 90 ? made_number(made) : 0);
    }
}

static void made_flags(struct made *made, unsigned choice)
{
    static const char *const flags[] = {"rd mr mw me ac ",
                                        "rd wr mr mw me ac sd ",
                                        "rd ex mr mw me sd ",
                                        "",
                                        "rd",
                                        "ht ",
                                        "  lo io ",
                                        "??\t"};
    if (choice == 0)
        return;
    made_add(made, "VmFlags:%s%s%s", choice == 1 ? "" : " ", flags[choice % 8], choice == 2 ? "" : "\n");
}

// Gives the length. The last bytes may choose that the text ends early.
static size_t made_paragraphs(char *text, const uint8_t *choices, size_t count)
{
    static const char *const labels[] = {
        "Size",          "KernelPageSize", "MMUPageSize",     "Rss",
        "Pss",           "Pss_Dirty",      "Shared_Clean",    "Shared_Dirty",
        "Private_Clean", "Private_Dirty",  "Referenced",      "Anonymous",
        "KSM",           "LazyFree",       "AnonHugePages",   "ShmemPmdMapped",
        "FilePmdMapped", "Shared_Hugetlb", "Private_Hugetlb", "Swap",
        "SwapPss",       "Locked",         "THPeligible",     "ProtectionKey"};
    struct made made = {.text = text, .choices = choices, .left = count};
    const unsigned mappings = 1 + made_choice(&made) % 6, strange = made_choice(&made);
    for (unsigned i = 0; i < mappings; i++) {
        if (made_choice(&made) != 1)
            made_header(&made, i);
        for (unsigned k = 0; k < sizeof labels / sizeof *labels; k++) {
            const unsigned choice = made_choice(&made);
            // Only some of the texts are strange all over.
            made_line(&made, labels[k], k < 22 ? " kB" : "",
                      choice < 14 && strange & 1 && strange & 2 ? 100 : choice);
        }
        made_flags(&made, made_choice(&made));
    }
    const unsigned cut = made_choice(&made);
    return made.len - (cut < 64 && cut < made.len ? cut : 0);
}
