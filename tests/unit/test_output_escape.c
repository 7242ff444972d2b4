// SPDX-License-Identifier: GPL-3.0-or-later
// Escapes can be undone, and nothing that steers a terminal comes through.
#include "test_output.h"

#include "output/escape.h"
#include "output/utf8.h"
#include "output/width.h"

#include <ctype.h>
#include <locale.h>
#include <wchar.h>

static const char *escaped(const char *bytes, size_t len, unsigned flags)
{
    static struct ms_buf buf;
    ms_buf_clear(&buf);
    assert_true(ms_escape(&buf, (struct ms_text){bytes, len}, flags));
    assert_true(ms_buf_addc(&buf, '\0'));
    return buf.data;
}

// Written from the rule, not from the code: \\ \n \t \xNN.
static size_t undo(const char *text, unsigned char *out)
{
    size_t len = 0;
    for (; *text; text++) {
        unsigned byte = (unsigned char)*text;
        if (*text == '\\') {
            text++;
            byte = *text == 'n' ? '\n' : *text == 't' ? '\t' : (unsigned char)*text;
            if (*text == 'x') {
                sscanf(text + 1, "%2x", &byte);
                text += 2;
            }
        }
        out[len++] = (unsigned char)byte;
    }
    return len;
}

// C's own decoder, in C.UTF-8, says what is a character; the ranges are those of the promise.
static void assert_harmless(const char *text, const char *allowed)
{
    mbstate_t state = {0};
    for (size_t len; *text; text += len) {
        wchar_t code;
        len = mbrtowc(&code, text, strlen(text), &state);
        assert_true(len != (size_t)-1 && len != (size_t)-2);
        if (code < 0x20)
            assert_non_null(strchr(allowed, (int)code));
        assert_false(code >= 0x7f && code <= 0x9f);
        assert_false((code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e));
        assert_false((code >= 0x2066 && code <= 0x2069) || code == 0x61c || code == 0x2060 || code == 0xfeff);
    }
}

static void test_known_escapes(void **state)
{
    (void)state;
    assert_string_equal(escaped("a\\b", 3, 0), "a\\\\b");
    assert_string_equal(escaped("\n\t\r\x1b\x7f\0", 6, 0), "\\n\\t\\x0d\\x1b\\x7f\\x00");
    assert_string_equal(escaped("\x9b", 1, 0), "\\x9b");
    assert_string_equal(escaped("\xc2\x9b", 2, 0), "\\xc2\\x9b");
    assert_string_equal(escaped("\xe2\x80\xae", 3, 0), "\\xe2\\x80\\xae");
    assert_string_equal(escaped("\xef\xbb\xbf", 3, 0), "\\xef\\xbb\\xbf");
    assert_string_equal(escaped("\xed\xa0\x80", 3, 0), "\\xed\\xa0\\x80");
    assert_string_equal(escaped("\xc0\xaf", 2, 0), "\\xc0\\xaf");
    assert_string_equal(escaped("\xf4\x90\x80\x80", 4, 0), "\\xf4\\x90\\x80\\x80");
    assert_string_equal(escaped("日本é", 8, 0), "日本é");
    assert_string_equal(escaped("é", 2, MS_ESCAPE_ASCII), "\\xc3\\xa9");
    assert_string_equal(escaped("a b", 3, MS_ESCAPE_BLANK), "a\\x20b");
}

static void test_print_keeps_lines(void **state)
{
    (void)state;
    assert_string_equal(escaped("a\\b\tc\r\nd\re\x1b\n", 12, MS_ESCAPE_PRINT), "a\\b\tc\nd\\x0de\\x1b\n");
    assert_string_equal(escaped("a\tb\n", 4, MS_ESCAPE_NOTE), "a\\tb\n");
}

static void check(const char *bytes, size_t len)
{
    unsigned char back[256];
    static const unsigned flags[] = {0, MS_ESCAPE_ASCII, MS_ESCAPE_BLANK};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        const char *text = escaped(bytes, len, flags[i]);
        assert_harmless(text, "");
        assert_int_equal(undo(text, back), len);
        assert_memory_equal(back, bytes, len);
    }
    assert_harmless(escaped(bytes, len, MS_ESCAPE_PRINT), "\n\t");
    assert_harmless(escaped(bytes, len, MS_ESCAPE_NOTE), "\n");
}

static void test_every_byte_and_pair(void **state)
{
    (void)state;
    char bytes[2];
    for (int first = 0; first < 256; first++) {
        bytes[0] = (char)first;
        check(bytes, 1);
        for (int second = 0; second < 256; second++) {
            bytes[1] = (char)second;
            check(bytes, 2);
        }
    }
}

static size_t encode(uint32_t code, char *out)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)(lead[len] | code);
    return len;
}

static void test_every_code_point(void **state)
{
    (void)state;
    char bytes[4];
    for (uint32_t code = 0; code <= 0x10ffff; code++) {
        if (code >= 0xd800 && code <= 0xdfff)
            continue;
        size_t len = encode(code, bytes);
        uint32_t back = 0;
        assert_int_equal(ms_utf8_decode((struct ms_text){bytes, len}, &back), len);
        assert_int_equal(back, code);
        check(bytes, len);
    }
}

