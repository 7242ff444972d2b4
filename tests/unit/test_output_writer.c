// SPDX-License-Identifier: GPL-3.0-or-later
// Whole documents in every format.
#include "test_output.h"

#include "output/utf8.h"
#include "output/width.h"

#include <locale.h>
#include <malloc.h>
#include <pty.h>
#include <wchar.h>

static const struct ms_column columns[] = {
    {MS_TEXT("pid"), MS_COLUMN_INTEGER},
    {MS_TEXT("comm"), MS_COLUMN_TEXT},
    {MS_TEXT("swap"), MS_COLUMN_BYTES},
    {MS_TEXT("path"), MS_COLUMN_PATH},
};
enum { COLUMNS = 4 };

static struct ms_cell rows[2][COLUMNS];

static int make_rows(void **state)
{
    (void)state;
    struct ms_cell cells[2][COLUMNS] = {
        {integer_cell(1), text_cell("init", 4), integer_cell(0), text_cell("/sbin/init", 10)},
        {integer_cell(4242), text_cell("a,\"b\"\n", 6), unknown_cell(MS_DENIED), text_cell("/x|y`<\xff>", 8)},
    };
    memcpy(rows, cells, sizeof rows);
    return 0;
}

static const char *all(enum ms_format format, struct ms_writer_options options)
{
    return shown(format, columns, COLUMNS, rows[0], 2, options);
}

static void test_formats(void **state)
{
    (void)state;
    struct ms_writer_options plain = {0};
    assert_string_equal(all(MS_FORMAT_TABLE, plain), " pid  comm     swap  path\n"
                                                     "   1  init        0  /sbin/init\n"
                                                     "4242  a,\"b\"\\n     ?  /x|y`<\\xff>\n");
    assert_string_equal(all(MS_FORMAT_VERTICAL, plain),
                        "-[ 1 ]---\npid   1\ncomm  init\nswap  0\npath  /sbin/init\n"
                        "-[ 2 ]---\npid   4242\ncomm  a,\"b\"\\n\nswap  ? (denied)\npath  /x|y`<\\xff>\n");
    assert_string_equal(all(MS_FORMAT_CSV, plain), "pid,comm,swap,path\r\n1,init,0,/sbin/init\r\n"
                                                   "4242,\"a,\"\"b\"\"\\n\",,/x|y`<\\xff>\r\n");
    assert_string_equal(all(MS_FORMAT_TSV, plain), "pid\tcomm\tswap\tpath\n1\tinit\t0\t/sbin/init\n"
                                                   "4242\ta,\"b\"\\n\t\t/x|y`<\\xff>\n");
    assert_string_equal(all(MS_FORMAT_JSONL, plain),
                        "{\"pid\": 1, \"comm\": \"init\", \"swap\": 0, \"path\": \"/sbin/init\"}\n"
                        "{\"pid\": 4242, \"comm\": \"a,\\\"b\\\"\\n\", \"swap\": null, "
                        "\"path\": \"/x|y`\\u003c\xef\xbf\xbd>\", \"path_b64\": \"L3h8eWA8/z4=\", "
                        "\"unknown\": {\"swap\": \"denied\"}}\n");
    assert_string_equal(all(MS_FORMAT_MD, plain), "| pid | comm | swap | path |\n|---:|---|---:|---|\n"
                                                  "| 1 | init | 0 | /sbin/init |\n"
                                                  "| 4242 | a,\"b\"\\\\n | ? | /x\\|y\\`&lt;\\\\xff> |\n");
    assert_string_equal(all(MS_FORMAT_TABLE, (struct ms_writer_options){.record = true}),
                        "pid   1\ncomm  init\nswap  0\npath  /sbin/init\n"
                        "pid   4242\ncomm  a,\"b\"\\n\nswap  ? (denied)\npath  /x|y`<\\xff>\n");
}

