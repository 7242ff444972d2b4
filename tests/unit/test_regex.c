// SPDX-License-Identifier: GPL-3.0-or-later
// Regular expressions: each match once interpreted and once as machine code; limits, the stop flag, exact
// slices, bytes that are no UTF-8.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/regex.h"
#include "failing_malloc.h"

// Long enough for machine code to be made at once.
static const char long_text[1024];

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

static struct ms_regex *compiled(struct ms_text pattern, bool jit)
{
    struct ms_match_error error;
    struct ms_regex *regex = ms_regex_new(pattern, jit, &error);
    assert_non_null(regex);
    ms_regex_match(regex, (struct ms_text){long_text, sizeof long_text}, NULL);
    return regex;
}

static enum ms_match_result match_slices(struct ms_text text, struct ms_text pattern)
{
    struct ms_regex *slow = compiled(pattern, false), *quick = compiled(pattern, true);
    assert_false(ms_regex_uses_jit(slow));
    const enum ms_match_result result = ms_regex_match(slow, text, NULL);
    assert_int_equal(ms_regex_match(quick, text, NULL), result);
    ms_regex_free(slow);
    ms_regex_free(quick);
    return result;
}

static enum ms_match_result match(const char *text, const char *pattern)
{
    return match_slices(ms_text_of(text), ms_text_of(pattern));
}

static void searches_as_people_know_them(void **state)
{
    (void)state;
    assert_int_equal(match("/usr/lib/libssl.so.3", "libssl"), MS_MATCH_YES);
    assert_int_equal(match("/usr/lib/libssl.so.3", "libssl\\.so\\.\\d+$"), MS_MATCH_YES);
    assert_int_equal(match("/usr/lib/libssl.so.3", "^libssl"), MS_MATCH_NO);
    assert_int_equal(match("cache-warmer", "cache-warmer"), MS_MATCH_YES);
    assert_int_equal(match("python3", "^(node|python3)$"), MS_MATCH_YES);
    assert_int_equal(match("baab", "a{2}"), MS_MATCH_YES);
    assert_int_equal(match("bab", "a{2}"), MS_MATCH_NO);
    assert_int_equal(match("Xorg", "(?i)XORG"), MS_MATCH_YES);
    assert_int_equal(match("abcabc", "^([a-z]+)\\1$"), MS_MATCH_YES);
    assert_int_equal(match("", ""), MS_MATCH_YES);
    assert_int_equal(match("", "^$"), MS_MATCH_YES);
    assert_int_equal(match("", "."), MS_MATCH_NO);
}

static void the_end_is_the_very_end(void **state)
{
    (void)state;
    assert_int_equal(match("sshd\n", "^sshd$"), MS_MATCH_NO);
    assert_int_equal(match("sshd", "^sshd$"), MS_MATCH_YES);
}

static void nothing_beyond_the_slice_is_looked_at(void **state)
{
    (void)state;
    const struct ms_text text = {"abcdef", 3};
    assert_int_equal(match_slices(text, (struct ms_text){"c$[", 2}), MS_MATCH_YES);
    assert_int_equal(match_slices(text, MS_TEXT("d")), MS_MATCH_NO);
    assert_int_equal(match_slices((struct ms_text){NULL, 0}, MS_TEXT("a*")), MS_MATCH_YES);
    assert_int_equal(match_slices((struct ms_text){NULL, 0}, MS_TEXT("a")), MS_MATCH_NO);
    assert_int_equal(match_slices(MS_TEXT("abc"), (struct ms_text){NULL, 0}), MS_MATCH_YES);
    assert_int_equal(match_slices((struct ms_text){"a\0b", 3}, MS_TEXT("^a.b$")), MS_MATCH_YES);
    assert_int_equal(match_slices((struct ms_text){"a\0b", 3}, (struct ms_text){"\0b", 2}), MS_MATCH_YES);
}