static void test_random_bytes(void **state)
{
    (void)state;
    srand(1);
    char bytes[40];
    for (int round = 0; round < 50000; round++) {
        size_t len = (size_t)rand() % sizeof bytes;
        for (size_t i = 0; i < len; i++)
            bytes[i] = (char)(rand() % 3 ? 0x80 | rand() : rand());
        check(bytes, len);
    }
}

static size_t width(const char *text)
{
    return ms_width(ms_text_of(text));
}

static void test_width(void **state)
{
    (void)state;
    assert_int_equal(width(""), 0);
    assert_int_equal(width("abc"), 3);
    assert_int_equal(width("日本語"), 6);
    assert_int_equal(width("e\xcc\x81"), 1); // e and a combining acute
    assert_int_equal(width("\xf0\x9f\x98\x80"), 2);
    assert_int_equal(width("ﾊ"), 1);
    assert_int_equal(width("Ａ"), 2);
    assert_int_equal(width("\\xe2\\x80"), 8);
}

static bool is_utf8(struct ms_text text)
{
    uint32_t code;
    for (size_t len = 0; text.len > 0; text = (struct ms_text){text.data + len, text.len - len}) {
        len = ms_utf8_decode(text, &code);
        if (len == 0)
            return false;
    }
    return true;
}

static const char *fitted(const char *text, size_t columns, bool ascii)
{
    static struct ms_buf buf;
    ms_buf_clear(&buf);
    assert_true(ms_width_fit(&buf, ms_text_of(text), columns, ascii));
    assert_true(ms_buf_addc(&buf, '\0'));
    return buf.data;
}

static void test_fit(void **state)
{
    (void)state;
    assert_string_equal(fitted("/usr/lib/libc.so", 16, false), "/usr/lib/libc.so");
    assert_string_equal(fitted("/usr/lib/libc.so", 15, false), "/usr/li…libc.so");
    assert_string_equal(fitted("/usr/lib/libc.so", 15, true), "/usr/l...ibc.so");
    assert_string_equal(fitted("日本語日本語", 8, false), "日…本語");
    assert_string_equal(fitted("ae\xcc\x81io\xcc\x81uy", 5, false), "ae\xcc\x81…uy");
    // An escape stays whole, or goes whole.
    assert_string_equal(fitted("ab\\x1bcd\\x1bef", 9, false), "ab…\\x1bef");
    assert_string_equal(fitted("ab\\x1bcd\\x1bef", 8, false), "ab…ef");
    assert_string_equal(fitted("ab\\x1bcd\\x1bef", 13, false), "ab\\x1b…\\x1bef");
    assert_string_equal(fitted("abcdef", 1, false), "a");
    assert_string_equal(fitted("日本", 1, false), "");
    assert_string_equal(fitted("abcdef", 0, false), "");
}

static void test_fit_never_splits(void **state)
{
    (void)state;
    srand(2);
    static const char *const units[] = {"a",    "日",  "e\xcc\x81",        "\\x1b",
                                        "\\\\", "\\n", "\xf0\x9f\x98\x80", "\\xe2\\x80\\xae"};
    for (int round = 0; round < 20000; round++) {
        char text[256] = "";
        for (int i = rand() % 20; i > 0; i--)
            strcat(text, units[(size_t)rand() % (sizeof units / sizeof *units)]);
        size_t columns = (size_t)rand() % 40;
        const char *cut = fitted(text, columns, rand() % 2);
        assert_true(width(cut) <= columns);
        assert_true(is_utf8(ms_text_of(cut)));
        for (const char *c = cut; *c; c++) {
            if (*c != '\\')
                continue;
            assert_true(c[1] == '\\' || c[1] == 'n' || (c[1] == 'x' && isxdigit(c[2]) && isxdigit(c[3])));
            c++;
        }
    }
}

static void notes_are_folded_at_blanks(void **state)
{
    (void)state;
    char text[] = "12345 789 1234567890abc x y";
    ms_width_fold(text, sizeof text - 1, 9);
    assert_string_equal(text, "12345 789\n1234567890abc\nx y"); // a long word stays whole
    char wide[] = "é\xe4\xb8\xad\xe4\xb8\xad a b";
    ms_width_fold(wide, sizeof wide - 1, 7);
    assert_string_equal(wide, "é\xe4\xb8\xad\xe4\xb8\xad a\nb");
    char lines[] = "an error\n  swpa > 0";
    ms_width_fold(lines, sizeof lines - 1, 5);
    assert_string_equal(lines, "an error\n  swpa > 0");
}

int main(void)
{
    // For the judge, mbrtowc(); what is judged must not need it.
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_escapes),
        cmocka_unit_test(test_print_keeps_lines),
        cmocka_unit_test(test_every_byte_and_pair),
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_random_bytes),
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_fit),
        cmocka_unit_test(test_fit_never_splits),
        cmocka_unit_test(notes_are_folded_at_blanks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