// Numbers alone; what they lack has a column of its own.
static void test_numbers_for_programs(void **state)
{
    (void)state;
    struct ms_cell cells[] = {integer_cell(7), integer_cell(8), unknown_cell(MS_DENIED), integer_cell(9)};
    const struct ms_writer_options partial = {.partial = true}, null = {.null = "NULL", .headless = true};
    cells[0].missing = cells[2].missing = cells[3].missing = 2;
    assert_string_equal(shown(MS_FORMAT_CSV, columns, COLUMNS, cells, 1, partial),
                        "pid,comm,swap,path,partial\r\n7,8,,9,pid path\r\n");
    assert_string_equal(shown(MS_FORMAT_TSV, columns, COLUMNS, cells, 1, partial),
                        "pid\tcomm\tswap\tpath\tpartial\n7\t8\t\t9\tpid path\n");
    assert_string_equal(shown(MS_FORMAT_CSV, columns, COLUMNS, cells, 1, null), "7,8,NULL,9\r\n");
    assert_string_equal(shown(MS_FORMAT_TABLE, columns, COLUMNS, cells, 1, partial),
                        "pid  comm  swap  path\n>=7  8        ?  >=9\n");
}

static void test_json_document(void **state)
{
    (void)state;
    struct ms_sink sink = memory_sink(false, true);
    char message[MS_WRITER_MESSAGE];
    struct ms_cell cell = integer_cell(7);
    cell.missing = 3;
    struct ms_writer *writer =
        ms_writer_create(&sink, MS_FORMAT_JSON, columns, 1, (struct ms_writer_options){0}, message);
    ms_writer_row(writer, &cell);
    ms_writer_row(writer, &cell);
    ms_writer_close(writer, MS_TEXT("{\"schema\": 1}"));
    ms_writer_destroy(writer);
    assert_string_equal(taken(&sink),
                        "{\"rows\": [\n{\"pid\": 7, \"partial\": {\"pid\": 3}},\n"
                        "{\"pid\": 7, \"partial\": {\"pid\": 3}}\n], \"meta\": {\"schema\": 1}}\n");
    assert_string_equal(shown(MS_FORMAT_JSON, columns, 1, NULL, 0, (struct ms_writer_options){0}),
                        "{\"rows\": [], \"meta\": {}}\n");
}

static void test_markdown(void **state)
{
    (void)state;
    struct ms_column column = {MS_TEXT("private_dirty"), MS_COLUMN_TEXT};
    static const char name[] = "[heap] __init__.py *x* a_b $1$ ~~s~~ <b>&amp; \\ `c` |";
    struct ms_cell cell = text_cell(name, sizeof name - 1);
    assert_string_equal(shown(MS_FORMAT_MD, &column, 1, &cell, 1, (struct ms_writer_options){0}),
                        "| private_dirty |\n|---|\n| \\[heap] \\_\\_init\\_\\_.py \\*x\\* a_b \\$1\\$ "
                        "\\~\\~s\\~\\~ &lt;b>&amp;amp; \\\\\\\\ \\`c\\` \\| |\n");
}

static void test_empty(void **state)
{
    (void)state;
    struct ms_writer_options plain = {0};
    assert_string_equal(shown(MS_FORMAT_TABLE, columns, COLUMNS, NULL, 0, plain), "pid  comm  swap  path\n");
    assert_string_equal(shown(MS_FORMAT_CSV, columns, COLUMNS, NULL, 0, plain), "pid,comm,swap,path\r\n");
    // A line that holds nothing would be skipped by who reads it.
    struct ms_cell nothing = {.kind = MS_CELL_EMPTY};
    assert_string_equal(shown(MS_FORMAT_CSV, columns, 1, &nothing, 1, plain), "pid\r\n\"\"\r\n");
    for (int format = 0; format < MS_FORMAT_COUNT; format++)
        shown((enum ms_format)format, columns, 0, &nothing, 3, plain);
}

static void test_names_that_clash(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"unknown", "x"}, {"partial", "x"}, {"a", "a"}, {"a_b64", "a"}, {"a", "a_b64"}};
    char message[MS_WRITER_MESSAGE];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct ms_column two[] = {{ms_text_of(bad[i][0]), MS_COLUMN_ANY},
                                  {ms_text_of(bad[i][1]), MS_COLUMN_ANY}};
        struct ms_sink sink = memory_sink(false, true);
        *message = '\0';
        assert_null(ms_writer_create(&sink, MS_FORMAT_JSON, two, 2, (struct ms_writer_options){0}, message));
        assert_non_null(strstr(message, bad[i][0]));
        assert_int_equal(sink.buf.len, 0);
        struct ms_writer *writer =
            ms_writer_create(&sink, MS_FORMAT_CSV, two, 2, (struct ms_writer_options){0}, message);
        assert_non_null(writer);
        ms_writer_destroy(writer);
        ms_sink_abandon(&sink);
    }
}

