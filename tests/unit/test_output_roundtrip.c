// SPDX-License-Identifier: GPL-3.0-or-later
// What memsh writes is read back by parsers that are not memsh's (Python's csv and json): the same values.
#include "test_output.h"

#include <inttypes.h>
#include <math.h>
#include <sys/stat.h>

enum { ROWS = 3000, BYTES = 24 };

static const struct ms_column columns[] = {
    {MS_TEXT("number"), MS_COLUMN_INTEGER}, {MS_TEXT("text"), MS_COLUMN_TEXT},
    {MS_TEXT("path"), MS_COLUMN_PATH},      {MS_TEXT("double"), MS_COLUMN_NUMBER},
    {MS_TEXT("nothing"), MS_COLUMN_TEXT},   {MS_TEXT("denied"), MS_COLUMN_BYTES},
};
enum { COLUMNS = 6 };

static struct row {
    int64_t number;
    char text[BYTES], path[BYTES];
    size_t text_len, path_len;
    double value;
} made[ROWS];

static size_t random_bytes(char *out, size_t room)
{
    static const char *const tricky[] = {"\"",    ",", "\r\n", "\t", "\\",
                                         "\\x41", "?", "é",    "日", "\xe2\x80\xae"};
    size_t len = 0;
    for (int parts = rand() % 5; parts > 0; parts--) {
        const char *part = tricky[(size_t)rand() % (sizeof tricky / sizeof *tricky)];
        char byte[2] = {(char)rand(), '\0'};
        size_t more = rand() % 2 ? strlen(part) : 1;
        if (len + more > room)
            break;
        memcpy(out + len, more == 1 && rand() % 2 ? byte : part, more);
        len += more;
    }
    return len;
}

static double random_double(void)
{
    double value;
    do {
        uint64_t bits = (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ (uint64_t)rand();
        memcpy(&value, &bits, sizeof value);
    } while (!isfinite(value) || value == 0);
    return value;
}

static void make_rows(void)
{
    srand(7);
    for (int i = 0; i < ROWS; i++) {
        struct row *row = &made[i];
        row->number = i == 0 ? INT64_MIN : i == 1 ? INT64_MAX : rand() - RAND_MAX / 2;
        row->value = i % 2 ? random_double() : rand() / 64.0;
        row->text_len = random_bytes(row->text, BYTES);
        row->path_len = random_bytes(row->path, BYTES);
        if (i < 256) {
            row->text[0] = (char)i;
            row->text_len = 1;
        }
    }
}

static void write_hex(FILE *file, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        fprintf(file, "%02x", (unsigned char)bytes[i]);
    fputc(' ', file);
}

static void write_expected(void)
{
    FILE *file = fopen("expected", "w");
    assert_non_null(file);
    for (int i = 0; i < ROWS; i++) {
        uint64_t bits;
        memcpy(&bits, &made[i].value, sizeof bits);
        fprintf(file, "%" PRId64 " ", made[i].number);
        write_hex(file, made[i].text, made[i].text_len);
        write_hex(file, made[i].path, made[i].path_len);
        fprintf(file, "%016" PRIx64 "\n", bits);
    }
    fclose(file);
}

static void write_format(enum ms_format format)
{
    char name[32], message[MS_WRITER_MESSAGE];
    snprintf(name, sizeof name, "out.%s", ms_format_name(format));
    struct ms_sink sink;
    ms_sink_init(&sink);
    assert_int_equal(ms_sink_open_file(&sink, name), 0);
    struct ms_writer *writer =
        ms_writer_create(&sink, format, columns, COLUMNS, (struct ms_writer_options){0}, message);
    assert_non_null(writer);
    for (int i = 0; i < ROWS; i++) {
        struct ms_cell cells[] = {integer_cell(made[i].number),
                                  text_cell(made[i].text, made[i].text_len),
                                  text_cell(made[i].path, made[i].path_len),
                                  {.kind = MS_CELL_NUMBER, .number = made[i].value},
                                  {.kind = MS_CELL_EMPTY},
                                  unknown_cell(MS_DENIED)};
        assert_true(ms_writer_row(writer, cells));
    }
    assert_true(ms_writer_close(writer, MS_TEXT("{\"schema\": 1}")));
    ms_writer_destroy(writer);
    assert_int_equal(ms_sink_commit(&sink), 0);
}

static void test_other_parsers(void **state)
{
    (void)state;
    if (system("python3 -c 'import csv, json' 2>/dev/null") != 0) {
        print_message("SKIP: no python3 here\n");
        skip();
    }
    char dir[] = "/tmp/memsh-roundtrip-XXXXXX", command[64];
    assert_non_null(mkdtemp(dir));
    assert_int_equal(chdir(dir), 0);
    make_rows();
    write_expected();
    static const enum ms_format formats[] = {MS_FORMAT_CSV, MS_FORMAT_TSV, MS_FORMAT_JSON, MS_FORMAT_JSONL};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        write_format(formats[i]);
    assert_int_equal(system("python3 " MEMSH_FIXTURES "/../unit/output_roundtrip.py"), 0);
    assert_int_equal(chdir("/"), 0);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_other_parsers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