static void a_character_is_one_dot_and_an_invalid_byte_none(void **state)
{
    (void)state;
    assert_int_equal(match("\xc3\xa4\xc3\xb6", "^..$"), MS_MATCH_YES);
    assert_int_equal(match("\xc3\xa4", "(?i)^\xc3\x84$"), MS_MATCH_YES);
    assert_int_equal(match("a\xff"
                           "b",
                           "a.b"),
                     MS_MATCH_NO);
    assert_int_equal(match("a\xff"
                           "b",
                           "[^x]{3}"),
                     MS_MATCH_NO);
    assert_int_equal(match("a\xff"
                           "b",
                           "b$"),
                     MS_MATCH_YES);
    assert_int_equal(match("a\xff"
                           "b",
                           "^a"),
                     MS_MATCH_YES);
    // A pattern that is no UTF-8 is one of bytes, each of which a dot matches.
    assert_int_equal(match("a\xff"
                           "b",
                           "\xff"),
                     MS_MATCH_YES);
    assert_int_equal(match("a\xff"
                           "b",
                           "a.b|\xfe"),
                     MS_MATCH_YES);
    assert_int_equal(match("\xc3\xa4", "^..$|\xfe"), MS_MATCH_YES);
}

static void is_malformed(struct ms_text pattern, size_t offset)
{
    struct ms_match_error error = {.offset = 99};
    assert_null(ms_regex_new(pattern, true, &error));
    assert_int_equal(error.offset, offset);
    assert_true(error.message[0]);
}

static void malformed_patterns_say_what_and_where(void **state)
{
    (void)state;
    is_malformed(MS_TEXT("ab[c"), 4);
    is_malformed(MS_TEXT("*a"), 0);
    is_malformed(MS_TEXT("a)"), 1);
    is_malformed(MS_TEXT("a\\Gb"), 1);
    is_malformed(MS_TEXT("\\C"), 2);
    struct ms_match_error error;
    assert_null(ms_regex_new(MS_TEXT("ab[c"), true, &error));
    assert_string_equal(error.message, "missing terminating ] for character class");
}

static void the_size_of_a_pattern_is_bounded(void **state)
{
    (void)state;
    static char many[MS_REGEX_LONGEST + 1];
    struct ms_match_error error;
    memset(many, 'a', sizeof many);
    assert_null(ms_regex_new((struct ms_text){many, sizeof many}, true, &error));
    memset(many, '(', sizeof many);
    assert_null(ms_regex_new((struct ms_text){many, 1000}, true, &error));
    assert_null(ms_regex_new(MS_TEXT("((((a{1,1000}){1000}){1000}){1000})"), true, &error));
}

static void what_takes_for_ever_is_given_up(void **state)
{
    (void)state;
    static char text[1 << 16];
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = 'c';
    const struct ms_text much = {text, sizeof text};
    for (size_t len = 40; len < sizeof text; len *= 8) {
        const struct ms_text end = {text + sizeof text - len, len};
        assert_int_equal(match_slices(end, MS_TEXT("(a+)+$")), MS_MATCH_COMPLEX);
        assert_int_equal(match_slices(end, MS_TEXT("^(a|aa)+$")), MS_MATCH_COMPLEX);
        assert_int_equal(match_slices(end, MS_TEXT("(.*)(.*)(.*)(.*)(.*)[xy]$")), MS_MATCH_COMPLEX);
    }
    assert_int_equal(match_slices(much, MS_TEXT("(?:a{0,2000}a*){2}[xy]")), MS_MATCH_COMPLEX);
    assert_int_equal(match_slices(much, MS_TEXT("c")), MS_MATCH_YES);
}

static void what_is_linear_is_not(void **state)
{
    (void)state;
    const size_t size = 1 << 17;
    char *data = malloc(size);
    assert_non_null(data);
    memset(data, 'x', size);
    const struct ms_text text = {data, size};
    const char *absent[] = {"^.*y$", "^.*[yz]", "\\d", "y.*", "[yz]x"};
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        assert_int_equal(match_slices(text, ms_text_of(absent[i])), MS_MATCH_NO);
    data[size - 1] = '7';
    assert_int_equal(match_slices(text, MS_TEXT("x\\d$")), MS_MATCH_YES);
    assert_int_equal(match_slices(text, MS_TEXT("(?<=x)7\\b")), MS_MATCH_YES);
    assert_int_equal(match_slices(text, MS_TEXT("^7")), MS_MATCH_NO);
    assert_int_equal(match_slices(text, MS_TEXT("$")), MS_MATCH_YES);
    free(data);
}

static void a_character_across_parts_is_whole(void **state)
{
    (void)state;
    char data[400];
    for (size_t shift = 0; shift < 4; shift++) {
        memset(data, 'x', shift);
        for (size_t i = shift; i + 4 <= sizeof data; i += 4)
            memcpy(data + i, "\xf0\x9f\x98\x80", 4);
        const struct ms_text text = {data, shift + (sizeof data - shift) / 4 * 4};
        assert_int_equal(match_slices(text, MS_TEXT("\xf0\x9f\x98\x80$")), MS_MATCH_YES);
        assert_int_equal(match_slices(text, MS_TEXT("[\\x80-\\x{9f}]|y")), MS_MATCH_NO);
        assert_int_equal(match_slices(text, MS_TEXT("(?<!\xf0\x9f\x98\x80|x)$|y")), MS_MATCH_NO);
    }
}

