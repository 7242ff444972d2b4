// SPDX-License-Identifier: GPL-3.0-or-later
// How one value looks: exact where a program reads, short where people do, and never as what it is not.
#include "test_output.h"

#include "output/json_text.h"
#include "output/number.h"

#include <locale.h>
#include <math.h>
#include <time.h>

static struct ms_buf buf;

static const char *content(void)
{
    assert_true(ms_buf_addc(&buf, '\0'));
    return buf.data;
}

static const char *size(double bytes)
{
    ms_buf_clear(&buf);
    ms_number_size(&buf, bytes);
    return content();
}

static const char *age(double seconds)
{
    ms_buf_clear(&buf);
    ms_number_age(&buf, seconds);
    return content();
}

static const char *exact(double value)
{
    ms_buf_clear(&buf);
    ms_number_exact(&buf, value);
    return content();
}

static const char *brief(double value)
{
    ms_buf_clear(&buf);
    ms_number_short(&buf, value);
    return content();
}

static const char *at(double seconds, enum ms_clock clock)
{
    ms_buf_clear(&buf);
    ms_number_time(&buf, seconds, clock);
    return content();
}

static const char *text(struct ms_cell cell, enum ms_column_type type, bool human, bool table)
{
    ms_buf_clear(&buf);
    ms_cell_text(&buf, &cell, type, (struct ms_style){.human = human, .table = table});
    return content();
}

static const char *json(struct ms_cell cell, enum ms_column_type type)
{
    bool lossy = false;
    ms_buf_clear(&buf);
    ms_cell_json(&buf, &cell, type, false, &lossy);
    return content();
}

static void test_sizes(void **state)
{
    (void)state;
    static const struct {
        double bytes;
        const char *text;
    } cases[] = {
        {0, "0"},
        {1, "1"},
        {1023, "1023"},
        {1024, "1K"},
        {1536, "1.5K"},
        {10 * 1024, "10K"},
        {10 * 1024 + 1, "10.0K"},
        {65536, "64K"},
        {102399, "100K"},
        {1023 * 1024, "1023K"},
        {1024 * 1024 - 1, "1.0M"},
        {1288490189, "1.2G"},
        {1e12, "931G"},
        {0x1p60, "1E"},
        {0x1p64, "16E"},
        {-5000, "-4.9K"},
        {-1, "-1"},
        {NAN, "nan"},
        {INFINITY, "inf"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(size(cases[i].bytes), cases[i].text);
    // Short, and never further off than its last digit; never 0 for something.
    srand(3);
    for (int i = 0; i < 100000; i++) {
        double bytes = floor(pow(2, 62.0 * rand() / RAND_MAX));
        const char *shown = size(bytes);
        assert_true(strlen(shown) <= 5);
        double back = strtod(shown, NULL);
        const char *unit = strpbrk(shown, "KMGTPE");
        double scale = unit ? pow(1024, (double)(strchr("KMGTPE", *unit) - "KMGTPE" + 1)) : 1;
        assert_true(fabs(back * scale - bytes) <= bytes * 0.05);
        assert_true(back > 0);
    }
}

static void test_ages(void **state)
{
    (void)state;
    assert_string_equal(age(0), "0s");
    assert_string_equal(age(0.35), "0.3s");
    assert_string_equal(age(59), "59s");
    assert_string_equal(age(59.9), "59s");
    assert_string_equal(age(725), "12m05s");
    assert_string_equal(age(2 * 3600 + 13 * 60 + 59), "2h13m");
    assert_string_equal(age(3 * 86400 + 4 * 3600), "3d04h");
    assert_string_equal(age(-61), "-1m01s");
}

static void test_numbers(void **state)
{
    (void)state;
    assert_string_equal(exact(0.1), "0.1");
    assert_string_equal(exact(1.0 / 3), "0.3333333333333333");
    assert_string_equal(exact(12345678901234.0), "12345678901234");
    assert_string_equal(exact(1e300), "1e+300");
    assert_string_equal(exact(-INFINITY), "-inf");
    assert_string_equal(brief(3.14159), "3.14");
    assert_string_equal(brief(0.5), "0.5");
    assert_string_equal(brief(1234.56), "1234.6");
    assert_string_equal(brief(0.00001234), "1.23e-05");
    srand(4);
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ (uint64_t)rand();
        double value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            assert_true(strtod(exact(value), NULL) == value);
    }
}

static void test_foreign_mark(void **state)
{
    (void)state;
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8")) {
        print_message("SKIP: no locale de_DE.UTF-8 here\n");
        skip();
    }
    assert_string_equal(exact(0.5), "0.5");
    assert_string_equal(brief(3.14159), "3.14");
    setlocale(LC_NUMERIC, "C");
}

