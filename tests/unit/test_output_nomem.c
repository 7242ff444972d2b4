// SPDX-License-Identifier: GPL-3.0-or-later
// Memory runs out at every allocation there is: what comes out is whole, or the sink says that it is not.
#include "test_output.h"

#include <sys/stat.h>

#include "failing_malloc.h"

enum { COLUMNS = 4, ROWS = 1200 };

// MS_FORMAT_COUNT stands for one thing as a record.
static void produce(struct ms_sink *sink, enum ms_format wanted)
{
    bool record = wanted == MS_FORMAT_COUNT;
    enum ms_format format = record ? MS_FORMAT_TABLE : wanted;
    static const char name[] = "a name with \x1b, \xff and 日本語, long enough to be cut in its middle";
    struct ms_column columns[] = {{MS_TEXT("pid"), MS_COLUMN_INTEGER},
                                  {MS_TEXT("path"), MS_COLUMN_PATH},
                                  {MS_TEXT("pss"), MS_COLUMN_BYTES},
                                  {MS_TEXT("bar"), MS_COLUMN_BAR}};
    struct ms_cell cells[] = {integer_cell(1),
                              text_cell(name, sizeof name - 1),
                              unknown_cell(MS_DENIED),
                              {.kind = MS_CELL_NUMBER, .number = 0.5}};
    char message[MS_WRITER_MESSAGE];
    struct ms_writer *writer = ms_writer_create(
        sink, format, columns, COLUMNS, (struct ms_writer_options){.width = 60, .record = record}, message);
    if (!writer) {
        sink->error = ENOMEM;
        return;
    }
    for (int i = 0; i < (record ? 1 : ROWS); i++)
        ms_writer_row(writer, cells);
    ms_writer_close(writer, MS_TEXT("{}"));
    ms_writer_destroy(writer);
    ms_writer_scalar(sink, format, &cells[1], MS_COLUMN_ANY, (struct ms_writer_options){0}, MS_TEXT(""));
}

static void test_memory_sink(void **state)
{
    (void)state;
#ifdef FOREIGN_MALLOC
    print_message("SKIP: a sanitizer has malloc() for itself\n");
    skip();
#endif
    for (int format = 0; format <= MS_FORMAT_COUNT; format++) {
        struct ms_sink whole = memory_sink(false, true);
        produce(&whole, (enum ms_format)format);
        bool failed = true;
        for (long n = 0; failed; n++) {
            long before = live_blocks;
            struct ms_sink sink = memory_sink(false, true);
            until_failure = n;
            produce(&sink, (enum ms_format)format);
            failed = until_failure < 0;
            until_failure = -1;
            bool same =
                sink.buf.len == whole.buf.len && memcmp(sink.buf.data, whole.buf.data, whole.buf.len) == 0;
            assert_true(same != (sink.error == ENOMEM));
            assert_true(failed || same);
            ms_sink_abandon(&sink);
            assert_int_equal(live_blocks, before);
        }
        ms_sink_abandon(&whole);
    }
}

// The file is there whole, or not at all and nothing in its place.
static void test_file_sink(void **state)
{
    (void)state;
#ifdef FOREIGN_MALLOC
    print_message("SKIP: a sanitizer has malloc() for itself\n");
    skip();
#endif
    char path[] = "/tmp/memsh-nomem-XXXXXX", file[64];
    assert_non_null(mkdtemp(path));
    snprintf(file, sizeof file, "%s/file", path);
    bool failed = true;
    struct ms_sink whole = memory_sink(false, true);
    produce(&whole, MS_FORMAT_CSV);
    for (long n = 0; failed; n++) {
        long before = live_blocks;
        struct ms_sink sink;
        ms_sink_init(&sink);
        until_failure = n;
        int error = ms_sink_open_file(&sink, file);
        if (!error) {
            produce(&sink, MS_FORMAT_CSV);
            error = ms_sink_commit(&sink);
        }
        failed = until_failure < 0;
        until_failure = -1;
        assert_int_equal(live_blocks, before);
        struct stat there;
        if (error) {
            assert_true(failed && error == ENOMEM);
            assert_int_equal(stat(file, &there), -1);
            continue;
        }
        // The C library can do without some of its own.
        assert_int_equal(stat(file, &there), 0);
        assert_int_equal((size_t)there.st_size, whole.buf.len);
        assert_int_equal(unlink(file), 0);
    }
    ms_sink_abandon(&whole);
    assert_int_equal(rmdir(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_sink),
        cmocka_unit_test(test_file_sink),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
