// SPDX-License-Identifier: GPL-3.0-or-later
// Globs: budgets, the stop flag, exact slices.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/glob.h"

static const struct ms_glob_limits plenty = {1000000, NULL};

static enum ms_match_result glob(const char *text, const char *pattern)
{
    return ms_glob(ms_text_of(text), ms_text_of(pattern), &plenty, NULL);
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

static void nothing_beyond_the_slice_is_looked_at(void **state)
{
    (void)state;
    const struct ms_text text = {"abcdef", 3};
    assert_int_equal(ms_glob(text, (struct ms_text){"a?c?", 3}, &plenty, NULL), MS_MATCH_YES);
    assert_int_equal(ms_glob((struct ms_text){NULL, 0}, MS_TEXT("*"), &plenty, NULL), MS_MATCH_YES);
}

static void a_malformed_glob_says_where(void **state)
{
    (void)state;
    struct ms_match_error error = {.offset = 99};
    assert_true(ms_glob_check(MS_TEXT("a[b]"), &error));
    assert_int_equal(error.offset, 99);
    assert_false(ms_glob_check(MS_TEXT("a*\\"), &error));
    assert_int_equal(error.offset, 2);
}

static void a_budget_ends_a_match(void **state)
{
    (void)state;
    char text[64];
    memset(text, 'a', sizeof text);
    const struct ms_text many = {text, sizeof text};
    const struct ms_glob_limits few = {10, NULL};
    assert_int_equal(ms_glob(many, MS_TEXT("*b"), &few, NULL), MS_MATCH_COMPLEX);
    assert_true(ms_glob_budget(many) >= 1000000);
}

static void a_match_stops_when_told(void **state)
{
    (void)state;
    volatile sig_atomic_t stop = 1;
    const struct ms_glob_limits stopped = {UINT64_MAX, &stop};
    const size_t size = 1 << 16;
    char *data = malloc(size);
    assert_non_null(data);
    memset(data, 'a', size);
    assert_int_equal(ms_glob((struct ms_text){data, size}, MS_TEXT("*a*a*b"), &stopped, NULL),
                     MS_MATCH_STOPPED);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(globs_match_all_of_a_text),
        cmocka_unit_test(nothing_beyond_the_slice_is_looked_at),
        cmocka_unit_test(a_malformed_glob_says_where),
        cmocka_unit_test(a_budget_ends_a_match),
        cmocka_unit_test(a_match_stops_when_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