static void test_times(void **state)
{
    (void)state;
    setenv("TZ", "XXX-05:30", 1);
    tzset();
    assert_string_equal(at(0, MS_CLOCK_UTC), "1970-01-01T00:00:00Z");
    assert_string_equal(at(1700000000.25, MS_CLOCK_UTC), "2023-11-14T22:13:20.250Z");
    assert_string_equal(at(1700000000.25, MS_CLOCK_LOCAL), "2023-11-15T03:43:20");
    assert_string_equal(at(1700000000, MS_CLOCK_OFFSET), "2023-11-15T03:43:20+05:30");
    assert_string_equal(at(1e18, MS_CLOCK_UTC), "1e+18");
    assert_string_equal(at(NAN, MS_CLOCK_UTC), "nan");
}

static void test_styles(void **state)
{
    (void)state;
    assert_string_equal(text(integer_cell(1288490189), MS_COLUMN_BYTES, true, true), "1.2G");
    assert_string_equal(text(integer_cell(1288490189), MS_COLUMN_BYTES, false, true), "1288490189");
    const struct ms_cell none = {.kind = MS_CELL_NUMBER, .number = INFINITY};
    assert_string_equal(text(none, MS_COLUMN_BYTES, true, true), "none");
    assert_string_equal(text(none, MS_COLUMN_BYTES, false, false), "none");
    assert_string_equal(text(none, MS_COLUMN_ANY, false, false), "none");
    assert_string_equal(text(none, MS_COLUMN_NUMBER, false, false), "inf");
    assert_string_equal(json(none, MS_COLUMN_BYTES), "\"none\"");
    assert_string_equal(json(none, MS_COLUMN_NUMBER), "null");
    assert_string_equal(text(integer_cell(INT64_MAX), MS_COLUMN_BYTES, false, true), "9223372036854775807");
    assert_string_equal(text(integer_cell(1288490189), MS_COLUMN_COUNT, true, true), "1288490189");
    assert_string_equal(text(integer_cell(INT64_MIN), MS_COLUMN_INTEGER, false, false),
                        "-9223372036854775808");
    assert_string_equal(text(integer_cell(-1), MS_COLUMN_ADDR, true, true), "0xffffffffffffffff");
    assert_string_equal(json(integer_cell(-4096), MS_COLUMN_ADDR), "\"0xfffffffffffff000\"");
    assert_string_equal(json(integer_cell(INT64_MAX), MS_COLUMN_BYTES), "9223372036854775807");
    struct ms_cell yes = {.kind = MS_CELL_BOOLEAN, .boolean = true};
    assert_string_equal(text(yes, MS_COLUMN_BOOLEAN, true, true), "yes");
    assert_string_equal(text(yes, MS_COLUMN_BOOLEAN, false, false), "true");
    assert_string_equal(json(yes, MS_COLUMN_BOOLEAN), "true");
    struct ms_cell part = {.kind = MS_CELL_NUMBER, .number = 12.345};
    assert_string_equal(text(part, MS_COLUMN_PERCENT, true, true), "12.3");
    assert_string_equal(text(part, MS_COLUMN_PERCENT, false, false), "12.345");
    assert_string_equal(text(integer_cell(5), MS_COLUMN_PERCENT, true, true), "5.0");
    part.number = NAN;
    assert_string_equal(json(part, MS_COLUMN_NUMBER), "null");
    part.number = INFINITY;
    assert_string_equal(json(part, MS_COLUMN_NUMBER), "null");
    assert_string_equal(json(integer_cell(1700000000), MS_COLUMN_TIME), "1700000000");
    assert_string_equal(text(integer_cell(7500), MS_COLUMN_SECONDS, true, true), "2h05m");
    assert_string_equal(text(integer_cell(7500), MS_COLUMN_SECONDS, false, true), "7500");
}