static const char *on_screen(unsigned width, const struct ms_column *described, const struct ms_cell *cells,
                             size_t count, size_t lines)
{
    return shown(MS_FORMAT_TABLE, described, count, cells, lines,
                 (struct ms_writer_options){.width = width, .human = MS_HUMAN_YES});
}

static void test_paths_give_way(void **state)
{
    (void)state;
    static const char path[] = "/usr/lib/x86_64-linux-gnu/libcrypto.so.3";
    struct ms_cell cells[] = {integer_cell(1), text_cell("a-rather-long-name", 18), integer_cell(5 << 20),
                              text_cell(path, sizeof path - 1)};
    assert_string_equal(on_screen(60, columns, cells, 4, 1),
                        "pid  comm                swap  path\n"
                        "  1  a-rather-long-name    5M  /usr/lib/x86_6…libcrypto.so.3\n");
    assert_string_equal(on_screen(46, columns, cells, 4, 1),
                        "pid  comm                swap  path\n"
                        "  1  a-rather-long-name    5M  /usr/li…to.so.3\n");
    assert_string_equal(on_screen(41, columns, cells, 4, 1), "pid  comm              swap  path\n"
                                                             "  1  a-rathe…ong-name    5M  /usr/…o.so.3\n");
}

static void test_columns_left_out(void **state)
{
    (void)state;
    struct ms_cell cells[] = {integer_cell(1), text_cell("init", 4), integer_cell(5 << 20),
                              text_cell("/sbin/init", 10)};
    assert_string_equal(on_screen(20, columns, cells, 4, 1),
                        "pid  comm  swap\n  1  init    5M\n+1 column: path\n");
    assert_string_equal(on_screen(8, columns, cells, 4, 1),
                        "pid\n  1\n+3 columns:\n  comm,\n  swap,\n  path\n");
    // Numbers are never cut.
    struct ms_cell big = integer_cell(INT64_MAX);
    assert_string_equal(on_screen(5, columns, &big, 1, 1), "                pid\n9223372036854775807\n");
}

// A mark stands behind its cell, in the blanks between columns, and moves nothing.
static void test_marks(void **state)
{
    (void)state;
    struct ms_cell cells[] = {integer_cell(1), text_cell("init", 4), integer_cell(5), text_cell("/s", 2),
                              integer_cell(2), text_cell("a", 1),    integer_cell(7), text_cell("/t", 2)};
    cells[0].mark = '+';
    cells[2].mark = '-';
    cells[5].mark = cells[7].mark = '*';
    assert_string_equal(shown(MS_FORMAT_TABLE, columns, COLUMNS, cells, 2, (struct ms_writer_options){0}),
                        "pid  comm  swap  path\n"
                        "  1+ init     5- /s\n"
                        "  2  a*       7  /t*\n");
    assert_string_equal(on_screen(22, columns, cells, 4, 1), "pid  comm  swap  path\n  1+ init     5- /s\n");
    // What stands at the edge of the screen needs a place more.
    assert_string_equal(on_screen(21, columns, cells, 4, 2),
                        "pid  comm  swap\n  1+ init     5-\n  2  a*       7\n+1 column: path\n");
    assert_string_equal(shown(MS_FORMAT_VERTICAL, columns, 1, cells, 1, (struct ms_writer_options){0}),
                        "-[ 1 ]---\npid  1+\n");
    assert_string_equal(shown(MS_FORMAT_CSV, columns, 1, cells, 1, (struct ms_writer_options){0}),
                        "pid\r\n1\r\n");
}

static void test_wide_characters(void **state)
{
    (void)state;
    struct ms_cell cells[] = {
        text_cell("日本", 6),
        integer_cell(1), //
        text_cell("e\xcc\x81t", 4),
        integer_cell(2), //
        text_cell("\xf0\x9f\x98\x80", 4),
        integer_cell(3),
    };
    struct ms_column two[] = {columns[1], columns[0]};
    assert_string_equal(shown(MS_FORMAT_TABLE, two, 2, cells, 3, (struct ms_writer_options){0}),
                        "comm  pid\n日本    1\ne\xcc\x81t      2\n\xf0\x9f\x98\x80      3\n");
}

