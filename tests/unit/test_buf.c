// SPDX-License-Identifier: GPL-3.0-or-later
// Buffers whose memory runs out.
#include "base/buf.h"
#include "failing_malloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

// A text without its middle would be another text: the add that fails, and all after it, say so.
static void nothing_is_added_after_a_failure(void **state)
{
    (void)state;
#ifdef FOREIGN_MALLOC
    skip();
#endif
    MS_AUTO_BUF buf = {0};
    char large[200] = "";
    assert_true(ms_buf_adds(&buf, "memsh_"));
    until_failure = 0;
    assert_false(ms_buf_add(&buf, large, sizeof large));
    assert_true(buf.failed);
    assert_false(ms_buf_addc(&buf, 'x'));
    assert_false(ms_buf_addf(&buf, "%d", 1));
    assert_true(buf.failed);
    assert_int_equal(buf.len, 6);
    ms_buf_clear(&buf);
    assert_true(ms_buf_add(&buf, large, sizeof large));
    assert_false(buf.failed);
    assert_int_equal(buf.len, sizeof large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_added_after_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