static void test_time_styles(void **state)
{
    (void)state;
    setenv("TZ", "XXX-05:30", 1);
    tzset();
    struct ms_cell start = {.kind = MS_CELL_NUMBER, .number = 1700000000.5};
    assert_string_equal(text(start, MS_COLUMN_TIME, true, true), "2023-11-15T03:43:20");
    assert_string_equal(text(start, MS_COLUMN_TIME, false, true), "2023-11-15T03:43:20.500+05:30");
    assert_string_equal(text(start, MS_COLUMN_TIME, false, false), "2023-11-14T22:13:20.500Z");
    assert_string_equal(json(start, MS_COLUMN_TIME), "1700000000.5");
}

static void test_type_names(void **state)
{
    (void)state;
    enum ms_column_type type = MS_COLUMN_TYPE_COUNT;
    assert_false(ms_column_type_find(MS_TEXT("byte"), &type));
    assert_int_equal(type, MS_COLUMN_TYPE_COUNT);
    assert_true(ms_column_type_find(MS_TEXT("any"), &type));
    assert_int_equal(type, MS_COLUMN_ANY);
    assert_true(ms_column_type_find(MS_TEXT("bytes"), &type));
    assert_int_equal(type, MS_COLUMN_BYTES);
    assert_true(ms_column_type_find(MS_TEXT("list"), &type));
    assert_int_equal(type, MS_COLUMN_LIST);
}

static void test_unknown(void **state)
{
    (void)state;
    for (int type = 0; type < MS_COLUMN_TYPE_COUNT; type++) {
        enum ms_column_type column = (enum ms_column_type)type;
        assert_string_equal(text(unknown_cell(MS_DENIED), column, true, true), "?");
        assert_string_equal(text(unknown_cell(MS_DENIED), column, false, false), "?");
        assert_string_equal(json(unknown_cell(MS_DENIED), column), "null");
        assert_string_equal(text(text_cell("?", 1), column, false, false), "\\x3f");
        struct ms_cell nothing = {.kind = MS_CELL_EMPTY};
        assert_string_equal(text(nothing, column, true, true), "");
        nothing.missing = 1;
        assert_string_equal(text(nothing, column, true, true), "?");
    }
    struct ms_cell sum = integer_cell(1288490189);
    sum.missing = 3;
    assert_string_equal(text(sum, MS_COLUMN_BYTES, true, true), ">=1.2G");
    assert_string_equal(text(sum, MS_COLUMN_BYTES, false, false), ">=1288490189");
}

// A difference shows its sign to people; what is missing from it may go either way.
static void test_differences(void **state)
{
    (void)state;
    struct ms_cell more = integer_cell(5 << 20);
    more.flags = MS_CELL_SIGNED;
    assert_string_equal(text(more, MS_COLUMN_BYTES, true, true), "+5M");
    assert_string_equal(text(more, MS_COLUMN_BYTES, false, false), "5242880");
    assert_string_equal(json(more, MS_COLUMN_BYTES), "5242880");
    more.missing = 2;
    more.flags |= MS_CELL_ABOUT;
    assert_string_equal(text(more, MS_COLUMN_BYTES, true, true), "~+5M");
    assert_string_equal(text(more, MS_COLUMN_BYTES, false, false), "~5242880");
    struct ms_cell less = {.kind = MS_CELL_NUMBER, .flags = MS_CELL_SIGNED, .number = -1.5};
    assert_string_equal(text(less, MS_COLUMN_NUMBER, true, true), "-1.5");
    struct ms_cell none = {.kind = MS_CELL_INTEGER, .flags = MS_CELL_SIGNED};
    assert_string_equal(text(none, MS_COLUMN_BYTES, true, true), "0");
    struct ms_cell unknown = unknown_cell(MS_GONE);
    unknown.flags = MS_CELL_SIGNED | MS_CELL_ABOUT;
    assert_string_equal(text(unknown, MS_COLUMN_BYTES, true, true), "?");
}