// No line of a table is wider than the screen as long as something can give way.
static void test_random_screens(void **state)
{
    (void)state;
    srand(5);
    static const char *const words[] = {"日本語", "/usr/lib/", "e\xcc\x81",     "\x1b[31m",
                                        "x",      "\xff",      "long-long-long"};
    for (int round = 0; round < 3000; round++) {
        char bytes[6][200] = {{0}};
        struct ms_cell cells[6];
        struct ms_column described[6];
        for (size_t i = 0; i < 6; i++) {
            for (int n = rand() % 12; n > 0; n--)
                strcat(bytes[i], words[(size_t)rand() % (sizeof words / sizeof *words)]);
            described[i] = (struct ms_column){MS_TEXT("name"), i % 2 ? MS_COLUMN_PATH : MS_COLUMN_TEXT};
            cells[i] = text_cell(bytes[i], strlen(bytes[i]));
        }
        unsigned width = 16 + (unsigned)rand() % 100;
        const char *line = on_screen(width, described, cells, 6, 1);
        for (size_t len; *line && *line != '+'; line += len + 1) {
            len = strcspn(line, "\n");
            assert_true(ms_width((struct ms_text){line, len}) <= width);
            assert_true(len == 0 || line[len - 1] != ' ');
        }
    }
}

static void test_later_blocks_widen(void **state)
{
    (void)state;
    struct ms_cell *cells = calloc(2001 * 2, sizeof *cells);
    for (size_t i = 0; i < 2001; i++) {
        cells[2 * i] = i < 2000 ? text_cell("x", 1) : text_cell("a much longer name", 18);
        cells[2 * i + 1] = integer_cell(1);
    }
    struct ms_column two[] = {columns[1], columns[0]};
    const char *text = shown(MS_FORMAT_TABLE, two, 2, cells, 2001, (struct ms_writer_options){0});
    assert_memory_equal(text, "comm  pid\nx       1\n", 20);
    assert_non_null(strstr(text, "\na much longer name    1\n"));
    free(cells);
}

static void test_long_text_in_a_pipe(void **state)
{
    (void)state;
    char bytes[301] = {0};
    memset(bytes, 'a', 300);
    struct ms_cell cells[] = {text_cell("x", 1), integer_cell(1), text_cell(bytes, 300), integer_cell(2)};
    struct ms_column two[] = {columns[1], columns[0]};
    const char *text = shown(MS_FORMAT_TABLE, two, 2, cells, 2, (struct ms_writer_options){0});
    const char *second = strchr(text, '\n') + 1;
    assert_true(strcspn(second, "\n") < 112);
    const char *third = strchr(second, '\n') + 1;
    assert_memory_equal(third, bytes, 300);
    assert_int_equal(third[strcspn(third, "\n") - 1], '2');
}

