// SPDX-License-Identifier: GPL-3.0-or-later
// A picture drawn in place, byte by byte.
#include "test_output.h"

#include "output/screen.h"

static const char home[] = "\033[H\033[?7l";
static const char end[] = "\033[J\033[?7h";

// What is drawn on a terminal of so many lines.
static const char *drawn(const char *lines, const char *head, const char *body)
{
    setenv("LINES", lines, 1);
    struct ms_sink sink = memory_sink(true, true);
    assert_true(ms_screen_draw(&sink, ms_text_of(head), ms_text_of(body)));
    return taken(&sink);
}

static const char *picture(const char *lines)
{
    static char text[512];
    snprintf(text, sizeof text, "%s%s%s", home, lines, end);
    return text;
}

static void test_room(void **state)
{
    (void)state;
    assert_string_equal(drawn("5", "head", "one\ntwo\n"), picture("head\033[K\none\033[K\ntwo\033[K\n"));
    assert_string_equal(drawn("5", "head", ""), picture("head\033[K\n"));
    assert_string_equal(drawn("5", "head", "one\ntwo\nthree\n"),
                        picture("head\033[K\none\033[K\ntwo\033[K\nthree\033[K\n"));
    assert_string_equal(drawn("5", "head", "one\ntwo\nthree\nfour\n"),
                        picture("head\033[K\none\033[K\ntwo\033[K\n(2 more lines)\033[K\n"));
    assert_string_equal(drawn("1", "head", "one\ntwo\n"), picture("head\033[K\n(2 more lines)\033[K\n"));
}

// The head is what a user asked; a tab would leave what lies below it.
static void test_bytes(void **state)
{
    (void)state;
    assert_string_equal(drawn("9", "a\033[2J\nb\\", "x\ty\tz\n\t.\n"),
                        picture("a\\x1b[2J\\nb\\\033[K\nx       y       z\033[K\n        .\033[K\n"));
    assert_string_equal(drawn("9", "", "日本\t|\n12345678\t|\n"),
                        picture("\033[K\n日本    |\033[K\n12345678        |\033[K\n"));
}

// What a held sink is given waits, however much it is.
static void test_held(void **state)
{
    (void)state;
    int pipe_ends[2];
    char got[16];
    assert_int_equal(pipe2(pipe_ends, O_NONBLOCK), 0);
    struct ms_sink sink;
    ms_sink_init(&sink);
    ms_sink_open_fd(&sink, pipe_ends[1]);
    sink.held = true;
    for (int i = 0; i < 100000; i++)
        assert_true(ms_sink_print(&sink, MS_TEXT("0123456789\n")));
    assert_true(ms_sink_flush(&sink));
    assert_int_equal(sink.buf.len, 1100000);
    assert_int_equal(read(pipe_ends[0], got, sizeof got), -1);
    ms_buf_clear(&sink.buf);
    assert_true(ms_sink_print(&sink, MS_TEXT("last\n")));
    assert_int_equal(ms_sink_commit(&sink), 0);
    assert_int_equal(read(pipe_ends[0], got, sizeof got), 5);
    ms_sink_abandon(&sink);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

static void test_seen(void **state)
{
    (void)state;
    struct ms_sink terminal = memory_sink(true, true), other = memory_sink(false, true);
    setenv("TERM", "xterm", 1);
    assert_true(ms_screen_is_seen(&terminal));
    assert_false(ms_screen_is_seen(&other));
    setenv("TERM", "dumb", 1);
    assert_false(ms_screen_is_seen(&terminal));
    unsetenv("TERM");
    assert_false(ms_screen_is_seen(&terminal));
    ms_sink_abandon(&terminal);
    ms_sink_abandon(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_held),
        cmocka_unit_test(test_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
