// SPDX-License-Identifier: GPL-3.0-or-later
// Bars, which are drawn for people, and the tones of text.
#include "test_output.h"

#include "output/bar.h"
#include "output/color.h"

static struct ms_buf buf;

static const char *content(void)
{
    assert_true(ms_buf_addc(&buf, '\0'));
    return buf.data;
}

static const char *bar(double share, size_t columns, bool blocks)
{
    ms_buf_clear(&buf);
    assert_true(ms_bar(&buf, share, columns, blocks));
    return content();
}

static void lengths(void **state)
{
    (void)state;
    assert_string_equal(bar(1, 4, true), "████");
    assert_string_equal(bar(0.5, 4, true), "██");
    assert_string_equal(bar(0.5 + 1.0 / 32, 4, true), "██▏");
    assert_string_equal(bar(0.5 + 7.0 / 32, 4, true), "██▉");
    assert_string_equal(bar(0, 4, true), "");
    assert_string_equal(bar(1e-9, 4, true), "▏"); // not 0
    assert_string_equal(bar(-0.25, 4, true), "█");
    assert_string_equal(bar(7, 4, true), "████");
    assert_string_equal(bar(0.0 / 0.0, 4, true), "");
    assert_string_equal(bar(1, 4, false), "####");
    assert_string_equal(bar(0.01, 4, false), "#");
    assert_string_equal(bar(0.6, 4, false), "##");
}

static void tones(void **state)
{
    (void)state;
    ms_buf_clear(&buf);
    ms_tone_text(&buf, MS_TEXT("a\\x1b\\\\b\\n"), MS_TONE_PLAIN);
    assert_string_equal(content(), "a\033[2m\\x1b\\\\\033[0mb\033[2m\\n\033[0m");
    ms_buf_clear(&buf);
    ms_tone_text(&buf, MS_TEXT("name"), MS_TONE_HEAD);
    assert_string_equal(content(), "\033[1mname\033[0m");
    ms_buf_clear(&buf);
    ms_tone_number(&buf, MS_TEXT("3d04h"));
    assert_string_equal(content(), "3\033[2md\033[0m04\033[2mh\033[0m");
    ms_buf_clear(&buf);
    ms_tone_number(&buf, MS_TEXT("none"));
    assert_string_equal(content(), "none");
}

static const struct ms_column columns[] = {{MS_TEXT("name"), MS_COLUMN_TEXT},
                                           {MS_TEXT("size"), MS_COLUMN_BAR}};

static struct ms_cell share_cell(double share)
{
    return (struct ms_cell){.kind = MS_CELL_NUMBER, .number = share};
}

static const char *table(enum ms_format format, bool tty, unsigned width)
{
    struct ms_cell cells[] = {text_cell("a", 1), share_cell(1),          text_cell("b", 1),
                              share_cell(-0.5),  text_cell("c", 1),      share_cell(0.25),
                              text_cell("d", 1), unknown_cell(MS_DENIED)};
    cells[5].missing = 2;
    struct ms_sink sink = memory_sink(tty, true);
    char message[MS_WRITER_MESSAGE];
    struct ms_writer *writer =
        ms_writer_create(&sink, format, columns, 2, (struct ms_writer_options){.width = width}, message);
    for (size_t i = 0; i < 4; i++)
        ms_writer_row(writer, &cells[2 * i]);
    ms_writer_close(writer, MS_TEXT(""));
    ms_writer_destroy(writer);
    return taken(&sink);
}

static void in_tables(void **state)
{
    (void)state;
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("TERM", "xterm", 1);
    assert_string_equal(table(MS_FORMAT_TABLE, false, 0), "name  size\n"
                                                          "a       ████████████████████\n"
                                                          "b     - ██████████\n"
                                                          "c     >=█████\n"
                                                          "d     ?\n");
    assert_string_equal(table(MS_FORMAT_TABLE, true, 16), "name  size\n"
                                                          "a       ████████\n"
                                                          "b     - ████\n"
                                                          "c     >=██\n"
                                                          "d     ?\n");
    setenv("TERM", "dumb", 1);
    assert_string_equal(table(MS_FORMAT_TABLE, true, 16), "name  size\n"
                                                          "a       ########\n"
                                                          "b     - ####\n"
                                                          "c     >=##\n"
                                                          "d     ?\n");
    setenv("LC_ALL", "C", 1);
    assert_string_equal(table(MS_FORMAT_TABLE, false, 16), "name  size\n"
                                                           "a       ########\n"
                                                           "b     - ####\n"
                                                           "c     >=##\n"
                                                           "d     ?\n");
    assert_string_equal(table(MS_FORMAT_TSV, false, 0), "name\tsize\na\t1\nb\t-0.5\nc\t0.25\nd\t\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lengths), cmocka_unit_test(tones),
                                       cmocka_unit_test(in_tables)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
