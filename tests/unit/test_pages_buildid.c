// SPDX-License-Identifier: GPL-3.0-or-later
// Build ids out of ELF files: those of the fuzzer's first inputs, which a script of another language wrote.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "pages/buildid.h"

static ssize_t read_file(void *ctx, void *bytes, size_t len, uint64_t offset)
{
    FILE *file = ctx;
    if (offset > INT64_MAX || fseek(file, (long)offset, SEEK_SET) != 0)
        return 0;
    return (ssize_t)fread(bytes, 1, len, file);
}

static enum ms_reason id_of(const char *name, struct ms_build_id *out)
{
    char path[512];
    snprintf(path, sizeof(path), MEMSH_FIXTURES "/../fuzz/corpus/buildid/%s", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    enum ms_reason why = ms_build_id_of_elf(read_file, file, out);
    fclose(file);
    return why;
}

static void sound_files(void **state)
{
    (void)state;
    static const char *const names[] = {"64le", "64be", "32le", "32be", "align8", "second", "badthengood"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct ms_build_id id = {0};
        assert_int_equal(id_of(names[i], &id), MS_KNOWN);
        assert_int_equal(id.len, 20);
        for (uint8_t byte = 0; byte < 20; byte++)
            assert_int_equal(id.bytes[byte], byte + 1);
    }
    struct ms_build_id id = {0};
    assert_int_equal(id_of("long", &id), MS_KNOWN);
    assert_int_equal(id.len, 64);
}

static void files_without_one(void **state)
{
    (void)state;
    static const char *const names[] = {"none", "empty", "text"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct ms_build_id id = {.len = 1};
        assert_int_equal(id_of(names[i], &id), MS_KNOWN);
        assert_int_equal(id.len, 0);
    }
}

static void files_that_make_no_sense(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum ms_reason why;
    } files[] = {
        {"cut", MS_MALFORMED},      {"toolong", MS_MALFORMED},  {"hugename", MS_MALFORMED},
        {"hugedesc", MS_MALFORMED}, {"zerostep", MS_MALFORMED}, {"farheaders", MS_MALFORMED},
        {"zerolen", MS_MALFORMED},  {"hugenote", MS_TOO_LARGE}, {"manysegments", MS_TOO_LARGE},
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        struct ms_build_id id = {.len = 7};
        if (id_of(files[i].name, &id) != files[i].why || id.len != 7)
            fail_msg("%s", files[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_files),
        cmocka_unit_test(files_without_one),
        cmocka_unit_test(files_that_make_no_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
