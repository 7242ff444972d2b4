// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

// What seq_file's mangle_path writes for a byte, written by other code.
static size_t mangle(const char *from, size_t len, char *out)
{
    size_t used = 0;
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)from[i];
        if (c == ' ' || c == '\t' || c == '\n' || c == '\\' || c == 0xff)
            used += (size_t)sprintf(out + used, "\\%03o", c);
        else
            out[used++] = from[i];
    }
    return used;
}

static void unescapes_what_the_kernel_escapes(void **state)
{
    (void)state;
    char path[256], mangled[4 * sizeof path], out[sizeof mangled];
    for (int i = 0; i < 256; i++)
        path[i] = (char)i;
    const size_t len = mangle(path, sizeof path, mangled);
    assert_int_equal(ms_text_unescape((struct ms_text){mangled, len}, out), sizeof path);
    assert_memory_equal(out, path, sizeof path);
}

// Nothing is read beyond the end, and what is no escape stays.
static void leaves_what_is_no_escape(void **state)
{
    (void)state;
    static const char *const plain[] = {"", "\\", "\\0", "\\04", "a\\", "\\08x", "\\400", "\\x40", "\\ \\ "};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        char out[16];
        const struct ms_text text = ms_text_of(plain[i]);
        assert_int_equal(ms_text_unescape(text, out), text.len);
        assert_memory_equal(out, plain[i], text.len);
    }
    char out[16];
    assert_int_equal(ms_text_unescape((struct ms_text){"\\040", 3}, out), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unescapes_what_the_kernel_escapes),
        cmocka_unit_test(leaves_what_is_no_escape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