static void a_match_stops_when_told(void **state)
{
    (void)state;
    const volatile sig_atomic_t stop = 1;
    static char text[1 << 16];
    memset(text, 'a', sizeof text);
    struct ms_regex *regex = compiled(MS_TEXT("[ab]*c|d"), true);
    assert_int_equal(ms_regex_match(regex, (struct ms_text){text, sizeof text}, &stop), MS_MATCH_STOPPED);
    ms_regex_free(regex);
}

// A step of these compares up to half of the text, and there are four for each of its bytes.
static void long_steps_are_interrupted(void **state)
{
    (void)state;
    const volatile sig_atomic_t stop = 1;
    const size_t size = 1 << 20;
    char *data = malloc(size);
    assert_non_null(data);
    memset(data, 'a', size);
    const struct ms_text text = {data, size};
    for (int jit = 0; jit < 2; jit++) {
        struct ms_regex *regex = compiled(MS_TEXT("^(.*)\\1[bc]"), jit);
        assert_int_equal(ms_regex_match(regex, text, &stop), MS_MATCH_STOPPED);
        assert_int_equal(ms_regex_match(regex, text, NULL), MS_MATCH_COMPLEX);
        ms_regex_free(regex);
    }
    free(data);
}

// In a process of its own, as this can't be undone.
static void without_executable_memory_it_is_interpreted(void **state)
{
    (void)state;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) != 0)
            _exit(77);
        struct ms_match_error error;
        struct ms_regex *regex = ms_regex_new(MS_TEXT("^a+b"), true, &error);
        bool right = regex != NULL;
        ms_regex_match(regex, (struct ms_text){long_text, sizeof long_text}, NULL);
        right = right && ms_regex_match(regex, MS_TEXT("aab"), NULL) == MS_MATCH_YES &&
                ms_regex_match(regex, MS_TEXT("aac"), NULL) == MS_MATCH_NO;
        _exit(!right ? 1 : ms_regex_uses_jit(regex) ? 2 : 0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip(); // before Linux 6.3
    assert_int_equal(WEXITSTATUS(status), 0);
}

// Whichever allocation fails: the answer, or that memory ran out, but not that the pattern is too complex.
static void memory_runs_out(void **state)
{
    (void)state;
#ifdef FOREIGN_MALLOC
    skip();
#endif
    static char letters[4000];
    memset(letters, 'a', sizeof letters);
    const struct ms_text text = {letters, sizeof letters};
    int failures = 0;
    for (int jit = 0; jit < 2; jit++) {
        bool failed = true;
        for (long moment = 0; failed; moment++) {
            struct ms_match_error error;
            struct ms_regex *regex = ms_regex_new(MS_TEXT("^(?:(a)|b)+$"), jit, &error);
            assert_non_null(regex);
            until_failure = moment;
            const enum ms_match_result found = ms_regex_match(regex, text, NULL);
            failed = until_failure < 0;
            until_failure = -1;
            assert_true(found == MS_MATCH_YES || (failed && found == MS_MATCH_NO_MEMORY));
            failures += found == MS_MATCH_NO_MEMORY;
            ms_regex_free(regex);
        }
    }
    assert_true(failures > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        // First: executable memory that there is already may be used.
        cmocka_unit_test(without_executable_memory_it_is_interpreted),
        cmocka_unit_test(searches_as_people_know_them),
        cmocka_unit_test(the_end_is_the_very_end),
        cmocka_unit_test(nothing_beyond_the_slice_is_looked_at),
        cmocka_unit_test(a_character_is_one_dot_and_an_invalid_byte_none),
        cmocka_unit_test(malformed_patterns_say_what_and_where),
        cmocka_unit_test(the_size_of_a_pattern_is_bounded),
        cmocka_unit_test(what_takes_for_ever_is_given_up),
        cmocka_unit_test(what_is_linear_is_not),
        cmocka_unit_test(a_character_across_parts_is_whole),
        cmocka_unit_test(a_match_stops_when_told),
        cmocka_unit_test(memory_runs_out),
        cmocka_unit_test(long_steps_are_interrupted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