static size_t heap(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void test_million_rows(void **state)
{
    (void)state;
    int null = open("/dev/null", O_WRONLY);
    size_t most = 0, before = heap();
    for (int format = 0; format < MS_FORMAT_COUNT; format++) {
        if (ms_format_is_metrics((enum ms_format)format) || format == MS_FORMAT_SQLITE)
            continue; // they are held
        struct ms_sink sink;
        char message[MS_WRITER_MESSAGE];
        ms_sink_init(&sink);
        ms_sink_open_fd(&sink, null);
        struct ms_writer *writer = ms_writer_create(&sink, (enum ms_format)format, columns, COLUMNS,
                                                    (struct ms_writer_options){0}, message);
        int count = format == MS_FORMAT_TABLE ? 1000000 : 50000;
        for (int i = 0; i < count; i++) {
            rows[0][0] = integer_cell(i);
            assert_true(ms_writer_row(writer, rows[0]));
            if (i % 997 == 0 && heap() - before > most)
                most = heap() - before;
        }
        assert_true(ms_writer_close(writer, MS_TEXT("")));
        ms_writer_destroy(writer);
        ms_sink_abandon(&sink);
    }
    rows[0][0] = integer_cell(1);
    close(null);
    // Under a sanitizer the heap is not malloc's, and this says nothing; it bounds the others.
    assert_true(most < 1024 * 1024);
}

// What mbrtowc() in C.UTF-8 takes for a character is one; the ranges are the promise's.
static void assert_calm(const char *bytes, size_t len, const char *controls)
{
    mbstate_t state = {0};
    for (size_t used; len > 0; bytes += used, len -= used) {
        wchar_t code = 0;
        used = mbrtowc(&code, bytes, len, &state);
        assert_true(used > 0 && used <= len);
        if (code < 0x20)
            assert_non_null(strchr(controls, (int)code));
        assert_false(code >= 0x7f && code <= 0x9f);
        assert_false((code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e));
        assert_false((code >= 0x2060 && code <= 0x2069) || code == 0x61c || code == 0xfeff);
    }
}

static void show_hostile(struct ms_sink *sink, enum ms_format format, const char *bytes, size_t len)
{
    struct ms_cell item = text_cell(bytes, len);
    struct ms_cell cells[] = {item, item, {.kind = MS_CELL_LIST, .list = {&item, 1}}, item};
    char message[MS_WRITER_MESSAGE];
    struct ms_column described[] = {columns[1], columns[3], {MS_TEXT("l"), MS_COLUMN_LIST}, columns[0]};
    char name[64] = "n";
    memcpy(name + 1, bytes, len);
    described[1].name = (struct ms_text){name, len + 1};
    struct ms_writer *writer =
        ms_writer_create(sink, format, described, 4, (struct ms_writer_options){.width = 60}, message);
    assert_non_null(writer);
    assert_true(ms_writer_row(writer, cells));
    assert_true(ms_writer_close(writer, MS_TEXT("")));
    ms_writer_destroy(writer);
    assert_true(
        ms_writer_scalar(sink, format, &item, MS_COLUMN_TEXT, (struct ms_writer_options){0}, MS_TEXT("")));
}

// csv and tsv have their own separators off a terminal; on one nothing but newlines (and the tabs of tsv, and
// of what is printed) is allowed.
static void check_hostile(const char *bytes, size_t len)
{
    for (int format = 0; format < MS_FORMAT_COUNT; format++) {
        if (format == MS_FORMAT_SQLITE)
            continue; // it is no text
        for (int tty = 0; tty < 2; tty++) {
            struct ms_sink sink = memory_sink(tty, true);
            show_hostile(&sink, (enum ms_format)format, bytes, len);
            const char *allowed = format == MS_FORMAT_TSV           ? "\n\t"
                                  : format == MS_FORMAT_CSV && !tty ? "\r\n"
                                                                    : "\n";
            assert_calm(sink.buf.data, sink.buf.len, allowed);
            if (tty)
                ms_sink_print(&sink, (struct ms_text){bytes, len});
            assert_calm(sink.buf.data, tty ? sink.buf.len : 0, "\n\t");
            ms_sink_abandon(&sink);
        }
        struct ms_sink sink = memory_sink(true, false);
        show_hostile(&sink, (enum ms_format)format, bytes, len);
        for (size_t i = 0; i < sink.buf.len; i++)
            assert_false(sink.buf.data[i] & 0x80);
        ms_sink_abandon(&sink);
    }
}

static void test_hostile_bytes(void **state)
{
    (void)state;
    char bytes[40];
    for (int byte = 0; byte < 256; byte++) {
        bytes[0] = (char)byte;
        check_hostile(bytes, 1);
    }
    srand(6);
    for (int round = 0; round < 2000; round++) {
        size_t len = (size_t)rand() % sizeof bytes;
        for (size_t i = 0; i < len; i++)
            bytes[i] = (char)(rand() % 2 ? rand() : 0x80 | rand());
        check_hostile(bytes, len);
    }
    check_hostile("\xe2\x80\xae\xc2\x9b\xef\xbb\xbf\xe2\x80\xa8", 11);
}

static const char *scalar(enum ms_format format, struct ms_cell cell, enum ms_column_type type)
{
    struct ms_sink sink = memory_sink(false, true);
    assert_true(ms_writer_scalar(&sink, format, &cell, type, (struct ms_writer_options){0}, MS_TEXT("")));
    return taken(&sink);
}

static void test_scalars(void **state)
{
    (void)state;
    struct ms_cell sum = integer_cell(7);
    sum.missing = 2;
    assert_string_equal(scalar(MS_FORMAT_TABLE, integer_cell(42), MS_COLUMN_ANY), "42\n");
    assert_string_equal(scalar(MS_FORMAT_JSON, integer_cell(42), MS_COLUMN_ANY),
                        "{\"value\": 42, \"meta\": {}}\n");
    assert_string_equal(scalar(MS_FORMAT_JSONL, sum, MS_COLUMN_ANY), "{\"value\": 7, \"partial\": 2}\n");
    assert_string_equal(scalar(MS_FORMAT_TABLE, sum, MS_COLUMN_ANY), ">=7\n");
    // CSV and TSV are read by programs: a number alone, and nothing for what is unknown.
    assert_string_equal(scalar(MS_FORMAT_CSV, sum, MS_COLUMN_BYTES), "7\n");
    assert_string_equal(scalar(MS_FORMAT_TSV, unknown_cell(MS_GONE), MS_COLUMN_ANY), "\n");
    assert_string_equal(scalar(MS_FORMAT_JSONL, unknown_cell(MS_GONE), MS_COLUMN_ANY),
                        "{\"value\": null, \"unknown\": \"gone\"}\n");
    // A text of the user's own, such as a whole document, goes as it is; a name does not.
    assert_string_equal(scalar(MS_FORMAT_TABLE, text_cell("a\\b\r\n\xff", 6), MS_COLUMN_ANY),
                        "a\\b\r\n\xff\n");
    assert_string_equal(scalar(MS_FORMAT_TABLE, text_cell("a\n", 2), MS_COLUMN_ANY), "a\n");
    assert_string_equal(scalar(MS_FORMAT_TABLE, text_cell("a\n", 2), MS_COLUMN_TEXT), "a\\n\n");
}

static void test_failing_sink(void **state)
{
    (void)state;
    int full = open("/dev/full", O_WRONLY);
    for (int format = 0; format < MS_FORMAT_COUNT; format++) {
        if (ms_format_is_metrics((enum ms_format)format) || format == MS_FORMAT_SQLITE)
            continue; // they write at the end
        struct ms_sink sink;
        char message[MS_WRITER_MESSAGE];
        ms_sink_init(&sink);
        ms_sink_open_fd(&sink, full);
        struct ms_writer *writer = ms_writer_create(&sink, (enum ms_format)format, columns, COLUMNS,
                                                    (struct ms_writer_options){0}, message);
        for (int i = 0; i < 5000; i++)
            ms_writer_row(writer, rows[1]);
        assert_false(ms_writer_row(writer, rows[1]));
        assert_false(ms_writer_close(writer, MS_TEXT("")));
        assert_int_equal(sink.error, ENOSPC);
        ms_writer_destroy(writer);
        ms_sink_abandon(&sink);
    }
    close(full);
}

// On a terminal a row is there before the next one is known, wherever columns need not wait for others.
static void test_terminal_sees_rows_at_once(void **state)
{
    (void)state;
    int master, slave;
    assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
    struct ms_sink sink;
    char message[MS_WRITER_MESSAGE];
    ms_sink_init(&sink);
    ms_sink_open_fd(&sink, slave);
    struct ms_writer *writer =
        ms_writer_create(&sink, MS_FORMAT_CSV, columns, COLUMNS, (struct ms_writer_options){0}, message);
    assert_true(ms_writer_row(writer, rows[0]));
    expect_on_terminal(master, "pid,comm,swap,path\r\n1,init,0,/sbin/init\r\n"); // the \r are the terminal's
    assert_int_equal(sink.buf.len, 0);
    ms_writer_destroy(writer);
    ms_sink_abandon(&sink);
    close(master);
    close(slave);
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_numbers_for_programs),
        cmocka_unit_test(test_json_document),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_markdown),
        cmocka_unit_test(test_names_that_clash),
        cmocka_unit_test(test_paths_give_way),
        cmocka_unit_test(test_columns_left_out),
        cmocka_unit_test(test_wide_characters),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_random_screens),
        cmocka_unit_test(test_later_blocks_widen),
        cmocka_unit_test(test_long_text_in_a_pipe),
        cmocka_unit_test(test_million_rows),
        cmocka_unit_test(test_hostile_bytes),
        cmocka_unit_test(test_scalars),
        cmocka_unit_test(test_failing_sink),
        cmocka_unit_test(test_terminal_sees_rows_at_once),
    };
    return cmocka_run_group_tests(tests, make_rows, NULL);
}