// In a column where each value decides for itself, a cell may say what it is.
static void test_own_type(void **state)
{
    (void)state;
    struct ms_cell size = integer_cell(3 << 19);
    size.type = MS_COLUMN_BYTES;
    assert_string_equal(text(size, MS_COLUMN_ANY, true, true), "1.5M");
    assert_string_equal(text(size, MS_COLUMN_COUNT, true, true), "1572864");
    size.type = MS_COLUMN_ADDR;
    assert_string_equal(json(size, MS_COLUMN_ANY), "\"0x180000\"");
}

static void test_lists(void **state)
{
    (void)state;
    struct ms_cell items[] = {text_cell("a b", 3), integer_cell(7), unknown_cell(MS_GONE),
                              text_cell("\xff", 1)};
    struct ms_cell list = {.kind = MS_CELL_LIST, .list = {items, 4}};
    assert_string_equal(text(list, MS_COLUMN_LIST, true, true), "a\\x20b 7 ? \\xff");
    assert_string_equal(json(list, MS_COLUMN_LIST), "[\"a b\", 7, null, \"\xef\xbf\xbd\"]");
    ms_buf_clear(&buf);
    ms_cell_base64(&buf, &list);
    assert_string_equal(content(), "[\"YSBi\", null, null, \"/w==\"]");
    list.list.count = 0;
    assert_string_equal(json(list, MS_COLUMN_LIST), "[]");
}

static void test_json_strings(void **state)
{
    (void)state;
    ms_buf_clear(&buf);
    bool lossy = false;
    ms_json_string(&buf, MS_TEXT("\"\\/\b\n\x7f<\xe2\x80\xa8\xe2\x80\xae\xf3\xa0\x80\x81é"), false, &lossy);
    assert_string_equal(content(), "\"\\\"\\\\/\\u0008\\n\\u007f\\u003c\\u2028\\u202e\\udb40\\udc01é\"");
    assert_false(lossy);
    ms_buf_clear(&buf);
    ms_json_string(&buf, MS_TEXT("é\xf0\x9f\x98\x80\xff"), true, &lossy);
    assert_string_equal(content(), "\"\\u00e9\\ud83d\\ude00\\ufffd\"");
    assert_true(lossy);
}

// Integers beside printf, and printf at every place in a buffer.
static void test_as_printf(void **state)
{
    (void)state;
    for (int bit = 0; bit < 64; bit++) {
        for (int near = -1; near <= 1; near++) {
            const uint64_t value = ((uint64_t)1 << bit) + (uint64_t)near;
            char wanted[32];
            snprintf(wanted, sizeof wanted, "%lld", (long long)value);
            assert_string_equal(text(integer_cell((int64_t)value), MS_COLUMN_COUNT, false, false), wanted);
            snprintf(wanted, sizeof wanted, "0x%llx", (unsigned long long)value);
            assert_string_equal(text(integer_cell((int64_t)value), MS_COLUMN_ADDR, false, false), wanted);
        }
    }
    for (size_t before = 0; before < 200; before++) {
        struct ms_buf fresh;
        ms_buf_init(&fresh);
        for (size_t i = 0; i < before; i++)
            assert_true(ms_buf_addc(&fresh, '.'));
        assert_true(ms_buf_addf(&fresh, "%s %d", "a text and", 12345));
        assert_int_equal(fresh.len, before + 16);
        assert_memory_equal(fresh.data + before, "a text and 12345", 16);
        ms_buf_deinit(&fresh);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),        cmocka_unit_test(test_ages),
        cmocka_unit_test(test_numbers),      cmocka_unit_test(test_foreign_mark),
        cmocka_unit_test(test_times),        cmocka_unit_test(test_styles),
        cmocka_unit_test(test_time_styles),  cmocka_unit_test(test_type_names),
        cmocka_unit_test(test_unknown),      cmocka_unit_test(test_lists),
        cmocka_unit_test(test_json_strings), cmocka_unit_test(test_differences),
        cmocka_unit_test(test_own_type),     cmocka_unit_test(test_as_printf),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ms_buf_deinit(&buf);
    return failed;
}
