// SPDX-License-Identifier: GPL-3.0-or-later
// One thing on a screen: everything is there, whole, once, and nothing short is wider than the screen.
#include "test_output.h"

enum { COUNT = 40 };

static char names[COUNT][32];
static struct ms_column columns[COUNT];
static struct ms_cell cells[COUNT];

static int setup(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "name_of_%d", i);
        columns[i] = (struct ms_column){ms_text_of(names[i]), MS_COLUMN_COUNT};
        cells[i] = integer_cell(1000 + i);
    }
    columns[3].type = MS_COLUMN_TEXT;
    cells[3] = text_cell("a value that is longer than a column may be", 43);
    cells[7] = unknown_cell(MS_DENIED);
    columns[9].type = MS_COLUMN_TEXT;
    cells[9] = text_cell("", 0);
    return 0;
}

static const char *record(unsigned width, size_t count)
{
    return shown(MS_FORMAT_TABLE, columns, count, cells, 1,
                 (struct ms_writer_options){.record = true, .width = width});
}

static size_t lines_of(const char *text, size_t *widest)
{
    size_t lines = 0;
    *widest = 0;
    for (const char *end; (end = strchr(text, '\n')); text = end + 1, lines++) {
        size_t width = (size_t)(end - text);
        *widest = width > *widest ? width : *widest;
        assert_true(width == 0 || end[-1] != ' ');
    }
    return lines;
}

static void in_columns(void **state)
{
    (void)state;
    for (unsigned width = 30; width <= 200; width++) {
        const char *text = record(width, COUNT);
        size_t widest, lines = lines_of(text, &widest);
        assert_true(lines <= COUNT);
        assert_true(width < 80 || lines <= COUNT / 2);
        assert_true(width < 55 || widest <= width); // the long value's line, else
        for (int i = 0; i < COUNT; i++) {
            char name[40];
            snprintf(name, sizeof name, "name_of_%d ", i);
            const char *at = strstr(text, i == 9 ? names[i] : name);
            assert_non_null(at);
            if (cells[i].kind == MS_CELL_INTEGER)
                assert_int_equal(strtol(at + strlen(name), NULL, 10), 1000 + i);
        }
        assert_non_null(strstr(text, "a value that is longer than a column may be\n"));
        assert_non_null(strstr(text, "? (denied)"));
    }
}

static void few_stay_below_each_other(void **state)
{
    (void)state;
    assert_string_equal(record(200, 3), "name_of_0  1000\nname_of_1  1001\nname_of_2  1002\n");
    assert_string_equal(record(200, 0), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(in_columns),
                                       cmocka_unit_test(few_stay_below_each_other)};
    return cmocka_run_group_tests(tests, setup, NULL);
}
