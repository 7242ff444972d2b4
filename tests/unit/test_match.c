// SPDX-License-Identifier: GPL-3.0-or-later
// Patterns and globs: budgets, the stop flag, exact slices. That they match what Lua's match is tested in
// Lua.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/glob.h"
#include "base/match.h"

static const struct ms_match_limits plenty = {1000000, NULL};

static enum ms_match_result match(const char *text, const char *pattern)
{
    return ms_match(ms_text_of(text), ms_text_of(pattern), &plenty, NULL);
}

static enum ms_match_result glob(const char *text, const char *pattern)
{
    return ms_glob(ms_text_of(text), ms_text_of(pattern), &plenty, NULL);
}

static void matches(void **state)
{
    (void)state;
    assert_int_equal(match("/usr/lib/libssl.so.3", "libssl"), MS_MATCH_YES);
    assert_int_equal(match("/usr/lib/libssl.so.3", "libssl%.so%.%d+$"), MS_MATCH_YES);
    assert_int_equal(match("/usr/lib/libssl.so.3", "^libssl"), MS_MATCH_NO);
    assert_int_equal(match("abcabc", "^(%a+)%1$"), MS_MATCH_YES);
    assert_int_equal(match("abcabd", "^(%a+)%1$"), MS_MATCH_NO);
    assert_int_equal(match("f(a(b)c)d", "^f%b()d$"), MS_MATCH_YES);
    assert_int_equal(match("THE (quick) fox", "%f[%a]%a+%f[%A]"), MS_MATCH_YES);
    assert_int_equal(match("", ""), MS_MATCH_YES);
    assert_int_equal(match("", "^$"), MS_MATCH_YES);
    assert_int_equal(match("", "."), MS_MATCH_NO);
}

static void nothing_beyond_the_slice_is_looked_at(void **state)
{
    (void)state;
    struct ms_text text = {"abcdef", 3};
    struct ms_text pattern = {"c$[", 2};
    assert_int_equal(ms_match(text, pattern, &plenty, NULL), MS_MATCH_YES);
    assert_int_equal(ms_match(text, MS_TEXT("d"), &plenty, NULL), MS_MATCH_NO);
    assert_int_equal(ms_match((struct ms_text){NULL, 0}, MS_TEXT("a*"), &plenty, NULL), MS_MATCH_YES);
    assert_int_equal(ms_match((struct ms_text){NULL, 0}, MS_TEXT("a"), &plenty, NULL), MS_MATCH_NO);
    assert_int_equal(ms_glob(text, (struct ms_text){"a?c?", 3}, &plenty, NULL), MS_MATCH_YES);
    assert_int_equal(ms_glob((struct ms_text){NULL, 0}, MS_TEXT("*"), &plenty, NULL), MS_MATCH_YES);
}

static void malformed_patterns_are_told(void **state)
{
    (void)state;
    struct ms_match_error error = {NULL, 99};
    assert_int_equal(ms_match(MS_TEXT("x"), MS_TEXT("ab[c"), &plenty, &error), MS_MATCH_MALFORMED);
    assert_string_equal(error.message, "missing ']'");
    assert_int_equal(error.offset, 2);
    error = (struct ms_match_error){NULL, 99};
    assert_true(ms_match_check(MS_TEXT("ab[c]"), &error));
    assert_int_equal(error.offset, 99);
    assert_false(ms_glob_check(MS_TEXT("a*\\"), &error));
    assert_int_equal(error.offset, 2);
}

static void a_budget_ends_a_match(void **state)
{
    (void)state;
    char text[64];
    memset(text, 'a', sizeof text);
    struct ms_text many = {text, sizeof text};
    assert_int_equal(ms_match(many, MS_TEXT("a*a*a*a*a*a*a*a*b"), &plenty, NULL), MS_MATCH_COMPLEX);
    struct ms_match_limits few = {10, NULL};
    assert_int_equal(ms_match(many, MS_TEXT("%a*b"), &few, NULL), MS_MATCH_COMPLEX);
    assert_int_equal(ms_glob(many, MS_TEXT("*b"), &few, NULL), MS_MATCH_COMPLEX);
    assert_true(ms_match_budget(many) >= 1000000);
}

static void a_match_stops_when_told(void **state)
{
    (void)state;
    volatile sig_atomic_t stop = 1;
    struct ms_match_limits stopped = {UINT64_MAX, &stop};
    size_t size = 1 << 16;
    char *data = malloc(size);
    assert_non_null(data);
    memset(data, 'a', size);
    struct ms_text text = {data, size};
    assert_int_equal(ms_match(text, MS_TEXT("a*a*a*a*b"), &stopped, NULL), MS_MATCH_STOPPED);
    assert_int_equal(ms_glob(text, MS_TEXT("*a*a*b"), &stopped, NULL), MS_MATCH_STOPPED);
    free(data);
}

static void the_depth_is_bounded_by_the_pattern(void **state)
{
    (void)state;
    char pattern[1002];
    for (size_t i = 0; i < sizeof pattern; i += 2)
        memcpy(pattern + i, "a?", 2);
    struct ms_match_error error;
    assert_true(ms_match_check((struct ms_text){pattern, 1000}, &error));
    assert_int_equal(ms_match(MS_TEXT("aaa"), (struct ms_text){pattern, 1000}, &plenty, NULL), MS_MATCH_YES);
    char long_pattern[2000];
    memset(long_pattern, '.', sizeof long_pattern);
    assert_false(ms_match_check((struct ms_text){long_pattern, sizeof long_pattern}, &error));
    assert_string_equal(error.message, "the pattern is too long");
    memset(long_pattern, 'a', sizeof long_pattern);
    struct ms_text plain = {long_pattern, sizeof long_pattern};
    assert_int_equal(ms_match(plain, plain, &plenty, NULL), MS_MATCH_YES);
}

static void globs_match_all_of_a_text(void **state)
{
    (void)state;
    assert_int_equal(glob("/usr/bin/nginx", "/usr/*nginx"), MS_MATCH_YES);
    assert_int_equal(glob("/usr/bin/nginx", "nginx"), MS_MATCH_NO);
    assert_int_equal(glob("a.so.1", "*.so.[0-9]"), MS_MATCH_YES);
    assert_int_equal(glob("a.so.x", "*.so.[!0-9]"), MS_MATCH_YES);
    assert_int_equal(glob("a*b", "a\\*b"), MS_MATCH_YES);
    assert_int_equal(glob("axb", "a\\*b"), MS_MATCH_NO);
    assert_int_equal(glob("x", "["), MS_MATCH_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches),
        cmocka_unit_test(nothing_beyond_the_slice_is_looked_at),
        cmocka_unit_test(malformed_patterns_are_told),
        cmocka_unit_test(a_budget_ends_a_match),
        cmocka_unit_test(a_match_stops_when_told),
        cmocka_unit_test(the_depth_is_bounded_by_the_pattern),
        cmocka_unit_test(globs_match_all_of_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
